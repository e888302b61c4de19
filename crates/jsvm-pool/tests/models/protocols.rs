//! The models: queue, ticket, replacement, and the supervisor's alarm.

use std::{
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use loom::thread;

use crate::{
    alarm::Alarm,
    call::{CancelToken, Key},
    error::JobError,
    priority::Thread,
    queue::{Bounds, Item, Queue, Refused, Taken},
    signals::Signals,
    slot::{Claim, Finding, Look, Slot},
    spin::Spin,
    stats::Counter,
    stop::{Stop, StopReason},
    sync::{AtomicBool, AtomicUsize, Ordering},
    ticket::pair,
    warming::TurnEnd,
};

/// Every model, by its name.
pub(crate) const ALL: &[(&str, fn())] = &[
    (
        "what_is_pushed_is_taken_once_and_workers_end_when_it_is_closed",
        what_is_pushed_is_taken_once_and_workers_end_when_it_is_closed,
    ),
    (
        "two_sleeping_workers_are_woken_for_two_items",
        two_sleeping_workers_are_woken_for_two_items,
    ),
    (
        "a_worker_that_is_told_to_leave_passes_its_wake_on",
        a_worker_that_is_told_to_leave_passes_its_wake_on,
    ),
    (
        "a_capped_key_runs_one_at_a_time_and_all_of_it_runs",
        a_capped_key_runs_one_at_a_time_and_all_of_it_runs,
    ),
    (
        "a_caller_that_waits_for_room_gets_it",
        a_caller_that_waits_for_room_gets_it,
    ),
    (
        "all_workers_warm_up_in_turn_and_no_item_is_left_for_it",
        all_workers_warm_up_in_turn_and_no_item_is_left_for_it,
    ),
    (
        "a_waiting_thread_gets_the_answer",
        a_waiting_thread_gets_the_answer,
    ),
    (
        "an_awaiting_task_is_woken_for_the_answer",
        an_awaiting_task_is_woken_for_the_answer,
    ),
    (
        "a_lost_ticket_and_a_token_reach_the_supervisor",
        a_lost_ticket_and_a_token_reach_the_supervisor,
    ),
    (
        "an_overdue_job_is_answered_by_its_worker_or_its_supervisor",
        an_overdue_job_is_answered_by_its_worker_or_its_supervisor,
    ),
    (
        "the_deadline_of_a_job_that_begins_during_a_look_is_not_lost",
        the_deadline_of_a_job_that_begins_during_a_look_is_not_lost,
    ),
];

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Tries every interleaving with at most three forced switches, which is where
/// mistakes of this kind show.
fn model(code: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(code);
}

#[derive(Debug, PartialEq, Eq)]
struct Numbered(u32, Option<Key>);

impl Item for Numbered {
    fn key(&self) -> Option<&Key> {
        self.1.as_ref()
    }
}

fn queue(waiting: usize, per_key: Option<NonZeroUsize>) -> Arc<Queue<Numbered>> {
    Arc::new(Queue::new(Bounds {
        waiting,
        per_key,
        extra: 0,
    }))
}

fn take(queue: &Queue<Numbered>) -> Option<Numbered> {
    match queue.take(&Spin::new(Duration::ZERO), || false, 0)? {
        Taken::Item(item) => Some(item),
        Taken::Time(_) => panic!("nobody was asked to warm up"),
    }
}

/// Takes until the queue is closed and empty. Returns the numbers.
fn drain(queue: &Queue<Numbered>) -> Vec<u32> {
    std::iter::from_fn(|| take(queue))
        .map(|item| {
            if let Some(key) = item.key() {
                queue.end(key);
            }
            item.0
        })
        .collect()
}

fn what_is_pushed_is_taken_once_and_workers_end_when_it_is_closed() {
    model(|| {
        let queue = queue(2, None);
        let worker = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || drain(&queue))
        };
        for number in 0..2 {
            queue.push(Numbered(number, None)).unwrap();
        }
        queue.close();
        let mut taken = drain(&queue);
        taken.extend(worker.join().unwrap());
        taken.sort_unstable();
        assert_eq!(taken, [0, 1]);
        assert!(matches!(
            queue.push(Numbered(2, None)),
            Err(Refused::Closed(_))
        ));
    });
}

fn two_sleeping_workers_are_woken_for_two_items() {
    model(|| {
        let queue = queue(2, None);
        let workers = [0, 1].map(|_| {
            let queue = Arc::clone(&queue);
            // Neither takes more than one: both must be woken.
            thread::spawn(move || take(&queue).unwrap().0)
        });
        queue.push(Numbered(0, None)).unwrap();
        queue.push(Numbered(1, None)).unwrap();
        let mut taken = workers.map(|worker| worker.join().unwrap());
        taken.sort_unstable();
        assert_eq!(taken, [0, 1]);
    });
}

fn a_worker_that_is_told_to_leave_passes_its_wake_on() {
    model(|| {
        let queue = queue(1, None);
        let is_leaving = Arc::new(AtomicBool::new(false));
        let leaver = {
            let (queue, is_leaving) = (Arc::clone(&queue), Arc::clone(&is_leaving));
            thread::spawn(move || {
                let told = || is_leaving.load(Ordering::SeqCst);
                queue.take(&Spin::new(Duration::ZERO), told, 0)
            })
        };
        let stayer = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || drain(&queue))
        };
        is_leaving.store(true, Ordering::SeqCst);
        queue.wake_all();
        queue.push(Numbered(0, None)).unwrap();
        let left = leaver.join().unwrap();
        queue.close();
        let stayed = stayer.join().unwrap();
        assert_eq!(stayed.len() + usize::from(left.is_some()), 1);
    });
}

fn a_capped_key_runs_one_at_a_time_and_all_of_it_runs() {
    model(|| {
        let queue = queue(3, NonZeroUsize::new(1));
        let running = Arc::new(AtomicUsize::new(0));
        for number in 0..2 {
            queue.push(Numbered(number, Some("a".into()))).unwrap();
        }
        queue.close();
        let work = |queue: Arc<Queue<Numbered>>, running: Arc<AtomicUsize>| {
            let mut taken = Vec::new();
            while let Some(item) = take(&queue) {
                assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                running.fetch_sub(1, Ordering::SeqCst);
                queue.end(item.key().unwrap());
                taken.push(item.0);
            }
            taken
        };
        let other = {
            let (queue, running) = (Arc::clone(&queue), Arc::clone(&running));
            thread::spawn(move || work(queue, running))
        };
        let mut taken = work(queue, running);
        taken.extend(other.join().unwrap());
        taken.sort_unstable();
        assert_eq!(taken, [0, 1]);
    });
}

fn a_caller_that_waits_for_room_gets_it() {
    model(|| {
        let queue = queue(1, None);
        queue.push(Numbered(0, None)).unwrap();
        let worker = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || [take(&queue), take(&queue)].map(|item| item.unwrap().0))
        };
        let end = Instant::now() + HOUR;
        queue.push_until(Numbered(1, None), end).unwrap();
        assert_eq!(worker.join().unwrap(), [0, 1]);
    });
}

/// Takes until the queue is closed, which whoever does the last of `left` things
/// does. Returns how often there was time to warm up.
fn work_and_warm_up(queue: &Queue<Numbered>, left: &AtomicUsize, warms: &AtomicUsize) -> u32 {
    let (mut times, mut warmed) = (0, 0);
    while let Some(taken) = queue.take(&Spin::new(Duration::ZERO), || false, warmed) {
        if let Taken::Time(askings) = taken {
            assert_eq!(warms.fetch_add(1, Ordering::SeqCst), 0);
            warms.fetch_sub(1, Ordering::SeqCst);
            (times, warmed) = (times + 1, askings);
            queue.end_warm_up(TurnEnd::Well);
        }
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            queue.close();
        }
    }
    times
}

/// An item, or a turn, that is left to nobody is a deadlock.
fn all_workers_warm_up_in_turn_and_no_item_is_left_for_it() {
    model(|| {
        let queue = queue(1, None);
        let (left, warms) = (Arc::new(AtomicUsize::new(3)), Arc::new(AtomicUsize::new(0)));
        let other = {
            let (queue, left, warms) = (Arc::clone(&queue), Arc::clone(&left), Arc::clone(&warms));
            thread::spawn(move || work_and_warm_up(&queue, &left, &warms))
        };
        queue.ask_to_warm_up();
        queue.push(Numbered(0, None)).unwrap();
        let own = work_and_warm_up(&queue, &left, &warms);
        assert_eq!((own, other.join().unwrap()), (1, 1));
    });
}

fn signals() -> Arc<Signals> {
    Arc::new(Signals::new(Spin::new(Duration::ZERO)))
}

fn a_waiting_thread_gets_the_answer() {
    model(|| {
        let (reply, ticket) = pair(&signals(), None);
        let worker = thread::spawn(move || reply.send(Ok(7)));
        assert_eq!(ticket.wait(), Ok(7));
        worker.join().unwrap();
    });
}

fn an_awaiting_task_is_woken_for_the_answer() {
    model(|| {
        let (reply, ticket) = pair(&signals(), None);
        let worker = thread::spawn(move || reply.send(Ok(7)));
        assert_eq!(loom::future::block_on(ticket), Ok(7));
        worker.join().unwrap();
    });
}

fn a_lost_ticket_and_a_token_reach_the_supervisor() {
    model(|| {
        let signals = signals();
        let token = CancelToken::new();
        let (lost, ticket) = pair::<()>(&signals, None);
        let (tokened, _kept) = pair::<()>(&signals, Some(token.clone()));
        token.watch(&signals);
        let caller = thread::spawn(move || {
            drop(ticket);
            token.cancel();
        });
        // As the supervisor does: look, and sleep if nothing is to do.
        loop {
            signals.alarm.hush();
            if lost.is_cancelled() && tokened.is_cancelled() {
                break;
            }
            signals.alarm.sleep(None);
        }
        caller.join().unwrap();
        drop(tokened);
    });
}

struct Count(Arc<AtomicUsize>);

impl Stop for Count {
    fn stop(&self, _: StopReason) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The supervisor looks at a job that is long overdue while it ends: either
/// answers, never both, and a stop hits no other job.
fn an_overdue_job_is_answered_by_its_worker_or_its_supervisor() {
    model(|| {
        let slot = Arc::new(Slot::new());
        let stops = Arc::new(AtomicUsize::new(0));
        let (reply, ticket) = pair(&signals(), None);
        let start = Instant::now();
        let claim = Claim {
            reply,
            key: None,
            is_warm_up: false,
        };
        slot.begin(claim, Count(Arc::clone(&stops)), start, Thread::current());
        let worker = {
            let slot = Arc::clone(&slot);
            thread::spawn(move || match slot.end() {
                Some(claim) => {
                    claim.reply.send(Ok(7));
                    assert!(!slot.exit());
                    true
                }
                None => {
                    assert!(slot.exit());
                    false
                }
            })
        };
        let (stopped, lingering) = (Counter::default(), Counter::default());
        let mut was_abandoned = false;
        for second in 1..3 {
            let look = Look {
                now: start + Duration::from_secs(second),
                cutoff: None,
                grace: Duration::ZERO,
                stopped: &stopped,
                lingering: &lingering,
            };
            if let Finding::Overdue(claim) = slot.inspect(&look) {
                was_abandoned = true;
                claim.reply.send(Err(JobError::Abandoned));
            }
        }
        let has_ended = worker.join().unwrap();
        assert_ne!(was_abandoned, has_ended);
        assert_eq!(lingering.get(), u64::from(was_abandoned));
        let answer = if has_ended {
            Ok(7)
        } else {
            Err(JobError::Abandoned)
        };
        assert_eq!(ticket.wait(), answer);
        assert!(stops.load(Ordering::SeqCst) <= 1);
    });
}

/// A worker begins a job while the supervisor looks: the look sees the job, or
/// the ring for its deadline ends the sleep.
fn the_deadline_of_a_job_that_begins_during_a_look_is_not_lost() {
    model(|| {
        let (slot, alarm) = (Arc::new(Slot::new()), Arc::new(Alarm::default()));
        let (reply, ticket) = pair::<()>(&signals(), None);
        let start = Instant::now();
        alarm.ring(start);
        let worker = {
            let (slot, alarm) = (Arc::clone(&slot), Arc::clone(&alarm));
            thread::spawn(move || {
                let claim = Claim {
                    reply,
                    key: None,
                    is_warm_up: false,
                };
                let stop = Count(Arc::new(AtomicUsize::new(0)));
                slot.begin(claim, stop, start, Thread::current());
                alarm.ring(start);
            })
        };
        let (stopped, lingering) = (Counter::default(), Counter::default());
        loop {
            alarm.hush();
            let look = Look {
                now: start + HOUR,
                cutoff: None,
                grace: Duration::ZERO,
                stopped: &stopped,
                lingering: &lingering,
            };
            if let Finding::Busy(_) = slot.inspect(&look) {
                break;
            }
            alarm.sleep(None);
        }
        worker.join().unwrap();
        assert_eq!(stopped.get(), 1);
        drop(ticket);
    });
}
