//! The table `[pool]`: the threads that run hooks, and what waits for them.
//!
//! The one rule: it says in the words of a file what the pool's own options
//! say, and adds nothing to what they mean.

use super::{bytes, duration};
use jsvm_pool::{Builder, Worker};
use serde::{Deserialize, Deserializer, de};
use std::{
    collections::BTreeMap,
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

/// `[pool]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct PoolConfig {
    /// How many threads run hooks. By default, this is 0: one for each core.
    pub workers: usize,
    /// How many there may be while work waits. By default, this is 0: as many
    /// as `workers`.
    pub max_workers: usize,
    /// How long a thread beyond `workers` may have nothing to do. By default,
    /// this is 30 s.
    #[serde(deserialize_with = "duration")]
    pub idle: Duration,
    /// How much work may wait. By default, this is 1024.
    pub queue: usize,
    /// How long work may wait for a thread. By default, this is 5 s.
    #[serde(deserialize_with = "duration")]
    pub queue_wait: Duration,
    /// What becomes of work when the queue is full. By default, it is refused.
    pub when_full: WhenFull,
    /// How long callers wait for room, with [`WhenFull::Wait`]. By default,
    /// this is 1 s.
    #[serde(deserialize_with = "duration")]
    pub full_wait: Duration,
    /// How many threads are made for one execution each, with
    /// [`WhenFull::Spawn`]. By default, this is 8.
    pub max_spawned: NonZeroUsize,
    /// How often one hook may run at once. By default, this is 0: no limit.
    pub per_hook: usize,
    /// Executions until a worker is replaced. By default, this is 0: never.
    pub max_executions: u64,
    /// Bytes that a worker may hold until it is replaced. By default, this is
    /// 0: any number.
    #[serde(deserialize_with = "bytes")]
    pub max_held: u64,
    /// How many abandoned threads may still run. By default, this is 8.
    pub max_abandoned: NonZeroUsize,
    /// How long a thread may take to stop at its deadline, until its caller is
    /// answered and it is given up. By default, this is 8 ms.
    #[serde(deserialize_with = "duration")]
    pub grace: Duration,
    /// How long a thread looks for work, or its answer, before it sleeps. By
    /// default, this is 50 us.
    #[serde(deserialize_with = "duration")]
    pub spin: Duration,
    /// Whether threads without work make the functions of hooks before their
    /// first call. By default, they do.
    pub warm_up: bool,
    /// Time limits of single hooks, by the name that logs call them. By
    /// default, there are none.
    #[serde(deserialize_with = "timeouts")]
    pub timeouts: BTreeMap<String, Duration>,
}

/// What becomes of work when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WhenFull {
    /// It is refused, and a request answered with 503.
    Refuse,
    /// Its caller waits, and then it is refused.
    Wait,
    /// A thread is made for it; when there are too many, it is refused.
    Spawn,
}

const EIGHT: NonZeroUsize = NonZeroUsize::new(8).unwrap();

impl Default for PoolConfig {
    fn default() -> Self {
        Self {
            workers: 0,
            max_workers: 0,
            idle: Duration::from_secs(30),
            queue: 1024,
            queue_wait: Duration::from_secs(5),
            when_full: WhenFull::Refuse,
            full_wait: Duration::from_secs(1),
            max_spawned: EIGHT,
            per_hook: 0,
            max_executions: 0,
            max_held: 0,
            max_abandoned: EIGHT,
            grace: Duration::from_millis(8),
            spin: Duration::from_micros(50),
            warm_up: true,
            timeouts: BTreeMap::new(),
        }
    }
}

impl PoolConfig {
    /// The number of threads, with 0 replaced by that of cores.
    pub fn threads(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.workers)
            .or_else(|| std::thread::available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN)
    }

    /// Says the same to the pool.
    pub(crate) fn configure<W: Worker>(&self, mut pool: Builder<W>) -> Builder<W> {
        if let Some(max) = NonZeroUsize::new(self.max_workers) {
            pool = pool.elastic(max, self.idle);
        }
        if let Some(jobs) = NonZeroUsize::new(self.per_hook) {
            pool = pool.per_key(jobs);
        }
        if let Some(jobs) = NonZeroU64::new(self.max_executions) {
            pool = pool.max_executions(jobs);
        }
        if let Some(bytes) = NonZeroU64::new(self.max_held) {
            pool = pool.max_held_bytes(bytes);
        }
        pool.workers(self.threads())
            .queue(self.queue)
            .queue_wait(self.queue_wait)
            .when_full(match self.when_full {
                WhenFull::Refuse => jsvm_pool::WhenFull::Refuse,
                WhenFull::Wait => jsvm_pool::WhenFull::Wait(self.full_wait),
                WhenFull::Spawn => jsvm_pool::WhenFull::Spawn(self.max_spawned),
            })
            .max_abandoned(self.max_abandoned)
            .grace(self.grace)
            .spin(self.spin)
    }
}

/// Durations by the names of hooks, routes and cron jobs.
fn timeouts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Duration>, D::Error> {
    #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Name(#[serde(deserialize_with = "hook_name")] String);
    #[derive(Deserialize)]
    struct Limit(#[serde(deserialize_with = "duration")] Duration);

    let limits: BTreeMap<Name, Limit> = Deserialize::deserialize(deserializer)?;
    let limits = limits.into_iter();
    Ok(limits
        .map(|(Name(name), Limit(limit))| (name, limit))
        .collect())
}

/// What begins as a hook's name must be one.
fn hook_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if name.starts_with("on") && crate::Hook::named(&name).is_none() {
        return Err(de::Error::custom(format!("there is no hook {name:?}")));
    }
    Ok(name)
}
