//! A collection while it is changed.
//!
//! The one rule: a field is the same one for everybody who holds it, as
//! PocketBase's pointers are; what is stored gets a copy. Knows nothing of
//! storage and nothing of scripts.

use super::{Collection, Field, defaults};
use crate::lock::{Locked, lock};
use std::sync::{Arc, Mutex};

/// A collection that several may hold and change.
#[derive(Debug, Clone)]
pub struct CollectionRef(Arc<Mutex<Draft>>);

#[derive(Debug)]
struct Draft {
    now: Arc<Collection>,
    is_new: bool,
    /// Its fields, once somebody asked for them.
    fields: Option<Vec<FieldRef>>,
}

/// A field that several may hold and change.
#[derive(Debug, Clone)]
pub struct FieldRef(Arc<Mutex<Field>>);

impl From<Arc<Collection>> for CollectionRef {
    /// A collection that is stored.
    fn from(stored: Arc<Collection>) -> Self {
        Self(Arc::new(Mutex::new(Draft {
            now: stored,
            is_new: false,
            fields: None,
        })))
    }
}

impl CollectionRef {
    /// A collection that is not stored yet.
    pub fn new(collection: Collection) -> Self {
        Self(Arc::new(Mutex::new(Draft {
            now: Arc::new(collection),
            is_new: true,
            fields: None,
        })))
    }

    /// The collection as it is now.
    pub fn snapshot(&self) -> Arc<Collection> {
        Arc::clone(&lock(&self.0).settled().now)
    }

    /// Whether it is to be made, and not changed.
    pub fn is_new(&self) -> bool {
        lock(&self.0).is_new
    }

    /// Says whether it is to be made, and not changed.
    pub fn set_new(&self, is_new: bool) {
        lock(&self.0).is_new = is_new;
    }

    /// Changes it. Its fields are [`fields`](Self::fields) afterwards, too,
    /// unless `change` makes others of them.
    pub fn change<T>(&self, change: impl FnOnce(&mut Collection) -> T) -> T {
        let mut draft = lock(&self.0);
        let now = Arc::make_mut(&mut draft.settled().now);
        let before = now.fields.clone();
        let result = change(now);
        if now.fields != before {
            let fields = now.fields.clone();
            draft.take_over(fields);
        }
        result
    }

    /// Says that it is stored as `stored` now.
    pub(crate) fn mark_as_stored(&self, stored: Arc<Collection>) {
        let mut draft = lock(&self.0);
        draft.take_over(stored.fields.clone());
        draft.now = stored;
        draft.is_new = false;
    }

    /// The fields, each the same one whenever it is asked for.
    pub fn fields(&self) -> Vec<FieldRef> {
        let mut draft = lock(&self.0);
        let now = Arc::clone(&draft.now);
        let fields = draft.fields.get_or_insert_with(|| {
            let fields = now.fields.iter();
            fields.cloned().map(FieldRef::new).collect()
        });
        fields.clone()
    }

    /// Replaces the fields.
    pub fn set_fields(&self, fields: Vec<FieldRef>) {
        lock(&self.0).fields = Some(fields);
    }

    /// Whether both are the same collection in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Draft {
    /// Itself, once its collection has the fields as they are now.
    fn settled(&mut self) -> &mut Self {
        if let Some(fields) = &self.fields {
            let now: Vec<_> = fields.iter().map(|field| field.lock().clone()).collect();
            if now != self.now.fields {
                Arc::make_mut(&mut self.now).fields = now;
            }
        }
        self
    }

    /// The fields become these; those of the same id stay the same ones.
    fn take_over(&mut self, fields: Vec<Field>) {
        let Some(known) = &mut self.fields else {
            return;
        };
        let same = |field: &Field| {
            let is_same = |it: &&FieldRef| {
                let it = it.lock();
                it.id == field.id || (it.id.is_empty() && it.name == field.name)
            };
            known.iter().find(is_same).cloned()
        };
        *known = fields
            .into_iter()
            .map(|field| match same(&field) {
                Some(known) => {
                    *known.lock() = field;
                    known
                }
                None => FieldRef::new(field),
            })
            .collect();
    }
}

impl FieldRef {
    /// Shares a field.
    pub fn new(field: Field) -> Self {
        Self(Arc::new(Mutex::new(field)))
    }

    /// The field, for reading and changing.
    pub fn lock(&self) -> Locked<'_, Field> {
        lock(&self.0)
    }

    /// Whether both are the same field in memory.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Puts a field into a list: in the place of the one with its id, or with its
/// name if it has no id; else at `index`, or at the end.
pub(crate) fn add_field(list: &mut Vec<FieldRef>, index: Option<usize>, field: &FieldRef) {
    let name = field.lock().name.clone();
    if field.lock().id.is_empty() {
        let named = list
            .iter()
            .find(|it| !it.is_same(field) && it.lock().name == name);
        let id = match named {
            Some(named) if !name.is_empty() => named.lock().id.clone(),
            _ => defaults::default_id(&field.lock()),
        };
        field.lock().id = id;
    }
    let id = field.lock().id.clone();
    let known = list
        .iter()
        .position(|it| it.is_same(field) || it.lock().id == id);
    match (known, index) {
        (Some(known), None) => list[known] = field.clone(),
        (Some(known), Some(index)) => {
            list.remove(known);
            list.insert(index.min(list.len()), field.clone());
        }
        (None, index) => list.insert(index.unwrap_or(list.len()).min(list.len()), field.clone()),
    }
}
