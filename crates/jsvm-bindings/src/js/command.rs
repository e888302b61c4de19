//! `$os.cmd(name, …args)`: a program to be run.
//!
//! The one rule: it is started without a shell, only if `sandbox.run` names it,
//! and never outlives its script's deadline.

use super::{
    HostData, byte_slice,
    class::{Class, arg, instance, string, text, this},
    convert, error, os, request,
};
use crate::{
    cast,
    error::Error,
    executor::Executor,
    system::{Command, Finished, System},
};
use boa_engine::{Context, JsData, JsResult, JsValue, js_string};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;
use serde_json::Value;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// A program that was not started yet.
#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct CommandObject(Rc<RefCell<Command>>);

/// `$os.cmd(name, …args)`.
pub(super) fn new(_: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let texts = (1..args.len()).map(|index| text(args, index, context));
    let command = Command {
        args: texts.collect::<JsResult<_>>()?,
        program: text(args, 0, context)?,
        ..Command::default()
    };
    let prototype = super::Classes::of(context).os.command.clone();
    let data = CommandObject(Rc::new(RefCell::new(command)));
    Ok(instance(&prototype, data, context))
}

fn command(value: &JsValue) -> JsResult<Rc<RefCell<Command>>> {
    this::<CommandObject>(value).map(|object| object.0)
}

/// What a program offers.
pub(super) const COMMAND: Class = Class {
    methods: &[
        ("output", 0, |value, _, context| {
            let finished = finish(value, context)?;
            Ok(byte_slice::object(finished.stdout, context))
        }),
        ("combinedOutput", 0, |value, _, context| {
            let mut finished = finish(value, context)?;
            finished.stdout.append(&mut finished.stderr);
            Ok(byte_slice::object(finished.stdout, context))
        }),
        ("run", 0, |value, _, context| {
            finish(value, context)?;
            Ok(JsValue::undefined())
        }),
        ("string", 0, |value, _, _| {
            let command = command(value)?;
            let command = command.borrow();
            let parts: Vec<_> = std::iter::once(&command.program)
                .chain(&command.args)
                .collect();
            Ok(string(
                parts
                    .iter()
                    .map(|part| part.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            ))
        }),
    ],
    getters: &[("path", |value, _, _| {
        Ok(string(&command(value)?.borrow().program))
    })],
    accessors: &[
        (
            "dir",
            |value, _, _| Ok(string(&command(value)?.borrow().dir)),
            |value, args, context| {
                command(value)?.borrow_mut().dir = text(args, 0, context)?;
                Ok(JsValue::undefined())
            },
        ),
        (
            "env",
            |value, _, context| {
                let env = command(value)?.borrow().env.clone();
                Ok(env.map_or_else(JsValue::null, |env| value::from_json(&env.into(), context)))
            },
            |value, args, context| {
                let list = convert::to_plain(&arg(args, 0), context)?;
                let env = (!list.is_null()).then(|| cast::to_list(&list));
                command(value)?.borrow_mut().env = env;
                Ok(JsValue::undefined())
            },
        ),
        (
            "args",
            |value, _, context| {
                let command = command(value)?;
                let mut args = vec![Value::from(command.borrow().program.clone())];
                args.extend(command.borrow().args.iter().cloned().map(Value::from));
                Ok(value::from_json(&args.into(), context))
            },
            |value, args, context| {
                let list = convert::to_plain(&arg(args, 0), context)?;
                command(value)?.borrow_mut().args =
                    cast::to_list(&list).into_iter().skip(1).collect();
                Ok(JsValue::undefined())
            },
        ),
        (
            "stdin",
            |_, _, _| Ok(JsValue::null()),
            |value, args, context| {
                command(value)?.borrow_mut().stdin = request::bytes(&arg(args, 0), context)?;
                Ok(JsValue::undefined())
            },
        ),
    ],
};

/// Runs it to its end.
///
/// # Errors
///
/// Go: `exit status 1`, with what it complained of, if that is its end.
fn finish(value: &JsValue, context: &mut Context) -> JsResult<Finished> {
    const WHILE_LOADING: Duration = Duration::from_secs(5);
    let mut command = command(value)?.borrow().clone();
    let permissions = HostData::of(context).env.permissions.clone();
    if !permissions.run.has_name(&command.program) {
        let name = &command.program;
        let err = Error::host(format!("{name} may not be run (add it to sandbox.run)"));
        return Err(error::throw(err, context));
    }
    let system = os::system(context);
    if !command.dir.starts_with('/') {
        command.dir = crate::filepath::join([&*system.working_dir(), &command.dir]);
    }
    // Its variables are those that the script may see.
    let env = HostData::of(context).env.process_env.clone();
    let seen = env
        .iter()
        .filter(|(name, _)| permissions.env.has_name(name));
    let own = || {
        seen.map(|(name, value)| format!("{name}={value}"))
            .collect()
    };
    command.env = Some(command.env.unwrap_or_else(own));
    command.timeout = Executor::current().map_or(WHILE_LOADING, |executor| executor.remaining());
    command.max_bytes = os::max_bytes(context);
    let finished = os::ask("os.run", context, |system| system.run(&command))?;
    match finished.code {
        Some(0) => Ok(finished),
        code => Err(failed(code, &finished.stderr, context)),
    }
}

/// PocketBase: a `GoError` whose value has `exitCode()` and `stderr`.
fn failed(code: Option<i32>, stderr: &[u8], context: &mut Context) -> boa_engine::JsError {
    let message = match code {
        Some(code) => format!("exit status {code}"),
        None => "signal: killed".to_owned(),
    };
    let thrown = error::to_value(Error::host(message), context);
    if let Some(object) = thrown.as_object() {
        let made = exit_value(code, stderr, context);
        value::set_own(&object, js_string!("value"), made, context);
    }
    jsvm_core::note_thrown(&thrown, context);
    boa_engine::JsError::from_opaque(thrown)
}

fn exit_value(code: Option<i32>, stderr: &[u8], context: &mut Context) -> JsValue {
    let value = value::new_object(context);
    let code = code.unwrap_or(-1);
    let body = boa_engine::NativeFunction::from_copy_closure(move |_, _, _| Ok(code.into()));
    let exit_code = super::class::function("exitCode", 0, body, context);
    value::set_own(&value, js_string!("exitCode"), exit_code.into(), context);
    let stderr = byte_slice::object(stderr.to_vec(), context);
    value::set_own(&value, js_string!("stderr"), stderr, context);
    value.into()
}
