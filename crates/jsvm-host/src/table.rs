//! Executions as rows of the table `_metrics`.
//!
//! The one rule: a worker never waits for the disk; what the writer cannot
//! take or store is counted and told, and nothing else happens. The table is
//! in a file of its own, so that it never holds up the writer of records.

mod writer;

use self::writer::Writer;
use jsvm::metrics::{Execution, Metrics, Outcome, Sink};
use std::{
    path::Path,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError},
    },
    thread,
    time::{Duration, Instant},
};

/// The name of the file in the data directory; PocketBase keeps its log there.
pub const FILE: &str = "auxiliary.db";

/// Rows that may wait for the writer.
const WAITING: usize = 8192;
/// Rows that are written together.
const BATCH: usize = 512;
/// How long the first row of a batch may wait for others.
const PATIENCE: Duration = Duration::from_secs(1);

/// Which executions are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Keep {
    /// All of them.
    All,
    /// This share of them, from 0 to 1.
    Sample(f64),
    /// Those that took at least so long, and those that failed.
    Slow(Duration),
}

/// What the table holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Which executions are stored.
    ///
    /// By default, this is all of them.
    pub keep: Keep,
    /// How long a row stays.
    ///
    /// By default, this is a week.
    pub retention: Duration,
    /// How many rows stay at most.
    ///
    /// By default, this is a million.
    pub max_rows: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            keep: Keep::All,
            retention: Duration::from_secs(7 * 24 * 3600),
            max_rows: 1_000_000,
        }
    }
}

/// One execution as it is stored.
#[derive(Debug, Clone)]
struct Row {
    at: jiff::Timestamp,
    hook: Arc<str>,
    collection: Option<String>,
    duration_ms: f64,
    mem_alloc_bytes: Option<u64>,
    cache_hit: bool,
    error: Option<String>,
}

enum Message {
    Row(Row),
    Flush(SyncSender<()>),
}

/// Stores executions, as a sink of a runtime.
///
/// Dropping it stores what is waiting, on the writer's own time; use
/// [`flush`](Self::flush) to wait for that.
pub struct MetricsTable {
    keep: Keep,
    sender: SyncSender<Message>,
    /// What of the share that is stored is still due.
    due: Mutex<f64>,
    lost: Arc<Lost>,
}

/// Rows that were not stored.
#[derive(Default)]
struct Lost {
    count: AtomicU64,
    metrics: OnceLock<Arc<Metrics>>,
}

impl Lost {
    fn add(&self, rows: u64) {
        self.count.fetch_add(rows, Relaxed);
        if let Some(metrics) = self.metrics.get() {
            metrics.count(jsvm::metrics::Count::Dropped, "table", rows);
        }
    }
}

impl MetricsTable {
    /// Starts the writer of the table in `dir`.
    ///
    /// The file is opened when there is something to store: one that cannot
    /// be opened is told in the log, and tried again with the next rows.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub fn start(dir: &Path, options: &Options) -> std::io::Result<Self> {
        let (sender, messages) = mpsc::sync_channel(WAITING);
        let lost = Arc::<Lost>::default();
        let writer = Writer::new(dir.join(FILE), options.retention, options.max_rows);
        thread::Builder::new()
            .name("jsvm-metrics-table".into())
            .spawn({
                let lost = Arc::clone(&lost);
                move || write(writer, &messages, &lost)
            })?;
        Ok(Self {
            keep: options.keep,
            sender,
            due: Mutex::new(0.0),
            lost,
        })
    }

    /// Counts rows that are lost from now on among these metrics, too.
    pub fn count_losses_in(&self, metrics: &Arc<Metrics>) {
        let _ = self.lost.metrics.set(Arc::clone(metrics));
    }

    /// How many rows were not stored.
    pub fn lost(&self) -> u64 {
        self.lost.count.load(Relaxed)
    }

    /// Waits until what was recorded so far is stored or lost, but no longer
    /// than `limit`; whether it is.
    pub fn flush(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let (done, is_done) = mpsc::sync_channel(1);
        let mut message = Message::Flush(done);
        loop {
            message = match self.sender.try_send(message) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(_)) if Instant::now() >= end => return false,
                Err(TrySendError::Full(message)) => message,
            };
            thread::sleep(Duration::from_millis(1));
        }
        let left = end.saturating_duration_since(Instant::now());
        is_done.recv_timeout(left).is_ok()
    }

    fn wants(&self, execution: &Execution<'_>) -> bool {
        match self.keep {
            Keep::All => true,
            Keep::Slow(limit) => execution.outcome != Outcome::Ok || execution.duration >= limit,
            Keep::Sample(share) => {
                let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
                *due += share;
                let is_due = *due >= 1.0;
                *due = due.fract();
                is_due
            }
        }
    }
}

impl Sink for MetricsTable {
    fn execution(&self, execution: &Execution<'_>) {
        if self.wants(execution) {
            let row = Message::Row(Row::of(execution));
            if self.sender.try_send(row).is_err() {
                self.lost.add(1);
            }
        }
    }
}

impl std::fmt::Debug for MetricsTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsTable")
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl Row {
    fn of(execution: &Execution<'_>) -> Self {
        Self {
            at: jiff::Timestamp::now(),
            hook: Arc::clone(execution.hook),
            collection: execution.collection.map(str::to_owned),
            duration_ms: execution.duration.as_secs_f64() * 1e3,
            mem_alloc_bytes: execution.memory.map(|memory| memory.allocated),
            cache_hit: execution.cache_hit,
            error: match execution.outcome {
                Outcome::Ok => None,
                Outcome::Error(message) => Some(message.to_owned()),
                other => Some(other.label().to_owned()),
            },
        }
    }
}

/// The writer's thread: collects batches until nobody sends any more.
fn write(mut writer: Writer, messages: &Receiver<Message>, lost: &Lost) {
    let mut batch = Vec::new();
    let mut end = None;
    loop {
        let left = end.map_or(Duration::MAX, |end: Instant| {
            end.saturating_duration_since(Instant::now())
        });
        let (is_due, flushed, is_over) = match messages.recv_timeout(left) {
            Ok(Message::Row(row)) => {
                end.get_or_insert_with(|| Instant::now() + PATIENCE);
                batch.push(row);
                (batch.len() >= BATCH, None, false)
            }
            Ok(Message::Flush(done)) => (true, Some(done), false),
            Err(RecvTimeoutError::Timeout) => (true, None, false),
            Err(RecvTimeoutError::Disconnected) => (true, None, true),
        };
        if is_due {
            lost.add(writer.store(&std::mem::take(&mut batch)));
            end = None;
        }
        if let Some(done) = flushed {
            // Who asked may have gone.
            let _ = done.try_send(());
        }
        if is_over {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
