//! The series that a recorder knows by heart.
//!
//! One rule: finding one that was met lately takes a few instructions, and no
//! number of names makes the table grow.
//! This module does not know how series are numbered.

use crate::shard::Series;
use std::sync::Arc;

const SLOTS: usize = 1024;

/// How many neighbouring slots a series may be in.
const WINDOW: usize = 4;

/// A series that was looked up before.
#[derive(Debug)]
struct Known {
    /// Held, so that its address stays its own.
    hook: Arc<str>,
    collection: Option<Box<str>>,
    series: Arc<Series>,
}

/// Series by hook and collection; a new one may take the place of an old one.
pub(crate) struct KnownSeries(Box<[Option<Known>; SLOTS]>);

impl KnownSeries {
    pub(crate) fn new() -> Self {
        Self(Box::new([const { None }; SLOTS]))
    }

    /// The series, if it is known.
    #[inline]
    pub(crate) fn find(&self, hook: &Arc<str>, collection: Option<&str>) -> Option<&Series> {
        let first = first_slot(hook, collection);
        let found = self.at(first, hook, collection);
        found.or_else(|| self.find_behind(first, hook, collection))
    }

    #[cold]
    fn find_behind(
        &self,
        first: usize,
        hook: &Arc<str>,
        collection: Option<&str>,
    ) -> Option<&Series> {
        let mut others = first + 1..first + WINDOW;
        others.find_map(|slot| self.at(slot, hook, collection))
    }

    #[inline]
    fn at(&self, slot: usize, hook: &Arc<str>, collection: Option<&str>) -> Option<&Series> {
        let known = self.0[slot % SLOTS].as_ref()?;
        known.is(hook, collection).then_some(&*known.series)
    }

    /// Remembers a series, in a free slot or else in the place of another.
    pub(crate) fn keep(&mut self, hook: &Arc<str>, collection: Option<&str>, series: Arc<Series>) {
        let first = first_slot(hook, collection);
        let window = first..first + WINDOW;
        let is_free = |slot: &usize| self.0[slot % SLOTS].is_none();
        let slot = window.into_iter().find(is_free).unwrap_or(first);
        self.0[slot % SLOTS] = Some(Known {
            hook: Arc::clone(hook),
            collection: collection.map(Into::into),
            series,
        });
    }
}

impl Known {
    #[inline]
    fn is(&self, hook: &Arc<str>, collection: Option<&str>) -> bool {
        Arc::ptr_eq(&self.hook, hook) && self.collection.as_deref() == collection
    }
}

/// Where to look first; most often different for different series.
#[inline]
fn first_slot(hook: &Arc<str>, collection: Option<&str>) -> usize {
    let mut key = hook.as_ptr().addr();
    if let Some(collection) = collection {
        let (words, rest) = collection.as_bytes().as_chunks();
        for word in words {
            key = mix(key ^ usize::from_le_bytes(*word));
        }
        key = rest
            .iter()
            .fold(key, |key, byte| mix(key ^ usize::from(*byte)));
    }
    mix(key) % SLOTS
}

#[inline]
fn mix(value: usize) -> usize {
    // Of 64 bits, so that the upper half of the product is the well mixed one.
    let product = (value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (product >> 32) as usize ^ value.rotate_left(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(
        known: &KnownSeries,
        hook: &Arc<str>,
        collection: Option<&str>,
    ) -> Option<*const Series> {
        known.find(hook, collection).map(std::ptr::from_ref)
    }

    #[test]
    fn a_series_is_found_by_hook_and_collection() {
        let mut known = KnownSeries::new();
        let hooks: [Arc<str>; 2] = ["onRecordCreate".into(), "onRecordCreate".into()];
        let long = "a collection of more than eight bytes";
        let names = [None, Some(""), Some("posts"), Some("ports"), Some(long)];
        let all = || hooks.iter().flat_map(|hook| names.map(|name| (hook, name)));
        let series: Vec<_> = all().map(|_| Arc::new(Series::default())).collect();
        for ((hook, name), series) in all().zip(&series) {
            assert_eq!(found(&known, hook, name), None);
            known.keep(hook, name, Arc::clone(series));
        }
        for ((hook, name), series) in all().zip(&series) {
            assert_eq!(found(&known, hook, name), Some(Arc::as_ptr(series)));
        }
    }

    #[test]
    fn a_flood_takes_the_place_of_old_ones() {
        let mut known = KnownSeries::new();
        let hook: Arc<str> = "onRecordCreate".into();
        let series = Arc::new(Series::default());
        for number in 0..100_000 {
            let name = number.to_string();
            known.keep(&hook, Some(&name), Arc::clone(&series));
            assert!(found(&known, &hook, Some(&name)).is_some());
        }
        assert!(Arc::strong_count(&series) <= SLOTS + 1);
    }
}
