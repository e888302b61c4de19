//! Who is told of what runs on a worker.
//!
//! The one rule: an observer runs around things and changes nothing of them.
//! Without one, nothing is measured and nothing is spent. Knows nothing of
//! counters and logs.

use crate::{chain::Running, error::Error, executor::Executor, hooks::Handler, js::HookVm};
use jsvm_core::{Execution, Moment, Position};
use std::{rc::Rc, sync::Arc, time::Duration};

/// Looks at what one worker runs; see [`Executor::observe`].
pub trait Observer: 'static {
    /// Runs one call of a handler, nested calls included, by [`Call::run`].
    fn call(&self, call: &mut Call<'_>);

    /// Runs one call of the host that a script caused, such as
    /// `records.find`.
    fn host_call(&self, name: &'static str, run: &mut dyn FnMut());
}

/// One call of one handler, before and after it ran.
pub struct Call<'a> {
    handler: &'a Arc<Handler>,
    running: &'a Rc<Running>,
    execution: &'a Execution,
    vm: &'a mut HookVm,
    started: Moment,
    has_run: bool,
    /// Behind a pointer, so that success moves next to nothing.
    error: Option<Box<Error>>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        handler: &'a Arc<Handler>,
        running: &'a Rc<Running>,
        execution: &'a Execution,
        vm: &'a mut HookVm,
        started: Moment,
    ) -> Self {
        Self {
            handler,
            running,
            execution,
            vm,
            started,
            has_run: false,
            error: None,
        }
    }

    /// Runs the handler; a second time does nothing.
    pub fn run(&mut self) {
        if !std::mem::replace(&mut self.has_run, true)
            && let Err(err) = self.vm.handle(self.handler, self.running)
        {
            self.error = Some(Box::new(err));
        }
    }

    /// What is called.
    #[inline]
    pub fn handler(&self) -> &Arc<Handler> {
        self.handler
    }

    /// The collection that the event is about.
    #[inline]
    pub fn collection(&self) -> Option<&str> {
        self.running.event().collection().map(|it| it.name.as_str())
    }

    /// When it began, before there was a VM for it.
    #[inline]
    pub fn started(&self) -> Moment {
        self.started
    }

    /// The time limit that it runs under.
    pub fn timeout(&self) -> Duration {
        self.execution.timeout()
    }

    /// What it ended with, if it ran and failed.
    #[inline]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_deref()
    }

    /// Where the script was when it failed, if the engine could tell.
    pub fn place(&self) -> Option<&Position> {
        let error = self.error()?;
        error.position().or_else(|| self.vm.thrown_at())
    }

    /// Whether its VM had the function already, once it ran.
    #[inline]
    pub fn is_cache_hit(&self) -> bool {
        !self.vm.has_made()
    }

    /// The result; an observer that did not run it must not lose it.
    pub(crate) fn end(mut self) -> Result<(), Error> {
        self.run();
        self.error.map_or(Ok(()), |err| Err(*err))
    }
}

/// Does something of the host's in front of the worker's observer.
pub(crate) fn host_call<T>(name: &'static str, work: impl FnOnce() -> T) -> T {
    let executor = Executor::current();
    let Some(observer) = executor.as_ref().and_then(Executor::observer) else {
        return work();
    };
    let mut work = Some(work);
    let mut done = None;
    observer.host_call(name, &mut || done = work.take().map(|work| work()));
    // An observer that did not run it must not lose it.
    done.or_else(|| work.take().map(|work| work()))
        .expect("the work was done by one of the two")
}
