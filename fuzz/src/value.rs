//! Plain data into a VM and back.

use crate::engines::vm;
use arbitrary::{Result, Unstructured};
use jsvm_core::value;
use serde_json::{Map, Value, json};

pub(crate) fn run(data: &[u8]) {
    let Ok(given) = plain(&mut Unstructured::new(data), 0) else {
        return;
    };
    let (_execution, mut vm) = vm();
    let object = value::from_json(&given, vm.context());
    let Ok(back) = value::to_json(&object, vm.context()) else {
        return;
    };
    assert_eq!(back, given);
}

/// Data without what JSON texts or scripts tell in two ways: integers that are
/// told as fractions, and the key `__proto__`.
pub(crate) fn plain(data: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    let most = if depth > 6 { 3 } else { 5 };
    Ok(match data.int_in_range(0..=most)? {
        0 => Value::Null,
        1 => data.arbitrary::<bool>()?.into(),
        2 => match data.arbitrary::<bool>()? {
            true => data.arbitrary::<i32>()?.into(),
            false => {
                let number = data.arbitrary::<f64>()?;
                // Whole ones come back as integers.
                if number.is_finite() && number.fract() != 0.0 {
                    json!(number)
                } else {
                    json!(0.5)
                }
            }
        },
        3 => data.arbitrary::<String>()?.into(),
        4 => {
            let mut list = Vec::new();
            for _ in 0..data.int_in_range(0..=4)? {
                list.push(plain(data, depth + 1)?);
            }
            list.into()
        }
        _ => {
            let mut map = Map::new();
            for _ in 0..data.int_in_range(0..=4)? {
                let key = data.arbitrary::<String>()?;
                let value = plain(data, depth + 1)?;
                if key != "__proto__" {
                    map.insert(key, value);
                }
            }
            map.into()
        }
    })
}
