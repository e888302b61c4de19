//! The same script in a metered VM and in the engine as it comes.

use boa_engine::{Context, JsValue, Source as EngineSource, js_string};
use jsvm::alloc::{Limited, set_thread_limit, thread_live_bytes};
use jsvm_core::{Execution, Kind, Limits, Program, ScriptError, Source, Vm, value};
use std::{sync::Arc, time::Duration};

/// How long a script may take here.
pub(crate) const TIMEOUT: Duration = Duration::from_millis(500);

/// What a script came to: its value, or its error with the place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Value(String),
    Error {
        headline: String,
        place: Option<String>,
    },
    /// A limit ended it, so nothing can be compared.
    Limit,
}

/// A VM for one input, and its execution.
pub(crate) fn vm() -> (Execution, Vm) {
    let execution = Execution::with_memory(Limits::default(), thread_live_bytes);
    execution.start(TIMEOUT);
    let vm = Vm::new(&execution).expect("the engine starts");
    (execution, vm)
}

/// In a VM of ours.
pub(crate) fn metered(text: &str) -> Told {
    let (_execution, mut vm) = vm();
    let program = Program::compile(&Source::new("a.js", text), Kind::Script, &Limits::default());
    let result = program.and_then(|program| {
        let ran = vm.run(&Arc::new(program));
        let ended = ran.and_then(|value| vm.drain().map(|()| value));
        ended.map_err(|failure| failure.into_error(vm.context()))
    });
    match result {
        Ok(value) => Told::Value(value::display(&value, vm.context())),
        Err(err) if err.limit.is_some() => Told::Limit,
        Err(err) => Told::Error {
            headline: engine_words(err.headline()),
            place: place(&err),
        },
    }
}

/// A headline without the expression that people are told, which scripts and
/// the engine know nothing of.
fn engine_words(headline: String) -> String {
    let Some(said) = headline.strip_prefix("TypeError: `") else {
        return headline;
    };
    if said.ends_with("` is not a function") {
        return "TypeError: not a callable function".into();
    }
    let is_nothing = ["` has no `", "` is null or undefined"];
    match is_nothing.iter().any(|part| said.contains(part)) {
        true => "TypeError: cannot convert 'null' or 'undefined' to object".into(),
        false => headline,
    }
}

/// Whether the engine keeps the place of what fails so. It keeps none for names
/// and for operators, whose errors it tells at the place that it passed last.
fn has_place(message: &str) -> bool {
    let operators = [
        "right-hand side of ",
        "cannot mix BigInt",
        "cannot convert a BigInt",
    ];
    !message.ends_with(" is not defined")
        && !operators.iter().any(|start| message.starts_with(start))
}

fn place(err: &ScriptError) -> Option<String> {
    if !has_place(&err.message) {
        return None;
    }
    // Of values that are no errors, the engine tells none.
    if err.thrown.is_some() {
        return None;
    }
    let position = err.position.as_ref()?;
    Some(format!("{}:{}", position.line, position.column))
}

/// In the engine as it comes; only for scripts that come to an end.
pub(crate) fn bare(text: &str) -> Told {
    let mut context = Context::default();
    let most = Limits::default().in_force().memory;
    set_thread_limit(thread_live_bytes() + i64::try_from(most).unwrap_or(i64::MAX));
    let _script = Limited::on();
    let result = context.eval(EngineSource::from_bytes(text));
    let result = result.and_then(|value| context.run_jobs().map(|()| value));
    let err = match result {
        Ok(value) => return Told::Value(value::display(&value, &mut context)),
        Err(err) => err,
    };
    let Ok(thrown) = err.into_opaque(&mut context) else {
        return Told::Limit;
    };
    let Some(object) = thrown.as_object() else {
        return Told::Error {
            headline: value::display(&thrown, &mut context),
            place: None,
        };
    };
    let mut text = |name: &str| {
        let found = object.get(js_string!(name), &mut context);
        found
            .as_ref()
            .ok()
            .and_then(JsValue::as_string)
            .map(|it| it.to_std_string_lossy())
    };
    let (Some(name), message) = (text("name"), text("message")) else {
        return Told::Error {
            headline: value::display(&thrown, &mut context),
            place: None,
        };
    };
    let stack = text("stack").unwrap_or_default();
    let message = message.unwrap_or_default();
    let place = stack.lines().find_map(first_place);
    Told::Error {
        place: place.filter(|_| has_place(&message)),
        headline: format!("{}: {message}", name),
    }
}

/// `3:7` of `    at name (path:3:7)`.
fn first_place(line: &str) -> Option<String> {
    let place = line.trim_end().strip_suffix(')')?;
    let mut parts = place.rsplitn(3, ':');
    let (column, line) = (parts.next()?, parts.next()?);
    let known = line.parse::<u32>().is_ok_and(|line| line > 0);
    known.then(|| format!("{line}:{column}"))
}
