//! Panics, in jobs and around them, and factories that fail later on.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, unbounded};
use jsvm_pool::{JobError, Pool, Stats, Stop, StopReason, Worker};

use crate::{Fake, builder, job, pool, settled, within};

fn panicked<T>(message: &str) -> Result<T, JobError> {
    Err(JobError::Panicked(message.to_owned()))
}

#[test]
fn a_panic_is_told_and_its_worker_replaced() {
    let pool = pool(1);
    let broken = pool.submit(job(|_| panic!("an engine bug"))).unwrap();
    assert_eq!(broken.wait(), panicked("an engine bug"));
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    let now = Stats {
        size: 1,
        idle: 1,
        completed: 1,
        panicked: 1,
        replaced: 1,
        ..Stats::default()
    };
    assert_eq!(settled(&pool), now);
}

#[test]
fn a_worker_that_panics_again_when_dropped_is_still_replaced() {
    let pool = builder(1).build(|| Ok::<_, &str>(Fake::with_on_drop(|| panic!("and again"))));
    let pool = pool.unwrap();
    let broken = pool.submit(job(|_| panic!("an engine bug"))).unwrap();
    assert_eq!(broken.wait(), panicked("an engine bug"));
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
}

#[test]
fn a_lost_worker_is_dropped_before_the_next_is_made() {
    let (said, log) = unbounded();
    let made = said.clone();
    let pool = builder(1).build(move || {
        made.send("made").unwrap();
        let said = said.clone();
        Ok::<_, &str>(Fake::with_on_drop(move || said.send("dropped").unwrap()))
    });
    let pool = pool.unwrap();
    let broken = pool.submit(job(|_| panic!("an engine bug"))).unwrap();
    assert_eq!(broken.wait(), panicked("an engine bug"));
    pool.shutdown(Duration::ZERO);
    let log: Vec<_> = log.try_iter().collect();
    assert_eq!(log, ["made", "dropped", "made", "dropped"]);
}

/// A pool of one whose factory does at its nth call what `outcome` says.
fn pool_of(
    outcome: impl Fn(usize) -> Result<(), &'static str> + Send + Sync + 'static,
) -> Pool<Fake> {
    let calls = AtomicUsize::new(0);
    let factory = move || {
        outcome(calls.fetch_add(1, Ordering::SeqCst))?;
        Ok::<_, &str>(Fake::new())
    };
    builder(1).build(factory).unwrap()
}

#[test]
fn a_job_that_finds_no_worker_is_told_why_and_the_next_tries_again() {
    // The first worker; none after the panic, nor for the next job; then one.
    let pool = pool_of(|call| match call {
        1 => Err("no memory"),
        2 => panic!("a bug"),
        _ => Ok(()),
    });
    let broken = pool.submit(job(|_| panic!("an engine bug"))).unwrap();
    assert_eq!(broken.wait(), panicked("an engine bug"));
    let refused = pool.submit(job(|_| 7)).unwrap();
    assert_eq!(refused.wait(), Err(JobError::NoWorker("a bug".to_owned())));
    assert_eq!(pool.submit(job(|_| 8)).unwrap().wait(), Ok(8));
    assert_eq!(pool.stats().replaced, 1);
}

#[test]
fn a_pool_whose_factory_stays_broken_answers_every_job() {
    let pool = pool_of(|call| if call == 0 { Ok(()) } else { Err("no memory") });
    let broken = pool.submit(job(|_| panic!("an engine bug"))).unwrap();
    assert_eq!(broken.wait(), panicked("an engine bug"));
    let tickets: Vec<_> = (0..100)
        .map(|n| pool.submit(job(move |_| n)).unwrap())
        .collect();
    for ticket in tickets {
        assert_eq!(
            ticket.wait(),
            Err(JobError::NoWorker("no memory".to_owned()))
        );
    }
}

#[test]
fn foreign_destructors_that_panic_do_not_cost_the_pool_a_thread() {
    struct Bomb(Arc<AtomicUsize>);
    impl Drop for Bomb {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("dropped");
        }
    }
    struct Armed(Arc<AtomicUsize>);
    impl Worker for Armed {
        type Job = Receiver<()>;
        type Output = Bomb;
        type Stop = Bomb;
        fn stop_handle(&self) -> Bomb {
            Bomb(Arc::clone(&self.0))
        }
        fn run(&mut self, released: Receiver<()>, _deadline: Instant) -> Bomb {
            released.recv().unwrap();
            Bomb(Arc::clone(&self.0))
        }
    }
    impl Stop for Bomb {
        fn stop(&self, _: StopReason) {}
    }

    let drops = Arc::new(AtomicUsize::new(0));
    let armed = Arc::clone(&drops);
    let pool = Pool::builder()
        .workers(NonZeroUsize::MIN)
        .build(move || Ok::<_, &str>(Armed(Arc::clone(&armed))));
    let pool = pool.unwrap();
    let (release, released) = unbounded();
    // The tickets are gone before the jobs run, so the outputs go off on the worker.
    (0..10).for_each(|_| pool.submit(released.clone()).unwrap().detach());
    (0..10).for_each(|_| release.send(()).unwrap());
    pool.shutdown(Duration::MAX);
    assert_eq!(pool.stats().completed, 10);
    // Each job's handle and output, and the handle for a job that never came.
    assert_eq!(drops.load(Ordering::SeqCst), 21);
    assert_eq!(pool.stats().replaced, 0);
}

#[test]
fn a_stop_that_panics_leaves_its_job_to_be_abandoned() {
    struct Stubborn;
    struct Broken;
    impl Worker for Stubborn {
        type Job = Receiver<()>;
        type Output = ();
        type Stop = Broken;
        fn stop_handle(&self) -> Broken {
            Broken
        }
        fn run(&mut self, released: Receiver<()>, _deadline: Instant) {
            released.recv().unwrap();
        }
    }
    impl Stop for Broken {
        fn stop(&self, _: StopReason) {
            panic!("stopped");
        }
    }

    let pool = Pool::builder()
        .workers(NonZeroUsize::MIN)
        .grace(Duration::ZERO)
        .build(|| Ok::<_, &str>(Stubborn));
    let pool = pool.unwrap();
    let (release, released) = unbounded();
    let ticket = pool.submit_with(released.clone(), within(Duration::from_millis(20)));
    assert_eq!(ticket.unwrap().wait(), Err(JobError::Abandoned));
    (0..2).for_each(|_| release.send(()).unwrap());
    assert_eq!(pool.submit(released).unwrap().wait(), Ok(()));
}
