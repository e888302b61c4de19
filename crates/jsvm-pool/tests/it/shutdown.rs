//! The end of a pool: drained, cut short, stubborn, dropped, and twice.

use std::{sync::Arc, thread, time::Duration};

use crossbeam_channel::{bounded, unbounded};
use jsvm_pool::{JobError, Pool, Rejected, ShutdownReport};

use crate::{Blocked, Fake, HOUR, SHORT, build, builder, job, obedient, pool, within};

fn report(completed: u64, dropped: u64, abandoned: u64) -> ShutdownReport {
    ShutdownReport {
        completed,
        dropped,
        abandoned,
    }
}

/// Returns when the pool has closed, which a call to `shutdown` does first.
/// Until then it leaves jobs in the queue.
fn wait_until_closed(pool: &Pool<Fake>) {
    while !matches!(pool.submit(job(|_| 0)), Err(Rejected::Closed(_))) {
        thread::yield_now();
    }
}

#[test]
fn what_is_in_the_pool_is_drained_and_what_comes_later_given_back() {
    let pool = pool(1);
    assert_eq!(pool.submit(job(|_| 6)).unwrap().wait(), Ok(6));
    let blocked = Blocked::on(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    thread::scope(|scope| {
        let ended = scope.spawn(|| pool.shutdown(Duration::MAX));
        wait_until_closed(&pool);
        let rejected = pool.submit(job(|_| 9)).unwrap_err();
        assert!(matches!(rejected, Rejected::Closed(_)));
        assert!(!rejected.is_retryable());
        assert_eq!(blocked.release().wait(), Ok(1));
        let report = ended.join().unwrap();
        assert!(report.completed >= 2);
        assert_eq!((report.dropped, report.abandoned), (0, 0));
    });
    assert_eq!(queued.wait(), Ok(7));
}

#[test]
fn when_the_drain_is_over_running_jobs_are_stopped_and_queued_ones_dropped() {
    for drain in [Duration::ZERO, SHORT] {
        let pool = pool(1);
        let running = obedient(&pool);
        let queued = [
            pool.submit(job(|_| 7)).unwrap(),
            pool.submit(job(|_| 8)).unwrap(),
        ];
        assert_eq!(pool.shutdown(drain), report(1, 2, 0));
        assert_eq!(running.wait(), Ok(2));
        for ticket in queued {
            assert_eq!(ticket.wait(), Err(JobError::Closed));
        }
    }
}

#[test]
fn a_worker_that_does_not_stop_is_left_behind() {
    let pool = build(builder(1).grace(SHORT));
    let stubborn = Blocked::on(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    assert_eq!(pool.shutdown(Duration::ZERO), report(0, 1, 1));
    assert_eq!(queued.wait(), Err(JobError::Closed));
    assert_eq!(stubborn.release().wait(), Err(JobError::Abandoned));
}

#[test]
fn a_worker_abandoned_while_draining_is_replaced_to_drain_the_rest() {
    let pool = build(builder(1).grace(SHORT));
    let blocked = Blocked::on(&pool);
    let (release, released) = bounded::<()>(0);
    let stubborn = job(move |_| {
        released.recv().unwrap();
        1
    });
    let stubborn = pool.submit_with(stubborn, within(SHORT)).unwrap();
    let queued = pool.submit(job(|_| 7)).unwrap();
    thread::scope(|scope| {
        let ended = scope.spawn(|| pool.shutdown(HOUR));
        wait_until_closed(&pool);
        assert_eq!(blocked.release().wait(), Ok(1));
        assert_eq!(stubborn.wait(), Err(JobError::Abandoned));
        assert_eq!(queued.wait(), Ok(7));
        let report = ended.join().unwrap();
        assert_eq!((report.dropped, report.abandoned), (0, 1));
    });
    release.send(()).unwrap();
}

#[test]
fn a_second_shutdown_shortens_the_first_and_reports_the_same() {
    let pool = pool(1);
    let running = obedient(&pool);
    thread::scope(|scope| {
        let first = scope.spawn(|| pool.shutdown(HOUR));
        let second = scope.spawn(|| pool.shutdown(Duration::ZERO));
        assert_eq!(first.join().unwrap(), report(1, 0, 0));
        assert_eq!(second.join().unwrap(), report(1, 0, 0));
    });
    assert_eq!(running.wait(), Ok(2));
    assert_eq!(pool.shutdown(HOUR), report(1, 0, 0));
}

#[test]
fn dropping_the_pool_stops_what_runs_and_drops_what_waits() {
    let pool = pool(1);
    let running = obedient(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    drop(pool);
    assert_eq!(running.wait(), Ok(2));
    assert_eq!(queued.wait(), Err(JobError::Closed));
}

#[test]
fn when_the_pool_is_gone_so_are_its_workers() {
    let (dropped, drops) = unbounded();
    let pool = builder(3).build(move || {
        let dropped = dropped.clone();
        Ok::<_, &str>(Fake::with_on_drop(move || dropped.send(()).unwrap()))
    });
    let pool = pool.unwrap();
    while pool.stats().idle < 3 {
        thread::yield_now();
    }
    drop(pool);
    assert_eq!(drops.len(), 3);
}

#[test]
fn a_job_that_shuts_its_own_pool_down_is_abandoned() {
    let pool = Arc::new(build(builder(1).grace(SHORT)));
    let own = Arc::clone(&pool);
    let (ended, end) = bounded(1);
    let ticket = pool.submit(job(move |_| {
        ended.send(own.shutdown(Duration::ZERO)).unwrap();
        1
    }));
    assert_eq!(ticket.unwrap().wait(), Err(JobError::Abandoned));
    assert_eq!(end.recv().unwrap(), report(0, 0, 1));
}

#[test]
fn jobs_handed_in_while_the_pool_closes_are_all_accounted_for() {
    let pool = build(builder(2).queue(4));
    thread::scope(|scope| {
        let call = || std::iter::from_fn(|| answer(&pool)).collect::<Vec<_>>();
        let callers = [scope.spawn(call), scope.spawn(call)];
        while pool.stats().completed < 10 {
            thread::yield_now();
        }
        pool.shutdown(Duration::ZERO);
        let answers = callers.map(|caller| caller.join().unwrap()).concat();
        let (ran, dropped): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert!(
            dropped
                .iter()
                .all(|answer| *answer == Err(JobError::Closed))
        );
        let now = pool.stats();
        assert_eq!(
            (ran.len() as u64, dropped.len() as u64),
            (now.completed, now.dropped)
        );
    });
}

/// The answer to one job, or nothing once the pool is closed.
fn answer(pool: &Pool<Fake>) -> Option<Result<u64, JobError>> {
    let mut next = job(|_| 7);
    loop {
        match pool.submit(next) {
            Ok(ticket) => return Some(ticket.wait()),
            Err(Rejected::Full(job)) => next = job,
            Err(_) => return None,
        }
    }
}
