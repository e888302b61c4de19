//! What the counters say when the allocator is installed.
//!
//! Counters are per thread and a test has its own, so numbers are exact.
//! Nothing here calls the allocator itself: std's containers do.

use std::{hint::black_box, sync::Barrier, thread};

use jsvm_alloc::{
    CountingAlloc, Limited, Meter, Used, is_installed, parked_threads, set_thread_limit,
    set_thread_stack, thread_allocated_bytes, thread_live_bytes,
};

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc::system();

/// Bytes that `work` allocated, and how many of them its result keeps.
fn bytes_of<T>(work: impl FnOnce() -> T) -> (u64, i64) {
    let (allocated, live) = (thread_allocated_bytes(), thread_live_bytes());
    let kept = black_box(work());
    let moved = (
        thread_allocated_bytes() - allocated,
        thread_live_bytes() - live,
    );
    drop(kept);
    assert_eq!(thread_live_bytes(), live, "dropping the result frees it");
    moved
}

fn buffer(bytes: usize) -> Vec<u8> {
    black_box(Vec::with_capacity(bytes))
}

#[test]
fn it_is_installed() {
    assert!(is_installed());
}

#[test]
fn an_allocation_counts_its_size() {
    assert_eq!(bytes_of(|| Box::new([1_u8; 100])), (100, 100));
}

#[test]
fn a_zeroed_allocation_counts_its_size() {
    assert_eq!(bytes_of(|| vec![0_u8; 100]), (100, 100));
}

#[test]
fn an_aligned_allocation_counts_its_size() {
    #[repr(align(4096))]
    struct Page(#[expect(dead_code, reason = "only its size matters")] [u8; 4096]);
    assert_eq!(bytes_of(|| Box::new(Page([0; 4096]))), (4096, 4096));
}

#[test]
fn what_was_freed_still_counts_as_allocated() {
    assert_eq!(bytes_of(|| drop(buffer(100))), (100, 0));
}

#[test]
fn growing_counts_the_growth() {
    let grow = || {
        let mut vec = buffer(100);
        vec.reserve_exact(1_000);
        vec
    };
    assert_eq!(bytes_of(grow), (1_000, 1_000));
}

#[test]
fn shrinking_frees_the_difference() {
    let shrink = || {
        let mut vec = buffer(1_000);
        vec.push(1);
        vec.shrink_to(100);
        vec
    };
    assert_eq!(bytes_of(shrink), (1_000, 100));
}

#[test]
fn pushing_counts_the_final_capacity() {
    let push = || {
        let mut vec = buffer(1);
        for byte in 0..=u8::MAX {
            vec.push(byte);
        }
        assert_eq!(vec.capacity(), 256);
        vec
    };
    assert_eq!(bytes_of(push), (256, 256));
}

#[test]
fn zero_sized_values_count_nothing() {
    assert_eq!(bytes_of(|| Box::new(())), (0, 0));
    assert_eq!(bytes_of(|| vec![(); 1_000]), (0, 0));
    assert_eq!(bytes_of(String::new), (0, 0));
}

#[test]
fn allocations_of_another_thread_are_not_counted_here() {
    let rendezvous = Barrier::new(2);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            rendezvous.wait();
            let moved = bytes_of(|| buffer(1_000_000));
            rendezvous.wait();
            moved
        });
        let here = bytes_of(|| {
            rendezvous.wait(); // Now the other thread allocates,
            rendezvous.wait(); // and now it has.
        });
        assert_eq!(here, (0, 0));
        assert_eq!(other.join().unwrap(), (1_000_000, 1_000_000));
    });
}

#[test]
fn freeing_for_another_thread_goes_negative() {
    let block = buffer(1_000);
    let live = thread::spawn(move || {
        let before = thread_live_bytes();
        drop(block);
        thread_live_bytes() - before
    });
    assert_eq!(live.join().unwrap(), -1_000);
}

/// Waits until `count` threads sleep for ever; there is no other sign of it.
fn wait_for_parked(count: usize) {
    while parked_threads() < count {
        thread::yield_now();
    }
}

#[test]
fn a_thread_beyond_its_limit_never_returns_and_holds_up_nobody() {
    let (tx, rx) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        set_thread_limit(thread_live_bytes() + 1024 * 1024);
        // Without a scope the limit does not hold, nor in one that lifts it.
        let mut got = buffer(2 * 1024 * 1024).capacity();
        let _script = Limited::on();
        got += buffer(512 * 1024).capacity();
        {
            let _host = Limited::off();
            got += buffer(4 * 1024 * 1024).capacity();
        }
        tx.send(got).expect("the test waits");
        let _beyond = buffer(8 * 1024 * 1024);
        tx.send(0).expect("the test waits");
    });
    let got = rx.recv().expect("allowed memory is had");
    assert!(got >= 6 * 1024 * 1024);
    wait_for_parked(1);
    assert!(rx.try_recv().is_err(), "it came back");
    assert!(!thread.is_finished());
    drop(buffer(16 * 1024 * 1024));
}

/// Recurses as an engine does: a list of where it is grows with each level.
fn recurse(levels: u32, list: &mut Vec<u32>) -> u32 {
    list.push(levels);
    if levels == 0 {
        return 0;
    }
    1 + std::hint::black_box(recurse(levels - 1, list))
}

#[test]
fn a_stack_that_is_half_full_is_the_end_of_its_thread() {
    const STACK: usize = 16 * 1024 * 1024;
    let (tx, rx) = std::sync::mpsc::channel();
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
        set_thread_limit(i64::MAX - 1);
        set_thread_stack(STACK / 2);
        let _script = Limited::on();
        tx.send(recurse(1_000, &mut Vec::new()))
            .expect("the test waits");
        tx.send(recurse(u32::MAX, &mut Vec::new()))
            .expect("the test waits");
    });
    let thread = thread.expect("there are threads");
    assert_eq!(rx.recv(), Ok(1_000));
    wait_for_parked(1);
    assert!(rx.try_recv().is_err(), "it came back");
    assert!(!thread.is_finished());
}

#[test]
fn a_meter_tells_what_was_allocated_and_held_at_once() {
    let meter = Meter::start();
    let kept = buffer(100);
    drop(buffer(1000));
    drop(buffer(500));
    let used = Used {
        allocated: 1600,
        peak: 1100,
    };
    assert_eq!(meter.end(), used);
    drop(kept);
}

#[test]
fn a_peak_inside_of_another_meter_is_seen_by_both() {
    let outer = Meter::start();
    let kept = buffer(100);
    let inner = Meter::start();
    drop(buffer(1000));
    assert_eq!(inner.end().peak, 1000);
    drop(buffer(10));
    drop(kept);
    assert_eq!(outer.end().peak, 1100);
}

#[test]
fn a_meter_does_not_see_what_was_before() {
    let outer = Meter::start();
    drop(buffer(1000));
    let inner = Meter::start();
    drop(buffer(10));
    assert_eq!((inner.end().peak, outer.end().peak), (10, 1000));
}
