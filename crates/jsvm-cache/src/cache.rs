//! The cache itself: values, counters, and the bound.
//!
//! The one rule: whoever finds a value waits for nobody; only making one is
//! waited for, and only by those who want the same. Knows nothing of time:
//! how long a failure is remembered is in `failures`.

use crate::{Weigh, failures::Failures};
use moka::policy::EvictionPolicy;
use std::{
    fmt,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

/// The bound of [`Cache::default`], in bytes: 100 MB.
pub const DEFAULT_MAX_BYTES: u64 = 100_000_000;

/// What the cache itself spends on an entry, in bytes, beside key and value:
/// measured on a 64-bit target, rounded up.
const ENTRY_OVERHEAD: usize = 256;

/// Values by key, bounded in bytes and shared between threads.
///
/// Over the bound, the least recently used values leave until the rest fits.
/// A value that has left the cache lives on where it is still held.
/// Values hold memory until they leave: there is no expiry by time.
pub struct Cache<K, V, E> {
    /// `None` if caching is disabled.
    entries: Option<moka::sync::Cache<K, V>>,
    failures: Failures<K, E>,
    hits: AtomicU64,
    misses: AtomicU64,
    repeated_failures: AtomicU64,
    /// Shared with the listener that the cache calls for each evicted entry.
    evictions: Arc<AtomicU64>,
}

/// A value, and whether this call was spared making it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookup<V> {
    /// The value, made now or earlier.
    pub value: V,
    /// `true` if the value was cached already, or if another thread was making
    /// it and this call waited for that.
    pub is_hit: bool,
}

/// What a cache did since it was made, and what it holds now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that got a value without making it.
    pub hits: u64,
    /// Calls that made a value, or tried to.
    pub misses: u64,
    /// Calls that were told a failure without trying again, because it was
    /// remembered or somebody else was trying just then.
    pub repeated_failures: u64,
    /// Values held now.
    pub entries: u64,
    /// Weight of the values held now, in bytes, with the cost of keeping them.
    pub bytes: u64,
    /// Values dropped to stay within the bound, and values that are too large
    /// to be kept at all. Invalidated values do not count.
    pub evictions: u64,
}

impl<K, V, E> Cache<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Weigh + Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// A cache that holds at most `max_bytes` of values; 0 disables caching,
    /// so that each lookup makes its value.
    ///
    /// An entry weighs what its value says, the size of the key, and some 256
    /// bytes for keeping it; memory that a key owns elsewhere is not seen.
    /// An entry counts for 4 GiB at most.
    /// A value that alone exceeds the bound is handed out but not kept.
    /// The default bound, that of [`Cache::default`], is [`DEFAULT_MAX_BYTES`].
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        Self::with_listener(max_bytes, || {})
    }

    /// As [`new`](Self::new); `evicted` is called after each value that is
    /// dropped to stay within the bound.
    ///
    /// It runs on the thread that asked for a value, which waits for it, and
    /// must not use the cache.
    #[must_use]
    pub fn with_listener(max_bytes: u64, evicted: impl Fn() + Send + Sync + 'static) -> Self {
        let evictions = Arc::<AtomicU64>::default();
        let count = Arc::clone(&evictions);
        let evicted = move || {
            count.fetch_add(1, Relaxed);
            evicted();
        };
        Self {
            entries: (max_bytes > 0).then(|| bounded(max_bytes, evicted)),
            failures: Failures::default(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            repeated_failures: AtomicU64::new(0),
            evictions,
        }
    }

    /// Returns the value of `key`, making it if the cache does not hold it.
    ///
    /// A hit costs some hundred nanoseconds and waits for nobody; one in 64
    /// also does the bookkeeping of the others.
    /// While one thread makes the value, others that ask for the same key wait
    /// for it, without a time limit; calls for other keys go on.
    /// `make` must not ask this cache for the same key: it would wait for
    /// itself.
    /// With caching disabled nobody waits, nothing is remembered, and every
    /// call makes its own value.
    ///
    /// # Errors
    ///
    /// What `make` returned, now or less than
    /// [`FAILURE_MEMORY`](crate::FAILURE_MEMORY) ago. The error is shared
    /// because every thread that waited for this value gets it.
    ///
    /// # Panics
    ///
    /// If `make` panics, in its own caller only; one of the waiting threads
    /// then runs its own `make`.
    pub fn get_or_try_insert_with(
        &self,
        key: K,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<Lookup<V>, Arc<E>> {
        let mut is_made = false;
        let make = || {
            is_made = true;
            make()
        };
        let result = match &self.entries {
            Some(entries) => self.look_up(entries, &key, make),
            None => make().map_err(Arc::new),
        };
        self.count(is_made, result.is_ok());
        result.map(|value| Lookup {
            value,
            is_hit: !is_made,
        })
    }

    fn look_up(
        &self,
        entries: &moka::sync::Cache<K, V>,
        key: &K,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, Arc<E>> {
        // An entry costs more than `get`, even for a value that is there.
        if let Some(value) = entries.get(key) {
            return Ok(value);
        }
        // Failures are looked up and noted inside, where one thread is at a
        // time: else a thread of the same rush could try in between.
        let make = || match self.failures.get(key, Instant::now()) {
            Some(failure) => Err(failure),
            None => make().map_err(|err| self.failures.remember(key, err, Instant::now())),
        };
        let entry = entries.entry_by_ref(key).or_try_insert_with(make);
        let entry = entry.map_err(|err| Arc::<E>::clone(&err))?;
        if entry.is_fresh() {
            // Maintenance is otherwise put off by up to 64 insertions, and that
            // many large programs would overrun the bound. Making one costs
            // far more.
            entries.run_pending_tasks();
        }
        Ok(entry.into_value())
    }

    /// Forgets the value or the failure of `key`; without effect if there is
    /// none.
    ///
    /// A value that another thread is making right now enters the cache
    /// afterwards.
    pub fn invalidate(&self, key: &K) {
        self.failures.forget(key);
        if let Some(entries) = &self.entries {
            entries.invalidate(key);
        }
    }

    /// Forgets all values and failures and frees those that nobody else holds.
    ///
    /// Values that other threads are making right now enter the cache
    /// afterwards. The counters of [`stats`](Self::stats) go on.
    pub fn clear(&self) {
        self.failures.clear();
        if let Some(entries) = &self.entries {
            entries.invalidate_all();
            entries.run_pending_tasks();
        }
    }

    /// The counters and the present contents.
    ///
    /// Settles pending evictions first, which may take some microseconds: call
    /// it at the pace of an exporter, not for each execution.
    /// Calls of other threads that run meanwhile may or may not be included.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (entries, bytes) = self.entries.as_ref().map_or((0, 0), contents);
        Stats {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            repeated_failures: self.repeated_failures.load(Relaxed),
            entries,
            bytes,
            evictions: self.evictions.load(Relaxed),
        }
    }

    fn count(&self, is_made: bool, is_ok: bool) {
        let counter = match (is_made, is_ok) {
            (true, _) => &self.misses,
            (false, true) => &self.hits,
            (false, false) => &self.repeated_failures,
        };
        counter.fetch_add(1, Relaxed);
    }
}

/// A cache bounded by [`DEFAULT_MAX_BYTES`].
impl<K, V, E> Default for Cache<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Weigh + Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    fn default() -> Self {
        Self::new(DEFAULT_MAX_BYTES)
    }
}

/// Shows the counters, not the values: there may be thousands.
impl<K, V, E> fmt::Debug for Cache<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("hits", &self.hits)
            .field("misses", &self.misses)
            .field("evictions", &self.evictions)
            .finish_non_exhaustive()
    }
}

fn bounded<K, V>(
    max_bytes: u64,
    evicted: impl Fn() + Send + Sync + 'static,
) -> moka::sync::Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Weigh + Clone + Send + Sync + 'static,
{
    moka::sync::Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, value: &V| entry_weight::<K>(value.weight()))
        // The default policy may refuse a new value in favour of old ones; a
        // program that is being deployed must get in.
        .eviction_policy(EvictionPolicy::lru())
        .eviction_listener(move |_, _, cause| {
            if cause.was_evicted() {
                evicted();
            }
        })
        .build()
}

fn entry_weight<K>(value_weight: usize) -> u32 {
    let weight = value_weight.saturating_add(size_of::<K>() + ENTRY_OVERHEAD);
    u32::try_from(weight).unwrap_or(u32::MAX)
}

fn contents<K, V>(entries: &moka::sync::Cache<K, V>) -> (u64, u64)
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    entries.run_pending_tasks();
    (entries.entry_count(), entries.weighted_size())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::Barrier,
        thread,
        time::Duration,
    };

    const WEIGHT: usize = 1_000;
    const ENTRY: u64 = (WEIGHT + size_of::<u32>() + ENTRY_OVERHEAD) as u64;

    #[derive(Clone, Debug, PartialEq)]
    struct Bytes(usize);

    impl Weigh for Bytes {
        fn weight(&self) -> usize {
            self.0
        }
    }

    type TestCache = Cache<u32, Arc<Bytes>, &'static str>;

    /// A cache whose failures do not end with the test's patience.
    fn with_long_memory() -> TestCache {
        TestCache {
            failures: Failures::with_memory(Duration::from_secs(3600)),
            ..TestCache::default()
        }
    }

    /// Whether `key` was cached; it is afterwards.
    fn is_hit(cache: &TestCache, key: u32) -> bool {
        is_hit_of(cache, key, WEIGHT)
    }

    fn is_hit_of(cache: &TestCache, key: u32, weight: usize) -> bool {
        let make = || Ok(Arc::new(Bytes(weight)));
        let lookup = cache.get_or_try_insert_with(key, make).unwrap();
        assert_eq!(*lookup.value, Bytes(weight));
        lookup.is_hit
    }

    fn fail(cache: &TestCache, key: u32) -> &'static str {
        *cache.get_or_try_insert_with(key, || Err("no")).unwrap_err()
    }

    #[test]
    fn a_second_lookup_is_a_hit() {
        let cache = TestCache::default();
        assert!(!is_hit(&cache, 1));
        assert!(is_hit(&cache, 1));
        assert!(!is_hit(&cache, 2));
        let expected = Stats {
            hits: 1,
            misses: 2,
            entries: 2,
            bytes: 2 * ENTRY,
            ..Stats::default()
        };
        assert_eq!(cache.stats(), expected);
    }

    #[test]
    fn a_rush_of_threads_makes_a_value_once() {
        const THREADS: usize = 16;
        let cache = TestCache::default();
        let start = Barrier::new(THREADS);
        let made = AtomicU64::new(0);
        let make = || {
            made.fetch_add(1, Relaxed);
            Ok(Arc::new(Bytes(WEIGHT)))
        };
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    cache.get_or_try_insert_with(1, make).unwrap()
                });
            }
        });
        assert_eq!(made.load(Relaxed), 1);
        let stats = cache.stats();
        assert_eq!((stats.misses, stats.hits), (1, THREADS as u64 - 1));
    }

    #[test]
    fn a_lookup_of_one_key_does_not_wait_for_another() {
        let cache = TestCache::default();
        let outer = cache.get_or_try_insert_with(1, || {
            assert!(!is_hit(&cache, 2));
            Ok(Arc::new(Bytes(WEIGHT)))
        });
        assert!(!outer.unwrap().is_hit);
        assert!(is_hit(&cache, 2));
    }

    #[test]
    fn a_failure_is_told_again_without_another_try() {
        let cache = with_long_memory();
        assert_eq!(fail(&cache, 1), "no");
        let make = || panic!("the failure is remembered");
        assert_eq!(*cache.get_or_try_insert_with(1, make).unwrap_err(), "no");
        assert!(!is_hit(&cache, 2));
        cache.invalidate(&1);
        assert!(!is_hit(&cache, 1));
        assert!(is_hit(&cache, 1));
        let stats = cache.stats();
        let counted = (stats.misses, stats.repeated_failures, stats.hits);
        assert_eq!((counted, stats.entries), ((3, 1, 1), 2));
    }

    #[test]
    fn a_rush_of_threads_fails_once() {
        const THREADS: usize = 16;
        let cache = with_long_memory();
        let start = Barrier::new(THREADS);
        let tries = AtomicU64::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    let make = || {
                        tries.fetch_add(1, Relaxed);
                        Err("no")
                    };
                    assert_eq!(*cache.get_or_try_insert_with(1, make).unwrap_err(), "no");
                });
            }
        });
        assert_eq!(tries.load(Relaxed), 1);
        let stats = cache.stats();
        let counted = (stats.misses, stats.repeated_failures, stats.entries);
        assert_eq!(counted, (1, THREADS as u64 - 1, 0));
    }

    #[test]
    fn each_eviction_is_told_and_nothing_else() {
        let told = Arc::<AtomicU64>::default();
        let count = Arc::clone(&told);
        let listener = move || {
            count.fetch_add(1, Relaxed);
        };
        let cache = TestCache::with_listener(2 * ENTRY, listener);
        for key in [1, 2] {
            is_hit(&cache, key);
        }
        cache.invalidate(&1);
        cache.clear();
        assert_eq!(told.load(Relaxed), 0);
        for key in [1, 2, 3, 4] {
            is_hit(&cache, key);
        }
        assert_eq!((told.load(Relaxed), cache.stats().evictions), (2, 2));
    }

    #[test]
    fn a_panic_leaves_a_usable_cache() {
        let cache = TestCache::default();
        let make = || -> Result<Arc<Bytes>, &str> { panic!("expected by this test") };
        let lookup = AssertUnwindSafe(|| cache.get_or_try_insert_with(1, make));
        assert!(catch_unwind(lookup).is_err());
        assert!(!is_hit(&cache, 1));
    }

    #[test]
    fn the_least_recently_used_leaves_first() {
        let cache = TestCache::new(3 * ENTRY);
        for key in [1, 2, 3] {
            assert!(!is_hit(&cache, key));
        }
        assert!(is_hit(&cache, 1));
        assert!(!is_hit(&cache, 4)); // Takes the place of 2.
        for key in [1, 3, 4] {
            assert!(is_hit(&cache, key), "{key}");
        }
        assert!(!is_hit(&cache, 2));
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.evictions), (3, 2));
    }

    #[test]
    fn one_heavy_value_displaces_several() {
        let cache = TestCache::new(3 * ENTRY);
        for key in [1, 2, 3] {
            is_hit(&cache, key);
        }
        assert!(!is_hit_of(&cache, 4, 2 * WEIGHT));
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.evictions), (2, 2));
        assert_eq!(stats.bytes, 2 * ENTRY + WEIGHT as u64);
    }

    #[test]
    fn the_bound_holds_after_every_insertion() {
        let max_bytes = 10 * ENTRY;
        let cache = TestCache::new(max_bytes);
        for key in 0..1_000 {
            is_hit_of(&cache, key, WEIGHT * (1 + key as usize % 5));
            // Not `stats`, which would settle what an insertion left over.
            let bytes = cache.entries.as_ref().unwrap().weighted_size();
            assert!(bytes <= max_bytes, "{bytes} bytes after key {key}");
        }
    }

    #[test]
    fn a_value_over_the_bound_is_handed_out_but_not_kept() {
        let cache = TestCache::new(ENTRY);
        assert!(!is_hit(&cache, 1));
        assert!(!is_hit_of(&cache, 2, WEIGHT + 1));
        assert!(!is_hit_of(&cache, 2, WEIGHT + 1));
        assert!(is_hit(&cache, 1));
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.evictions), (1, 2));
    }

    #[test]
    fn a_bound_of_zero_disables_caching() {
        let cache = TestCache::new(0);
        assert!(!is_hit(&cache, 1));
        assert!(!is_hit(&cache, 1));
        assert_eq!(fail(&cache, 1), "no");
        assert_eq!(fail(&cache, 1), "no");
        cache.invalidate(&1);
        cache.clear();
        let expected = Stats {
            misses: 4,
            ..Stats::default()
        };
        assert_eq!(cache.stats(), expected);
    }

    #[test]
    fn invalidation_forgets_one_value() {
        let cache = TestCache::default();
        is_hit(&cache, 1);
        is_hit(&cache, 2);
        cache.invalidate(&1);
        cache.invalidate(&3);
        assert!(is_hit(&cache, 2));
        assert!(!is_hit(&cache, 1));
        assert_eq!(cache.stats().evictions, 0);
    }

    #[test]
    fn clearing_forgets_and_frees_all_values() {
        let cache = TestCache::default();
        let value = Arc::new(Bytes(WEIGHT));
        let make = || Ok(Arc::clone(&value));
        cache.get_or_try_insert_with(1, make).unwrap();
        is_hit(&cache, 2);
        cache.clear();
        let stats = cache.stats();
        assert_eq!((stats.entries, stats.bytes, stats.evictions), (0, 0, 0));
        assert!(!is_hit(&cache, 1));
        assert!(is_hit(&cache, 1));
    }

    #[test]
    fn weights_saturate() {
        assert_eq!(u64::from(entry_weight::<u32>(WEIGHT)), ENTRY);
        assert_eq!(entry_weight::<u32>(usize::MAX), u32::MAX);
    }

    #[test]
    fn debug_output_shows_counters() {
        let cache = TestCache::default();
        is_hit(&cache, 1);
        assert_eq!(
            format!("{cache:?}"),
            "Cache { hits: 0, misses: 1, evictions: 0, .. }"
        );
    }
}
