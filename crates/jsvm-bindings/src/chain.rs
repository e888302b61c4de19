//! The handlers of one event, one inside the other, and the default action.
//!
//! The one rule: `e.next()` moves one cursor that all handlers of the event
//! share, so a second call goes on behind what already ran. A chain may wait
//! on any thread, but once it runs it stays on its worker.

use crate::{error::Error, event::Event, executor::Executor, hooks::Handler};
use jsvm_core::Limited;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
};

/// What happens if every handler lets it; it may cross to the worker.
pub type Action = Box<dyn FnOnce(&Arc<Event>) -> Result<(), Error> + Send>;

/// Handlers and the default action, ready to run on a worker.
pub struct Chain {
    handlers: Vec<Arc<Handler>>,
    event: Arc<Event>,
    action: Action,
}

impl Chain {
    /// A chain that has not started.
    pub fn new(handlers: Vec<Arc<Handler>>, event: Arc<Event>, action: Action) -> Self {
        Self {
            handlers,
            event,
            action,
        }
    }

    /// The first handler; `None` if there is only an action.
    pub fn first(&self) -> Option<&Arc<Handler>> {
        self.handlers.first()
    }

    /// What happens.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Runs the chain from its start.
    ///
    /// # Errors
    ///
    /// What a handler threw and nobody caught, or what the action returned.
    pub(crate) fn run(self, executor: &Executor) -> Result<(), Error> {
        let running = Rc::new(Running {
            handlers: self.handlers,
            event: self.event,
            action: RefCell::new(Some(self.action)),
            cursor: Cell::new(0),
            has_failed: Cell::new(false),
        });
        let result = running.next(executor);
        if result.is_ok() {
            running.tell_if_dropped();
        }
        running.cursor.set(usize::MAX);
        result
    }
}

/// A chain in progress on its worker.
pub(crate) struct Running {
    handlers: Vec<Arc<Handler>>,
    event: Arc<Event>,
    action: RefCell<Option<Action>>,
    cursor: Cell<usize>,
    has_failed: Cell<bool>,
}

impl Running {
    pub(crate) fn event(&self) -> &Arc<Event> {
        &self.event
    }

    /// Runs what comes next: a handler, the action, or nothing any more.
    pub(crate) fn next(self: &Rc<Self>, executor: &Executor) -> Result<(), Error> {
        let index = self.cursor.get();
        self.cursor.set(index.saturating_add(1));
        if let Some(handler) = self.handlers.get(index) {
            let result = executor.call(handler, self);
            self.has_failed
                .set(self.has_failed.get() || result.is_err());
            return result;
        }
        let action = self.action.borrow_mut().take();
        match action {
            Some(action) if index == self.handlers.len() => {
                let _host = Limited::off();
                action(&self.event)
            }
            _ => Ok(()),
        }
    }

    /// Whoever ended the chain without an error, an answer or the action.
    fn tell_if_dropped(&self) {
        let is_answered = self
            .event
            .exchange()
            .is_some_and(|it| it.response().is_written());
        if self.has_failed.get() || is_answered || self.action.borrow().is_none() {
            return;
        }
        let last = self.cursor.get().checked_sub(1);
        if let Some(handler) = last.and_then(|index| self.handlers.get(index)) {
            self.event.app().tell_dropped(handler);
        }
    }
}
