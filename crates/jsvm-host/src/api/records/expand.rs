//! Records instead of ids: `?expand=author,comments_via_post.author`.
//!
//! The one rule: what a client may not view is left out, and nothing here
//! makes a request fail. Knows nothing of hooks but that they run.

use super::{
    Access,
    enrich::{Shown, enrich_expanded},
    is_superuser, shown,
};
use jsvm::{
    App, Collection, Error, Field, FieldKind, Level, Query, Record, RecordRef, RequestInfo, cast,
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// How deep relations are followed; PocketBase: 6.
pub(super) const MAX_DEPTH: usize = 6;

/// How many ids one query asks for.
const IDS: usize = 100;

/// How many records may point back to one; PocketBase: 1000.
const MAX_BACK: u64 = 1000;

/// The relations to expand, each with those to expand of what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<String, Tree>);

impl Tree {
    /// Reads comma separated paths, whose parts are separated by dots.
    pub(super) fn parse(paths: &str) -> Self {
        let mut tree = Self::default();
        for path in paths.split(',') {
            let mut node = &mut tree;
            for part in path.split('.').map(str::trim).take(MAX_DEPTH) {
                if part.is_empty() {
                    break;
                }
                node = node.0.entry(part.to_owned()).or_default();
            }
        }
        tree
    }
}

/// Expands the relations of records, which are all of one collection.
pub(super) fn expand(app: &App, to: &Shown, records: &[RecordRef], tree: &Tree, depth: usize) {
    let Some(first) = records.first().filter(|_| depth > 0) else {
        return;
    };
    let collection = Arc::clone(first.lock().collection());
    for (name, inner) in &tree.0 {
        let expanded = match Relation::named(app, &collection, name) {
            Some(relation) => relation.expand(app, &in_context(to), records, inner, depth),
            None => Err(Error::host("there is no such relation")),
        };
        if let Err(err) = expanded {
            let what = format!("failed to expand {name:?} of {}: {err}", collection.name);
            app.log(Level::Warn, &what);
        }
    }
}

/// Rules and hooks see why a record is looked at.
fn in_context(to: &Shown) -> Shown {
    let info = RequestInfo {
        context: "expand".into(),
        ..RequestInfo::clone(&to.info)
    };
    Shown {
        info: Arc::new(info),
        ..to.clone()
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
        to: &Shown,
        records: &[RecordRef],
        inner: &Tree,
        depth: usize,
    ) -> Result<(), Error> {
        let access = match &self.to.view_rule {
            _ if is_superuser(&to.info) => Access::Unlimited,
            Some(rule) => Access::Under(rule.clone()),
            None => return Err(Error::host("only superusers can view it")),
        };
        let ids: Vec<Vec<String>> = records
            .iter()
            .map(|record| self.ids(app, &record.snapshot()))
            .collect::<Result<_, _>>()?;
        let found = self.fetch(app, to, &access, &ids)?;
        enrich_expanded(app, to, &found)?;
        expand(app, to, &found, inner, depth - 1);
        let found: HashMap<String, Value> = found
            .iter()
            .map(|record| {
                let value = shown(record);
                (record.lock().id().to_owned(), value)
            })
            .collect();
        for (record, ids) in records.iter().zip(ids) {
            let mut values: Vec<_> = ids.iter().filter_map(|id| found.get(id).cloned()).collect();
            let value = match values.is_empty() {
                true => continue,
                false if self.is_multiple => Value::Array(values),
                false => values.swap_remove(0),
            };
            let mut record = record.lock();
            let mut expand: Map<String, Value> = record.expand().clone();
            expand.insert(self.name.clone(), value);
            record.set_expand(expand);
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

    /// The records of these ids that may be viewed.
    fn fetch(
        &self,
        app: &App,
        to: &Shown,
        access: &Access,
        ids: &[Vec<String>],
    ) -> Result<Vec<RecordRef>, Error> {
        let mut ids: Vec<&String> = ids.iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        let mut found = Vec::new();
        for ids in ids.chunks(IDS) {
            let query = Query {
                request: Some(to.info.to_value()),
                ..one_of(ids)
            };
            found.extend(match access {
                Access::Unlimited => app.records(&self.to, &query)?,
                Access::Under(rule) => to.store.find_for_client(&self.to, &query, rule)?,
            });
        }
        Ok(found.into_iter().map(RecordRef::new).collect())
    }
}

/// The records that have one of these ids.
fn one_of(ids: &[&String]) -> Query {
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
        let leaf = Tree::default;
        let tree = |children: &[(&str, Tree)]| {
            let children = children
                .iter()
                .map(|(name, tree)| ((*name).to_owned(), tree.clone()));
            Tree(children.collect())
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
            assert_eq!(Tree::parse(paths), wanted, "{paths}");
        }
        let mut deepest = &Tree::parse(&"a.".repeat(1000));
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
