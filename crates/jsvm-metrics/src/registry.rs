//! Which series there are: a hook and a collection are one series.
//!
//! One rule: their number is bounded; when it is reached, whatever is new is
//! counted in the one series for everything else.
//! This module does not know what is counted.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The index of the series for everything that has no series of its own.
pub(crate) const OVERFLOW: usize = 0;

/// Most bytes of a name; what is longer is cut.
pub(crate) const MAX_NAME: usize = 200;

/// What a series is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The hook, such as `onRecordCreate` or `GET /hello/{name}`.
    pub hook: Arc<str>,
    /// The collection, if the event was about one.
    pub collection: Option<Arc<str>>,
}

/// Gives names an index.
#[derive(Debug)]
pub(crate) struct Registry {
    max: usize,
    indices: Mutex<HashMap<Name, usize>>,
}

impl Registry {
    /// For at most `max` series besides the one for everything else.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            indices: Mutex::default(),
        }
    }

    /// How many indices there can be.
    pub(crate) fn capacity(&self) -> usize {
        self.max + 1
    }

    /// The index of a series, a new one if there is room.
    pub(crate) fn index_of(&self, hook: &str, collection: Option<&str>) -> usize {
        let name = Name {
            hook: cut(hook).into(),
            collection: collection.map(|name| cut(name).into()),
        };
        let mut indices = self.lock();
        let next = indices.len() + 1;
        match indices.get(&name) {
            Some(index) => *index,
            None if next > self.max => OVERFLOW,
            None => *indices.entry(name).or_insert(next),
        }
    }

    /// The names by their index, the one for everything else first.
    pub(crate) fn names(&self) -> Vec<Option<Name>> {
        let indices = self.lock();
        let mut names = vec![None; indices.len() + 1];
        for (name, index) in indices.iter() {
            names[*index] = Some(name.clone());
        }
        names
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, usize>> {
        self.indices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(MAX_NAME)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_index() {
        let registry = Registry::new(8);
        let (hook, other) = ("onRecordCreate", "onRecordUpdate");
        let posts = registry.index_of(hook, Some("posts"));
        assert_ne!(posts, registry.index_of(hook, None));
        assert_ne!(posts, registry.index_of(other, Some("posts")));
        assert_eq!(posts, registry.index_of(hook, Some("posts")));
        let name = registry.names()[posts].clone().unwrap();
        assert_eq!(
            (&*name.hook, name.collection.as_deref()),
            (hook, Some("posts"))
        );
    }

    #[test]
    fn what_is_too_much_goes_to_the_rest() {
        let registry = Registry::new(2);
        let index_of = |name| registry.index_of(name, None);
        assert_eq!(["a", "b", "c", "d", "a"].map(index_of), [1, 2, 0, 0, 1]);
        assert_eq!(registry.names().len(), registry.capacity());
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let long = "é".repeat(MAX_NAME);
        let registry = Registry::new(2);
        assert_eq!(
            registry.index_of(&long, None),
            registry.index_of(&format!("{long}!"), None)
        );
        let name = registry.names()[1].clone().unwrap();
        assert_eq!(&*name.hook, "é".repeat(MAX_NAME / 2));
    }
}
