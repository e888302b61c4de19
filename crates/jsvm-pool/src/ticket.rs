//! The answer to one job, from the pool to whoever handed the job in.
//!
//! One rule: a [`Reply`] answers once and at the latest when it is dropped, so
//! that no waiter is forgotten. This module does not know who answers, or why.

use std::{
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use crate::{
    alarm::after,
    call::CancelToken,
    error::JobError,
    signals::Signals,
    sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, lock, wait, wait_for},
};

/// A claim on the answer to one job.
///
/// Wait for it on a thread, or await it under any executor. The answer comes
/// when the job has run or can no longer run; a running job is answered at the
/// latest when its deadline and the grace have passed.
///
/// Dropping the ticket cancels the job: if it has not started it never does,
/// and if it runs it is asked to stop. [`detach`](Self::detach) lets it run.
#[must_use = "dropping a ticket cancels its job; `detach` lets it run"]
pub struct Ticket<T> {
    cell: Arc<Cell<T>>,
    /// Nothing once the ticket is detached.
    signals: Option<Arc<Signals>>,
}

impl<T> Ticket<T> {
    /// Blocks until the job is answered.
    ///
    /// For a short time the thread looks for the answer without sleeping, if
    /// answers have lately come within that time.
    ///
    /// # Errors
    ///
    /// What became of the job, if it has no output.
    ///
    /// # Panics
    ///
    /// If this ticket was polled and has yielded its answer already.
    pub fn wait(self) -> Result<T, JobError> {
        let since = self.spin();
        let mut state = lock(&self.cell.state);
        while state.sleep_on() {
            state = wait(&self.cell.answered, state);
        }
        self.take(state, since)
    }

    /// Blocks until the job is answered, but no longer than `limit`.
    ///
    /// # Errors
    ///
    /// The ticket itself, if `limit` passed without an answer.
    ///
    /// # Panics
    ///
    /// If this ticket was polled and has yielded its answer already.
    pub fn wait_timeout(self, limit: Duration) -> Result<Result<T, JobError>, Self> {
        let end = after(Instant::now(), limit);
        let since = self.spin();
        let mut state = lock(&self.cell.state);
        while state.sleep_on() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                drop(state);
                return Err(self);
            }
            state = wait_for(&self.cell.answered, state, left);
        }
        Ok(self.take(state, since))
    }

    /// Lets the job run though nobody waits for its answer.
    pub fn detach(mut self) {
        self.signals = None;
    }

    /// Looks for the answer for a while, and returns when it began to.
    fn spin(&self) -> Instant {
        let since = Instant::now();
        if let Some(signals) = &self.signals {
            signals.answers.until(since, || self.cell.is_answered());
        }
        since
    }

    fn take(&self, mut state: MutexGuard<'_, State<T>>, since: Instant) -> Result<T, JobError> {
        if let Some(signals) = &self.signals {
            signals.answers.learn(since);
        }
        state.take()
    }
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, JobError>;

    fn poll(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.cell.state);
        if let State::Waiting(waiter) = &mut *state {
            *waiter = Waiter::Task(ctx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state.take())
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        let Some(signals) = &self.signals else { return };
        if !self.cell.is_answered() {
            self.cell.is_cancelled.store(true, Ordering::SeqCst);
            signals.cancelled();
        }
    }
}

impl<T> fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

/// The end of a [`Ticket`] that answers it.
pub(crate) struct Reply<T> {
    /// Nothing once it has answered.
    cell: Option<Arc<Cell<T>>>,
    token: Option<CancelToken>,
}

impl<T> Reply<T> {
    /// Answers. This runs foreign code: a waker, and if the ticket is gone the
    /// answer's destructor.
    pub(crate) fn send(mut self, answer: Result<T, JobError>) {
        self.settle(answer);
    }

    /// Whether the ticket was dropped, or the token cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        let cell = self.cell.as_ref();
        cell.is_some_and(|cell| cell.is_cancelled.load(Ordering::SeqCst))
            || self.token.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    fn settle(&mut self, answer: Result<T, JobError>) {
        let Some(cell) = self.cell.take() else { return };
        let before = mem::replace(&mut *lock(&cell.state), State::Answered(answer));
        cell.is_answered.store(true, Ordering::Release);
        match before {
            State::Waiting(Waiter::Thread) => cell.answered.notify_all(),
            State::Waiting(Waiter::Task(waker)) => waker.wake(),
            State::Waiting(Waiter::Nobody) | State::Answered(_) | State::Taken => {}
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        self.settle(Err(JobError::Closed));
    }
}

/// Makes the two ends of one answer.
pub(crate) fn pair<T>(signals: &Arc<Signals>, token: Option<CancelToken>) -> (Reply<T>, Ticket<T>) {
    let cell = Arc::new(Cell {
        is_answered: AtomicBool::new(false),
        is_cancelled: AtomicBool::new(false),
        state: Mutex::new(State::Waiting(Waiter::Nobody)),
        answered: Condvar::new(),
    });
    let reply = Reply {
        cell: Some(Arc::clone(&cell)),
        token,
    };
    let signals = Some(Arc::clone(signals));
    (reply, Ticket { cell, signals })
}

struct Cell<T> {
    /// For who looks without the lock; set after the answer.
    is_answered: AtomicBool,
    is_cancelled: AtomicBool,
    state: Mutex<State<T>>,
    answered: Condvar,
}

impl<T> Cell<T> {
    fn is_answered(&self) -> bool {
        self.is_answered.load(Ordering::Acquire)
    }
}

enum State<T> {
    Waiting(Waiter),
    Answered(Result<T, JobError>),
    Taken,
}

/// Whom the answer wakes.
enum Waiter {
    Nobody,
    Thread,
    Task(Waker),
}

impl<T> State<T> {
    /// Whether there is no answer yet; then, the thread that asks is woken.
    fn sleep_on(&mut self) -> bool {
        let Self::Waiting(waiter) = self else {
            return false;
        };
        *waiter = Waiter::Thread;
        true
    }

    fn take(&mut self) -> Result<T, JobError> {
        match mem::replace(self, Self::Taken) {
            Self::Answered(answer) => answer,
            Self::Waiting(_) | Self::Taken => panic!("the ticket's answer was taken before"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
        thread,
    };

    use super::*;
    use crate::spin::Spin;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn poll<T>(ticket: &mut Ticket<T>, waker: &Arc<Count>) -> Poll<Result<T, JobError>> {
        let waker = Waker::from(Arc::clone(waker));
        Pin::new(ticket).poll(&mut Context::from_waker(&waker))
    }

    fn pair<T>() -> (Reply<T>, Ticket<T>) {
        super::pair(&Arc::new(Signals::new(Spin::new(Duration::ZERO))), None)
    }

    #[test]
    fn a_thread_waits_for_its_answer() {
        let (reply, ticket) = pair();
        let waiter = thread::spawn(|| ticket.wait());
        reply.send(Ok(7));
        assert_eq!(waiter.join().ok(), Some(Ok(7)));
    }

    #[test]
    fn a_reply_dropped_unsent_answers_closed() {
        let (reply, ticket) = pair::<()>();
        drop(reply);
        assert_eq!(ticket.wait(), Err(JobError::Closed));
    }

    #[test]
    fn a_ticket_survives_a_wait_that_was_too_short() {
        let (reply, ticket) = pair();
        let ticket = ticket
            .wait_timeout(Duration::ZERO)
            .expect_err("no answer yet");
        assert!(!reply.is_cancelled());
        reply.send(Ok(7));
        assert!(matches!(ticket.wait_timeout(Duration::ZERO), Ok(Ok(7))));
    }

    #[test]
    fn the_last_waker_is_woken_once() {
        let (first, last) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let (reply, mut ticket) = pair();
        assert_eq!(poll(&mut ticket, &first), Poll::Pending);
        assert_eq!(poll(&mut ticket, &last), Poll::Pending);
        reply.send(Ok(7));
        assert_eq!(poll(&mut ticket, &last), Poll::Ready(Ok(7)));
        assert_eq!(first.0.load(Ordering::SeqCst), 0);
        assert_eq!(last.0.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_dropped_ticket_takes_the_answer_with_it() {
        let (reply, ticket) = pair();
        let answer = Arc::new(());
        drop(ticket);
        reply.send(Ok(Arc::clone(&answer)));
        assert_eq!(Arc::strong_count(&answer), 1);
    }

    #[test]
    fn a_job_is_cancelled_by_a_lost_ticket_but_not_by_a_detached_one() {
        let (reply, ticket) = pair::<()>();
        ticket.detach();
        assert!(!reply.is_cancelled());
        let (reply, ticket) = pair::<()>();
        drop(ticket);
        assert!(reply.is_cancelled());
    }
}
