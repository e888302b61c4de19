//! Hostile scripts in the process of a host, with its allocator.
//!
//! A program apart from `it`, because an allocator holds for a whole program
//! and `it` shows what is so without: here limits on memory are in force.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod scripts;
mod soak;

#[global_allocator]
static ALLOCATOR: jsvm::alloc::CountingAlloc = jsvm::alloc::CountingAlloc::system();
