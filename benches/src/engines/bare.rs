//! The engine as it comes: no metering, no limits, its own built-in functions.
//!
//! The one rule: a held function, called directly, the quickest way that the
//! engine offers its hosts.

use crate::{
    case::{Case, Input, strict},
    clock,
    harness::Subject,
};
use anyhow::{Context as _, Result, anyhow, ensure};
use boa_engine::{Context, JsError, JsObject, JsString, JsValue, Source};
use std::hint::black_box;

/// Calls the held function of a case.
///
/// # Errors
///
/// Its result is wrong.
pub(crate) fn case(case: &'static Case) -> Result<Subject> {
    let mut context = Context::default();
    let function = function(&case.text.script(), &mut context)?;
    let args = Args::new(case.input, &mut context)?;
    let this = JsValue::undefined();
    let first = args.next(&mut context)?;
    let first = function
        .call(&this, args.used(&first), &mut context)
        .map_err(told)?;
    let first = first.to_json(&mut context).map_err(told)?;
    case.check(first.unwrap_or_default())?;
    Ok(Box::new(move |calls| {
        clock::on_thread(|| {
            for _ in 0..calls {
                let next = args.next(&mut context)?;
                let result = function.call(&this, args.used(&next), &mut context);
                black_box(result.map_err(told)?);
            }
            Ok(())
        })
    }))
}

/// The function that a text makes.
///
/// # Errors
///
/// It makes none.
pub(crate) fn function(text: &str, context: &mut Context) -> Result<JsObject> {
    let function = eval(text, context)?;
    function.as_callable().context("it is no function")
}

/// What a script comes to.
///
/// # Errors
///
/// What it threw.
pub(crate) fn eval(text: &str, context: &mut Context) -> Result<JsValue> {
    context.eval(Source::from_bytes(text)).map_err(told)
}

/// Parses and compiles a function, without calling it.
///
/// # Errors
///
/// It does not compile.
pub(crate) fn file(text: &str) -> Result<Subject> {
    let mut context = Context::default();
    let text = strict(text);
    function(&text, &mut context)?;
    Ok(Box::new(move |count| {
        clock::on_thread(|| {
            (0..count).try_for_each(|_| function(black_box(&text), &mut context).map(drop))
        })
    }))
}

/// A context with all built-in functions.
///
/// # Errors
///
/// None.
pub(crate) fn vm() -> Result<Subject> {
    Ok(Box::new(|count| {
        clock::on_thread(|| {
            (0..count).for_each(|_| drop(black_box(Context::default())));
            Ok(())
        })
    }))
}

/// Makes values of the engine of data.
///
/// # Errors
///
/// The engine fails.
pub(crate) fn from_json(data: &serde_json::Value) -> Result<Subject> {
    let mut context = Context::default();
    let data = data.clone();
    let mut make = move || JsValue::from_json(black_box(&data), &mut context).map_err(told);
    make()?;
    Ok(Box::new(move |count| {
        clock::on_thread(|| (0..count).try_for_each(|_| make().map(black_box).map(drop)))
    }))
}

/// Makes data of values of the engine.
///
/// # Errors
///
/// It is not what they were made of.
pub(crate) fn to_json(data: &serde_json::Value) -> Result<Subject> {
    let mut context = Context::default();
    let value = JsValue::from_json(data, &mut context).map_err(told)?;
    let mut make = move || value.to_json(&mut context).map_err(told);
    ensure!(make()?.as_ref() == Some(data), "it is something else");
    Ok(Box::new(move |count| {
        clock::on_thread(|| (0..count).try_for_each(|_| make().map(black_box).map(drop)))
    }))
}

fn told(err: JsError) -> anyhow::Error {
    anyhow!("{err}")
}

/// What a case is called with.
struct Args {
    input: Input,
    kept: JsValue,
    data: serde_json::Value,
}

impl Args {
    fn new(input: Input, context: &mut Context) -> Result<Self> {
        let (mut kept, mut data) = (JsValue::undefined(), serde_json::Value::Null);
        match input {
            Input::Number(number) => kept = number.into(),
            Input::Kept(text) => kept = eval(text, context)?,
            Input::Host(make) => data = make(),
            Input::Nothing | Input::Text(_) => {}
        }
        Ok(Self { input, kept, data })
    }

    #[inline]
    fn next(&self, context: &mut Context) -> Result<[JsValue; 1]> {
        Ok([match self.input {
            Input::Text(text) => JsString::from(text).into(),
            Input::Host(_) => JsValue::from_json(&self.data, context).map_err(told)?,
            _ => self.kept.clone(),
        }])
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
