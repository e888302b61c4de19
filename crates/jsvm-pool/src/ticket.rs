//! The answer to one job, from the pool to whoever handed the job in.
//!
//! One rule: a [`Reply`] answers once and at the latest when it is dropped, so
//! that no waiter is forgotten. This module does not know who answers, or why.

use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{error::JobError, guard::lock};

/// A claim on the answer to one job.
///
/// Wait for it on a thread, or await it under any executor. The answer comes
/// when the job has run or can no longer run; a running job is answered at the
/// latest when its deadline and the grace have passed. Dropping the ticket
/// does not disturb the job.
#[must_use = "dropping a ticket discards the answer to the job"]
pub struct Ticket<T>(Arc<Shared<T>>);

impl<T> Ticket<T> {
    /// Blocks until the job is answered.
    ///
    /// # Errors
    ///
    /// What became of the job, if it has no output.
    ///
    /// # Panics
    ///
    /// If this ticket was polled and has yielded its answer already.
    pub fn wait(self) -> Result<T, JobError> {
        let state = self.0.answered.wait_while(lock(&self.0.state), is_waiting);
        state.unwrap_or_else(PoisonError::into_inner).take()
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
        let state = lock(&self.0.state);
        let waited = self.0.answered.wait_timeout_while(state, limit, is_waiting);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            drop(state);
            return Err(self);
        }
        Ok(state.take())
    }
}

impl<T> Future for Ticket<T> {
    type Output = Result<T, JobError>;

    fn poll(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = lock(&self.0.state);
        if is_waiting(&mut state) {
            *state = State::Waiting(Some(ctx.waker().clone()));
            return Poll::Pending;
        }
        Poll::Ready(state.take())
    }
}

impl<T> fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

/// The end of a [`Ticket`] that answers it.
pub(crate) struct Reply<T>(Option<Arc<Shared<T>>>);

impl<T> Reply<T> {
    /// Answers. This runs foreign code: a waker, and if the ticket is gone the
    /// answer's destructor.
    pub(crate) fn send(mut self, answer: Result<T, JobError>) {
        self.settle(answer);
    }

    fn settle(&mut self, answer: Result<T, JobError>) {
        let Some(shared) = self.0.take() else { return };
        let before = mem::replace(&mut *lock(&shared.state), State::Answered(answer));
        shared.answered.notify_all();
        if let State::Waiting(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        self.settle(Err(JobError::Closed));
    }
}

/// Makes the two ends of one answer.
pub(crate) fn pair<T>() -> (Reply<T>, Ticket<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State::Waiting(None)),
        answered: Condvar::new(),
    });
    (Reply(Some(Arc::clone(&shared))), Ticket(shared))
}

struct Shared<T> {
    state: Mutex<State<T>>,
    answered: Condvar,
}

enum State<T> {
    Waiting(Option<Waker>),
    Answered(Result<T, JobError>),
    Taken,
}

impl<T> State<T> {
    fn take(&mut self) -> Result<T, JobError> {
        match mem::replace(self, Self::Taken) {
            Self::Answered(answer) => answer,
            Self::Waiting(_) | Self::Taken => panic!("the ticket's answer was taken before"),
        }
    }
}

/// Takes `&mut`, as the condition of a `Condvar` must.
fn is_waiting<T>(state: &mut State<T>) -> bool {
    matches!(state, State::Waiting(_))
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        task::Wake,
        thread,
    };

    use super::*;

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
}
