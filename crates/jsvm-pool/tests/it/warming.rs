//! Warming up: who does it, when, and what becomes of one that goes wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use jsvm_pool::{Builder, JobError, Pool, Stop, StopReason, Worker};

use crate::{HOUR, SHORT, count};

/// Gets the stops of its worker; returns whether there is more to do.
type Piece = dyn FnMut(&Receiver<()>) -> bool;

/// A worker whose pieces do what the test says.
struct Warm {
    piece: Box<Piece>,
    stops: (Sender<()>, Receiver<()>),
}

struct StopSender(Sender<()>);

impl Stop for StopSender {
    fn stop(&self, _: StopReason) {
        self.0.send(()).unwrap();
    }
}

impl Worker for Warm {
    type Job = u64;
    type Output = u64;
    type Stop = StopSender;

    fn stop_handle(&self) -> StopSender {
        StopSender(self.stops.0.clone())
    }

    fn run(&mut self, job: u64, _: Instant) -> u64 {
        job
    }

    fn warm_up(&mut self) -> bool {
        (self.piece)(&self.stops.1)
    }
}

fn builder(workers: usize) -> Builder<Warm> {
    Pool::builder()
        .workers(count(workers))
        .timeout(HOUR)
        .grace(HOUR)
}

/// A pool whose workers have pieces that `make` makes, one closure for each.
fn pool<P>(builder: Builder<Warm>, make: impl Fn() -> P + Send + Sync + 'static) -> Pool<Warm>
where
    P: FnMut(&Receiver<()>) -> bool + 'static,
{
    let make = move || {
        let piece = Box::new(make());
        let stops = unbounded();
        Ok::<_, std::convert::Infallible>(Warm { piece, stops })
    };
    builder.build(make).unwrap()
}

#[test]
fn each_worker_does_all_its_pieces_once_for_each_asking() {
    let (done, pieces) = unbounded();
    let pool = pool(builder(3), move || {
        let (done, mut left) = (done.clone(), 4_u32);
        move |_: &Receiver<()>| {
            left -= 1;
            done.send(left).unwrap();
            if left == 0 {
                left = 4;
                return false;
            }
            true
        }
    });
    for _ in 0..2 {
        pool.warm_up();
        let seen: Vec<_> = pieces.iter().take(12).collect();
        // One worker after the other.
        assert_eq!(seen, [3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 1, 0]);
    }
    assert_eq!(pool.submit(7).unwrap().wait(), Ok(7));
    assert!(pieces.is_empty());
    while pool.stats().warmed < 6 {
        std::thread::yield_now();
    }
}

#[test]
fn a_job_comes_before_the_next_piece() {
    let (started, has_started) = bounded(0);
    let (go_on, may_go_on) = bounded::<()>(0);
    let pool = pool(builder(1).queue(0), move || {
        let (started, may_go_on) = (started.clone(), may_go_on.clone());
        move |_: &Receiver<()>| {
            started.send(()).unwrap();
            may_go_on.recv().unwrap();
            true
        }
    });
    pool.warm_up();
    has_started.recv().unwrap();
    assert_eq!(pool.stats().idle, 1);
    // A worker that warms up is room for a job.
    let ticket = pool.submit(7).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(ticket.wait(), Ok(7));
    // What is left goes on after it.
    has_started.recv().unwrap();
    let last = pool.submit(8).unwrap();
    go_on.send(()).unwrap();
    assert_eq!(last.wait(), Ok(8));
    has_started.recv().unwrap();
    drop(go_on);
}

#[test]
fn a_job_takes_an_idle_worker_while_another_warms_up() {
    let (started, has_started) = bounded(0);
    let (go_on, may_go_on) = bounded::<()>(0);
    let pool = pool(builder(2), move || {
        let (started, may_go_on) = (started.clone(), may_go_on.clone());
        move |_: &Receiver<()>| {
            started.send(()).unwrap();
            may_go_on.recv().unwrap();
            false
        }
    });
    pool.warm_up();
    has_started.recv().unwrap();
    assert_eq!(pool.submit(7).unwrap().wait(), Ok(7));
    go_on.send(()).unwrap();
    has_started.recv().unwrap();
    go_on.send(()).unwrap();
}

#[test]
fn a_panic_costs_one_worker_and_ends_warming_up_until_the_next_asking() {
    for workers in [1, 2] {
        let pieces = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&pieces);
        let pool = pool(builder(workers), move || {
            let done = Arc::clone(&done);
            move |_: &Receiver<()>| match done.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("on purpose"),
                _ => false,
            }
        });
        pool.warm_up();
        // No job is needed for that.
        while pool.stats().replaced == 0 {
            std::thread::yield_now();
        }
        for job in 0..100 {
            assert_eq!(pool.submit(job).unwrap().wait(), Ok(job));
        }
        assert_eq!(pieces.load(Ordering::SeqCst), 1);
        pool.warm_up();
        while pieces.load(Ordering::SeqCst) < 1 + workers {
            std::thread::yield_now();
        }
        let now = pool.stats();
        assert_eq!((now.size, now.replaced, now.panicked), (workers, 1, 0));
        assert_eq!(now.completed, 100);
    }
}

#[test]
fn one_that_does_not_stop_costs_one_thread_and_no_job() {
    let (end, may_end) = bounded::<()>(0);
    let builder = builder(1).timeout(SHORT).grace(Duration::ZERO);
    let pool = pool(builder, move || {
        let may_end = may_end.clone();
        move |stops: &Receiver<()>| {
            stops.recv().unwrap();
            may_end.recv().is_err()
        }
    });
    pool.warm_up();
    while pool.stats().lingering == 0 {
        std::thread::yield_now();
    }
    assert_eq!(pool.submit(7).unwrap().wait(), Ok(7));
    let now = pool.stats();
    assert_eq!((now.size, now.busy, now.lingering), (1, 0, 1));
    assert_eq!((now.completed, now.abandoned, now.stopped), (1, 0, 1));
    drop(end);
    while pool.stats().lingering > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn a_shutdown_stops_it() {
    let (started, has_started) = bounded(0);
    let pool = pool(builder(1), move || {
        let started = started.clone();
        move |stops: &Receiver<()>| {
            started.send(()).unwrap();
            stops.recv().unwrap();
            true
        }
    });
    pool.warm_up();
    has_started.recv().unwrap();
    pool.shutdown(Duration::ZERO);
    let refused = pool.submit(1).map(|ticket| ticket.wait());
    assert!(!matches!(refused, Ok(Err(JobError::Abandoned) | Ok(_))));
}
