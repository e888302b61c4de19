//! Benchmarks of jsvm; they are in `benches/`, one file for each question.
