//! Our events: a host emits them, handlers run around its action.
//!
//! The one rule: the whole way that an event takes on a worker, with limits and
//! metrics on: finding the handlers, the chain, the event and record objects,
//! the call, the record of it. The events are nested in one that is in
//! progress, so that no thread is waited for.

use crate::{clock, engines::ours::LONG, harness::Subject};
use anyhow::{Context as _, Result, ensure};
use jsvm::{App, Collection, Config, Event, Member, NoRecords, Record, RecordRef, Runtime};
use jsvm::{Silent, Source};
use serde_json::{Value, json};
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
};

/// A handler, the hook that it is for, and what it does to a title.
#[derive(Clone, Copy)]
pub(crate) struct Handler {
    pub(crate) hook: &'static str,
    pub(crate) text: &'static str,
    /// The title afterwards, which was [`TITLE`].
    pub(crate) title: &'static str,
    /// Whether it goes on to the action.
    pub(crate) goes_on: bool,
    /// How many operations one call does, if it does one thing over and over.
    pub(crate) operations: u64,
}

/// What the fields of the record are before the first call.
pub(crate) const TITLE: &str = "  A title  ";
pub(crate) const EMAIL: &str = "Alice@Example.com";

/// Emits events whose handler it is.
///
/// # Errors
///
/// It does not do what it should.
pub(crate) fn handler(handler: Handler, metrics: bool) -> Result<Subject> {
    let site = Site::start(handler, metrics)?;
    site.emit()?;
    let title = site.record.lock().get("title").clone();
    ensure!(title == handler.title, "the title is {title}");
    let actions = site.actions.load(Ordering::Relaxed);
    ensure!((actions == 1) == handler.goes_on, "{actions} actions");
    let outer = site.runtime.app().clone();
    let site = Arc::new(site);
    Ok(Box::new(move |operations| {
        let calls = operations.div_ceil(handler.operations);
        let (send, time) = mpsc::channel();
        let site = Arc::clone(&site);
        let action = Box::new(move |_: &Arc<Event>| {
            let time = clock::on_thread(|| (0..calls).try_for_each(|_| site.emit()));
            send.send(time)
                .map_err(|err| jsvm::Error::Host(err.to_string()))
        });
        let event = Event::new(outer.clone());
        outer.emit(&["onBootstrap"], event, action)?;
        let time = time.recv().context("the outer event ran no action")??;
        Ok(time * operations / (calls * handler.operations))
    }))
}

/// Emits events from outside of the worker and waits for their end.
///
/// # Errors
///
/// As [`handler`].
pub(crate) fn round_trip(handler: Handler) -> Result<Subject> {
    let site = Site::start(handler, true)?;
    site.emit()?;
    Ok(Box::new(move |calls| {
        clock::on_wall(|| (0..calls).try_for_each(|_| site.emit()))
    }))
}

/// An app with one handler, and a record for it.
struct Site {
    hook: &'static str,
    runtime: Runtime,
    collection: Arc<Collection>,
    record: RecordRef,
    actions: Arc<AtomicU64>,
}

impl Site {
    fn start(handler: Handler, metrics: bool) -> Result<Self> {
        let mut config = Config::default();
        config.pool.workers = 1;
        config.limits.timeout = LONG;
        config.metrics.enabled = metrics;
        let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
        let runtime = Runtime::builder(app).config(config).build()?;
        let Handler { hook, text, .. } = handler;
        let hooks = format!("onBootstrap((e) => e.next())\n{hook}({text})");
        let failures = runtime.load(&[Source::new("main.pb.js", hooks)])?;
        ensure!(failures.is_empty(), "{}", failures[0].error);
        let collection = Arc::new(Collection::from_json(&collection())?);
        let mut record = Record::new(Arc::clone(&collection));
        record.set("title", &TITLE.into());
        record.set("email", &EMAIL.into());
        Ok(Self {
            hook,
            runtime,
            collection,
            record: RecordRef::new(record),
            actions: Arc::default(),
        })
    }

    fn emit(&self) -> Result<()> {
        let app = self.runtime.app();
        let event = Event::new(app.clone())
            .about(&self.collection)
            .with("record", Member::Record(self.record.clone()));
        let actions = Arc::clone(&self.actions);
        let action = Box::new(move |_: &Arc<Event>| {
            actions.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        black_box(app.emit(&[self.hook], event, action))?;
        Ok(())
    }
}

fn collection() -> Value {
    json!({
        "id": "pbc_posts",
        "name": "posts",
        "fields": [
            { "id": "f1", "name": "id", "type": "text" },
            { "id": "f2", "name": "title", "type": "text" },
            { "id": "f3", "name": "email", "type": "text" },
        ],
    })
}
