//! Random faults for some thousand jobs: panics, runaways, lost tickets,
//! tokens, a queue that is full.
//!
//! The seeds are fixed, so the faults are the same each time; the order in which
//! threads meet them is the system's. It is done again until as many seconds
//! have passed as `JSVM_FAULT_SECONDS` says, if it says so.

use std::{
    collections::HashMap,
    num::NonZeroU64,
    panic,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Sender, bounded};
use jsvm_pool::{Call, CancelToken, JobError, Pool, Ticket};

use crate::{Fake, HOUR, Job, build, builder, count, job, settled};

const CALLERS: u64 = 4;
const EACH: u64 = 1500;

/// What a job does, or what is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fault {
    None,
    Panic,
    /// Runs until it is stopped.
    Runaway,
    /// Runs until its ticket is answered, whatever it is asked.
    Stubborn,
    LostTicket,
    Token,
    ShortWait,
}

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fault(&mut self) -> Fault {
        match self.next() % 1000 {
            0..20 => Fault::Panic,
            20..25 => Fault::Runaway,
            25..28 => Fault::Stubborn,
            28..120 => Fault::LostTicket,
            120..160 => Fault::Token,
            160..200 => Fault::ShortWait,
            _ => Fault::None,
        }
    }
}

/// How often each job has run.
type Runs = Arc<[AtomicU64]>;

/// The job, and what lets a stubborn one end.
fn faulty(runs: &Runs, id: u64, fault: Fault) -> (Job, Sender<()>) {
    let (hold, held) = bounded::<()>(0);
    let runs = Arc::clone(runs);
    let job = job(move |worker| {
        let index = usize::try_from(id).unwrap();
        runs[index].fetch_add(1, Ordering::SeqCst);
        match fault {
            Fault::Panic => panic::resume_unwind(Box::new("on purpose")),
            Fault::Runaway => worker.wait_for_stop(),
            // Its end is that nobody holds it any more.
            Fault::Stubborn => assert!(held.recv().is_err()),
            _ => {}
        }
        id
    });
    (job, hold)
}

fn call(fault: Fault, id: u64, token: &CancelToken) -> Call {
    let call = Call::new().key(if id.is_multiple_of(3) { "a" } else { "b" });
    match fault {
        Fault::Runaway | Fault::Stubborn => call.timeout(Duration::from_millis(2)),
        Fault::ShortWait => call.queue_wait(Duration::from_micros(200)),
        Fault::Token => call.token(token),
        _ => call,
    }
}

/// Whether an answer is one that this fault may have.
fn is_right(fault: Fault, id: u64, answer: &Result<u64, JobError>) -> bool {
    match (fault, answer) {
        (Fault::Panic, Err(JobError::Panicked(message))) => message == "on purpose",
        (Fault::Stubborn, Err(JobError::Abandoned)) => true,
        (Fault::Token, Err(JobError::Cancelled)) => true,
        (Fault::ShortWait, Err(JobError::Expired)) => true,
        (Fault::Panic | Fault::Stubborn, Ok(_)) => false,
        // A thread that the system holds up may miss the grace after any stop.
        (Fault::Runaway | Fault::Token, Err(JobError::Abandoned)) => true,
        (_, answer) => *answer == Ok(id),
    }
}

/// Hands in the jobs of one caller; returns how many answers of which kind of
/// fault there were.
fn call_many(pool: &Pool<Fake>, runs: &Runs, caller: u64, seed: u64) -> HashMap<Fault, u64> {
    let mut random = Random(seed);
    let mut seen = HashMap::new();
    let mut open = Vec::new();
    for id in (caller * EACH)..(caller + 1) * EACH {
        let (fault, token) = (random.fault(), CancelToken::new());
        let (mut next, hold) = faulty(runs, id, fault);
        let ticket = loop {
            match pool.submit_with(next, call(fault, id, &token)) {
                Ok(ticket) => break ticket,
                Err(rejected) => {
                    assert!(rejected.is_retryable());
                    next = rejected.into_job();
                    thread::yield_now();
                }
            }
        };
        *seen.entry(fault).or_insert(0) += 1;
        match fault {
            Fault::LostTicket => drop(ticket),
            Fault::Token => {
                token.cancel();
                open.push((id, fault, ticket, hold));
            }
            _ => open.push((id, fault, ticket, hold)),
        }
        if open.len() >= 8 {
            settle(&mut open);
        }
    }
    settle(&mut open);
    seen
}

fn settle(open: &mut Vec<(u64, Fault, Ticket<u64>, Sender<()>)>) {
    for (id, fault, ticket, hold) in open.drain(..) {
        let answer = ticket.wait();
        drop(hold);
        assert!(is_right(fault, id, &answer), "{fault:?} {id}: {answer:?}");
    }
}

/// Threads of this process whose names begin so.
#[cfg(target_os = "linux")]
fn threads(prefix: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end between the listing and the reading.
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| name.starts_with(prefix))
        .count()
}

#[test]
fn random_faults_lose_no_answer_no_worker_and_no_thread() {
    let seconds = std::env::var("JSVM_FAULT_SECONDS");
    let time = Duration::from_secs(seconds.map_or(0, |seconds| seconds.parse().unwrap()));
    let start = Instant::now();
    for round in 0.. {
        check_round(round);
        if start.elapsed() >= time {
            break;
        }
    }
}

fn check_round(round: u64) {
    let runs: Runs = (0..CALLERS * EACH).map(|_| AtomicU64::new(0)).collect();
    let pool = build(
        builder(2)
            .name("seeded")
            .elastic(count(4), Duration::from_millis(20))
            .queue(8)
            .per_key(count(2))
            .max_executions(NonZeroU64::new(200).unwrap())
            .max_abandoned(count(16))
            .grace(Duration::from_millis(5))
            .queue_wait(HOUR),
    );
    let seen: Vec<_> = thread::scope(|scope| {
        let call = |caller| {
            let (pool, runs, seed) = (&pool, &runs, CALLERS * round + caller);
            scope.spawn(move || call_many(pool, runs, caller, seed))
        };
        let callers: Vec<_> = (0..CALLERS).map(call).collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect()
    });
    let number = |fault| seen.iter().filter_map(|seen| seen.get(&fault)).sum::<u64>();
    assert!(
        [
            Fault::Panic,
            Fault::Runaway,
            Fault::Stubborn,
            Fault::LostTicket
        ]
        .into_iter()
        .all(|fault| number(fault) > 0)
    );
    assert!(runs.iter().all(|runs| runs.load(Ordering::SeqCst) <= 1));

    while pool.stats().size != 2 || pool.stats().lingering > 0 {
        thread::yield_now();
    }
    let now = settled(&pool);
    let answered = now.completed + now.panicked + now.abandoned + now.cancelled + now.expired;
    assert_eq!(answered + now.failed, CALLERS * EACH, "{now:?}");
    assert_eq!(
        (now.panicked, now.failed),
        (number(Fault::Panic), 0),
        "{now:?}"
    );
    assert!(now.abandoned >= number(Fault::Stubborn), "{now:?}");
    assert!(now.replaced > now.panicked, "{now:?}");
    assert!(now.in_flight.is_empty());
    #[cfg(target_os = "linux")]
    {
        // Two workers and the supervisor, then none.
        while threads("seeded") != 3 {
            thread::yield_now();
        }
        pool.shutdown(Duration::ZERO);
        // The system may list a thread for a moment after it was joined.
        while threads("seeded") != 0 {
            thread::yield_now();
        }
    }
}
