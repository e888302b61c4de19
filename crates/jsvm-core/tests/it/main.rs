//! What a VM does with scripts, through the public API only.
//!
//! `transcript` is the one place that touches the API; the cases are data.

#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod analysis;
mod buffers;
mod builtins;
mod chains;
mod code;
mod formulas;
mod guards;
mod hostile;
mod lengths;
mod limits;
mod optimise;
mod positions;
mod regexp;
mod texts;

use boa_engine::{JsValue, NativeFunction, js_string};
use jsvm_core::{Execution, Kind, Limits, Program, ScriptError, Source, Vm, value};
use std::{sync::Arc, time::Duration};

/// Runs each script in the same VM and tells what came of it.
fn transcript(scripts: &[&str]) -> String {
    let execution = Execution::new(Limits::default());
    let mut vm = vm(&execution);
    let lines = scripts.iter().map(|text| {
        execution.start(Duration::from_secs(60));
        match run(&mut vm, text) {
            Ok(value) => value,
            Err(err) => err.report(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A VM whose scripts can stop themselves with `stop()`, as another thread
/// would.
fn vm(execution: &Execution) -> Vm {
    let mut vm = Vm::new(execution).unwrap();
    let stop = NativeFunction::from_fn_ptr(|_, _, context| {
        let interrupt = context.get_data::<jsvm_core::Interrupt>().unwrap();
        interrupt.trip(jsvm_core::Stop::Deadline);
        Ok(JsValue::undefined())
    });
    let context = vm.context();
    context.insert_data(execution.arm());
    context
        .register_global_callable(js_string!("stop"), 0, stop)
        .unwrap();
    vm
}

fn run(vm: &mut Vm, text: &str) -> Result<String, ScriptError> {
    let program = compile(text, Kind::Script)?;
    let result = vm
        .run(&program)
        .and_then(|value| vm.drain().map(|()| value));
    match result {
        Ok(value) => Ok(value::display(&value, vm.context())),
        Err(failure) => Err(failure.into_error(vm.context())),
    }
}

fn compile(text: &str, kind: Kind) -> Result<Arc<Program>, ScriptError> {
    Program::compile(&Source::new("a.js", text), kind, &Limits::default()).map(Arc::new)
}
