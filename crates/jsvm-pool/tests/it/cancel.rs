//! Jobs that are cancelled, by a lost ticket or a token, before and while they
//! run.

use std::thread;

use crossbeam_channel::{bounded, unbounded};
use jsvm_pool::{Call, CancelToken, JobError, Pool};

use crate::{Blocked, Fake, HOUR, SHORT, build, builder, job, obedient, pool};

/// Returns when the numbers are as they are asked to be.
fn wait_for(pool: &Pool<Fake>, is_so: impl Fn(&jsvm_pool::Stats) -> bool) {
    while !is_so(&pool.stats()) {
        thread::yield_now();
    }
}

#[test]
fn a_job_whose_ticket_is_dropped_before_it_starts_never_starts() {
    let pool = pool(1);
    let blocked = Blocked::on(&pool);
    let (ran, runs) = unbounded();
    for n in 0..10 {
        let ran = ran.clone();
        drop(pool.submit(job(move |_| {
            ran.send(n).unwrap();
            n
        })));
    }
    drop(ran);
    // They leave the queue at once, though the one worker is busy.
    wait_for(&pool, |now| now.cancelled == 10 && now.queued == 0);
    assert_eq!(blocked.release().wait(), Ok(1));
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    assert_eq!(runs.iter().count(), 0);
    assert_eq!(pool.stats().completed, 2);
}

#[test]
fn what_is_cancelled_makes_room_at_once() {
    let pool = build(builder(1).queue(2));
    let blocked = Blocked::on(&pool);
    for _ in 0..100 {
        let cancelled = [
            pool.submit(job(|_| 7)).unwrap(),
            pool.submit(job(|_| 8)).unwrap(),
        ];
        drop(cancelled);
    }
    assert_eq!(blocked.release().wait(), Ok(1));
    wait_for(&pool, |now| now.cancelled == 200);
    assert_eq!(pool.stats().refused, 0);
}

#[test]
fn a_running_job_whose_ticket_is_dropped_is_asked_to_stop() {
    let pool = pool(1);
    drop(obedient(&pool));
    // The one worker, with an hour to run, is free for this.
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    let now = pool.stats();
    assert_eq!((now.stopped, now.completed, now.cancelled), (1, 2, 0));
}

#[test]
fn a_token_cancels_its_jobs_and_no_others() {
    let pool = pool(2);
    let token = CancelToken::new();
    let with_token = || Call::new().token(&token);
    let blocked = Blocked::on(&pool);
    let (has_started, started) = bounded(0);
    let running = pool.submit_with(
        job(move |worker| {
            has_started.send(()).unwrap();
            worker.wait_for_stop();
            2
        }),
        with_token(),
    );
    let running = running.unwrap();
    started.recv().unwrap();
    let queued = pool.submit_with(job(|_| 3), with_token()).unwrap();
    let other = pool.submit(job(|_| 4)).unwrap();

    token.clone().cancel();
    assert!(token.is_cancelled());
    assert_eq!(running.wait(), Ok(2));
    assert_eq!(queued.wait(), Err(JobError::Cancelled));
    assert_eq!(other.wait(), Ok(4));
    assert_eq!(blocked.release().wait(), Ok(1));
}

#[test]
fn a_job_with_a_cancelled_token_is_answered_though_no_worker_is_free() {
    let pool = pool(1);
    let token = CancelToken::new();
    token.cancel();
    let blocked = Blocked::on(&pool);
    let late = pool.submit_with(job(|_| 7), Call::new().token(&token));
    assert_eq!(late.unwrap().wait(), Err(JobError::Cancelled));
    assert_eq!(blocked.release().wait(), Ok(1));
}

#[test]
fn one_token_cancels_jobs_of_several_pools() {
    let pools = [pool(1), pool(1)];
    let token = CancelToken::new();
    let tickets: Vec<_> = pools
        .iter()
        .map(|pool| {
            let until_stopped = job(|worker| {
                worker.wait_for_stop();
                2
            });
            pool.submit_with(until_stopped, Call::new().token(&token))
                .unwrap()
        })
        .collect();
    pools
        .iter()
        .for_each(|pool| wait_for(pool, |now| now.busy == 1));
    token.cancel();
    for ticket in tickets {
        assert_eq!(ticket.wait(), Ok(2));
    }
}

#[test]
fn a_cancelled_job_that_does_not_stop_is_abandoned() {
    let pool = build(builder(1).grace(SHORT));
    let Blocked { ticket, release } = Blocked::on(&pool);
    drop(ticket);
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    assert_eq!(pool.stats().abandoned, 1);
    release.send(()).unwrap();
}

#[test]
fn a_job_that_waits_for_too_long_is_told_so_and_never_starts() {
    let pool = build(builder(1).queue_wait(SHORT));
    let blocked = Blocked::on(&pool);
    let (ran, runs) = bounded::<()>(1);
    let queued = pool.submit(job(move |_| {
        ran.send(()).unwrap();
        7
    }));
    let patient = pool.submit_with(job(|_| 8), Call::new().queue_wait(HOUR));
    assert_eq!(queued.unwrap().wait(), Err(JobError::Expired));
    assert_eq!(blocked.release().wait(), Ok(1));
    assert_eq!(patient.unwrap().wait(), Ok(8));
    assert!(runs.recv().is_err());
    assert_eq!(pool.stats().expired, 1);
}
