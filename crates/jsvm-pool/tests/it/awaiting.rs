//! Tickets that are awaited: under tokio, under nothing, and given up.

use std::{future::Future, thread};

use jsvm_pool::JobError;
use tokio::runtime;

use crate::{Blocked, SHORT, job, obedient, pool};

/// Runs `future` under a runtime of tokio with two threads.
fn under_tokio<F: Future>(future: F) -> F::Output {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build();
    runtime.unwrap().block_on(future)
}

#[test]
fn many_tickets_are_awaited_at_once_under_tokio() {
    let pool = pool(2);
    let answers = under_tokio(async {
        let tasks: Vec<_> = (0..200)
            .map(|n| tokio::spawn(pool.submit(job(move |_| n)).unwrap()))
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap().unwrap());
        }
        answers
    });
    assert_eq!(answers, (0..200).collect::<Vec<_>>());
}

#[test]
fn a_future_that_is_given_up_cancels_its_job() {
    let pool = pool(1);
    let running = obedient(&pool);
    under_tokio(async {
        // The job runs until it is stopped, which only the lost ticket does.
        assert!(tokio::time::timeout(SHORT, running).await.is_err());
    });
    assert_eq!(pool.submit(job(|_| 7)).unwrap().wait(), Ok(7));
    assert_eq!(pool.stats().stopped, 1);
}

#[test]
fn a_ticket_may_be_polled_first_and_waited_for_then() {
    let pool = pool(1);
    let blocked = Blocked::on(&pool);
    let mut ticket = pool.submit(job(|_| 7)).unwrap();
    under_tokio(async {
        let is_pending = tokio::time::timeout(SHORT, &mut ticket).await.is_err();
        assert!(is_pending);
    });
    thread::scope(|scope| {
        let waiter = scope.spawn(|| ticket.wait());
        assert_eq!(blocked.release().wait(), Ok(1));
        assert_eq!(waiter.join().unwrap(), Ok(7));
    });
}

#[test]
fn what_never_ran_is_told_to_who_awaits_it() {
    let pool = pool(1);
    let running = obedient(&pool);
    let queued = pool.submit(job(|_| 7)).unwrap();
    let answers = under_tokio(async {
        let queued = tokio::spawn(queued);
        drop(pool);
        (running.await, queued.await.unwrap())
    });
    assert_eq!(answers, (Ok(2), Err(JobError::Closed)));
}
