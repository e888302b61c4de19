//! What becomes of jobs when there is no room: refused, made to wait, or given
//! a worker of their own; and when too many workers are lost.

use std::{thread, time::Duration};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use jsvm_pool::{Call, JobError, Pool, Rejected, WhenFull};

use crate::{Blocked, Fake, HOUR, Job, SHORT, build, builder, count, job, settled, within};

/// A job that says that it runs and then runs until it is let go.
fn held(says: &Sender<u64>, released: &Receiver<()>, number: u64) -> Job {
    let (says, released) = (says.clone(), released.clone());
    job(move |_| {
        says.send(number).unwrap();
        released.recv().unwrap();
        number
    })
}

#[test]
fn refusing_counts_what_it_refused() {
    let pool = build(builder(1).queue(0));
    settled(&pool);
    let blocked = Blocked::on(&pool);
    for _ in 0..3 {
        let rejected = pool.submit(job(|_| 7)).unwrap_err();
        assert!(matches!(rejected, Rejected::Full(_)));
    }
    assert_eq!(pool.stats().refused, 3);
    assert_eq!(blocked.release().wait(), Ok(1));
}

#[test]
fn a_caller_that_waits_for_room_gets_it() {
    let pool = build(builder(1).queue(1).when_full(WhenFull::Wait(HOUR)));
    let blocked = Blocked::on(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| pool.submit(job(|_| 8)).unwrap().wait());
        while pool.stats().waited == 0 {
            thread::yield_now();
        }
        assert_eq!(blocked.release().wait(), Ok(1));
        assert_eq!(queued.wait(), Ok(7));
        assert_eq!(waiting.join().unwrap(), Ok(8));
    });
    assert_eq!((pool.stats().waited, pool.stats().refused), (1, 0));
}

#[test]
fn a_caller_waits_for_room_no_longer_than_it_may() {
    let pool = build(builder(1).queue(0).when_full(WhenFull::Wait(SHORT)));
    settled(&pool);
    let blocked = Blocked::on(&pool);
    let rejected = pool.submit(job(|_| 7)).unwrap_err();
    assert!(matches!(rejected, Rejected::Full(_)));
    assert_eq!((pool.stats().waited, pool.stats().refused), (1, 1));
    assert_eq!(blocked.release().wait(), Ok(1));
}

#[test]
fn a_caller_that_waits_for_room_is_told_when_the_pool_closes() {
    let pool = build(builder(1).queue(0).when_full(WhenFull::Wait(HOUR)));
    settled(&pool);
    let blocked = Blocked::on(&pool);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| pool.submit(job(|_| 7)).unwrap_err());
        while pool.stats().waited == 0 {
            thread::yield_now();
        }
        let ended = scope.spawn(|| pool.shutdown(HOUR));
        assert!(matches!(waiting.join().unwrap(), Rejected::Closed(_)));
        assert_eq!(blocked.release().wait(), Ok(1));
        assert_eq!(ended.join().unwrap().completed, 1);
    });
}

#[test]
fn a_full_pool_may_make_a_worker_for_one_job_up_to_a_bound() {
    let policy = WhenFull::Spawn(count(2));
    let pool = build(builder(1).queue(0).when_full(policy));
    let (says, said) = unbounded();
    let (release, released) = unbounded();
    settled(&pool);
    let blocked = Blocked::on(&pool);
    let extra: Vec<_> = (0..2)
        .map(|n| pool.submit(held(&says, &released, n)).unwrap())
        .collect();
    let mut running = [said.recv().unwrap(), said.recv().unwrap()];
    running.sort_unstable();
    assert_eq!(running, [0, 1]);
    let rejected = pool.submit(job(|_| 7)).unwrap_err();
    assert!(matches!(rejected, Rejected::Full(_)));
    let now = pool.stats();
    assert_eq!((now.busy, now.spawned, now.refused, now.size), (3, 2, 1, 1));

    (0..2).for_each(|_| release.send(()).unwrap());
    for (n, ticket) in (0..).zip(extra) {
        assert_eq!(ticket.wait(), Ok(n));
    }
    // Their workers end, which makes room for others.
    let again = loop {
        match pool.submit(job(|_| 8)) {
            Ok(ticket) => break ticket,
            Err(full) => assert!(full.is_retryable()),
        }
    };
    assert_eq!(again.wait(), Ok(8));
    assert_eq!(pool.stats().spawned, 3);
    assert_eq!(blocked.release().wait(), Ok(1));
}

#[test]
fn an_extra_worker_that_cannot_be_made_leaves_its_job_to_the_others() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let pool: Pool<Fake> = builder(1)
        .queue(0)
        .when_full(WhenFull::Spawn(count(1)))
        .build(move || {
            let is_first = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            is_first.then(Fake::new).ok_or("no memory")
        })
        .unwrap();
    settled(&pool);
    let blocked = Blocked::on(&pool);
    let left = pool.submit(job(|_| 7)).unwrap();
    assert_eq!(blocked.release().wait(), Ok(1));
    assert_eq!(left.wait(), Ok(7));
    assert_eq!(pool.stats().spawned, 0);
}

/// Abandons a worker; the thread ends when it is released.
fn abandon(pool: &Pool<Fake>, released: &Receiver<()>) {
    let released = released.clone();
    let stubborn = job(move |_| {
        released.recv().unwrap();
        1
    });
    let ticket = pool.submit_with(stubborn, within(SHORT)).unwrap();
    assert_eq!(ticket.wait(), Err(JobError::Abandoned));
}

#[test]
fn too_many_abandoned_workers_are_told_until_one_ends() {
    let pool = build(builder(1).grace(Duration::ZERO).max_abandoned(count(2)));
    let (release, released) = unbounded();
    abandon(&pool, &released);
    abandon(&pool, &released);
    let rejected = pool.submit(job(|_| 7)).unwrap_err();
    assert!(rejected.is_retryable());
    assert_eq!(
        rejected.to_string(),
        "too many workers did not stop and were abandoned"
    );
    assert_eq!((pool.stats().lingering, pool.stats().refused), (2, 1));

    release.send(()).unwrap();
    while pool.stats().lingering == 2 {
        thread::yield_now();
    }
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    release.send(()).unwrap();
}

#[test]
fn beyond_the_bound_no_thread_is_started_and_no_job_is_left_waiting() {
    let pool = build(builder(1).grace(Duration::ZERO).max_abandoned(count(1)));
    let (release, released) = unbounded();
    let blocked = Blocked::on(&pool);
    let (says, said) = unbounded();
    let tickets: Vec<_> = (0..5)
        .map(|n| {
            let call = Call::new().timeout(SHORT).key("runaway");
            pool.submit_with(held(&says, &released, n), call).unwrap()
        })
        .collect();
    assert_eq!(blocked.release().wait(), Ok(1));
    let answers: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait()).collect();
    // One is abandoned and replaced, one is abandoned and not.
    assert_eq!(
        answers[..2],
        [Err(JobError::Abandoned), Err(JobError::Abandoned)]
    );
    let cause = JobError::NoWorker("too many were abandoned".to_owned());
    assert!(
        answers[2..]
            .iter()
            .all(|answer| *answer == Err(cause.clone()))
    );
    assert_eq!(said.try_iter().collect::<Vec<_>>(), [0, 1]);
    let now = pool.stats();
    assert_eq!((now.size, now.lingering, now.failed), (0, 2, 3));
    assert!(now.in_flight.is_empty());

    (0..2).for_each(|_| release.send(()).unwrap());
    while pool.stats().lingering > 0 {
        thread::yield_now();
    }
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
}

#[cfg(target_os = "linux")]
#[test]
fn an_abandoned_thread_runs_last() {
    let pool = build(builder(1).grace(Duration::ZERO));
    let (release, released) = bounded::<()>(0);
    let (tell, told) = bounded(1);
    let stubborn = job(move |_| {
        released.recv().unwrap();
        let own = rustix::thread::gettid();
        tell.send(rustix::process::getpriority_process(Some(own)).unwrap())
            .unwrap();
        1
    });
    let ticket = pool.submit_with(stubborn, within(SHORT)).unwrap();
    assert_eq!(ticket.wait(), Err(JobError::Abandoned));
    release.send(()).unwrap();
    assert_eq!(told.recv().unwrap(), 19);
}
