//! Texts that are JSON, or nearly.

use crate::{engines::vm, value::plain};
use arbitrary::{Result, Unstructured};
use boa_engine::{JsString, JsValue, js_string};
use jsvm_core::{Kind, Limits, Program, Source, value};
use serde_json::Value;
use std::sync::Arc;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = text(data) else { return };
    let theirs = serde_json::from_str::<Value>(&text);
    if theirs.as_ref().is_err_and(is_theirs_alone) {
        return;
    }
    let (_execution, mut vm) = vm();
    let script = "(text) => { try { return [JSON.parse(text)] } catch (err) { return err.name } }";
    let source = Source::new("a.js", script);
    let program =
        Program::compile(&source, Kind::Handler, &Limits::default()).expect("it compiles");
    let argument = JsValue::from(JsString::from(text.as_str()));
    let ours = match vm.call(&Arc::new(program), &[argument]) {
        Ok(value) => value,
        Err(failure) => panic!("{text:?}: {:?}", failure.into_error(vm.context())),
    };
    match theirs {
        Err(err) => assert!(
            ours.as_string()
                .is_some_and(|it| it == js_string!("SyntaxError")),
            "{text:?} is no JSON: {err}"
        ),
        Ok(theirs) => {
            let ours = value::to_json(&ours, vm.context()).expect("it is small");
            let is_same = ours.get(0).is_some_and(|ours| is_same(ours, &theirs));
            assert!(is_same, "{text:?}: {ours}");
        }
    }
}

/// What only `serde_json` refuses: numbers beyond all, and halves of pairs.
fn is_theirs_alone(err: &serde_json::Error) -> bool {
    let text = err.to_string();
    text.contains("out of range")
        || text.contains("surrogate")
        || text.contains("recursion")
        || text.contains("hex escape")
}

/// Whether both mean the same.
fn is_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let has = |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| is_same(a, b));
            a.len() == b.len() && a.iter().all(has)
        }
        _ => ours == theirs,
    }
}

/// Data as text, with some characters changed.
fn text(data: &[u8]) -> Result<String> {
    const ODD: &[char] = &[
        '"', '\\', '{', '}', '[', ']', ',', ':', '-', '+', '.', 'e', '0', '9', 'u', 't', ' ', '\n',
        '\u{0}', '\u{2028}', 'ü', '\u{feff}', 'n', '/',
    ];
    let mut data = Unstructured::new(data);
    let value = plain(&mut data, 0)?;
    let mut text: Vec<char> = match data.arbitrary::<bool>()? {
        true => serde_json::to_string(&value),
        false => serde_json::to_string_pretty(&value),
    }
    .unwrap_or_default()
    .chars()
    .collect();
    for _ in 0..data.int_in_range(0..=3)? {
        let at = data.int_in_range(0..=text.len())?;
        let odd = *data.choose(ODD)?;
        match data.int_in_range(0..=2)? {
            0 => text.insert(at, odd),
            1 if at < text.len() => text[at] = odd,
            _ if at < text.len() => drop(text.remove(at)),
            _ => {}
        }
    }
    Ok(text.into_iter().collect())
}
