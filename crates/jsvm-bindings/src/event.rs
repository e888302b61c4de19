//! What happens: the data that the handlers of one event share.
//!
//! The one rule: it is plain data that may cross threads; the chain that calls
//! the handlers, and the objects that scripts see, are made on the worker.

use crate::{
    app::App,
    collection::{Collection, CollectionRef, Field},
    error::Error,
    exchange::{Exchange, RequestInfo},
    hooks::HookSet,
    lock::lock,
    record::RecordRef,
};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

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
    about: Option<Arc<Collection>>,
    exchange: Option<Arc<Exchange>>,
    members: Mutex<Members>,
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
    Collection(CollectionRef),
    /// Several collections.
    Collections(Vec<CollectionRef>),
    /// A field of a collection.
    Field(Field),
    /// What went wrong.
    Error(Error),
    /// The request that a record is shown for.
    RequestInfo(Arc<RequestInfo>),
}

impl Member {
    /// The plain data that it is, if it is no more than that.
    pub fn as_value(&self) -> Option<&Value> {
        match self {
            Self::Value(plain) => Some(plain),
            _ => None,
        }
    }

    /// What it is as plain data.
    pub(crate) fn to_plain(&self) -> Value {
        let of_record = |record: &RecordRef| Value::Object(record.lock().public_export());
        match self {
            Self::Value(plain) => plain.clone(),
            Self::Record(record) => of_record(record),
            Self::Records(list) => list.iter().map(of_record).collect(),
            Self::Collection(one) => one.snapshot().public_json(),
            Self::Collections(list) => list
                .iter()
                .map(|one| one.snapshot().public_json())
                .collect(),
            Self::Field(field) => field.to_json(),
            Self::Error(err) => err.to_string().into(),
            Self::RequestInfo(_) => Value::Null,
        }
    }
}

impl<V: Into<Value>> From<V> for Member {
    fn from(plain: V) -> Self {
        Self::Value(plain.into())
    }
}

impl Event {
    /// An event without tags and members.
    pub fn new(app: App) -> Self {
        Self {
            app: Mutex::new(app),
            about: None,
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
    pub fn about(mut self, collection: &Arc<Collection>) -> Self {
        self.about = Some(Arc::clone(collection));
        self
    }

    /// The same event with one more member.
    pub fn with(mut self, name: &'static str, member: Member) -> Self {
        let members = self.members.get_mut();
        put(
            members.unwrap_or_else(PoisonError::into_inner),
            name,
            member,
        );
        self
    }

    /// Leaves what it causes to the hooks of `app`, unless its own app keeps
    /// others already; returns those it is left to.
    pub(crate) fn keep(&mut self, app: &App) -> Arc<HookSet> {
        let own = self.app.get_mut().unwrap_or_else(PoisonError::into_inner);
        own.keep(|| app.hooks())
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
    pub fn tags(&self) -> impl Iterator<Item = &str> + Clone {
        let about = self.about.iter();
        about.flat_map(|it| [it.name.as_str(), it.id.as_str()])
    }

    /// The collection that it is about.
    pub fn collection(&self) -> Option<&Arc<Collection>> {
        self.about.as_ref()
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
        put(&mut lock(&self.members), name, member);
    }

    /// Whether a member is there and `is_same` says so of it.
    pub(crate) fn holds(&self, name: &str, is_same: impl FnOnce(&Member) -> bool) -> bool {
        let members = lock(&self.members);
        let found = members.iter().find(|(known, _)| *known == name);
        found.is_some_and(|(_, member)| is_same(member))
    }

    /// The record that it is about.
    pub fn record(&self) -> Option<RecordRef> {
        match self.get("record") {
            Some(Member::Record(record)) => Some(record),
            _ => None,
        }
    }

    /// The collection that is written, if it is about that.
    pub(crate) fn draft(&self) -> Option<CollectionRef> {
        match self.get("collection") {
            Some(Member::Collection(collection)) => Some(collection),
            _ => None,
        }
    }
}

type Members = Vec<(&'static str, Member)>;

fn put(members: &mut Members, name: &'static str, member: Member) {
    match members.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = member,
        None => members.push((name, member)),
    }
}
