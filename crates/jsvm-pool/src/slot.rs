//! What one worker thread is doing, as thread and supervisor agree on it.
//!
//! One rule: every change is made under the slot's lock, and a job is stopped
//! only while it is the one registered, so that a stop can never hit the job
//! after it. The slot does not know what is done about its findings.

use std::{
    mem,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{
    alarm::{after, earlier},
    guard::{guarded, lock},
    stats::Counter,
    ticket::Reply,
    worker::{Stop, Worker},
};

pub(crate) struct Slot<W: Worker>(Mutex<Phase<W>>);

/// What the supervisor looks at a slot with.
pub(crate) struct Look<'a> {
    pub(crate) now: Instant,
    pub(crate) cutoff: Option<Instant>,
    pub(crate) grace: Duration,
    /// Counts the stops, at once: the job may be answered right after.
    pub(crate) stopped: &'a Counter,
}

/// What the supervisor learns when it looks at a slot.
pub(crate) enum Finding<T> {
    /// No job is running.
    Idle,
    /// A job is running; look again at this moment.
    Busy(Instant),
    /// The job did not stop. The slot is given up; this answers its ticket.
    Overdue(Reply<T>),
    /// The thread has ended.
    Exited,
}

impl<W: Worker> Slot<W> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Phase::Idle))
    }

    /// Registers the job that is about to run.
    pub(crate) fn begin(&self, reply: Reply<W::Output>, stop: W::Stop, deadline: Instant) {
        *lock(&self.0) = Phase::Running(Running {
            reply,
            stop: Some(stop),
            limit: deadline,
        });
    }

    /// Clears the job that has run. Nothing is returned if the slot was given
    /// up meanwhile: then the ticket is answered, and the thread must end.
    pub(crate) fn end(&self) -> Option<Reply<W::Output>> {
        let mut phase = lock(&self.0);
        match mem::replace(&mut *phase, Phase::Gone) {
            Phase::Running(Running { reply, stop, .. }) => {
                *phase = Phase::Idle;
                drop(phase);
                let _ = guarded(|| drop(stop));
                Some(reply)
            }
            Phase::Idle | Phase::Gone => None,
        }
    }

    /// Records that the thread has ended.
    pub(crate) fn exit(&self) {
        *lock(&self.0) = Phase::Gone;
    }

    /// Takes the step that is due: stops the job at its deadline or the
    /// cutoff, and gives the slot up when the grace after that has passed.
    pub(crate) fn inspect(&self, look: &Look<'_>) -> Finding<W::Output> {
        let mut phase = lock(&self.0);
        let (next, finding) = mem::replace(&mut *phase, Phase::Gone).step(look);
        *phase = next;
        finding
    }
}

enum Phase<W: Worker> {
    Idle,
    Running(Running<W>),
    /// Abandoned, or the thread has ended.
    Gone,
}

struct Running<W: Worker> {
    reply: Reply<W::Output>,
    /// Taken when it is used: a job is asked once.
    stop: Option<W::Stop>,
    /// The deadline; once the job is asked to stop, the end of its grace.
    limit: Instant,
}

impl<W: Worker> Phase<W> {
    fn step(self, look: &Look<'_>) -> (Self, Finding<W::Output>) {
        match self {
            Self::Idle => (Self::Idle, Finding::Idle),
            Self::Gone => (Self::Gone, Finding::Exited),
            Self::Running(job) => job.step(look),
        }
    }
}

impl<W: Worker> Running<W> {
    fn step(mut self, look: &Look<'_>) -> (Phase<W>, Finding<W::Output>) {
        let limit = self
            .stop
            .as_ref()
            .map_or(self.limit, |_| earlier(self.limit, look.cutoff));
        if look.now < limit {
            return (Phase::Running(self), Finding::Busy(limit));
        }
        let Some(stop) = self.stop.take() else {
            return (Phase::Gone, Finding::Overdue(self.reply));
        };
        look.stopped.add();
        // A stop that panics has not stopped anything: the grace decides.
        let _ = guarded(move || stop.stop());
        self.limit = after(look.now, look.grace);
        let limit = self.limit;
        (Phase::Running(self), Finding::Busy(limit))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::ticket::pair;

    const SECOND: Duration = Duration::from_secs(1);

    struct Never;

    impl Worker for Never {
        type Job = ();
        type Output = ();
        type Stop = Count;

        fn stop_handle(&self) -> Count {
            Count::default()
        }

        fn run(&mut self, (): (), _deadline: Instant) {}
    }

    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);

    impl Count {
        fn get(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    impl Stop for Count {
        fn stop(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Looks at `slot` at the moment `now`, with one second of grace.
    fn look(slot: &Slot<Never>, now: Instant, cutoff: Option<Instant>) -> Finding<()> {
        slot.inspect(&Look {
            now,
            cutoff,
            grace: SECOND,
            stopped: &Counter::default(),
        })
    }

    /// Begins a job with a deadline in one second, and looks at it at each of
    /// `looks`, in seconds.
    fn check(cutoff: Option<u32>, looks: &[u32], expected: &[&str], stops: usize) {
        let (slot, stop, start) = (Slot::<Never>::new(), Count::default(), Instant::now());
        let at = |second| start + SECOND * second;
        let (reply, _ticket) = pair();
        slot.begin(reply, stop.clone(), at(1));
        let found = looks
            .iter()
            .map(|&second| match look(&slot, at(second), cutoff.map(at)) {
                Finding::Idle => "idle".to_owned(),
                Finding::Busy(limit) => format!("busy until {}", (limit - start).as_secs()),
                Finding::Overdue(_) => "overdue".to_owned(),
                Finding::Exited => "exited".to_owned(),
            });
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert_eq!(stop.get(), stops);
    }

    #[test]
    fn a_job_is_stopped_once_at_its_deadline_then_given_up() {
        check(None, &[0], &["busy until 1"], 0);
        check(None, &[0, 1], &["busy until 1", "busy until 2"], 1);
        check(
            None,
            &[3, 3, 4],
            &["busy until 4", "busy until 4", "overdue"],
            1,
        );
    }

    #[test]
    fn a_cutoff_brings_the_deadline_forward_but_not_the_end_of_the_grace() {
        check(
            Some(0),
            &[0, 0, 1],
            &["busy until 1", "busy until 1", "overdue"],
            1,
        );
        check(Some(9), &[0, 1], &["busy until 1", "busy until 2"], 1);
    }

    #[test]
    fn a_stop_meant_for_one_job_cannot_hit_the_next() {
        let (slot, stop, now) = (Slot::<Never>::new(), Count::default(), Instant::now());
        slot.begin(pair().0, stop.clone(), now);
        assert!(slot.end().is_some());
        assert!(matches!(look(&slot, now, None), Finding::Idle));
        slot.begin(pair().0, stop.clone(), now + SECOND);
        assert!(matches!(look(&slot, now, None), Finding::Busy(_)));
        assert_eq!(stop.get(), 0);
    }

    #[test]
    fn whoever_ends_the_job_first_answers_it() {
        let (slot, now) = (Slot::<Never>::new(), Instant::now());
        slot.begin(pair().0, Count::default(), now);
        look(&slot, now, None);
        assert!(matches!(
            look(&slot, now + SECOND, None),
            Finding::Overdue(_)
        ));
        assert!(slot.end().is_none());
        assert!(matches!(look(&slot, now, None), Finding::Exited));
    }
}
