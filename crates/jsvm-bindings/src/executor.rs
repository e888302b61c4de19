//! What one worker owns: its VMs, and the execution that is in progress.
//!
//! The one rule: a handler never runs in a VM that is in use further out, so
//! nested handlers cannot see each other's globals; PocketBase does the same
//! with its pool. Knows nothing of threads and queues.

use crate::{
    app::Changes,
    chain::{Chain, Running},
    env::Env,
    error::Error,
    hooks::Handler,
    js::HookVm,
    observer::{Call, Observer},
};
use jsvm_core::{Execution, Interrupt, Program, ScriptError};
use serde_json::Value;
use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

/// Asks something of the world outside that may take its time: `longest`, or a
/// little less than what the script has left.
///
/// If that was not enough, the rest of the script's time is waited for, so that
/// its limit ends it, and its worker is back at the deadline.
///
/// # Errors
///
/// Those of `ask`.
pub(crate) fn in_time<T>(
    longest: Duration,
    ask: impl FnOnce(Duration) -> Result<T, Error>,
) -> Result<T, Error> {
    const MARGIN: Duration = Duration::from_millis(20);
    let Some(executor) = Executor::current() else {
        return ask(longest);
    };
    let left = executor.remaining();
    let margin = MARGIN.min(left / 4);
    let answer = ask(longest.min(left.saturating_sub(margin)));
    let left = executor.remaining();
    if answer.is_err() && left <= margin {
        thread::sleep(left);
    }
    answer
}

/// How long the script that runs on this thread may still take; `None` if none
/// does.
///
/// What a host does for a script should end by then: a script cannot be
/// stopped while it waits for the host.
pub fn time_left() -> Option<Duration> {
    Executor::current().map(|executor| executor.remaining())
}

/// Runs chains on the thread that made it.
///
/// Cheap to clone; clones are the same executor.
#[derive(Clone)]
pub struct Executor(Rc<State>);

struct State {
    env: Env,
    execution: Execution,
    /// Boxed, because a VM is large and goes in and out for each call.
    #[expect(clippy::vec_box, reason = "see above")]
    idle: RefCell<Vec<Box<HookVm>>>,
    /// The changes that the idle VMs know of.
    seen: Cell<Changes>,
    observer: OnceCell<Box<dyn Observer>>,
    /// The handlers in progress, the innermost last.
    running: RefCell<Vec<Arc<Handler>>>,
    ahead: RefCell<Ahead>,
}

/// What is left to make ahead of its first call.
#[derive(Default)]
struct Ahead {
    /// The swap of hooks that it was chosen after.
    swaps: Option<u64>,
    programs: Vec<Arc<Program>>,
}

/// Weight of the largest program that is made ahead; a job that comes meanwhile
/// waits for it.
const LARGEST_AHEAD: usize = 64 * 1024;

/// What came of a script that ran by itself.
#[derive(Debug, Clone)]
pub struct ScriptRun {
    /// Its completion value as data and as text for people.
    pub result: Result<(Value, String), ScriptError>,
    /// How long it took, compiling included.
    pub duration: Duration,
    /// Bytes that its thread allocated meanwhile.
    pub allocated_bytes: u64,
    /// Whether it was compiled before.
    pub cache_hit: bool,
}

impl Default for ScriptRun {
    fn default() -> Self {
        Self {
            result: Ok((Value::Null, String::new())),
            duration: Duration::ZERO,
            allocated_bytes: 0,
            cache_hit: false,
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Executor>> = const { RefCell::new(None) };
}

/// While it lives, an executor is the current one; also if there is a panic.
struct Entered(Option<Executor>);

impl Entered {
    fn new(executor: &Executor) -> Self {
        Self(CURRENT.replace(Some(executor.clone())))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Executor {
    /// An executor with one warm VM.
    ///
    /// # Errors
    ///
    /// If the engine cannot be set up.
    pub fn new(env: Env) -> Result<Self, ScriptError> {
        let execution = Execution::with_memory(env.limits, env.live);
        let vm = HookVm::new(&execution, &env)?;
        Ok(Self(Rc::new(State {
            seen: Cell::new(env.app.changes()),
            env,
            execution,
            idle: RefCell::new(vec![Box::new(vm)]),
            observer: OnceCell::new(),
            running: RefCell::default(),
            ahead: RefCell::default(),
        })))
    }

    /// The executor that is running something on this thread.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// The handle by which other threads stop what runs here next.
    ///
    /// Take it between two runs: it takes back what was asked before.
    pub fn arm(&self) -> Interrupt {
        self.0.execution.arm()
    }

    /// Runs a chain under a time limit; zero is the limit of the environment.
    ///
    /// # Errors
    ///
    /// What the chain ended with.
    pub fn run(&self, chain: Chain, timeout: Duration) -> Result<(), Error> {
        self.during(timeout, |_| chain.run(self))
    }

    /// Lets `work` be one execution; the hooks that it causes run here, too.
    pub(crate) fn during<T>(&self, timeout: Duration, work: impl FnOnce(&Execution) -> T) -> T {
        self.catch_up();
        self.0.execution.start(timeout);
        let _entered = Entered::new(self);
        work(&self.0.execution)
    }

    /// Runs one script in a VM of its own under a time limit; zero is the
    /// limit of the environment. `program` also tells whether a cache had it.
    ///
    /// # Errors
    ///
    /// If the engine cannot be set up. What the script did is in the answer.
    pub fn run_script(
        &self,
        program: impl FnOnce() -> Result<(Arc<Program>, bool), ScriptError>,
        timeout: Duration,
    ) -> Result<ScriptRun, Error> {
        let started = self.0.execution.now();
        let allocated = (self.0.env.allocated)();
        self.catch_up();
        let mut vm = self.checkout()?;
        self.0.execution.start(timeout);
        let _entered = Entered::new(self);
        let mut cache_hit = false;
        let result = program().and_then(|(program, was_known)| {
            cache_hit = was_known;
            vm.run_script(&program)
        });
        Ok(ScriptRun {
            result,
            duration: self.0.execution.now().since(started),
            allocated_bytes: (self.0.env.allocated)().saturating_sub(allocated),
            cache_hit,
        })
    }

    /// Tells `observer` of everything that runs here. Once only; a second
    /// observer is ignored.
    pub fn observe(&self, observer: impl Observer) {
        let _ = self.0.observer.set(Box::new(observer));
    }

    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.0.observer.get().map(|observer| &**observer)
    }

    /// The name of the handler that is in progress.
    pub(crate) fn running(&self) -> Option<Arc<str>> {
        let running = self.0.running.borrow();
        running.last().map(|handler| Arc::clone(&handler.name))
    }

    /// How many functions are kept, for tests and people who watch memory.
    pub fn functions(&self) -> usize {
        self.0.idle.borrow().iter().map(|vm| vm.functions()).sum()
    }

    /// Does one piece of what the first calls of the hooks in force would have
    /// to do: makes a VM, or the function of a handler. Returns whether there is
    /// more to do.
    ///
    /// The functions are those of the VM that the next chain gets. They are made
    /// once after each change of the hooks, of programs that together weigh no
    /// more than `most` bytes; very large ones are left to their first call.
    /// Call it between two executions; it has the limits of one.
    pub fn warm_up(&self, most: u64) -> bool {
        if most == 0 {
            return false;
        }
        self.catch_up();
        self.0.execution.start(Duration::ZERO);
        if self.0.idle.borrow().is_empty() {
            let made = self.checkout();
            return made.map(|vm| self.0.idle.borrow_mut().push(vm)).is_ok();
        }
        let Some(program) = self.next_ahead(most) else {
            return false;
        };
        let mut idle = self.0.idle.borrow_mut();
        if let Some(vm) = idle.last_mut() {
            vm.prepare(&program);
        }
        idle.retain(|vm| vm.is_reusable());
        true
    }

    /// The next program whose function should be made.
    fn next_ahead(&self, most: u64) -> Option<Arc<Program>> {
        let mut ahead = self.0.ahead.borrow_mut();
        let swaps = Some(self.0.seen.get().swaps);
        if ahead.swaps != swaps {
            let mut left = most;
            let mut fits = |program: &Arc<Program>| {
                let weight = program.weight();
                let rest = left.checked_sub(weight as u64);
                left = rest.unwrap_or(left);
                rest.is_some() && weight <= LARGEST_AHEAD
            };
            let programs = self.0.env.app.programs().into_values();
            let programs = programs.filter(|program| fits(program)).collect();
            *ahead = Ahead { swaps, programs };
        }
        ahead.programs.pop()
    }

    /// Lets go of what is not needed since other hooks came into force, or
    /// since programs left memory. Between two executions all VMs are idle.
    fn catch_up(&self) {
        // Read first: a change that comes meanwhile is seen the next time.
        let now = self.0.env.app.changes();
        let seen = self.0.seen.replace(now);
        if now == seen {
            return;
        }
        let mut idle = self.0.idle.borrow_mut();
        if now.swaps != seen.swaps {
            // One that has run nothing has no globals of anybody.
            idle.retain(|vm| vm.is_fresh());
        }
        let programs = self.0.env.app.programs();
        for vm in idle.iter_mut() {
            vm.retain(&programs);
        }
    }

    /// How much of the execution's time is left.
    pub(crate) fn remaining(&self) -> Duration {
        self.0.execution.remaining()
    }

    pub(crate) fn call(&self, handler: &Arc<Handler>, running: &Rc<Running>) -> Result<(), Error> {
        let started = self.0.execution.now();
        if let Err(hit) = self.0.execution.check_at(started) {
            return Err(Error::Script(ScriptError::limit(hit)));
        }
        let mut vm = self.checkout()?;
        self.0.running.borrow_mut().push(Arc::clone(handler));
        let mut call = Call::new(handler, running, &self.0.execution, &mut vm, started);
        if let Some(observer) = self.observer() {
            observer.call(&mut call);
        }
        let result = call.end();
        self.0.running.borrow_mut().pop();
        if vm.is_reusable() {
            self.0.idle.borrow_mut().push(vm);
        } else {
            // It may hold as much as its limit.
            drop(vm);
            jsvm_core::collect();
        }
        result
    }

    /// A VM that is not in use; a new one if all are.
    fn checkout(&self) -> Result<Box<HookVm>, Error> {
        let idle = self.0.idle.borrow_mut().pop();
        match idle {
            Some(vm) => Ok(vm),
            None => HookVm::new(&self.0.execution, &self.0.env)
                .map(Box::new)
                .map_err(Error::Script),
        }
    }
}
