//! Handing in jobs and getting answers, when every worker behaves.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use crossbeam_channel::bounded;
use jsvm_pool::{Pool, PoolError, Rejected, Stats};

use crate::{Blocked, Fake, build, builder, job, pool, settled};

#[test]
fn a_job_given_back_by_a_full_pool_is_accepted_when_there_is_room() {
    let pool = build(builder(1).queue(1));
    let blocked = Blocked::on(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    let rejected = pool.submit(job(|_| 8)).unwrap_err();
    assert!(matches!(rejected, Rejected::Full(_)));
    assert!(rejected.is_retryable());

    assert_eq!(blocked.release().wait(), Ok(1));
    assert_eq!(queued.wait(), Ok(7));
    let retried = pool.submit(rejected.into_job()).unwrap();
    assert_eq!(retried.wait(), Ok(8));
}

#[test]
fn one_slow_job_does_not_delay_the_others() {
    let pool = pool(2);
    let blocked = Blocked::on(&pool);
    let tickets: Vec<_> = (0..100)
        .map(|n| pool.submit(job(move |_| n)).unwrap())
        .collect();
    let answers: Vec<_> = tickets
        .into_iter()
        .map(|ticket| ticket.wait().unwrap())
        .collect();
    assert_eq!(answers, (0..100).collect::<Vec<_>>());
    assert_eq!(blocked.release().wait(), Ok(1));
}

#[test]
fn jobs_of_many_callers_run_and_are_answered_exactly_once() {
    const EACH: u64 = 2000;
    let pool = build(builder(3).queue(16));
    let (ran, runs) = crossbeam_channel::unbounded();
    thread::scope(|scope| {
        for caller in 0..2 {
            let (pool, ran) = (&pool, ran.clone());
            scope.spawn(move || {
                for id in (caller * EACH)..(caller + 1) * EACH {
                    let ran = ran.clone();
                    let mut next = job(move |_| {
                        ran.send(id).unwrap();
                        id
                    });
                    let ticket = loop {
                        match pool.submit(next) {
                            Ok(ticket) => break ticket,
                            Err(full) => next = full.into_job(),
                        }
                    };
                    assert_eq!(ticket.wait(), Ok(id));
                }
            });
        }
    });
    drop(ran);
    let runs: Vec<u64> = runs.iter().collect();
    assert_eq!(runs.len() as u64, 2 * EACH);
    assert_eq!(runs.iter().collect::<HashSet<_>>().len(), runs.len());
    assert_eq!(pool.stats().completed, 2 * EACH);
}

#[test]
fn a_ticket_can_be_awaited_under_any_executor() {
    let pool = pool(1);
    let blocked = Blocked::on(&pool);
    let ticket = pool.submit(job(|_| 7)).unwrap();
    let (is_pending, pending) = bounded(0);
    thread::scope(|scope| {
        let awaited = scope.spawn(|| block_on(ticket, || is_pending.send(()).unwrap()));
        pending.recv().unwrap(); // The waker is registered now.
        assert_eq!(blocked.release().wait(), Ok(1));
        assert_eq!(awaited.join().unwrap(), Ok(7));
    });
}

/// Runs `future` on this thread; `on_first_pending` is called after its first poll.
fn block_on<F: Future>(future: F, on_first_pending: impl FnOnce()) -> F::Output {
    let unpark = Arc::new(Unpark(thread::current(), AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&unpark));
    let (mut future, mut ctx) = (pin!(future), Context::from_waker(&waker));
    let mut on_first_pending = Some(on_first_pending);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut ctx) {
            return output;
        }
        if let Some(call) = on_first_pending.take() {
            call();
        }
        while !unpark.1.swap(false, Ordering::SeqCst) {
            thread::park();
        }
    }
}

/// Remembers that it was woken: a channel parks its thread too, and so may
/// swallow an unpark that is not its own.
struct Unpark(Thread, AtomicBool);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.store(true, Ordering::SeqCst);
        self.0.unpark();
    }
}

#[test]
fn a_detached_job_runs_though_nobody_waits() {
    let pool = pool(1);
    let blocked = Blocked::on(&pool);
    let (ran, runs) = bounded(1);
    let ticket = pool.submit(job(move |_| {
        ran.send(()).unwrap();
        7
    }));
    ticket.unwrap().detach();
    assert_eq!(blocked.release().wait(), Ok(1));
    runs.recv().unwrap();
}

#[test]
fn code_runs_in_place_on_a_worker_of_the_same_pool_only() {
    let (pool, other) = (Arc::new(pool(1)), Arc::new(pool(1)));
    assert!(pool.try_inline(|| 7).is_err());
    let (own, others) = (Arc::clone(&pool), Arc::clone(&other));
    let (inline, inlined) = bounded(2);
    let outer = pool.submit(job(move |_| {
        inline.send(own.try_inline(|| 7).ok()).unwrap();
        inline.send(others.try_inline(|| 7).ok()).unwrap();
        // The last owner must not be a worker.
        drop((own, others));
        0
    }));
    assert_eq!(outer.unwrap().wait(), Ok(0));
    assert_eq!(inlined.iter().collect::<Vec<_>>(), [Some(7), None]);
}

#[test]
fn a_queue_of_zero_accepts_a_job_for_a_waiting_worker() {
    let pool = build(builder(1).queue(0));
    let mut next = job(|_| 7);
    let ticket = loop {
        match pool.submit(next) {
            Ok(ticket) => break ticket,
            Err(not_waiting_yet) => next = not_waiting_yet.into_job(),
        }
    };
    assert_eq!(ticket.wait(), Ok(7));
}

#[test]
fn stats_tell_what_runs_and_what_waits() {
    let pool = pool(1);
    let blocked = Blocked::on(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    let now = Stats {
        size: 1,
        busy: 1,
        queued: 1,
        ..Stats::default()
    };
    assert_eq!(pool.stats(), now);

    assert_eq!(blocked.release().wait(), Ok(1));
    assert_eq!(queued.wait(), Ok(7));
    let now = Stats {
        size: 1,
        idle: 1,
        completed: 2,
        ..Stats::default()
    };
    assert_eq!(settled(&pool), now);
}

#[test]
fn threads_are_named_and_numbered() {
    let pool = build(builder(1).name("hooks"));
    let (name, names) = bounded(1);
    let ticket = pool.submit(job(move |_| {
        name.send(thread::current().name().map(str::to_owned))
            .unwrap();
        0
    }));
    assert_eq!(ticket.unwrap().wait(), Ok(0));
    assert_eq!(names.recv().unwrap().as_deref(), Some("hooks-0"));
}

#[test]
fn a_factory_that_fails_or_panics_fails_the_build_with_its_cause() {
    let cause = |built: Result<Pool<Fake>, PoolError>| match built.unwrap_err() {
        PoolError::Factory(cause) => cause,
        other => panic!("{other}"),
    };
    assert_eq!(cause(builder(2).build(|| Err("no memory"))), "no memory");
    assert_eq!(
        cause(builder(2).build(|| -> Result<Fake, &str> { panic!("a bug") })),
        "a bug"
    );
}

#[test]
fn a_thread_that_the_system_refuses_fails_the_build() {
    let built = builder(2)
        .stack_size(1 << 60)
        .build(|| Ok::<_, &str>(Fake::new()));
    assert!(matches!(built, Err(PoolError::Thread(_))));
}

#[test]
fn a_pool_is_shared_though_its_workers_cannot_be_sent() {
    fn is_shareable<T: Send + Sync>(_: &T) {}
    is_shareable(&pool(1));
}
