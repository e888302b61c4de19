//! The numbers in a buffer: `readInt16BE`, `writeDoubleLE` and their kin.
//!
//! The one rule: every method is made from the table of formats; nothing is
//! read or written outside of the buffer. PocketBase: goja's module, which
//! has Node's names.

use super::{
    super::class::{arg, define, function},
    buffer::{View, out_of_range, to_f64, type_error},
};
use boa_engine::{Context, JsBigInt, JsObject, JsResult, JsValue, NativeFunction};

/// How a number is kept in bytes.
#[derive(Clone, Copy)]
enum Format {
    /// A whole number of so many bytes; 0 is 1 to 6, as the caller says.
    Integer {
        bytes: usize,
        is_signed: bool,
    },
    /// Eight bytes, for scripts a `BigInt`.
    Big {
        is_signed: bool,
    },
    Float,
    Double,
}

const FORMATS: &[(&str, Format)] = &[
    (
        "Int8",
        Format::Integer {
            bytes: 1,
            is_signed: true,
        },
    ),
    (
        "UInt8",
        Format::Integer {
            bytes: 1,
            is_signed: false,
        },
    ),
    (
        "Int16",
        Format::Integer {
            bytes: 2,
            is_signed: true,
        },
    ),
    (
        "UInt16",
        Format::Integer {
            bytes: 2,
            is_signed: false,
        },
    ),
    (
        "Int32",
        Format::Integer {
            bytes: 4,
            is_signed: true,
        },
    ),
    (
        "UInt32",
        Format::Integer {
            bytes: 4,
            is_signed: false,
        },
    ),
    (
        "Int",
        Format::Integer {
            bytes: 0,
            is_signed: true,
        },
    ),
    (
        "UInt",
        Format::Integer {
            bytes: 0,
            is_signed: false,
        },
    ),
    ("BigInt64", Format::Big { is_signed: true }),
    ("BigUInt64", Format::Big { is_signed: false }),
    ("Float", Format::Float),
    ("Double", Format::Double),
];

/// Which byte comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Big,
    Little,
}

/// Adds the methods to the prototype of buffers.
pub(super) fn add_to(prototype: &JsObject, context: &mut Context) -> JsResult<()> {
    for (name, format) in FORMATS {
        for (end, order) in orders(*format) {
            add_pair(prototype, &format!("{name}{end}"), *format, *order, context)?;
        }
    }
    Ok(())
}

/// One byte has no order.
fn orders(format: Format) -> &'static [(&'static str, Order)] {
    match format {
        Format::Integer { bytes: 1, .. } => &[("", Order::Big)],
        _ => &[("BE", Order::Big), ("LE", Order::Little)],
    }
}

/// Node: `readUInt8` is called `readUint8` as well.
fn add_pair(
    prototype: &JsObject,
    name: &str,
    format: Format,
    order: Order,
    context: &mut Context,
) -> JsResult<()> {
    let read = NativeFunction::from_copy_closure(move |this, args, context| {
        read(this, args, format, order, context)
    });
    let write = NativeFunction::from_copy_closure(move |this, args, context| {
        write(this, args, format, order, context)
    });
    let read = function(&format!("read{name}"), 2, read, context);
    let write = function(&format!("write{name}"), 3, write, context);
    let mut names = vec![name.to_owned()];
    if name.contains("UInt") {
        names.push(name.replace("UInt", "Uint"));
    }
    for name in names {
        define(
            prototype,
            &format!("read{name}"),
            read.clone().into(),
            context,
        )?;
        define(
            prototype,
            &format!("write{name}"),
            write.clone().into(),
            context,
        )?;
    }
    Ok(())
}

fn read(
    this: &JsValue,
    args: &[JsValue],
    format: Format,
    order: Order,
    context: &mut Context,
) -> JsResult<JsValue> {
    let view = View::of(this, context)?;
    let bytes = size(format, &arg(args, 1))?;
    let at = offset(&arg(args, 0), &view, bytes)?;
    let mut read = view.part(at, bytes)?;
    if order == Order::Little {
        read.reverse();
    }
    let bits = read
        .iter()
        .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    Ok(value_of(bits, bytes, format))
}

fn value_of(bits: u64, bytes: usize, format: Format) -> JsValue {
    match format {
        Format::Integer {
            is_signed: false, ..
        } => number(i128::from(bits)),
        Format::Integer {
            is_signed: true, ..
        } => number(i128::from(signed(bits, bytes))),
        Format::Big { is_signed: false } => JsBigInt::from(bits).into(),
        Format::Big { is_signed: true } => JsBigInt::from(signed(bits, bytes)).into(),
        #[expect(clippy::cast_possible_truncation, reason = "four bytes were read")]
        Format::Float => f64::from(f32::from_bits(bits as u32)).into(),
        Format::Double => f64::from_bits(bits).into(),
    }
}

/// The number in two's complement.
fn signed(bits: u64, bytes: usize) -> i64 {
    let unused = 64 - 8 * bytes;
    #[expect(clippy::cast_possible_wrap, reason = "that is what it is for")]
    let shifted = (bits << unused) as i64;
    shifted >> unused
}

#[expect(clippy::cast_precision_loss, reason = "at most 48 bits")]
fn number(whole: i128) -> JsValue {
    JsValue::from(whole as f64)
}

fn write(
    this: &JsValue,
    args: &[JsValue],
    format: Format,
    order: Order,
    context: &mut Context,
) -> JsResult<JsValue> {
    let view = View::of(this, context)?;
    let bytes = size(format, &arg(args, 2))?;
    let bits = bits_of(&arg(args, 0), bytes, format, context)?;
    let at = offset(&arg(args, 1), &view, bytes)?;
    let mut written = bits.to_be_bytes()[8 - bytes..].to_vec();
    if order == Order::Little {
        written.reverse();
    }
    view.write(at, &written)?;
    Ok(JsValue::from(to_f64(at + bytes)))
}

fn bits_of(given: &JsValue, bytes: usize, format: Format, context: &mut Context) -> JsResult<u64> {
    match format {
        Format::Double => Ok(given.to_number(context)?.to_bits()),
        Format::Float => {
            #[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
            let float = given.to_number(context)? as f32;
            Ok(u64::from(float.to_bits()))
        }
        Format::Integer { is_signed, .. } => {
            let number = given.to_number(context)?;
            let (least, most) = range(bytes, is_signed);
            #[expect(clippy::cast_possible_truncation, reason = "saturates, and NaN is 0")]
            let whole = number as i128;
            in_range(whole, least, most)
        }
        Format::Big { is_signed } => {
            let Some(big) = given.as_bigint() else {
                return Err(type_error("the value must be a BigInt"));
            };
            let (least, most) = range(bytes, is_signed);
            in_range(big.to_string().parse().unwrap_or(i128::MAX), least, most)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "only told in a message")]
fn in_range(whole: i128, least: i128, most: i128) -> JsResult<u64> {
    if !(least..=most).contains(&whole) {
        let (least, most, given) = (least as f64, most as f64, whole as f64);
        return Err(out_of_range("value", least, most, Some(given)));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "two's complement of what is in range"
    )]
    let bits = whole as u64;
    Ok(bits)
}

fn range(bytes: usize, is_signed: bool) -> (i128, i128) {
    let values = 1_i128 << (8 * bytes);
    if is_signed {
        (-values / 2, values / 2 - 1)
    } else {
        (0, values - 1)
    }
}

/// How many bytes a number takes; for `readIntBE` and its kin the script says.
fn size(format: Format, given: &JsValue) -> JsResult<usize> {
    match format {
        Format::Integer { bytes: 0, .. } => whole(given, "byteLength", 1.0, 6.0),
        Format::Integer { bytes, .. } => Ok(bytes),
        Format::Float => Ok(4),
        Format::Double | Format::Big { .. } => Ok(8),
    }
}

fn offset(given: &JsValue, view: &View, bytes: usize) -> JsResult<usize> {
    if view.length < bytes {
        return Err(boa_engine::JsNativeError::range()
            .with_message("Attempt to access memory outside buffer bounds")
            .into());
    }
    if given.is_undefined() {
        return Ok(0);
    }
    whole(given, "offset", 0.0, to_f64(view.length - bytes))
}

/// A whole number that a script gave.
fn whole(given: &JsValue, name: &str, least: f64, most: f64) -> JsResult<usize> {
    let Some(number) = given.as_number() else {
        return Err(type_error(&format!("{name:?} must be a number")));
    };
    if number.fract() != 0.0 || !(least..=most).contains(&number) {
        return Err(out_of_range(name, least, most, Some(number)));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    let whole = number as usize;
    Ok(whole)
}
