//! Records instead of ids: `?expand=author,comments_via_post.author`.
//!
//! The one rule: what a client may not view is left out, and nothing here
//! makes a request fail. Knows nothing of hooks but that they run.

use super::{
    enrich::{Shown, enrich_expanded},
    is_superuser,
};
use jsvm::{App, Collection, Error, Level, Paths, Query, RecordRef, RequestInfo, one_of};
use std::sync::Arc;

/// How many ids one query asks for.
const IDS: usize = 100;

/// Expands the relations of records, which are all of one collection.
pub(super) fn expand(app: &App, to: &Shown, records: &[RecordRef], paths: &Paths) {
    if paths.is_empty() {
        return;
    }
    let to = in_context(to);
    let mut fetch = |collection: &Arc<Collection>, ids: &[String]| {
        let found = find(app, &to, collection, ids)?;
        enrich_expanded(app, &to, &found)?;
        Ok(found)
    };
    for (name, err) in app.expand(records, paths, &mut fetch) {
        app.log(Level::Warn, &format!("failed to expand {name:?}: {err}"));
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

/// The records of these ids that may be viewed.
fn find(
    app: &App,
    to: &Shown,
    collection: &Arc<Collection>,
    ids: &[String],
) -> Result<Vec<RecordRef>, Error> {
    if is_superuser(&to.info) {
        return app.fetch_all(collection, ids);
    }
    let Some(rule) = &collection.view_rule else {
        let text = format!("only superusers can view records of {}", collection.name);
        return Err(Error::host(text));
    };
    let mut found = Vec::new();
    for ids in ids.chunks(IDS) {
        let query = Query {
            request: Some(to.info.to_value()),
            ..one_of(ids)
        };
        found.extend(to.store.find_for_client(collection, &query, rule)?);
    }
    Ok(found.into_iter().map(RecordRef::new).collect())
}
