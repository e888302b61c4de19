//! `eval` and the constructors of functions.
//!
//! The one rule: the engine gets only text that has gone through the compiler,
//! so code from strings is stopped like all other. Code given to `eval` sees
//! the globals and not the variables around the call, as the standard says of
//! an `eval` that is called by another name.

use super::{Guard, arg, missing, native};
use crate::{
    error::ScriptError,
    failure,
    program::{Kind, Program},
    shared::Shared,
    source::Source,
};
use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue,
    error::JsNativeErrorKind, js_string, object::FunctionObjectBuilder,
    property::PropertyDescriptor,
};

/// What errors call the file that a text is.
const FILE: &str = "<eval>";

/// Bytes that one byte of source takes while it is compiled.
const COMPILED: u64 = 32;

type Body = fn(&Guard, &JsValue, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// Lets scripts of this VM make code of strings.
pub(crate) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let key = js_string!("eval");
    let engines = global.get(key.clone(), context)?;
    let engines = engines.as_object().ok_or_else(|| missing("eval"))?;
    let own = native(eval, shared, vec![engines.clone()]);
    let own = FunctionObjectBuilder::new(context.realm(), own)
        .name(key.clone())
        .length(1)
        .build();
    define(&global, key, own.into(), true, context)?;

    let constructors = context.intrinsics().constructors();
    let kinds: [(&str, JsObject, Body); 3] = [
        (
            "Function",
            constructors.function().prototype(),
            |guard, _, args, context| guard.construct("function", args, context),
        ),
        (
            "GeneratorFunction",
            constructors.generator_function().prototype(),
            |guard, _, args, context| guard.construct("function*", args, context),
        ),
        (
            "AsyncFunction",
            constructors.async_function().prototype(),
            |guard, _, args, context| guard.construct("async function", args, context),
        ),
    ];
    let mut parent = None;
    for (name, prototype, body) in kinds {
        let constructor = native(body, shared, vec![engines.clone()]);
        let constructor = FunctionObjectBuilder::new(context.realm(), constructor)
            .name(js_string!(name))
            .length(1)
            .constructor(true)
            .build();
        let property = PropertyDescriptor::builder()
            .value(prototype.clone())
            .writable(false)
            .enumerable(false)
            .configurable(false);
        constructor.define_property_or_throw(js_string!("prototype"), property, context)?;
        let is_first = parent.is_none();
        let constructor = JsObject::from(constructor);
        define(
            &prototype,
            js_string!("constructor"),
            constructor.clone(),
            is_first,
            context,
        )?;
        match &parent {
            None => {
                let key = js_string!(name);
                define(&global, key, constructor.clone(), true, context)?;
                parent = Some(constructor);
            }
            Some(_) => {
                constructor.set_prototype(parent.clone());
            }
        }
    }
    Ok(())
}

fn define(
    holder: &JsObject,
    key: JsString,
    value: JsObject,
    is_writable: bool,
    context: &mut Context,
) -> JsResult<()> {
    let property = PropertyDescriptor::builder()
        .value(value)
        .writable(is_writable)
        .enumerable(false)
        .configurable(true);
    holder
        .define_property_or_throw(key, property, context)
        .map(drop)
}

fn eval(guard: &Guard, _: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let code = arg(args, 0);
    match code.as_string() {
        Some(code) => guard.run(text(&code)?, |_| true, context),
        None => Ok(code),
    }
}

impl Guard {
    /// `CreateDynamicFunction` of the standard.
    fn construct(&self, head: &str, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
        let strings = args.iter().map(|part| text(&part.to_string(context)?));
        let mut strings = strings.collect::<JsResult<Vec<_>>>()?;
        let body = strings.pop().unwrap_or_default();
        let parameters = strings.join(",");
        let code = format!("({head} anonymous({parameters}\n) {{\n{body}\n}})");
        // Neither part may end the function, or start another one.
        let length = code.len() - "()".len();
        let is_whole = |program: &Program| {
            let mut functions = program.functions();
            functions.any(|(at, whole)| at == 1 && whole.len() == length)
        };
        self.run(code, is_whole, context)
    }

    /// Compiles a text and runs it as a script of its own.
    fn run(
        &self,
        code: String,
        is_fit: impl FnOnce(&Program) -> bool,
        context: &mut Context,
    ) -> JsResult<JsValue> {
        let length = u64::try_from(code.len()).unwrap_or(u64::MAX);
        self.reserve(length.saturating_mul(COMPILED), context)?;
        self.spend(length, context)?;
        let limits = self.shared.execution().limits();
        let source = Source::new(FILE, code);
        let program = Program::compile(&source, Kind::Script, limits).map_err(refused)?;
        if !is_fit(&program) {
            let message = "the parameters or the body end the function before its end";
            return Err(JsNativeError::syntax().with_message(message).into());
        }
        let metered = JsValue::from(js_string!(program.metered()));
        let result = self.enter(None, context, |context| {
            self.shared.permit_code();
            self.originals[0].call(&JsValue::undefined(), &[metered], context)
        });
        result.map_err(|err| early(err, &program, context))
    }
}

fn text(code: &JsString) -> JsResult<String> {
    code.to_std_string().map_err(|_| {
        let message = "code must not have one half of a surrogate pair";
        JsNativeError::syntax().with_message(message).into()
    })
}

fn refused(err: ScriptError) -> JsError {
    let place = err.position.as_ref().map_or_else(String::new, |position| {
        format!(" ({}:{} of the text)", position.line, position.column)
    });
    let message = format!("{}{place}", err.message);
    JsNativeError::syntax().with_message(message).into()
}

/// Errors that only the engine finds before it runs anything; it tells their
/// place in the metered text.
fn early(err: JsError, program: &Program, context: &mut Context) -> JsError {
    let is_early = err.as_native().is_some_and(|native| {
        matches!(native.kind(), JsNativeErrorKind::Syntax) && native.message().contains(" at line ")
    });
    match is_early {
        true => {
            let err = failure::failure(err, context).into_error(context);
            refused(failure::early_error(err, program))
        }
        false => err,
    }
}
