//! Times in buckets, from microseconds to seconds.
//!
//! One rule: all histograms have the same bounds, so that they can be added.
//! This module does not know what is timed, nor who adds at the same time.

use std::time::Duration;

/// Upper bounds of the buckets in nanoseconds, each included in its bucket;
/// what is longer than the last one has a bucket of its own.
pub const BOUNDS_NANOS: [u64; 22] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// How many buckets there are.
pub const BUCKETS: usize = BOUNDS_NANOS.len() + 1;

/// For each number of bits: how many bounds are below all numbers that long.
///
/// Each bound is at least twice the one before, so there is at most one bound
/// among the numbers of one length, and one comparison finds the bucket.
const FIRST: [u8; 65] = first();

#[expect(clippy::cast_possible_truncation, reason = "22 bounds fit a byte")]
const fn first() -> [u8; 65] {
    let mut first = [0; 65];
    let mut bits = 1;
    while bits <= 64 {
        let smallest = 1_u64 << (bits - 1);
        let mut below = 0;
        while below < BOUNDS_NANOS.len() && BOUNDS_NANOS[below] < smallest {
            below += 1;
        }
        first[bits] = below as u8;
        bits += 1;
    }
    first
}

/// The bucket of a time.
#[inline]
pub(crate) fn bucket_of(nanos: u64) -> usize {
    let bits = (u64::BITS - nanos.leading_zeros()) as usize;
    let first = usize::from(FIRST[bits]);
    match BOUNDS_NANOS.get(first) {
        Some(bound) if *bound < nanos => first + 1,
        _ => first,
    }
}

/// Saturates after 584 years.
#[inline]
pub(crate) fn nanos(duration: Duration) -> u64 {
    let seconds = duration.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(duration.subsec_nanos().into())
}

/// How often something took how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// How many fell into each bucket; not cumulated.
    pub buckets: [u64; BUCKETS],
    /// All together.
    pub sum: Duration,
    /// The longest.
    pub max: Duration,
}

impl Histogram {
    /// Adds one time.
    pub fn record(&mut self, duration: Duration) {
        self.buckets[bucket_of(nanos(duration))] += 1;
        self.sum = self.sum.saturating_add(duration);
        self.max = self.max.max(duration);
    }

    /// Adds all times of another one.
    pub fn add(&mut self, other: &Self) {
        for (bucket, count) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket += count;
        }
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// How many times there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// The value below which the part `q` of all values is, estimated from buckets
/// as Prometheus does: evenly spread inside of a bucket.
///
/// `buckets` are upper bounds with how many values are at or below each; the
/// last one may be infinite, and a quantile in it is the bound before.
/// `None` without values.
///
/// ```
/// use jsvm_metrics::quantile;
///
/// let buckets = [(1.0, 50), (10.0, 100), (f64::INFINITY, 100)];
/// assert_eq!(quantile(&buckets, 0.5), Some(1.0));
/// assert_eq!(quantile(&buckets, 0.75), Some(5.5));
/// assert_eq!(quantile(&[], 0.5), None);
/// ```
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn quantile(buckets: &[(f64, u64)], q: f64) -> Option<f64> {
    let total = buckets.last().map(|(_, count)| *count)?;
    let rank = q * total as f64;
    let index = buckets
        .iter()
        .position(|(_, count)| *count as f64 >= rank)?;
    let (low, below) = match index {
        0 => (0.0, 0),
        _ => buckets[index - 1],
    };
    let (high, at) = buckets[index];
    let inside = (at - below) as f64;
    match total {
        0 => None,
        _ if high.is_infinite() => Some(low),
        _ if inside == 0.0 => Some(high),
        _ => Some(low + (high - low) * (rank - below as f64) / inside),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_is_at_least_twice_the_one_before() {
        assert!(BOUNDS_NANOS.windows(2).all(|pair| pair[1] >= 2 * pair[0]));
    }

    #[test]
    fn a_bound_is_the_last_of_its_bucket() {
        for (index, bound) in BOUNDS_NANOS.into_iter().enumerate() {
            for (nanos, wanted) in [(bound - 1, index), (bound, index), (bound + 1, index + 1)] {
                assert_eq!(bucket_of(nanos), wanted, "{nanos}");
            }
        }
        assert_eq!((bucket_of(0), bucket_of(u64::MAX)), (0, BUCKETS - 1));
    }

    #[test]
    fn histograms_add_up() {
        let mut sum = Histogram::default();
        let mut one = Histogram::default();
        one.record(Duration::from_micros(3));
        one.record(Duration::from_millis(3));
        sum.add(&one);
        sum.add(&one);
        assert_eq!((sum.count(), sum.max), (4, Duration::from_millis(3)));
        assert_eq!(sum.sum, Duration::from_micros(6006));
        assert_eq!(sum.buckets[2], 2);
    }

    #[test]
    fn a_quantile_is_inside_of_its_bucket() {
        let buckets = [(1.0, 10), (2.0, 10), (4.0, 20), (f64::INFINITY, 21)];
        for (q, wanted) in [(0.0, 0.0), (0.2, 0.42), (0.95, 3.99), (1.0, 4.0)] {
            let found = quantile(&buckets, q).unwrap();
            assert!((found - wanted).abs() < 0.01, "{q}: {found}");
        }
        assert_eq!(quantile(&[(1.0, 0), (f64::INFINITY, 0)], 0.5), None);
    }

    #[test]
    fn a_duration_saturates() {
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }
}
