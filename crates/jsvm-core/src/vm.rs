//! One engine context: it runs programs and keeps the functions they make.
//!
//! The one rule: a VM never leaves its thread, and one whose execution ended
//! in a way that may have left something behind says so. Knows nothing of
//! hooks.

use crate::{
    error::{ErrorKind, ScriptError},
    execution::Execution,
    failure::{self, Failure},
    freeze, guards, heap,
    jobs::Jobs,
    limits::Limits,
    program::{ContentId, IdHasher, Kind, Program},
    shared::{self, Shared},
};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction, Script, Source,
    context::{ContextBuilder, HostHooks},
    module::IdleModuleLoader,
    object::FunctionObjectBuilder,
    realm::Realm,
};
use jsvm_alloc::Limited;
use std::{collections::HashMap, hash::BuildHasherDefault, path::Path, rc::Rc, sync::Arc};

/// One engine context with metering, limits and a queue of promise jobs.
///
/// Several VMs of one thread may share an [`Execution`].
///
/// ```
/// use jsvm_core::{Execution, Kind, Limits, Program, Source, Vm};
/// use std::{sync::Arc, time::Duration};
///
/// let limits = Limits::default();
/// let execution = Execution::new(limits);
/// let mut vm = Vm::new(&execution)?;
/// let source = Source::new("loop.js", "for (;;) {}");
/// let program = Arc::new(Program::compile(&source, Kind::Script, &limits)?);
///
/// execution.start(Duration::from_millis(20));
/// let failure = vm.run(&program).unwrap_err();
/// let err = failure.into_error(vm.context());
/// assert_eq!(err.limit.unwrap().as_str(), "timeout");
/// # Ok::<(), jsvm_core::ScriptError>(())
/// ```
pub struct Vm {
    context: Context,
    shared: Shared,
    jobs: Rc<Jobs>,
    functions: HashMap<ContentId, JsObject, BuildHasherDefault<IdHasher>>,
    has_made: bool,
    drain: JsObject,
    is_reusable: bool,
}

impl Vm {
    /// A VM with the standard's built-ins and nothing else.
    ///
    /// Takes about 0.2 ms; the first of a thread lets the engine's heap grow to
    /// 4 MiB before it is collected.
    ///
    /// # Errors
    ///
    /// If the engine cannot be set up; then none can on this machine.
    pub fn new(execution: &Execution) -> Result<Self, ScriptError> {
        heap::widen();
        let jobs = Jobs::new(execution);
        let shared = Shared::new(execution);
        Self::build(jobs, shared)
            .map_err(|err| ScriptError::new(ErrorKind::Engine, "EngineError", err.to_string()))
    }

    fn build(jobs: Rc<Jobs>, shared: Shared) -> JsResult<Self> {
        let mut context = ContextBuilder::new()
            .host_hooks(Rc::new(Closed))
            .job_executor(Rc::clone(&jobs))
            .module_loader(Rc::new(IdleModuleLoader))
            .build()?;
        let limits = context.runtime_limits_mut();
        // Our own check comes first. The engine fails in places where it thinks
        // that nothing can, and counts a call through a built-in function twice.
        let recursion = shared.execution().limits().recursion;
        limits.set_recursion_limit(recursion.saturating_mul(2).saturating_add(64));
        limits.set_stack_size_limit(MAX_STACK_VALUES);
        shared.install(&mut context)?;
        shared::hide_metering(&shared, &mut context)?;
        context.insert_data(shared.clone());
        shared.keep_originals(&mut context)?;
        guards::install(&shared, &mut context)?;
        let drain = drain_function(&mut context)?;
        Ok(Self {
            context,
            shared,
            jobs,
            functions: HashMap::default(),
            has_made: false,
            drain,
            is_reusable: true,
        })
    }

    /// The engine context, for whoever adds globals.
    pub fn context(&mut self) -> &mut Context {
        &mut self.context
    }

    /// Freezes all built-in objects and the globals that are there, so that no
    /// execution can change what a later one finds. Globals can still be added.
    ///
    /// Takes a fraction of a millisecond; call it before any script runs. As
    /// everywhere, an object that inherits from a frozen one cannot get an own
    /// property of the same name by assignment.
    ///
    /// # Errors
    ///
    /// If the engine fails.
    pub fn freeze(&mut self) -> Result<(), ScriptError> {
        let frozen = freeze::freeze_all(&mut self.context);
        frozen.map_err(|err| ScriptError::new(ErrorKind::Engine, "EngineError", err.to_string()))
    }

    /// Lets scripts make code of strings by `eval`, `Function` and its kin.
    ///
    /// Such code goes through the compiler and is stopped as any other. `eval`
    /// sees globals only, wherever it is called. Without this, all of them
    /// throw an `EvalError`. Call it before any script runs, and before
    /// [`freeze`](Self::freeze).
    ///
    /// # Errors
    ///
    /// If the engine fails.
    pub fn allow_eval(&mut self) -> Result<(), ScriptError> {
        let installed = guards::code::install(&self.shared, &mut self.context);
        installed.map_err(|err| ScriptError::new(ErrorKind::Engine, "EngineError", err.to_string()))
    }

    /// The execution whose limits hold here.
    pub fn execution(&self) -> &Execution {
        self.shared.execution()
    }

    /// Whether the VM may run something else.
    ///
    /// After a limit or an engine error it may not: frames that the engine
    /// left behind would fill its stack in the end.
    pub fn is_reusable(&self) -> bool {
        self.is_reusable
    }

    /// Runs a script to its end, promise jobs not included.
    ///
    /// # Errors
    ///
    /// What it threw, or the limit that ended it.
    pub fn run(&mut self, program: &Arc<Program>) -> Result<JsValue, Failure> {
        let script = parse(program, &mut self.context)?;
        let result = {
            let _script = Limited::on();
            script.evaluate(&mut self.context)
        };
        self.finish(result)
    }

    /// Calls the handler that `program` is, promise jobs not included.
    ///
    /// The first call makes the function, the next ones find it by its id.
    ///
    /// # Errors
    ///
    /// What it threw, or the limit that ended it.
    pub fn call(&mut self, program: &Arc<Program>, args: &[JsValue]) -> Result<JsValue, Failure> {
        let function = self.function(program)?;
        self.call_function(&function, args)
    }

    /// Calls a function that a script made in this VM, promise jobs not included.
    ///
    /// # Errors
    ///
    /// What it threw, or the limit that ended it. Unlike a handler, it leaves
    /// something behind in the engine then: see [`is_reusable`](Self::is_reusable).
    pub fn call_function(
        &mut self,
        function: &JsObject,
        args: &[JsValue],
    ) -> Result<JsValue, Failure> {
        let result = call(function, args, &mut self.context);
        self.finish(result)
    }

    /// Makes the function of a handler ahead of its first call. No script runs.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn prepare(&mut self, program: &Arc<Program>) -> Result<(), Failure> {
        self.function(program).map(drop)
    }

    /// Runs promise jobs until none is left, then forgets what cannot run.
    ///
    /// # Errors
    ///
    /// The limit that ended it. What a job throws goes to its promise.
    pub fn drain(&mut self) -> Result<(), Failure> {
        if self.jobs.is_empty() {
            return Ok(());
        }
        // Through a function of script, because what the engine leaves on its
        // stack when a job throws goes when that function returns.
        let result = call(&self.drain.clone(), &[], &mut self.context);
        self.jobs.clear();
        self.finish(result).map(drop)
    }

    /// Forgets pending jobs and notes of the execution that ends now.
    pub fn end_execution(&mut self) {
        self.jobs.clear();
        self.shared.clear();
    }

    /// Drops the function of a program that is needed no more.
    pub fn forget(&mut self, id: ContentId) {
        self.functions.remove(&id);
        self.shared.forget(id);
    }

    /// Drops the functions of all programs but those that `is_needed` names.
    pub fn retain(&mut self, is_needed: impl Fn(ContentId) -> bool) {
        let ids: Vec<_> = self.functions.keys().copied().collect();
        for id in ids.into_iter().filter(|id| !is_needed(*id)) {
            self.forget(id);
        }
    }

    /// Whether the last [`call`](Self::call) had to make its function.
    #[inline]
    pub fn has_made(&self) -> bool {
        self.has_made
    }

    /// How many functions are kept.
    pub fn functions(&self) -> usize {
        self.functions.len()
    }

    fn function(&mut self, program: &Arc<Program>) -> Result<JsObject, Failure> {
        let known = self.functions.get(&program.id());
        self.has_made = known.is_none();
        if let Some(function) = known {
            return Ok(function.clone());
        }
        debug_assert_eq!(program.kind(), Kind::Handler);
        let value = self.run(program)?;
        let Some(function) = value.as_callable() else {
            let message = "a handler must be a function";
            return Err(Failure::Error(ScriptError::new(
                ErrorKind::Syntax,
                "SyntaxError",
                message,
            )));
        };
        self.functions.insert(program.id(), function.clone());
        Ok(function)
    }

    fn finish(&mut self, result: JsResult<JsValue>) -> Result<JsValue, Failure> {
        let result = match result {
            Err(err) => {
                self.is_reusable = false;
                Err(failure::failure(err, &mut self.context))
            }
            Ok(value) => match self.shared.take_caught() {
                Some(thrown) => Err(Failure::Thrown(thrown)),
                None => Ok(value),
            },
        };
        // A limit that was hit counts whatever the script made of it.
        match self.shared.execution().hit() {
            Some(hit) if !matches!(result, Err(Failure::Error(_))) => {
                self.is_reusable = false;
                Err(Failure::Error(failure::limit_error(hit, &mut self.context)))
            }
            _ => result,
        }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.jobs.clear();
        self.shared.release();
    }
}

/// Calls a function of a script from code of the host.
///
/// For its time, the thread's memory is limited as [`Execution::start`] says.
///
/// # Errors
///
/// What it throws.
pub fn call(function: &JsObject, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let _script = Limited::on();
    function.call(&JsValue::undefined(), args, context)
}

/// Runs a program from inside of a native function; for programs whose own
/// value is a function, such as modules.
///
/// # Errors
///
/// As [`Vm::run`].
pub fn evaluate(program: &Arc<Program>, context: &mut Context) -> Result<JsValue, Failure> {
    let script = parse(program, context)?;
    let _script = Limited::on();
    let result = script.evaluate(context);
    result.map_err(|err| failure::failure(err, context))
}

fn parse(program: &Arc<Program>, context: &mut Context) -> Result<Script, Failure> {
    if let Some(shared) = context.get_data::<Shared>() {
        shared.remember(program);
    }
    let id = program.id().to_string();
    let source = Source::from_bytes(program.metered()).with_path(Path::new(&id));
    let parsed = Script::parse(source, None, context)
        .and_then(|script| script.codeblock(context).map(|_| script));
    parsed.map_err(|err| {
        let err = failure::failure(err, context).into_error(context);
        Failure::Error(failure::early_error(err, program))
    })
}

/// Values on the engine's stack; a frame of a handler takes ten or so.
const MAX_STACK_VALUES: usize = 64 * 1024;

fn drain_function(context: &mut Context) -> JsResult<JsObject> {
    let run = NativeFunction::from_fn_ptr(|_, _, context| {
        context.run_jobs()?;
        Ok(JsValue::undefined())
    });
    let run = FunctionObjectBuilder::new(context.realm(), run).build();
    let wrapper = context.eval(Source::from_bytes("run => () => { run() }"))?;
    let wrapper = wrapper
        .as_callable()
        .ok_or_else(|| JsNativeError::typ().with_message("no function"))?
        .call(&JsValue::undefined(), &[run.into()], context)?;
    wrapper
        .as_callable()
        .ok_or_else(|| JsNativeError::typ().with_message("no function").into())
}

/// What the engine asks of its host: no code from strings but what comes from
/// the compiler, and no large buffers.
struct Closed;

impl HostHooks for Closed {
    fn ensure_can_compile_strings(
        &self,
        _: Realm,
        _: &[JsString],
        _: &JsString,
        _: bool,
        context: &mut Context,
    ) -> JsResult<()> {
        let shared = context.get_data::<Shared>();
        if shared.is_some_and(Shared::take_code_permit) {
            return Ok(());
        }
        let message = "code from strings (eval, new Function) is refused; \
                       sandbox.eval = \"allowed\" permits it";
        Err(JsNativeError::eval().with_message(message).into())
    }

    fn max_buffer_size(&self, context: &mut Context) -> u64 {
        let shared = context.get_data::<Shared>();
        let limit = shared.map(|shared| shared.execution().limits().buffer_size);
        limit.unwrap_or(Limits::DEFAULT_BUFFER_SIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source as Text;
    use std::time::Duration;

    #[test]
    fn nothing_of_a_dropped_vm_stays() {
        let limits = Limits {
            loops: 100,
            ..Limits::default()
        };
        let execution = Execution::new(limits);
        let mut vm = Vm::new(&execution).unwrap();
        let text = Text::new("a.js", "(e) => { for (;;) {} }");
        let program = Arc::new(Program::compile(&text, Kind::Handler, &limits).unwrap());
        execution.start(Duration::from_secs(60));
        vm.call(&program, &[]).unwrap_err();
        let is_alive = vm.shared.is_alive();
        drop(vm);
        boa_gc::force_collect();
        assert!(!is_alive());
    }
}
