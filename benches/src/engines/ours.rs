//! Our VM: metered programs under all limits, with the counting allocator.
//!
//! The one rule: as a worker runs it. Each batch is one execution with a
//! deadline, and the function is kept and found by its program's id.

use crate::{
    case::{Case, Input, Text},
    clock,
    engines::bare,
    harness::Subject,
};
use anyhow::{Context as _, Result, anyhow, ensure};
use boa_engine::{JsObject, JsString, JsValue};
use jsvm::{Config, Source};
use jsvm_core::{Execution, Failure, Kind, Limits, Program, Vm, failure, value};
use std::{hint::black_box, sync::Arc, time::Duration};

/// Longer than any measurement.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

/// A VM as the default configuration makes it, with an execution in progress.
///
/// # Errors
///
/// The engine does not start.
pub(crate) fn start() -> Result<(Execution, Vm)> {
    let execution = Execution::with_memory(Limits::default(), jsvm_alloc::thread_live_bytes);
    let mut vm = Vm::new(&execution)?;
    if Config::default().sandbox.freeze {
        vm.freeze()?;
    }
    execution.start(LONG);
    Ok((execution, vm))
}

/// A checked and metered program.
///
/// # Errors
///
/// It does not compile.
pub(crate) fn program(text: &str, kind: Kind) -> Result<Arc<Program>> {
    let source = Source::new("bench.js", text);
    Ok(Arc::new(Program::compile(
        &source,
        kind,
        &Limits::default(),
    )?))
}

/// What a failure says.
pub(crate) fn told(failure: Failure, vm: &mut Vm) -> anyhow::Error {
    anyhow!("{}", failure.into_error(vm.context()))
}

/// Calls the kept function of a case.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn case(case: &'static Case) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let function = Function::new(case.text, &mut vm)?;
    calls(case, function, execution, vm)
}

/// As [`case`](fn@case), with the function of a text that nothing was done to.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn unmetered(case: &'static Case) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let function = bare::function(&case.text.script(), vm.context())?;
    calls(case, Function::Made(function), execution, vm)
}

fn calls(
    case: &'static Case,
    function: Function,
    execution: Execution,
    mut vm: Vm,
) -> Result<Subject> {
    let args = Args::new(case.input, &mut vm)?;
    let first = args.next(&mut vm);
    let first = function.call(args.used(&first), &mut vm);
    let first = first.map_err(|err| told(err, &mut vm))?;
    case.check(json(&first, &mut vm)?)?;
    Ok(Box::new(move |calls| {
        execution.start(LONG);
        let mut failures = 0;
        let time = clock::on_thread(|| {
            for _ in 0..calls {
                let next = args.next(&mut vm);
                let result = function.call(args.used(&next), &mut vm);
                failures += u64::from(black_box(result).is_err());
            }
            Ok(())
        });
        vm.end_execution();
        match failures {
            0 => time,
            _ => Err(anyhow!("{failures} of {calls} calls failed")),
        }
    }))
}

/// What is called.
enum Function {
    /// A handler, which the VM keeps.
    Handler(Arc<Program>),
    /// What a script made, called as a part of it.
    Made(JsObject),
}

impl Function {
    fn new(text: Text, vm: &mut Vm) -> Result<Self> {
        match text {
            Text::Handler(text) => Ok(Self::Handler(program(text, Kind::Handler)?)),
            Text::Script(text) => {
                let made = vm.run(&program(text, Kind::Script)?);
                let made = made.map_err(|err| told(err, vm))?;
                let made = made.as_callable().context("it is no function")?;
                Ok(Self::Made(made))
            }
        }
    }

    #[inline]
    fn call(&self, args: &[JsValue], vm: &mut Vm) -> Result<JsValue, Failure> {
        match self {
            Self::Handler(program) => vm.call(program, args),
            Self::Made(function) => jsvm_core::call(function, args, vm.context())
                .map_err(|err| failure(err, vm.context())),
        }
    }
}

/// Makes values of the engine of data.
///
/// # Errors
///
/// They are not that data.
pub(crate) fn from_json(data: &serde_json::Value) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let value = value::from_json(data, vm.context());
    ensure!(json(&value, &mut vm)? == *data, "it is something else");
    let data = data.clone();
    Ok(Box::new(move |count| {
        execution.start(LONG);
        clock::on_thread(|| {
            (0..count).for_each(|_| drop(black_box(value::from_json(&data, vm.context()))));
            Ok(())
        })
    }))
}

/// Makes data of values of the engine.
///
/// # Errors
///
/// It is not what they were made of.
pub(crate) fn to_json(data: &serde_json::Value) -> Result<Subject> {
    let (execution, mut vm) = start()?;
    let value = value::from_json(data, vm.context());
    ensure!(json(&value, &mut vm)? == *data, "it is something else");
    Ok(Box::new(move |count| {
        execution.start(LONG);
        clock::on_thread(|| {
            (0..count).try_for_each(|_| json(&value, &mut vm).map(black_box).map(drop))
        })
    }))
}

fn json(value: &JsValue, vm: &mut Vm) -> Result<serde_json::Value> {
    if value.is_undefined() {
        return Ok(serde_json::Value::Null);
    }
    value::to_json(value, vm.context())
        .ok()
        .context("it is too large")
}

/// What a case is called with.
struct Args {
    input: Input,
    kept: JsValue,
    data: serde_json::Value,
}

impl Args {
    fn new(input: Input, vm: &mut Vm) -> Result<Self> {
        let mut args = Self {
            input,
            kept: JsValue::undefined(),
            data: serde_json::Value::Null,
        };
        match input {
            Input::Number(number) => args.kept = number.into(),
            Input::Kept(text) => {
                let kept = vm.run(&program(text, Kind::Script)?);
                args.kept = kept.map_err(|err| told(err, vm))?;
            }
            Input::Host(data) => args.data = data(),
            Input::Nothing | Input::Text(_) => {}
        }
        Ok(args)
    }

    #[inline]
    fn next(&self, vm: &mut Vm) -> [JsValue; 1] {
        [match self.input {
            Input::Text(text) => JsString::from(text).into(),
            Input::Host(_) => value::from_json(&self.data, vm.context()),
            _ => self.kept.clone(),
        }]
    }
    /// Those of them that a call is given.
    #[inline]
    fn used<'a>(&self, args: &'a [JsValue]) -> &'a [JsValue] {
        match self.input {
            Input::Nothing => &[],
            _ => args,
        }
    }
}
