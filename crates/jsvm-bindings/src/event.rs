//! What happens: the data that the handlers of one event share.
//!
//! The one rule: it is plain data that may cross threads; the chain that calls
//! the handlers, and the objects that scripts see, are made on the worker.

use crate::{
    app::App,
    collection::{Collection, Field},
    error::Error,
    exchange::{Exchange, RequestInfo},
    hooks::HookSet,
    lock::lock,
    record::RecordRef,
};
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// One event, with its members.
///
/// Handlers may replace members; the default action sees what they left. Which
/// members scripts look for is listed by
/// [`EventKind::all_members`](crate::EventKind::all_members); any other is
/// between the host and its default action. A member that is not there reads
/// as empty.
#[derive(Debug)]
pub struct Event {
    app: Mutex<App>,
    tags: Vec<String>,
    exchange: Option<Arc<Exchange>>,
    members: Mutex<Vec<(&'static str, Member)>>,
}

/// The value of a member of an event.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Member {
    /// Plain data.
    Value(Value),
    /// A record.
    Record(RecordRef),
    /// Several records.
    Records(Vec<RecordRef>),
    /// A collection.
    Collection(Arc<Collection>),
    /// Several collections.
    Collections(Vec<Arc<Collection>>),
    /// A field of a collection.
    Field(Field),
    /// What went wrong.
    Error(Error),
    /// The request that a record is shown for.
    RequestInfo(Arc<RequestInfo>),
}

impl Event {
    /// An event without tags and members.
    pub fn new(app: App) -> Self {
        Self {
            app: Mutex::new(app),
            tags: Vec::new(),
            exchange: None,
            members: Mutex::default(),
        }
    }

    /// The same event, made for a request.
    pub fn with_exchange(mut self, exchange: Arc<Exchange>) -> Self {
        self.exchange = Some(exchange);
        self
    }

    /// The same event about a collection, whose name and id are its tags.
    pub fn about(mut self, collection: &Collection) -> Self {
        self.tags = vec![collection.name.clone(), collection.id.clone()];
        self
    }

    /// The same event with one more member.
    pub fn with(self, name: &'static str, member: Member) -> Self {
        self.set(name, member);
        self
    }

    /// The same event; what it causes is left to these hooks, unless its app
    /// keeps others already.
    pub(crate) fn keeping(self, hooks: Arc<HookSet>) -> Self {
        let app = self.app();
        if !app.is_keeping() {
            self.set_app(app.keeping(hooks));
        }
        self
    }

    /// The app, or the transaction, in which it happens.
    ///
    /// A handler may put a transaction in its place, so that the rest of the
    /// chain and the default action are a part of it.
    pub fn app(&self) -> App {
        lock(&self.app).clone()
    }

    /// Replaces the app for what is still to run.
    pub fn set_app(&self, app: App) {
        *lock(&self.app) = app;
    }

    /// What handlers can be limited to: the collection's name and id.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The request that it belongs to, if it is a request event.
    pub fn exchange(&self) -> Option<&Arc<Exchange>> {
        self.exchange.as_ref()
    }

    /// A member.
    pub fn get(&self, name: &str) -> Option<Member> {
        let members = lock(&self.members);
        let found = members.iter().find(|(known, _)| *known == name);
        found.map(|(_, member)| member.clone())
    }

    /// Replaces a member.
    pub fn set(&self, name: &'static str, member: Member) {
        let mut members = lock(&self.members);
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = member,
            None => members.push((name, member)),
        }
    }

    /// The record that it is about.
    pub fn record(&self) -> Option<RecordRef> {
        match self.get("record") {
            Some(Member::Record(record)) => Some(record),
            _ => None,
        }
    }
}
