//! Records instead of ids: what relations were expanded to, and how that is
//! found.
//!
//! The one rule: no record is a part of itself, and nothing that scripts put
//! together is followed by recursion. Knows nothing of rules and of hooks; who
//! fetches the records does.

use crate::{
    app::App,
    cast,
    collection::{Collection, Field, FieldKind},
    error::Error,
    record::{Record, RecordRef},
    storage::Query,
    store::bytes_of,
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// How deep relations are followed; PocketBase: 6.
const MAX_DEPTH: usize = 6;

/// How many ids one query asks for.
const IDS: usize = 100;

/// How many records may point back to one; PocketBase: 1000.
const MAX_BACK: u64 = 1000;

/// How many records may hang on one.
const MOST: usize = 100_000;

/// How deep expanded records are shown, and how many bytes of them.
const SHOWN_DEPTH: usize = 32;
const SHOWN_BYTES: usize = 64 << 20;

/// What one relation of a record was expanded to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Expanded {
    /// Of a relation to one record.
    One(RecordRef),
    /// Of a relation to several.
    Many(Vec<RecordRef>),
    /// Whatever else a script put there.
    Other(Value),
}

impl Expanded {
    fn records(&self) -> &[RecordRef] {
        match self {
            Self::One(record) => std::slice::from_ref(record),
            Self::Many(records) => records,
            Self::Other(_) => &[],
        }
    }
}

/// What the relations of a record were expanded to, by name.
#[derive(Debug, Clone, Default)]
pub struct Expand(BTreeMap<String, Expanded>);

impl Expand {
    /// Whether nothing was expanded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a relation was expanded to.
    pub fn get(&self, name: &str) -> Option<&Expanded> {
        self.0.get(name)
    }

    /// All of it.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Expanded)> {
        self.0.iter().map(|(name, one)| (name.as_str(), one))
    }

    fn records(&self) -> impl Iterator<Item = &RecordRef> {
        self.0.values().flat_map(Expanded::records)
    }
}

impl FromIterator<(String, Expanded)> for Expand {
    fn from_iter<T: IntoIterator<Item = (String, Expanded)>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

/// One after the other, because a chain may be as long as memory allows.
impl Drop for Expand {
    fn drop(&mut self) {
        let mut rest = vec![std::mem::take(&mut self.0)];
        while let Some(map) = rest.pop() {
            for one in map.into_values() {
                let records = match one {
                    Expanded::One(record) => vec![record],
                    Expanded::Many(records) => records,
                    Expanded::Other(_) => continue,
                };
                let last = records.into_iter().filter_map(RecordRef::into_inner);
                rest.extend(last.map(|mut record| {
                    std::mem::take(&mut record.replace_expand(Expand::default()).0)
                }));
            }
        }
    }
}

impl RecordRef {
    /// Replaces what relations were expanded to.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the record would become a part of itself, or if more
    /// than 100,000 records hang on it.
    pub fn set_expand(&self, expand: Expand) -> Result<(), Error> {
        let mut seen = HashSet::new();
        let mut rest: Vec<RecordRef> = expand.records().cloned().collect();
        while let Some(record) = rest.pop() {
            if record.is_same(self) {
                return Err(Error::host("a record cannot be expanded to itself"));
            }
            if !seen.insert(record.address()) {
                continue;
            }
            if seen.len() > MOST {
                let text = format!("more than {MOST} records in what a record is expanded to");
                return Err(Error::host(text));
            }
            rest.extend(record.lock().expand().records().cloned());
        }
        // What was there is dropped once the record is free again.
        let before = self.lock().replace_expand(expand);
        drop(before);
        Ok(())
    }

    /// Adds to what relations were expanded to. PocketBase: records that are
    /// there already get the expansions of their likes, others come in.
    ///
    /// # Errors
    ///
    /// As [`set_expand`](Self::set_expand).
    pub fn merge_expand(&self, more: Expand) -> Result<(), Error> {
        let mut all = self.lock().expand().clone();
        for (name, new) in more.iter() {
            let merged = match all.0.remove(name) {
                Some(old) => merge(old, new)?,
                None => new.clone(),
            };
            all.0.insert(name.to_owned(), merged);
        }
        self.set_expand(all)
    }
}

fn merge(old: Expanded, new: &Expanded) -> Result<Expanded, Error> {
    let mut records = match &old {
        Expanded::Other(_) => return Ok(new.clone()),
        old => old.records().to_vec(),
    };
    for record in new.records() {
        let id = record.lock().id().to_owned();
        match records.iter().find(|known| known.lock().id() == id) {
            Some(known) if !known.is_same(record) => {
                let more = record.lock().expand().clone();
                known.merge_expand(more)?;
            }
            Some(_) => {}
            None => records.push(record.clone()),
        }
    }
    Ok(match (&old, new) {
        (_, Expanded::Other(_)) => new.clone(),
        (Expanded::One(_), Expanded::One(record)) if records.len() > 1 => {
            Expanded::One(record.clone())
        }
        (Expanded::One(_), Expanded::One(_)) => old,
        _ => Expanded::Many(records),
    })
}

/// How much of expanded records is shown yet.
pub(crate) struct Shown {
    depth: usize,
    bytes: usize,
}

impl Shown {
    pub(crate) fn new() -> Self {
        Self {
            depth: SHOWN_DEPTH,
            bytes: SHOWN_BYTES,
        }
    }

    /// What clients see of expanded records. What is too much is left out.
    pub(crate) fn of(&mut self, expand: &Expand) -> Map<String, Value> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Map::new();
        };
        let outer = std::mem::replace(&mut self.depth, depth);
        let mut all = Map::new();
        for (name, one) in expand.iter() {
            let value = match one {
                Expanded::One(record) => self.record(record),
                Expanded::Many(records) => {
                    let records = records.iter().filter_map(|record| self.record(record));
                    Some(records.collect())
                }
                Expanded::Other(value) => self.may(value).then(|| value.clone()),
            };
            if let Some(value) = value {
                all.insert(name.to_owned(), value);
            }
        }
        self.depth = outer;
        all
    }

    fn record(&mut self, record: &RecordRef) -> Option<Value> {
        let record = record.lock();
        let fields = Value::Object(record.public_fields());
        if !self.may(&fields) {
            return None;
        }
        let mut shown = fields;
        if !record.expand().is_empty() {
            shown["expand"] = self.of(record.expand()).into();
        }
        Some(shown)
    }

    /// Whether so much may be shown.
    fn may(&mut self, value: &Value) -> bool {
        let left = self.bytes.checked_sub(bytes_of(value));
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }
}

/// The relations to expand, each with those to expand of what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths(BTreeMap<String, Paths>);

impl Paths {
    /// Reads comma separated paths, whose parts are separated by dots.
    pub fn parse(paths: &str) -> Self {
        let mut all = Self::default();
        for path in paths.split(',') {
            let mut node = &mut all;
            for part in path.split('.').map(str::trim).take(MAX_DEPTH) {
                if part.is_empty() {
                    break;
                }
                node = node.0.entry(part.to_owned()).or_default();
            }
        }
        all
    }

    /// Whether there is nothing to expand.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Finds the records of these ids, as far as they may be seen.
pub type Fetch<'a> = dyn FnMut(&Arc<Collection>, &[String]) -> Result<Vec<RecordRef>, Error> + 'a;

impl App {
    /// Expands relations of records, which are all of one collection; returns
    /// what went wrong, by the name of the relation.
    ///
    /// `fetch` finds the records; [`fetch_all`](Self::fetch_all) finds all.
    /// PocketBase: a relation is left as it is if the relations behind it
    /// cannot be expanded.
    pub fn expand(
        &self,
        records: &[RecordRef],
        paths: &Paths,
        fetch: &mut Fetch<'_>,
    ) -> BTreeMap<String, Error> {
        let mut failed = BTreeMap::new();
        let Some(first) = records.first() else {
            return failed;
        };
        let collection = Arc::clone(first.lock().collection());
        for (name, inner) in &paths.0 {
            let expanded = match Relation::named(self, &collection, name) {
                Some(relation) => relation.expand(self, records, inner, fetch),
                None => Err(Error::host(format!(
                    "couldn't find relation field {name:?} in collection {:?}",
                    collection.name
                ))),
            };
            if let Err(err) = expanded {
                failed.insert(name.clone(), err);
            }
        }
        failed
    }

    /// The records of these ids, whoever may see them.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    pub fn fetch_all(
        &self,
        collection: &Arc<Collection>,
        ids: &[String],
    ) -> Result<Vec<RecordRef>, Error> {
        let mut found = Vec::new();
        for ids in ids.chunks(IDS) {
            found.extend(self.records(collection, &one_of(ids))?);
        }
        Ok(found.into_iter().map(RecordRef::new).collect())
    }
}

/// A way from a record to others.
struct Relation {
    /// The key under which they are shown.
    name: String,
    to: Arc<Collection>,
    /// The field of the other collection that points back, if it is that way.
    back: Option<Field>,
    is_multiple: bool,
}

impl Relation {
    fn named(app: &App, from: &Collection, name: &str) -> Option<Self> {
        if let Some((other, field)) = name.split_once("_via_") {
            let to = app.collection(other).ok()?;
            let field = to
                .field(field)
                .filter(|field| leads_to(field, from))?
                .clone();
            return Some(Self {
                name: name.to_owned(),
                is_multiple: field.is_multiple() || !is_unique(&to, &field.name),
                back: Some(field),
                to,
            });
        }
        let field = from
            .field(name)
            .filter(|field| field.kind == FieldKind::Relation)?;
        Some(Self {
            name: name.to_owned(),
            to: app.collection(field.text_option("collectionId")).ok()?,
            back: None,
            is_multiple: field.is_multiple(),
        })
    }

    fn expand(
        &self,
        app: &App,
        records: &[RecordRef],
        inner: &Paths,
        fetch: &mut Fetch<'_>,
    ) -> Result<(), Error> {
        let ids: Vec<Vec<String>> = records
            .iter()
            .map(|record| self.ids(app, &record.snapshot()))
            .collect::<Result<_, _>>()?;
        let mut wanted: Vec<String> = ids.iter().flatten().cloned().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let found = fetch(&self.to, &wanted)?;
        let mut failed = app.expand(&found, inner, fetch);
        if failed.len() == inner.0.len()
            && let Some((_, err)) = failed.pop_first()
        {
            return Err(err);
        }
        let found: HashMap<String, RecordRef> = found
            .into_iter()
            .map(|record| {
                let id = record.lock().id().to_owned();
                (id, record)
            })
            .collect();
        for (record, ids) in records.iter().zip(ids) {
            let mut list: Vec<_> = ids.iter().filter_map(|id| found.get(id).cloned()).collect();
            let one = match list.is_empty() {
                true => continue,
                false if self.is_multiple => Expanded::Many(list),
                false => Expanded::One(list.swap_remove(0)),
            };
            record.merge_expand(Expand::from_iter([(self.name.clone(), one)]))?;
        }
        Ok(())
    }

    /// The ids that a record leads to.
    fn ids(&self, app: &App, record: &Record) -> Result<Vec<String>, Error> {
        let Some(field) = &self.back else {
            return Ok(cast::to_list(record.get(&self.name)));
        };
        let operator = if field.is_multiple() { "?=" } else { "=" };
        let query = Query {
            filter: format!("{} {operator} {{:value}}", field.name),
            limit: MAX_BACK,
            ..Query::equals("", record.id())
        };
        let found = app.records(&self.to, &query)?;
        Ok(found.iter().map(|record| record.id().to_owned()).collect())
    }
}

/// The records that have one of these ids.
pub fn one_of(ids: &[String]) -> Query {
    let filters: Vec<_> = (0..ids.len())
        .map(|index| format!("id={{:i{index}}}"))
        .collect();
    let params = ids.iter().enumerate();
    Query {
        filter: filters.join("||"),
        params: params
            .map(|(index, id)| (format!("i{index}"), id.as_str().into()))
            .collect(),
        ..Query::default()
    }
}

fn leads_to(field: &Field, collection: &Collection) -> bool {
    field.kind == FieldKind::Relation && field.text_option("collectionId") == collection.id
}

/// Whether a unique index covers this column alone.
fn is_unique(collection: &Collection, column: &str) -> bool {
    collection.indexes.iter().any(|index| {
        let is_unique = index
            .trim_start()
            .to_ascii_uppercase()
            .starts_with("CREATE UNIQUE INDEX");
        let columns = index
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'));
        let is_column = columns.is_some_and(|(columns, rest)| {
            // A partial index leaves others free to repeat a value.
            rest.trim().is_empty() && columns.trim().trim_matches(['`', '"', '[', ']']) == column
        });
        is_unique && is_column
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_grow_together() {
        let leaf = Paths::default;
        let tree = |children: &[(&str, Paths)]| {
            let children = children
                .iter()
                .map(|(name, tree)| ((*name).to_owned(), tree.clone()));
            Paths(children.collect())
        };
        for (paths, wanted) in [
            ("", leaf()),
            (" a , b", tree(&[("a", leaf()), ("b", leaf())])),
            (
                "a.b,a,a.c",
                tree(&[("a", tree(&[("b", leaf()), ("c", leaf())]))]),
            ),
            ("..,a..b", tree(&[("a", leaf())])),
        ] {
            assert_eq!(Paths::parse(paths), wanted, "{paths}");
        }
        let mut deepest = &Paths::parse(&"a.".repeat(1000));
        let mut depth = 0;
        while let Some(inner) = deepest.0.get("a") {
            (deepest, depth) = (inner, depth + 1);
        }
        assert_eq!(depth, MAX_DEPTH);
    }

    #[test]
    fn a_unique_column_leads_back_to_one() {
        for (index, wanted) in [
            ("CREATE UNIQUE INDEX `i` ON `t` (`post`)", true),
            ("create unique index i on t ( post )", true),
            ("CREATE INDEX `i` ON `t` (`post`)", false),
            ("CREATE UNIQUE INDEX `i` ON `t` (`post`, `user`)", false),
            (
                "CREATE UNIQUE INDEX `i` ON `t` (`post`) WHERE `post` != ''",
                false,
            ),
        ] {
            let collection = json!({ "name": "t", "fields": [], "indexes": [index] });
            let collection = Collection::from_json(&collection).unwrap();
            assert_eq!(is_unique(&collection, "post"), wanted, "{index}");
        }
    }
}
