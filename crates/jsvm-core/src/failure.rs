//! From what the engine says went wrong to what people are told.
//!
//! The one rule: no script runs here. Getters, proxies and `toString` of a
//! hostile error object are never asked; only plain data properties count.

use crate::{
    error::{ErrorKind, Frame, LimitHit, Position, ScriptError},
    marks::Marks,
    program::Program,
    shared::Shared,
    value, wording,
};
use boa_engine::{
    Context, JsError, JsObject, JsString, JsValue,
    builtins::error::Error as ErrorObject,
    error::{EngineError, RuntimeLimitError},
    js_string,
};
use std::sync::Arc;

/// Why a script did not end as it should, while its values are still alive.
#[derive(Debug)]
pub enum Failure {
    /// It threw this value.
    Thrown(JsValue),
    /// A limit ended it, or the engine failed.
    Error(ScriptError),
}

impl Failure {
    /// The failure as plain data.
    pub fn into_error(self, context: &mut Context) -> ScriptError {
        match self {
            Self::Thrown(value) => describe(&value, context),
            Self::Error(err) => err,
        }
    }
}

/// What went wrong when an engine call returned `err`.
pub fn failure(err: JsError, context: &mut Context) -> Failure {
    let shared = context.get_data::<Shared>().cloned();
    if let Some(hit) = shared.as_ref().and_then(|shared| shared.execution().hit()) {
        return Failure::Error(limit_error(hit, context));
    }
    match err.as_engine() {
        Some(EngineError::RuntimeLimit(limit)) => {
            let depth = context.runtime_limits().recursion_limit() / 2 - 32;
            let hit = match limit {
                RuntimeLimitError::LoopIteration => LimitHit::Cancelled,
                _ => LimitHit::Recursion(depth),
            };
            let hit = shared.map_or(hit, |shared| shared.execution().end(hit));
            // The text of an engine error is its frames; no value is in it.
            let stack = err.to_string();
            Failure::Error(with_stack(ScriptError::limit(hit), Some(&stack), context))
        }
        Some(other) => Failure::Error(engine_error(&other.to_string())),
        None => match err.into_opaque(context) {
            Ok(value) => Failure::Thrown(value),
            Err(err) => Failure::Error(engine_error(&err.to_string())),
        },
    }
}

/// The error for a limit, with the place where the script was.
pub(crate) fn limit_error(hit: LimitHit, context: &mut Context) -> ScriptError {
    let stack = context
        .get_data::<Shared>()
        .and_then(Shared::take_limit_stack);
    with_stack(ScriptError::limit(hit), stack.as_deref(), context)
}

fn engine_error(message: &str) -> ScriptError {
    ScriptError::new(ErrorKind::Engine, "EngineError", message)
}

/// What people are told about a thrown value.
pub fn describe(value: &JsValue, context: &mut Context) -> ScriptError {
    let shared = context.get_data::<Shared>().cloned();
    let error = value
        .as_object()
        .filter(|object| object.is::<ErrorObject>());
    let Some(error) = error else {
        let mut err = ScriptError::new(ErrorKind::Thrown, "", value::display(value, context));
        err.thrown = value::to_json(value, context).ok();
        let stack = shared.and_then(|shared| shared.stack_of_thrown(value));
        return with_stack(err, stack.as_deref(), context);
    };
    let name = text_property(&error, js_string!("name")).unwrap_or_else(|| "Error".into());
    let message = text_property(&error, js_string!("message")).unwrap_or_default();
    let err = ScriptError::new(ErrorKind::Thrown, name, message);
    let stack = shared.and_then(|shared| shared.stack_of(&error, context));
    with_stack(err, stack.as_deref(), context)
}

/// An error as `stack` of its object tells it: its headline and its frames.
pub(crate) fn stack_text(error: &JsValue, context: &mut Context) -> Option<String> {
    error.as_object().filter(|it| it.is::<ErrorObject>())?;
    let err = describe(error, context);
    let frames: String = err.stack.iter().map(|it| format!("\n    {it}")).collect();
    Some(err.headline() + &frames)
}

/// Where the script is now, if any is in progress.
///
/// Takes some microseconds; no script runs.
pub fn position(context: &mut Context) -> Option<Position> {
    let shared = context.get_data::<Shared>().cloned()?;
    let stack = shared.stack_here(context)?;
    let (program, line, column) = places(&stack, &shared).next()?;
    (line > 0).then(|| program.original(line, column))
}

/// A text among the data properties of an object and its prototypes.
fn text_property(object: &JsObject, key: JsString) -> Option<String> {
    const LONGEST_CHAIN: usize = 100;
    const LONGEST_TEXT: usize = 10_000;
    let key = key.into();
    let mut object = object.clone();
    for _ in 0..LONGEST_CHAIN {
        let property = object.borrow().properties().get(&key);
        if let Some(property) = property {
            let text = property.value()?.as_string()?;
            return Some(value::shortened(&text, LONGEST_TEXT));
        }
        object = object.prototype()?;
    }
    None
}

/// Adds the frames of the engine's stack text, with original positions.
fn with_stack(mut err: ScriptError, stack: Option<&str>, context: &mut Context) -> ScriptError {
    let Some(shared) = context.get_data::<Shared>().cloned() else {
        return err;
    };
    let stack = stack.unwrap_or_default();
    err.stack = stack
        .lines()
        .filter_map(|line| frame(line, &shared))
        .collect();
    let mut places = places(stack, &shared);
    let Some((program, line, column)) = places.next() else {
        return err;
    };
    let own = missing_name(&err)
        .and_then(|name| program.name_after(name, line, column))
        .or_else(|| (line > 0).then(|| program.original(line, column)));
    if let Some(position) = own {
        let place = err.stack.iter_mut().find(|frame| !frame.is_native);
        if let Some(frame) = place {
            frame.position = Some(position.clone());
        }
        if is_own(stack) {
            err = wording::named(err, program.source(), &position);
        }
        return program.place(err, position);
    }
    // As in the constructor of a class that has none written: its caller's.
    match places.find(|(_, line, _)| *line > 0) {
        Some((program, line, column)) => program.place(err, program.original(line, column)),
        None => err,
    }
}

/// Whether the author's own text failed, and no built-in function that it
/// called.
fn is_own(stack: &str) -> bool {
    let innermost = stack.lines().find_map(parse_frame);
    innermost
        .is_some_and(|(function, place)| place.is_some() && !function.contains(&Marks::get().tag))
}

/// The frames that are the author's own, innermost first; line 0 if the engine
/// cannot tell where in one.
fn places<'a>(
    stack: &'a str,
    shared: &'a Shared,
) -> impl Iterator<Item = (Arc<Program>, u32, u32)> + use<'a> {
    stack.lines().filter_map(|line| {
        let (_, (id, line, column)) = parse_frame(line).and_then(|(name, at)| Some((name, at?)))?;
        Some((shared.program(id)?, line, column))
    })
}

/// The engine keeps no position for names, so `x is not defined` is placed at
/// the first `x` behind the last position that it does keep.
fn missing_name(err: &ScriptError) -> Option<&str> {
    let assigned = || {
        let rest = err
            .message
            .strip_prefix("cannot assign to uninitialized ")?;
        rest.split('`').nth(1)
    };
    err.message
        .strip_suffix(" is not defined")
        .or_else(assigned)
        .filter(|name| err.name == "ReferenceError" && !name.contains(char::is_whitespace))
}

/// One line of the engine's stack text; `None` for what is not the author's.
fn frame(line: &str, shared: &Shared) -> Option<Frame> {
    let (function, place) = parse_frame(line)?;
    if function.contains(&Marks::get().tag) {
        return None;
    }
    let position = match place {
        None => None,
        Some((id, line, column)) => {
            let program = shared.program(id)?;
            (line > 0).then(|| program.original(line, column))
        }
    };
    let function = if function == "<main>" { "" } else { function };
    Some(Frame {
        function: function.to_owned(),
        position,
        is_native: place.is_none(),
    })
}

type Place<'a> = (&'a str, u32, u32);

/// `    at name (path:line:column)` or `    at name (native)`.
fn parse_frame(line: &str) -> Option<(&str, Option<Place<'_>>)> {
    let (function, place) = line.trim_start().strip_prefix("at ")?.rsplit_once(" (")?;
    let place = place.strip_suffix(')')?;
    if place.starts_with("native") {
        return Some((function, None));
    }
    let mut parts = place.rsplitn(3, ':');
    // A question mark stands for what the engine does not know.
    let column = parts.next()?.parse().unwrap_or(0);
    let line = parts.next()?.parse().unwrap_or(0);
    Some((function, Some((parts.next()?, line, column))))
}

/// Moves the engine's own syntax error to its place in the original source.
///
/// The engine knows errors that the parser before it does not look for, such
/// as a name that is declared twice; it tells their place in its message.
pub(crate) fn early_error(err: ScriptError, program: &Program) -> ScriptError {
    let Some((message, place)) = err.message.rsplit_once(" at line ") else {
        let mut err = err;
        if err.message.ends_with("duplicate lexical declaration") {
            err.message = "a name is declared twice, here or in a script before".into();
        }
        let start = program.original(1, 1);
        return program.place(err, start);
    };
    let mut numbers = place.split(", col ").map(str::parse::<u32>);
    let (Some(Ok(line)), Some(Ok(column))) = (numbers.next(), numbers.next()) else {
        return err;
    };
    let message = Marks::get().strip(message);
    let position = program.original(line, column);
    let err = ScriptError::new(
        ErrorKind::Syntax,
        "SyntaxError",
        message.trim_end_matches(','),
    );
    program.place(err, position)
}
