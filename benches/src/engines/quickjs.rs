//! QuickJS by rquickjs, without limits.
//!
//! The one rule: a held function, called directly, the quickest way that the
//! crate offers its hosts.

use crate::{
    case::{Case, Input, strict},
    clock,
    harness::Subject,
};
use anyhow::{Context as _, Result, anyhow, ensure};
use rquickjs::{
    Array, CatchResultExt, CaughtError, Context, Ctx, Function, Object, Persistent, Runtime,
    String as JsText, Value,
};
use std::hint::black_box;

/// A context, and what is held of it; that must go first.
struct Held {
    function: Persistent<Function<'static>>,
    kept: Persistent<Value<'static>>,
    context: Context,
}

/// A context with all built-in functions.
///
/// # Errors
///
/// There is no memory for it.
pub(crate) fn start() -> Result<Context> {
    Ok(Context::full(&Runtime::new()?)?)
}

/// What an error of the engine or of a script says.
pub(crate) fn told(err: CaughtError<'_>) -> anyhow::Error {
    anyhow!("{err}")
}

/// Calls the held function of a case.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn case(case: &'static Case) -> Result<Subject> {
    let context = start()?;
    let data = match case.input {
        Input::Host(data) => data(),
        _ => serde_json::Value::Null,
    };
    let held = context.with(|ctx| {
        let function: Function<'_> = ctx.eval(case.text.script()).catch(&ctx).map_err(told)?;
        let kept = kept(case.input, &ctx)?;
        let first = call(&function, case.input, &kept, &data);
        let first = first.catch(&ctx).map_err(told)?;
        case.check(json(first, &ctx)?)?;
        anyhow::Ok((
            Persistent::save(&ctx, function),
            Persistent::save(&ctx, kept),
        ))
    });
    let (function, kept) = held?;
    let held = Held {
        function,
        kept,
        context,
    };
    Ok(Box::new(move |calls| {
        let held = &held;
        held.context.with(|ctx| {
            let function = held.function.clone().restore(&ctx)?;
            let kept = held.kept.clone().restore(&ctx)?;
            clock::on_thread(|| {
                for _ in 0..calls {
                    black_box(call(&function, case.input, &kept, &data)?);
                }
                Ok(())
            })
        })
    }))
}

fn kept<'js>(input: Input, ctx: &Ctx<'js>) -> Result<Value<'js>> {
    match input {
        Input::Number(number) => Ok(Value::new_int(ctx.clone(), number)),
        Input::Kept(text) => ctx.eval(text).catch(ctx).map_err(told),
        _ => Ok(Value::new_undefined(ctx.clone())),
    }
}

#[inline]
fn call<'js>(
    function: &Function<'js>,
    input: Input,
    kept: &Value<'js>,
    data: &serde_json::Value,
) -> rquickjs::Result<Value<'js>> {
    let ctx = function.ctx();
    match input {
        Input::Nothing => function.call(()),
        Input::Text(text) => function.call((JsText::from_str(ctx.clone(), text)?,)),
        Input::Host(_) => function.call((from_json(data, ctx)?,)),
        Input::Number(_) | Input::Kept(_) => function.call((kept,)),
    }
}

/// Data of the host as a value of the engine.
///
/// # Errors
///
/// There is no memory for it.
pub(crate) fn from_json<'js>(
    data: &serde_json::Value,
    ctx: &Ctx<'js>,
) -> rquickjs::Result<Value<'js>> {
    use serde_json::Value as Data;
    let ctx = ctx.clone();
    Ok(match data {
        Data::Null => Value::new_null(ctx),
        Data::Bool(value) => Value::new_bool(ctx, *value),
        Data::Number(number) => match number.as_i64().and_then(|it| i32::try_from(it).ok()) {
            Some(whole) => Value::new_int(ctx, whole),
            None => Value::new_number(ctx, number.as_f64().unwrap_or(f64::NAN)),
        },
        Data::String(text) => JsText::from_str(ctx, text)?.into_value(),
        Data::Array(items) => {
            let array = Array::new(ctx.clone())?;
            for (index, item) in items.iter().enumerate() {
                array.set(index, from_json(item, &ctx)?)?;
            }
            array.into_value()
        }
        Data::Object(fields) => {
            let object = Object::new(ctx.clone())?;
            for (key, value) in fields {
                object.set(key, from_json(value, &ctx)?)?;
            }
            object.into_value()
        }
    })
}

/// A value of the engine as data of the host.
///
/// # Errors
///
/// It has a `toJSON` that throws.
pub(crate) fn json<'js>(value: Value<'js>, ctx: &Ctx<'js>) -> Result<serde_json::Value> {
    let text = ctx.json_stringify(value).catch(ctx).map_err(told)?;
    let Some(text) = text else {
        return Ok(serde_json::Value::Null);
    };
    serde_json::from_str(&text.to_string()?).context("the engine's JSON")
}

/// Parses and compiles a function, without calling it.
///
/// # Errors
///
/// It does not compile.
pub(crate) fn file(text: &str) -> Result<Subject> {
    let text = strict(text);
    in_context(move |ctx| {
        let function: Function<'_> = ctx.eval(black_box(&*text)).catch(ctx).map_err(told)?;
        black_box(function);
        Ok(())
    })
}

/// A runtime of its own, with a context with all built-in functions.
///
/// # Errors
///
/// There is no memory for it.
pub(crate) fn vm() -> Result<Subject> {
    Ok(Box::new(|count| {
        clock::on_thread(|| (0..count).try_for_each(|_| start().map(black_box).map(drop)))
    }))
}

/// Makes values of the engine of data.
///
/// # Errors
///
/// They are not that data.
pub(crate) fn from_data(data: &serde_json::Value) -> Result<Subject> {
    let data = data.clone();
    in_context(move |ctx| {
        black_box(from_json(&data, ctx)?);
        Ok(())
    })
}

/// Makes data of values of the engine, by way of their text.
///
/// # Errors
///
/// It is not what they were made of.
pub(crate) fn to_data(data: &serde_json::Value) -> Result<Subject> {
    let context = start()?;
    let value = context.with(|ctx| {
        let value = from_json(data, &ctx)?;
        ensure!(json(value.clone(), &ctx)? == *data, "it is something else");
        Ok(Persistent::save(&ctx, value))
    })?;
    let held = Data { value, context };
    Ok(Box::new(move |count| {
        let held = &held;
        held.context.with(|ctx| {
            let value = held.value.clone().restore(&ctx)?;
            clock::on_thread(|| {
                (0..count).try_for_each(|_| json(value.clone(), &ctx).map(black_box).map(drop))
            })
        })
    }))
}

/// A value, and its context, which must go last.
struct Data {
    value: Persistent<Value<'static>>,
    context: Context,
}

/// Batches of it, after it ran once.
fn in_context(operation: impl Fn(&Ctx<'_>) -> Result<()> + 'static) -> Result<Subject> {
    let context = start()?;
    context.with(|ctx| operation(&ctx))?;
    Ok(Box::new(move |count| {
        context.with(|ctx| clock::on_thread(|| (0..count).try_for_each(|_| operation(&ctx))))
    }))
}
