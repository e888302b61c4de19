//! What one worker thread is doing, as thread and supervisor agree on it.
//!
//! One rule: every change of the job is made under the slot's lock, and a job
//! is stopped only while it is the one registered, so that a stop can never
//! hit the job after it. The slot does not know what is done about its
//! findings.

use std::{
    mem,
    time::{Duration, Instant},
};

use crate::{
    alarm::{after, earlier},
    call::Key,
    guard::guarded,
    priority::Thread,
    stats::Counter,
    stop::{Stop, StopReason},
    sync::{AtomicBool, Mutex, Ordering, lock},
    ticket::Reply,
};

pub(crate) struct Slot<T, S> {
    phase: Mutex<Phase<T, S>>,
    is_made: AtomicBool,
    is_worn: AtomicBool,
    is_leaving: AtomicBool,
}

/// A job that a thread has taken: how to answer it, and what it counts for.
pub(crate) struct Claim<T> {
    pub(crate) reply: Reply<T>,
    pub(crate) key: Option<Key>,
    /// Whether it stands for a warm-up instead, which nobody waits for.
    pub(crate) is_warm_up: bool,
}

/// What the supervisor looks at a slot with.
pub(crate) struct Look<'a> {
    pub(crate) now: Instant,
    pub(crate) cutoff: Option<Instant>,
    pub(crate) grace: Duration,
    /// Counts the stops, at once: the job may be answered right after.
    pub(crate) stopped: &'a Counter,
    /// Counts the threads given up, before they can end.
    pub(crate) lingering: &'a Counter,
}

/// What the supervisor learns when it looks at a slot.
pub(crate) enum Finding<T> {
    /// No job is running.
    Idle,
    /// A job is running; look again at this moment.
    Busy(Instant),
    /// The job did not stop. The slot is given up; this answers its ticket.
    Overdue(Claim<T>),
    /// The thread has ended.
    Exited,
}

impl<T, S: Stop> Slot<T, S> {
    pub(crate) fn new() -> Self {
        Self {
            phase: Mutex::new(Phase::Idle),
            is_made: AtomicBool::new(false),
            is_worn: AtomicBool::new(false),
            is_leaving: AtomicBool::new(false),
        }
    }

    /// Registers the job that is about to run on the thread that calls.
    pub(crate) fn begin(&self, claim: Claim<T>, stop: S, deadline: Instant, thread: Thread) {
        *lock(&self.phase) = Phase::Running(Running {
            claim,
            stop: Some(stop),
            limit: deadline,
            thread,
        });
    }

    /// Clears the job that has run. Nothing is returned if the slot was given
    /// up meanwhile: then the ticket is answered, and the thread must end.
    pub(crate) fn end(&self) -> Option<Claim<T>> {
        let mut phase = lock(&self.phase);
        match mem::replace(&mut *phase, Phase::Gone) {
            Phase::Running(Running { claim, stop, .. }) => {
                *phase = Phase::Idle;
                drop(phase);
                let _ = guarded(|| drop(stop));
                Some(claim)
            }
            Phase::Idle | Phase::Gone => None,
        }
    }

    /// Records that the thread has ended. Returns whether it had been given up.
    pub(crate) fn exit(&self) -> bool {
        let before = mem::replace(&mut *lock(&self.phase), Phase::Gone);
        matches!(before, Phase::Gone)
    }

    /// Takes the step that is due: stops the job at its deadline, the cutoff
    /// or its cancellation, and gives the slot up when the grace after that
    /// has passed.
    pub(crate) fn inspect(&self, look: &Look<'_>) -> Finding<T> {
        let mut phase = lock(&self.phase);
        let (next, finding) = mem::replace(&mut *phase, Phase::Gone).step(look);
        *phase = next;
        finding
    }

    /// Whether no job is running and the thread has not ended.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(*lock(&self.phase), Phase::Idle)
    }

    /// Records that the thread has a worker.
    pub(crate) fn set_made(&self) {
        self.is_made.store(true, Ordering::SeqCst);
    }

    /// Whether the thread has, or has had, a worker.
    pub(crate) fn is_made(&self) -> bool {
        self.is_made.load(Ordering::SeqCst)
    }

    /// Asks for another worker in the place of this one, which goes on until
    /// it is there.
    pub(crate) fn set_worn(&self) {
        self.is_worn.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_worn(&self) -> bool {
        self.is_worn.load(Ordering::SeqCst)
    }

    /// Has the thread end before its next job.
    pub(crate) fn leave(&self) {
        self.is_leaving.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::SeqCst)
    }
}

enum Phase<T, S> {
    Idle,
    Running(Running<T, S>),
    /// Abandoned, or the thread has ended.
    Gone,
}

struct Running<T, S> {
    claim: Claim<T>,
    /// Taken when it is used: a job is asked once.
    stop: Option<S>,
    /// The deadline; once the job is asked to stop, the end of its grace.
    limit: Instant,
    thread: Thread,
}

impl<T, S: Stop> Phase<T, S> {
    fn step(self, look: &Look<'_>) -> (Self, Finding<T>) {
        match self {
            Self::Idle => (Self::Idle, Finding::Idle),
            Self::Gone => (Self::Gone, Finding::Exited),
            Self::Running(job) => job.step(look),
        }
    }
}

impl<T, S: Stop> Running<T, S> {
    fn step(mut self, look: &Look<'_>) -> (Phase<T, S>, Finding<T>) {
        let (limit, reason) = self.due(look);
        if look.now < limit {
            return (Phase::Running(self), Finding::Busy(limit));
        }
        let Some(stop) = self.stop.take() else {
            // Here, because the thread cannot end while its slot is locked.
            self.thread.run_last();
            look.lingering.add();
            return (Phase::Gone, Finding::Overdue(self.claim));
        };
        look.stopped.add();
        // A stop that panics has not stopped anything: the grace decides.
        let _ = guarded(move || stop.stop(reason));
        self.limit = after(look.now, look.grace);
        let limit = self.limit;
        (Phase::Running(self), Finding::Busy(limit))
    }

    /// When the next step is due, and why.
    fn due(&self, look: &Look<'_>) -> (Instant, StopReason) {
        if self.stop.is_none() {
            return (self.limit, StopReason::Deadline);
        }
        if self.claim.reply.is_cancelled() {
            return (look.now, StopReason::Cancelled);
        }
        match look.cutoff {
            Some(cutoff) if cutoff < self.limit => (cutoff, StopReason::Shutdown),
            _ => (earlier(self.limit, look.cutoff), StopReason::Deadline),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;
    use crate::{
        signals::Signals,
        spin::Spin,
        ticket::{Ticket, pair},
    };

    const SECOND: Duration = Duration::from_secs(1);

    type Slot = super::Slot<(), Count>;

    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);

    impl Count {
        fn get(&self) -> usize {
            self.0.load(Ordering::SeqCst)
        }
    }

    impl Stop for Count {
        fn stop(&self, _: StopReason) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Begins a job, and returns its ticket.
    fn begin(slot: &Slot, stop: &Count, deadline: Instant) -> Ticket<()> {
        let signals = Arc::new(Signals::new(Spin::new(Duration::ZERO)));
        let (reply, ticket) = pair(&signals, None);
        let claim = Claim {
            reply,
            key: None,
            is_warm_up: false,
        };
        slot.begin(claim, stop.clone(), deadline, Thread::current());
        ticket
    }

    /// Looks at `slot` at the moment `now`, with one second of grace.
    fn look(slot: &Slot, now: Instant, cutoff: Option<Instant>) -> Finding<()> {
        slot.inspect(&Look {
            now,
            cutoff,
            grace: SECOND,
            stopped: &Counter::default(),
            lingering: &Counter::default(),
        })
    }

    /// Begins a job with a deadline in one second, and looks at it at each of
    /// `looks`, in seconds.
    fn check(cutoff: Option<u32>, looks: &[u32], expected: &[&str], stops: usize) {
        let (slot, stop, start) = (Slot::new(), Count::default(), Instant::now());
        let at = |second| start + SECOND * second;
        let _ticket = begin(&slot, &stop, at(1));
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
    fn a_job_whose_ticket_is_dropped_is_stopped_at_the_next_look() {
        let (slot, stop, now) = (Slot::new(), Count::default(), Instant::now());
        let ticket = begin(&slot, &stop, now + SECOND);
        look(&slot, now, None);
        assert_eq!(stop.get(), 0);
        drop(ticket);
        look(&slot, now, None);
        look(&slot, now, None);
        assert_eq!(stop.get(), 1);
        assert!(matches!(
            look(&slot, now + SECOND, None),
            Finding::Overdue(_)
        ));
    }

    #[test]
    fn a_stop_meant_for_one_job_cannot_hit_the_next() {
        let (slot, stop, now) = (Slot::new(), Count::default(), Instant::now());
        let _ticket = begin(&slot, &stop, now);
        assert!(slot.end().is_some());
        assert!(matches!(look(&slot, now, None), Finding::Idle));
        let _ticket = begin(&slot, &stop, now + SECOND);
        assert!(matches!(look(&slot, now, None), Finding::Busy(_)));
        assert_eq!(stop.get(), 0);
    }

    #[test]
    fn whoever_ends_the_job_first_answers_it() {
        let (slot, now) = (Slot::new(), Instant::now());
        let _ticket = begin(&slot, &Count::default(), now);
        look(&slot, now, None);
        assert!(matches!(
            look(&slot, now + SECOND, None),
            Finding::Overdue(_)
        ));
        assert!(slot.end().is_none());
        assert!(matches!(look(&slot, now, None), Finding::Exited));
    }
}
