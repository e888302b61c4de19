//! Jobs that outlive their deadline, obedient and not.

use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, unbounded};
use jsvm_pool::{JobError, Stats};

use crate::{Blocked, Fake, HOUR, SHORT, build, builder, job, obedient, pool, settled, within};

#[test]
fn a_job_is_stopped_at_its_deadline_and_its_worker_goes_on() {
    let pool = build(builder(1).timeout(SHORT));
    assert_eq!(obedient(&pool).wait(), Ok(2));
    assert_eq!(
        pool.submit_with(job(|_| 7), within(HOUR)).unwrap().wait(),
        Ok(7)
    );
    let now = Stats {
        size: 1,
        idle: 1,
        completed: 2,
        stopped: 1,
        ..Stats::default()
    };
    assert_eq!(settled(&pool), now);
}

#[test]
fn a_limit_of_its_own_counts_for_one_job_only() {
    let pool = pool(1);
    let until_stopped = || {
        job(|worker| {
            worker.wait_for_stop();
            2
        })
    };
    // The supervisor sleeps for an hour when the short one comes.
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    let short = pool.submit_with(until_stopped(), within(SHORT)).unwrap();
    assert_eq!(short.wait(), Ok(2));
    let long = pool
        .submit_with(until_stopped(), within(Duration::ZERO))
        .unwrap();
    let long = long
        .wait_timeout(2 * SHORT)
        .expect_err("an hour has not passed");
    let endless = pool.submit_with(job(|_| 8), within(Duration::MAX)).unwrap();
    pool.shutdown(Duration::ZERO);
    assert_eq!(long.wait(), Ok(2));
    assert_eq!(endless.wait(), Err(JobError::Closed));
}

#[test]
fn the_time_in_the_queue_does_not_count() {
    let pool = pool(1);
    let blocked = Blocked::on(&pool);
    let (deadline, deadlines) = bounded(1);
    let queued = pool.submit(job(move |worker| {
        deadline.send(worker.deadline.get()).unwrap();
        7
    }));
    let is_released = Instant::now();
    assert_eq!(blocked.release().wait(), Ok(1));
    assert_eq!(queued.unwrap().wait(), Ok(7));
    assert!(deadlines.recv().unwrap() >= Some(is_released + HOUR));
}

#[test]
fn each_of_many_jobs_is_stopped_at_its_own_deadline() {
    let pool = build(builder(4).timeout(SHORT));
    let tickets: Vec<_> = (0..40)
        .map(|n| {
            let stubborn = job(move |worker| {
                worker.wait_for_stop();
                assert!(worker.stops.1.is_empty(), "stopped twice");
                n
            });
            pool.submit_with(
                stubborn,
                within(SHORT / (1 + u32::try_from(n % 4).unwrap())),
            )
            .unwrap()
        })
        .collect();
    let answers: Vec<_> = tickets
        .into_iter()
        .map(|ticket| ticket.wait().unwrap())
        .collect();
    assert_eq!(answers, (0..40).collect::<Vec<_>>());
    assert_eq!(pool.stats().stopped, 40);
}

#[test]
fn a_worker_that_ignores_its_stop_is_abandoned_and_replaced() {
    let pool = build(builder(1).timeout(SHORT).grace(SHORT));
    let (release, released) = bounded::<()>(0);
    let (late, lates) = bounded(1);
    let ticket = pool.submit(job(move |_| {
        released.recv().unwrap();
        late.send(()).unwrap();
        1
    }));
    assert_eq!(ticket.unwrap().wait(), Err(JobError::Abandoned));
    assert_eq!(
        pool.submit_with(job(|_| 7), within(HOUR)).unwrap().wait(),
        Ok(7)
    );
    let now = Stats {
        size: 1,
        idle: 1,
        lingering: 1,
        completed: 1,
        stopped: 1,
        abandoned: 1,
        replaced: 1,
        ..Stats::default()
    };
    assert_eq!(settled(&pool), now);

    release.send(()).unwrap();
    lates.recv().unwrap(); // Its answer comes too late, and nobody gets it.
    assert_eq!(
        pool.submit_with(job(|_| 8), within(HOUR)).unwrap().wait(),
        Ok(8)
    );
    assert_eq!(pool.stats().completed, 2);
}

#[test]
fn an_abandoned_thread_drops_its_worker_and_ends() {
    let (dropped, drops) = unbounded();
    let pool = builder(1).timeout(SHORT).grace(SHORT).build(move || {
        let dropped = dropped.clone();
        Ok::<_, &str>(Fake::with_on_drop(move || dropped.send(()).unwrap()))
    });
    let pool = pool.unwrap();
    let blocked = Blocked::on(&pool);
    let (ticket, release) = (blocked.ticket, blocked.release);
    assert_eq!(ticket.wait(), Err(JobError::Abandoned));
    assert!(drops.is_empty());
    release.send(()).unwrap();
    drops.recv().unwrap();
}

#[test]
fn every_worker_can_be_abandoned_and_the_queue_is_still_served() {
    let pool = build(builder(2).grace(SHORT));
    let (release, released) = bounded::<()>(0);
    let stubborn = |_| {
        let released = released.clone();
        let stubborn = job(move |_| {
            released.recv().unwrap();
            1
        });
        pool.submit_with(stubborn, within(SHORT)).unwrap()
    };
    let stubborn: Vec<_> = (0..6).map(stubborn).collect();
    let last = pool.submit_with(job(|_| 7), within(HOUR)).unwrap();
    for ticket in stubborn {
        assert_eq!(ticket.wait(), Err(JobError::Abandoned));
    }
    assert_eq!(last.wait(), Ok(7));
    (0..6).for_each(|_| release.send(()).unwrap());
}

#[test]
fn a_zero_timeout_means_the_default() {
    let pool = build(builder(1).timeout(Duration::ZERO));
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    let ticket = obedient(&pool).wait_timeout(SHORT);
    let ticket = ticket.expect_err("five seconds have not passed");
    drop(pool);
    assert_eq!(ticket.wait(), Ok(2));
}

#[test]
fn a_deadline_that_never_comes_disturbs_nobody() {
    let pool = pool(1);
    let endless = pool.submit_with(job(|_| 7), within(Duration::MAX)).unwrap();
    assert_eq!(endless.wait(), Ok(7));
}
