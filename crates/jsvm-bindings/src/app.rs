//! The application that hooks work with: records, transactions, a store.
//!
//! The one rule: whatever writes a record does it through the lifecycle, so
//! that hooks always run. An `App` is cheap to clone and may cross threads.

use crate::{
    api::WebApi,
    chain::{Action, Chain},
    collection::Collection,
    dispatch::Dispatch,
    dropped::Dropped,
    error::Error,
    event::Event,
    executor::Executor,
    hooks::{CronJob, Handler, HookSet},
    hosted::Hosted,
    lock::{Locked, lock},
    mail::Mailer,
    observer::host_call,
    output::{Level, Output},
    record::{Record, RecordRef},
    settings::{default_settings, merge},
    storage::{Query, Rows, Storage, Transaction},
    store::Store,
};
use arc_swap::ArcSwap;
use jsvm_core::{ContentId, Limited, Program};
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// PocketBase: `core.App`, or the transaction that stands for it.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
    tx: Option<Arc<Tx>>,
    /// The hooks that hold for this handle, whatever is in force.
    kept: Option<Arc<HookSet>>,
}

struct Shared {
    storage: Arc<dyn Storage>,
    output: Arc<dyn Output>,
    hooks: ArcSwap<HookSet>,
    dispatch: OnceLock<Arc<dyn Dispatch>>,
    web_api: OnceLock<Arc<dyn WebApi>>,
    mailer: OnceLock<Arc<dyn Mailer>>,
    settings: ArcSwap<Value>,
    store: Mutex<Store>,
    crons: Mutex<BTreeMap<String, CronJob>>,
    runs_crons: AtomicBool,
    dropped: Dropped,
    swaps: AtomicU64,
    evictions: AtomicU64,
}

/// How often something happened that VMs must know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// Other hooks came into force.
    pub(crate) swaps: u64,
    /// Programs left memory.
    pub(crate) evictions: u64,
}

struct Tx {
    rows: Arc<dyn Transaction>,
    after: Mutex<Vec<After>>,
}

/// What waits for the end of a transaction; it is told whether it was kept.
pub(crate) type After = Box<dyn FnOnce(&App, Option<&Error>) + Send>;

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("is_transactional", &self.is_transactional())
            .finish_non_exhaustive()
    }
}

impl App {
    /// An app without hooks.
    pub fn new(storage: Arc<dyn Storage>, output: Arc<dyn Output>) -> Self {
        Self {
            shared: Arc::new(Shared {
                storage: Arc::new(Hosted(storage)),
                output: Arc::new(Hosted(output)),
                hooks: ArcSwap::default(),
                dispatch: OnceLock::new(),
                web_api: OnceLock::new(),
                mailer: OnceLock::new(),
                settings: ArcSwap::from_pointee(default_settings()),
                store: Mutex::default(),
                crons: Mutex::default(),
                runs_crons: AtomicBool::new(false),
                dropped: Dropped::default(),
                swaps: AtomicU64::new(0),
                evictions: AtomicU64::new(0),
            }),
            tx: None,
            kept: None,
        }
    }

    /// Says who runs handlers for threads that are no workers. Once only; a
    /// second call changes nothing.
    pub fn set_dispatch(&self, dispatch: Arc<dyn Dispatch>) {
        let _ = self.shared.dispatch.set(dispatch);
    }

    /// Says who shows records to clients. Once only, as
    /// [`set_dispatch`](Self::set_dispatch).
    pub fn set_web_api(&self, api: Arc<dyn WebApi>) {
        let _ = self.shared.web_api.set(api);
    }

    /// Who shows records to clients.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the host has no web API.
    pub fn web_api(&self) -> Result<&dyn WebApi, Error> {
        let api = self.shared.web_api.get().map(|api| &**api);
        api.ok_or_else(|| Error::host("this host has no web API"))
    }

    /// Says who sends mails. Once only, as [`set_dispatch`](Self::set_dispatch).
    pub fn set_mailer(&self, mailer: Arc<dyn Mailer>) {
        let _ = self.shared.mailer.set(mailer);
    }

    /// Who sends mails.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if nobody does.
    pub(crate) fn mailer(&self) -> Result<&dyn Mailer, Error> {
        let mailer = self.shared.mailer.get().map(|mailer| &**mailer);
        mailer.ok_or_else(|| Error::host("this host sends no mails"))
    }

    /// The hooks that are in force, or those that this handle keeps.
    pub fn hooks(&self) -> Arc<HookSet> {
        match &self.kept {
            Some(hooks) => Arc::clone(hooks),
            None => self.shared.hooks.load_full(),
        }
    }

    /// A handle whose events keep these hooks, whatever comes into force.
    ///
    /// Every event keeps the hooks that were in force when it was emitted;
    /// whoever emits several that belong together, such as those of one
    /// request, keeps them for all.
    pub fn keeping(&self, hooks: Arc<HookSet>) -> Self {
        Self {
            kept: Some(hooks),
            ..self.clone()
        }
    }

    /// Makes this handle keep hooks, unless it keeps some; returns those.
    pub(crate) fn keep(&mut self, hooks: impl FnOnce() -> Arc<HookSet>) -> Arc<HookSet> {
        Arc::clone(self.kept.get_or_insert_with(hooks))
    }

    /// Puts other hooks in force, with their cron jobs, as a whole.
    ///
    /// Events in progress, and what they cause, keep the hooks that they
    /// started with. Each worker drops its VMs before its next execution, so
    /// the new hooks find no globals of the old ones. Cron jobs that handlers
    /// added are gone.
    pub fn set_hooks(&self, hooks: impl Into<Arc<HookSet>>) {
        let hooks = hooks.into();
        let jobs = hooks.crons.iter();
        let jobs = jobs.map(|job| (job.id.clone(), job.clone())).collect();
        // Locked until the end, so that two swaps cannot mix.
        let mut crons = lock(&self.shared.crons);
        *crons = jobs;
        self.shared.hooks.store(hooks);
        self.shared.swaps.fetch_add(1, Ordering::Release);
        drop(crons);
        if let Some(dispatch) = self.shared.dispatch.get() {
            dispatch.hooks_changed();
        }
    }

    /// Says that programs were dropped to save memory: before its next
    /// execution, each worker drops the functions of programs that are not in
    /// force.
    pub fn note_eviction(&self) {
        self.shared.evictions.fetch_add(1, Ordering::Release);
    }

    pub(crate) fn changes(&self) -> Changes {
        Changes {
            swaps: self.shared.swaps.load(Ordering::Acquire),
            evictions: self.shared.evictions.load(Ordering::Acquire),
        }
    }

    /// The programs of the hooks and cron jobs in force.
    pub(crate) fn programs(&self) -> BTreeMap<ContentId, Arc<Program>> {
        let crons = self.crons();
        let jobs = crons.values().map(|job| &job.handler.program);
        let hooks = self.shared.hooks.load();
        let programs = hooks.programs().chain(jobs);
        programs
            .map(|program| (program.id(), Arc::clone(program)))
            .collect()
    }

    /// Whether this is a transaction.
    pub fn is_transactional(&self) -> bool {
        self.tx.is_some()
    }

    /// The app outside of any transaction.
    pub fn outside(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            tx: None,
            kept: self.kept.clone(),
        }
    }

    /// Whether both stand for the same app, or the same transaction.
    pub fn is_same(&self, other: &Self) -> bool {
        let txs = (
            self.tx.as_ref().map(Arc::as_ptr),
            other.tx.as_ref().map(Arc::as_ptr),
        );
        Arc::ptr_eq(&self.shared, &other.shared) && txs.0 == txs.1
    }

    /// The rows as this app or transaction sees them.
    pub(crate) fn rows(&self) -> &dyn Rows {
        match &self.tx {
            Some(tx) => &*tx.rows,
            None => &*self.shared.storage,
        }
    }

    /// Where scripts print to.
    pub fn output(&self) -> &dyn Output {
        &*self.shared.output
    }

    /// Logs one line without attributes.
    pub fn log(&self, level: Level, message: &str) {
        self.output().log(level, message, &Map::new());
    }

    /// Tells of a handler that ended a chain without going on.
    pub(crate) fn tell_dropped(&self, handler: &Handler) {
        self.shared.dropped.tell(self, handler);
    }

    /// The settings, in PocketBase's shape.
    pub fn settings(&self) -> Arc<Value> {
        self.shared.settings.load_full()
    }

    /// Changes the settings that are given; the others stay as they are.
    ///
    /// They are those of PocketBase. What of them the host heeds is its own
    /// matter; scripts read all, and `e.realIP()` goes by `trustedProxy`.
    pub fn set_settings(&self, given: Value) {
        let mut settings = (*self.settings()).clone();
        merge(&mut settings, given);
        self.shared.settings.store(Arc::new(settings));
    }

    /// Values that all handlers share; gone when the process ends.
    pub fn store(&self) -> Locked<'_, Store> {
        lock(&self.shared.store)
    }

    /// The cron jobs that are registered now, by id.
    pub fn crons(&self) -> Locked<'_, BTreeMap<String, CronJob>> {
        lock(&self.shared.crons)
    }

    /// Every collection.
    pub fn collections(&self) -> Vec<Arc<Collection>> {
        self.rows().collections()
    }

    /// The collection of that name or id.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`].
    pub fn collection(&self, name_or_id: &str) -> Result<Arc<Collection>, Error> {
        self.rows().collection(name_or_id).ok_or(Error::NotFound)
    }

    /// The record of that id.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`].
    pub fn record(&self, collection: &Arc<Collection>, id: &str) -> Result<Record, Error> {
        self.first(collection, Query::equals("id", id))
    }

    /// The first record that matches.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], or what is wrong with the filter.
    pub fn first(&self, collection: &Arc<Collection>, query: Query) -> Result<Record, Error> {
        let found = host_call("records.find", || {
            self.rows().find(collection, &query.first())
        })?;
        found.into_iter().next().ok_or(Error::NotFound)
    }

    /// The records that match.
    ///
    /// # Errors
    ///
    /// What is wrong with the filter or the sort.
    pub fn records(
        &self,
        collection: &Arc<Collection>,
        query: &Query,
    ) -> Result<Vec<Record>, Error> {
        host_call("records.find", || self.rows().find(collection, query))
    }

    /// How many records match.
    ///
    /// # Errors
    ///
    /// What is wrong with the filter.
    pub fn count(&self, collection: &Arc<Collection>, query: &Query) -> Result<u64, Error> {
        host_call("records.count", || self.rows().count(collection, query))
    }

    /// Runs `work` in a transaction: kept if it returns `Ok`, else undone.
    ///
    /// PocketBase: inside of a transaction it is a part of that one. Hooks
    /// named `After…` wait for the end.
    ///
    /// # Errors
    ///
    /// What `work` returned, or why the transaction could not be kept.
    pub fn run_in_transaction<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.tx.is_some() {
            return work(self);
        }
        let tx = Arc::new(Tx {
            rows: host_call("transaction.begin", || self.shared.storage.begin())?,
            after: Mutex::default(),
        });
        let inside = Self {
            shared: Arc::clone(&self.shared),
            tx: Some(Arc::clone(&tx)),
            kept: self.kept.clone(),
        };
        let result = work(&inside)
            .and_then(|value| host_call("transaction.commit", || tx.rows.commit()).map(|()| value));
        if result.is_err() {
            tx.rows.rollback();
        }
        let waiting = std::mem::take(&mut *lock(&tx.after));
        for after in waiting {
            after(self, result.as_ref().err());
        }
        result
    }

    /// Runs `after` at the end of the transaction, or at once outside of one.
    pub(crate) fn after(&self, after: After) {
        match &self.tx {
            Some(tx) => lock(&tx.after).push(after),
            None => after(self, None),
        }
    }

    /// Lets the handlers of `hooks` deal with an event; `action` is what
    /// happens if they let it.
    ///
    /// The handlers of all named hooks form one chain, in that order. Without
    /// any, `action` runs at once on this thread. Otherwise all of it runs on
    /// one worker, which this thread waits for unless it is that worker.
    ///
    /// # Errors
    ///
    /// What a handler threw or `action` returned; [`Error::Unavailable`] if no
    /// worker takes the work.
    pub fn emit(&self, hooks: &[&str], mut event: Event, action: Action) -> Result<(), Error> {
        let set = event.keep(self);
        let handlers: Vec<_> = hooks
            .iter()
            .flat_map(|hook| set.matching(hook, event.tags()))
            .cloned()
            .collect();
        self.run_chain(handlers, Arc::new(event), action)
    }

    /// As [`emit`](Self::emit), for a hook with the event's tags and another
    /// one with a tag of its own.
    pub(crate) fn emit_tagged(
        &self,
        hook: &str,
        (other, tag): (&str, &str),
        mut event: Event,
        action: Action,
    ) -> Result<(), Error> {
        let set = event.keep(self);
        let others = set.matching(other, std::iter::once(tag));
        let handlers = set.matching(hook, event.tags()).chain(others);
        let handlers: Vec<_> = handlers.cloned().collect();
        self.run_chain(handlers, Arc::new(event), action)
    }

    /// As [`emit`](Self::emit), for handlers that were chosen already.
    ///
    /// # Errors
    ///
    /// As [`emit`](Self::emit).
    pub fn run_chain(
        &self,
        handlers: Vec<Arc<Handler>>,
        event: Arc<Event>,
        action: Action,
    ) -> Result<(), Error> {
        if handlers.is_empty() {
            let _host = Limited::off();
            return action(&event);
        }
        let chain = Chain::new(handlers, event, action);
        match Executor::current() {
            Some(executor) => chain.run(&executor),
            None => match self.shared.dispatch.get() {
                Some(dispatch) => dispatch.run(chain),
                None => Err(Error::Unavailable("there are no workers".into())),
            },
        }
    }

    /// Whether jobs run when they are due; a clock sets it, scripts may.
    pub fn runs_crons(&self) -> bool {
        self.shared.runs_crons.load(Ordering::Relaxed)
    }

    /// Lets jobs run when they are due, or no more.
    pub fn set_runs_crons(&self, runs: bool) {
        self.shared.runs_crons.store(runs, Ordering::Relaxed);
    }

    /// Runs the cron job of that id now.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], or what the job threw.
    pub fn run_cron(&self, id: &str) -> Result<(), Error> {
        let job = self.crons().get(id).cloned().ok_or(Error::NotFound)?;
        let event = Event::new(self.keeping(self.hooks()));
        self.run_chain(vec![job.handler], Arc::new(event), Box::new(|_| Ok(())))
    }

    /// A new record of the collection, shared.
    pub fn new_record(&self, collection: &Arc<Collection>) -> RecordRef {
        RecordRef::new(Record::new(Arc::clone(collection)))
    }
}
