//! How many workers there are: elastic pools, caps for each key, and workers
//! that are replaced because they are worn.

use std::{
    num::{NonZeroU64, NonZeroUsize},
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{bounded, unbounded};
use jsvm_pool::{Call, JobError, Pool, PoolError, Stop, StopReason, Worker};

use crate::{Blocked, Fake, HOUR, SHORT, build, builder, count, job, within};

#[test]
fn a_pool_grows_while_jobs_wait_and_shrinks_when_they_do_not() {
    let pool = build(builder(1).elastic(count(3), SHORT));
    assert_eq!(pool.stats().size, 1);
    // Each returns when it runs, so each but the first needs another worker.
    let blocked: Vec<_> = (0..3).map(|_| Blocked::on(&pool)).collect();
    assert_eq!(pool.stats().size, 3);
    let fourth = pool.submit(job(|_| 7)).unwrap();
    let fourth = fourth.wait_timeout(SHORT).expect_err("three is the most");
    for blocked in blocked {
        assert_eq!(blocked.release().wait(), Ok(1));
    }
    assert_eq!(fourth.wait(), Ok(7));
    while pool.stats().size > 1 {
        thread::yield_now();
    }
    assert_eq!(pool.stats().replaced, 0);
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
}

#[test]
fn a_pool_that_is_to_grow_to_less_than_it_is_is_not_built() {
    let built = builder(3)
        .elastic(count(2), HOUR)
        .build(|| Ok::<_, &str>(Fake::new()));
    let err = built.unwrap_err();
    assert!(matches!(err, PoolError::Size { min: 3, max: 2 }));
    assert_eq!(
        err.to_string(),
        "at most 2 workers were asked for, and at least 3"
    );
}

#[test]
fn workers_beyond_the_first_are_made_in_the_background() {
    let (release, released) = bounded::<()>(0);
    let calls = AtomicU64::new(0);
    let pool = builder(2).build(move || {
        if calls.fetch_add(1, Ordering::SeqCst) > 0 {
            released.recv().unwrap();
        }
        Ok::<_, &str>(Fake::new())
    });
    let pool = pool.unwrap();
    // `build` has returned, though the second worker is not made yet.
    assert_eq!(pool.stats().size, 2);
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    assert!(pool.stats().idle < 2);
    release.send(()).unwrap();
    while pool.stats().idle < 2 {
        thread::yield_now();
    }
}

#[test]
fn jobs_of_a_slow_key_wait_in_place_and_others_pass_them() {
    let pool = build(builder(2).per_key(count(1)));
    let (says, said) = unbounded();
    let (release, released) = unbounded::<()>();
    let slow = |n: u64| {
        let (says, released) = (says.clone(), released.clone());
        let slow = job(move |_| {
            says.send(n).unwrap();
            released.recv().unwrap();
            n
        });
        pool.submit_with(slow, Call::new().key("slow")).unwrap()
    };
    let slow: Vec<_> = (0..3).map(slow).collect();
    assert_eq!(said.recv().unwrap(), 0);
    for n in 0..50 {
        let quick = pool.submit_with(job(move |_| n), Call::new().key("quick"));
        assert_eq!(quick.unwrap().wait(), Ok(n));
    }
    assert!(said.is_empty());
    let now = pool.stats();
    assert_eq!((now.queued, now.busy), (2, 1));
    assert_eq!(
        now.in_flight.into_iter().collect::<Vec<_>>(),
        [("slow".into(), 1)]
    );

    (0..3).for_each(|_| release.send(()).unwrap());
    for (n, ticket) in (0..).zip(slow) {
        assert_eq!(ticket.wait(), Ok(n));
    }
    assert_eq!(said.try_iter().collect::<Vec<_>>(), [1, 2]);
    assert!(pool.stats().in_flight.is_empty());
}

#[test]
fn the_place_of_a_capped_job_is_freed_however_the_one_before_it_ends() {
    let pool = build(builder(2).per_key(count(1)).grace(SHORT));
    let call = || Call::new().key("a").timeout(SHORT);
    let (release, released) = bounded::<()>(0);
    let stubborn = pool.submit_with(
        job(move |_| {
            released.recv().unwrap();
            1
        }),
        call(),
    );
    let broken = pool.submit_with(job(|_| panic!("a bug")), call());
    let cancelled = pool.submit_with(job(|_| 3), call()).unwrap();
    let expired = pool.submit_with(job(|_| 4), call().queue_wait(Duration::from_nanos(1)));
    let last = pool.submit_with(job(|_| 5), call().timeout(HOUR)).unwrap();
    drop(cancelled);
    assert_eq!(stubborn.unwrap().wait(), Err(JobError::Abandoned));
    assert_eq!(
        broken.unwrap().wait(),
        Err(JobError::Panicked("a bug".into()))
    );
    assert_eq!(expired.unwrap().wait(), Err(JobError::Expired));
    assert_eq!(last.wait(), Ok(5));
    assert!(pool.stats().in_flight.is_empty());
    release.send(()).unwrap();
}

#[test]
fn capped_jobs_are_drained_too() {
    let pool = build(builder(2).per_key(count(1)));
    let tickets: Vec<_> = (0..20)
        .map(|n| {
            pool.submit_with(job(move |_| n), Call::new().key("a"))
                .unwrap()
        })
        .collect();
    assert_eq!(pool.shutdown(HOUR).dropped, 0);
    for (n, ticket) in (0..).zip(tickets) {
        assert_eq!(ticket.wait(), Ok(n));
    }
}

#[test]
fn a_worker_is_replaced_after_so_many_jobs_and_serves_until_then() {
    let (made, makings) = unbounded();
    let (release, released) = unbounded::<()>();
    let calls = AtomicU64::new(0);
    let pool = builder(1)
        .max_executions(NonZeroU64::new(3).unwrap())
        .build(move || {
            // The second worker is not made before the test says so.
            if calls.fetch_add(1, Ordering::SeqCst) == 1 {
                released.recv().unwrap();
            }
            made.send(()).unwrap();
            Ok::<_, &str>(Fake::new())
        })
        .unwrap();
    for n in 0..10 {
        assert_eq!(pool.submit(job(move |_| n)).unwrap().wait(), Ok(n));
    }
    assert_eq!(makings.try_iter().count(), 1);
    release.send(()).unwrap();
    while pool.stats().replaced == 0 || pool.stats().size > 1 {
        thread::yield_now();
    }
    assert_eq!(makings.try_iter().count(), 1);
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
}

/// A worker that holds one byte more after each job.
struct Hoarder(u64);
struct Never;

impl Stop for Never {
    fn stop(&self, _: StopReason) {}
}

impl Worker for Hoarder {
    type Job = ();
    type Output = u64;
    type Stop = Never;

    fn stop_handle(&self) -> Never {
        Never
    }

    fn run(&mut self, (): (), _: Instant) -> u64 {
        self.0 += 1;
        self.0
    }

    fn held_bytes(&self) -> u64 {
        self.0
    }
}

#[test]
fn a_worker_is_replaced_when_it_holds_too_much() {
    let pool = Pool::builder()
        .workers(NonZeroUsize::MIN)
        .max_held_bytes(NonZeroU64::new(4).unwrap())
        .build(|| Ok::<_, &str>(Hoarder(0)))
        .unwrap();
    let run = || pool.submit(()).unwrap().wait().unwrap();
    assert_eq!([run(), run(), run(), run(), run()], [1, 2, 3, 4, 5]);
    while pool.stats().replaced == 0 || pool.stats().size > 1 {
        thread::yield_now();
    }
    assert_eq!(run(), 1);
}

#[test]
fn a_worn_worker_that_is_lost_is_replaced_once() {
    let pool = build(
        builder(1)
            .max_executions(NonZeroU64::MIN)
            .max_abandoned(count(4))
            .grace(SHORT),
    );
    let (release, released) = bounded::<()>(0);
    let stubborn = job(move |_| {
        released.recv().unwrap();
        1
    });
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    let ticket = pool.submit_with(stubborn, within(SHORT)).unwrap();
    assert_eq!(ticket.wait(), Err(JobError::Abandoned));
    for n in 0..20 {
        assert_eq!(pool.submit(job(move |_| n)).unwrap().wait(), Ok(n));
    }
    release.send(()).unwrap();
    while pool.stats().lingering > 0 || pool.stats().size > 1 {
        thread::yield_now();
    }
}

#[test]
fn a_worker_that_cannot_be_made_again_is_tried_until_it_can() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let pool = builder(2).build(move || {
        let call = counted.fetch_add(1, Ordering::SeqCst);
        // Two at first, none for a while, then as many as are asked for.
        if (2..5).contains(&call) {
            return Err("no memory");
        }
        Ok(Fake::new())
    });
    let pool = pool.unwrap();
    while pool.stats().idle < 2 {
        thread::yield_now();
    }
    let broken = pool.submit(job(|_| panic!("a bug"))).unwrap();
    assert_eq!(broken.wait(), Err(JobError::Panicked("a bug".into())));
    // The other worker serves, and no job is refused for want of the lost one.
    while pool.stats().idle < 2 {
        assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 6);
    assert_eq!((pool.stats().replaced, pool.stats().failed), (1, 0));
}
