//! Records over HTTP: list, view, create, update, delete.
//!
//! The one rule: what a client may see or do is decided before any hook of the
//! request runs, and the hook's default action does the rest. PocketBase's
//! order of checks and its texts.

mod data;
mod enrich;
mod expand;
mod page;
mod password;
mod write;

use super::{api_error, exchange_of};
use crate::{server::answers, store::Sqlite};
use enrich::Shown;
use jsvm::{
    Action, App, Collection, CollectionKind, Error, Event, Exchange, Level, Member, Query, Record,
    RecordRef, RequestInfo, http,
};
use page::Page;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) use write::{create, delete, update};

/// A request for records of one collection.
struct Call {
    store: Sqlite,
    app: App,
    exchange: Arc<Exchange>,
    collection: Arc<Collection>,
    info: RequestInfo,
}

/// Which records a client may deal with.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Access {
    /// All of them.
    Unlimited,
    /// Those for which a rule holds; an empty one always does.
    Under(String),
}

impl Call {
    /// Reads a request; `missing` is said if there is no such collection.
    fn new(store: &Sqlite, event: &Event, missing: &str) -> Result<Self, Error> {
        let exchange = Arc::clone(exchange_of(event)?);
        let name = exchange.path_value("collection");
        let collection = event.app().collection(&name);
        let collection = collection.map_err(|_| api_error(404, missing))?;
        Ok(Self {
            store: store.clone(),
            app: event.app(),
            info: exchange.info()?,
            exchange,
            collection,
        })
    }

    /// As [`new`](Self::new), to write; the records of a view are only read.
    fn to_write(store: &Sqlite, event: &Event, missing: &str) -> Result<Self, Error> {
        let call = Self::new(store, event, missing)?;
        match call.collection.kind {
            CollectionKind::View => Err(api_error(400, "Unsupported collection type.")),
            _ => Ok(call),
        }
    }

    fn access(&self, rule: Option<&String>) -> Result<Access, Error> {
        match rule {
            _ if is_superuser(&self.info) => Ok(Access::Unlimited),
            Some(rule) => Ok(Access::Under(rule.clone())),
            None => Err(api_error(403, "Only superusers can perform this action.")),
        }
    }

    /// The record that the path names, if the client may deal with it.
    ///
    /// PocketBase: any other reason is a 404 as well, a broken rule included.
    fn record(&self, access: &Access) -> Result<Record, Error> {
        let id = self.exchange.path_value("id");
        let query = Query {
            request: Some(self.info.to_value()),
            ..Query::equals("id", id)
        };
        let found = match access {
            Access::Unlimited => self.app.first(&self.collection, query),
            Access::Under(rule) => self
                .store
                .find_for_client(&self.collection, &query.first(), rule)
                .and_then(|found| found.into_iter().next().ok_or(Error::NotFound)),
        };
        found.map_err(|err| {
            if err != Error::NotFound {
                self.note(&err);
            }
            api_error(404, "")
        })
    }

    /// Logs an error of which the client is told less.
    fn note(&self, err: &Error) {
        let text = format!(
            "{} {}: {err}",
            self.info.method,
            self.exchange.request().raw_path()
        );
        self.app.log(Level::Debug, &text);
    }

    /// Logs that files of a form are not stored, as the client is not told.
    fn tell_of_files(&self) {
        let request = self.exchange.request();
        let files = http::parse_form(request).unwrap_or_default().files;
        if let Some(file) = files.first() {
            let text = format!(
                "{} {}: the file {:?} of the field {:?} is not stored: there are no files of \
                 records here",
                self.info.method,
                request.raw_path(),
                file.filename,
                file.field
            );
            self.app.log(Level::Warn, &text);
        }
    }

    /// What the client is told of an error in the default action.
    ///
    /// PocketBase: an answer that a hook chose is kept, all else is a 400 with
    /// this text. Of ours: what the client is not to blame for is kept, too.
    fn failed(&self, err: Error, message: &str) -> Error {
        if matches!(err, Error::Api(_) | Error::Unavailable(_)) || err.limit().is_some() {
            return err;
        }
        self.note(&err);
        match err {
            Error::NotFound => api_error(400, message),
            other => Error::Api(other.to_api(message)),
        }
    }

    /// The event of a hook about this request.
    fn event(&self) -> Event {
        Event::new(self.app.clone())
            .about(&self.collection)
            .with_exchange(Arc::clone(&self.exchange))
            .with(
                "collection",
                Member::Collection(Arc::clone(&self.collection).into()),
            )
    }

    fn shown(&self) -> Shown {
        Shown {
            store: self.store.clone(),
            info: Arc::new(self.info.clone()),
        }
    }

    /// Enriches a record, which is what clients are about to see.
    fn enrich(&self, app: &App, records: Vec<RecordRef>) -> Result<(), Error> {
        enrich::enrich(app, &self.shown(), records).map_err(|err| match err {
            Error::Api(_) | Error::Unavailable(_) => err,
            err if err.limit().is_some() => err,
            err => {
                self.note(&err);
                api_error(500, "Failed to enrich records.")
            }
        })
    }
}

/// Makes records ready to be shown to whoever `info` is about.
pub(super) fn enrich(
    store: &Sqlite,
    app: &App,
    info: RequestInfo,
    records: Vec<RecordRef>,
) -> Result<(), Error> {
    let shown = Shown {
        store: store.clone(),
        info: Arc::new(info),
    };
    enrich::enrich(app, &shown, records)
}

pub(super) fn is_superuser(info: &RequestInfo) -> bool {
    let auth = info.auth.as_ref();
    auth.is_some_and(|auth| auth.lock().is_superuser())
}

pub(super) fn list(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let call = Call::new(store, event, "Missing collection context.")?;
    let access = call.access(call.collection.list_rule.as_ref())?;
    let page = Page::parse(&call.exchange.request().query())?;
    let query = page.query(call.info.to_value());
    let (found, total) = find(&call, &access, &page, &query)?;
    let records: Vec<_> = found.into_iter().map(RecordRef::new).collect();
    let result = Value::Object(page.result(total));
    let event = call
        .event()
        .with("records", Member::Records(records.clone()))
        .with("result", Member::Value(result));
    let app = call.app.clone();
    let action: Action = Box::new(move |event| {
        call.enrich(&event.app(), records.clone())?;
        let mut result = result_of(event);
        let items = || records.iter().map(shown).collect();
        result.entry("items").or_insert_with(items);
        answers::json_page(&call.exchange, 200, result);
        Ok(())
    });
    app.emit(&["onRecordsListRequest"], event, action)
}

/// The page as handlers left it; they may put items of their own into it.
fn result_of(event: &Event) -> Map<String, Value> {
    match event.get("result") {
        Some(Member::Value(Value::Object(result))) => result,
        _ => Map::new(),
    }
}

/// The records of a page, and how many there are on all pages.
fn find(
    call: &Call,
    access: &Access,
    page: &Page,
    query: &Query,
) -> Result<(Vec<Record>, Option<u64>), Error> {
    let collection = &call.collection;
    let found = match access {
        Access::Unlimited => call.app.records(collection, query)?,
        Access::Under(rule) => call.store.find_for_client(collection, query, rule)?,
    };
    let total = match access {
        _ if page.skips_total => None,
        Access::Unlimited => Some(call.app.count(collection, query)?),
        Access::Under(rule) => Some(call.store.count_for_client(collection, query, rule)?),
    };
    Ok((found, total))
}

pub(super) fn view(store: &Sqlite, event: &Arc<Event>) -> Result<(), Error> {
    let call = Call::new(store, event, "Missing collection context.")?;
    let access = call.access(call.collection.view_rule.as_ref())?;
    let record = RecordRef::new(call.record(&access)?);
    let event = call.event().with("record", Member::Record(record));
    let app = call.app.clone();
    let action: Action = Box::new(move |event| show(&call, event));
    app.emit(&["onRecordViewRequest"], event, action)
}

/// Answers with the record of the event.
fn show(call: &Call, event: &Event) -> Result<(), Error> {
    let record = event.record().ok_or(Error::NotFound)?;
    call.enrich(&event.app(), vec![record.clone()])?;
    answers::json(&call.exchange, 200, &shown(&record));
    Ok(())
}

/// What a client sees of a record.
fn shown(record: &RecordRef) -> Value {
    Value::Object(record.lock().public_export())
}

impl Page {
    /// The answer of a list but its items; without a total both are -1.
    fn result(&self, total: Option<u64>) -> Map<String, Value> {
        let pages = total.map(|total| total.div_ceil(self.per_page));
        let number = |number: Option<u64>| number.map_or(json!(-1), Value::from);
        Map::from_iter([
            ("page".to_owned(), self.number.into()),
            ("perPage".to_owned(), self.per_page.into()),
            ("totalItems".to_owned(), number(total)),
            ("totalPages".to_owned(), number(pages)),
        ])
    }
}
