//! `Buffer`: a `Uint8Array` with encodings.
//!
//! The one rule: a buffer is a typed array of the engine whose prototype is
//! ours, so everything that takes bytes takes it. PocketBase: goja's module,
//! which has a part of Node's methods.

use super::{
    super::{
        class::{
            arg, constructor as class_constructor, define, function, host_text, integer, string,
        },
        go_json,
    },
    numbers,
};
use base64::{Engine, engine::general_purpose};
use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction,
    js_string,
    object::builtins::{AlignedVec, JsArrayBuffer, JsTypedArray},
};
use jsvm_core::value;

/// Bytes of the largest buffer; the engine has the same limit.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// PocketBase: `Buffer.poolSize`, which only says something.
const POOL_SIZE: i32 = 8192;

/// The constructor, with all that is on it.
pub(super) fn constructor(context: &mut Context) -> JsResult<JsValue> {
    let arrays = context.intrinsics().constructors().typed_uint8_array();
    let (parent, array) = (arrays.prototype(), arrays.constructor());
    let prototype = value::new_object(context);
    prototype.set_prototype(Some(parent));
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| match arg(args, 0).is_number() {
            true => construct(args, prototype, context),
            false => from(args, prototype, context),
        },
        prototype.clone(),
    );
    let buffer = class_constructor("Buffer", 2, body, &prototype, context)?;
    buffer.set_prototype(Some(array));
    for (name, length, body) in STATIC {
        let body = NativeFunction::from_copy_closure_with_captures(
            |_, args, (body, prototype): &(Static, JsObject), context| {
                (body.0)(args, prototype, context)
            },
            (Static(*body), prototype.clone()),
        );
        let function = function(name, *length, body, context);
        define(&buffer, name, function.into(), context)?;
    }
    define(&buffer, "poolSize", POOL_SIZE.into(), context)?;
    for (name, length, body) in METHODS {
        let function = function(name, *length, NativeFunction::from_fn_ptr(*body), context);
        define(&prototype, name, function.into(), context)?;
    }
    numbers::add_to(&prototype, context)?;
    Ok(buffer.into())
}

type Make = fn(&[JsValue], &JsObject, &mut Context) -> JsResult<JsValue>;

#[derive(Clone, Copy, boa_gc::Trace, boa_gc::Finalize)]
#[boa_gc(unsafe_empty_trace)]
struct Static(Make);

const STATIC: &[(&str, usize, Make)] = &[
    ("from", 2, from),
    ("alloc", 3, alloc),
    ("concat", 2, concat),
];

const METHODS: &[(&str, usize, super::super::class::Method)] = &[
    ("toString", 3, to_string),
    ("equals", 1, |this, args, context| {
        let (one, other) = (bytes_of(this, context)?, bytes_of(&arg(args, 0), context)?);
        Ok((one == other).into())
    }),
    ("write", 4, write),
];

/// A buffer that the constructor of typed arrays makes of the same arguments.
fn construct(args: &[JsValue], prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let array = context.intrinsics().constructors().typed_uint8_array();
    let made = array.constructor().construct(args, None, context)?;
    made.set_prototype(Some(prototype.clone()));
    Ok(made.into())
}

fn of_bytes(bytes: &[u8], prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let block = AlignedVec::from_slice(0, bytes);
    let buffer = JsArrayBuffer::from_byte_block(block, context)?;
    construct(&[buffer.into()], prototype, context)
}

/// `Buffer.from(text, encoding)`, `from(arrayBuffer, offset, length)` and
/// `from(bytes)`.
fn from(args: &[JsValue], prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let given = arg(args, 0);
    if let Some(text) = text_of(&given) {
        let bytes = Encoding::of(&arg(args, 1), context)?.decode(&text);
        return of_bytes(&bytes, prototype, context);
    }
    let Some(object) = given.as_object().filter(|object| !object.is_callable()) else {
        return Err(type_error(
            "Buffer.from wants a text, bytes, an ArrayBuffer or an array",
        ));
    };
    if JsArrayBuffer::from_object(object.clone()).is_ok() {
        return construct(args, prototype, context);
    }
    let bytes = match go_json::bytes_of(&object, context) {
        Some(bytes) => bytes,
        None => items_of(&object, context)?,
    };
    of_bytes(&bytes, prototype, context)
}

/// The items of an array, or of what looks like one, as bytes.
fn items_of(object: &JsObject, context: &mut Context) -> JsResult<Vec<u8>> {
    let given = object.get(js_string!("length"), context)?;
    let length = length(&given, "length")?;
    let mut bytes = Vec::new();
    for index in 0..length {
        if index % 256 == 0 {
            jsvm_core::check_limits(context)?;
        }
        bytes.push(object.get(index, context)?.to_uint8(context)?);
    }
    Ok(bytes)
}

/// Text, also if it is wrapped.
fn text_of(value: &JsValue) -> Option<JsString> {
    value.as_string().or_else(|| host_text(value))
}

/// `Buffer.alloc(size, fill, encoding)`.
fn alloc(args: &[JsValue], prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let size = length(&arg(args, 0), "size")?;
    let fill = arg(args, 1);
    let pattern = if let Some(text) = text_of(&fill) {
        Encoding::of(&arg(args, 2), context)?.decode(&text)
    } else if fill.is_object() {
        bytes_of(&fill, context)?
    } else {
        #[expect(
            clippy::cast_sign_loss,
            clippy::cast_possible_truncation,
            reason = "the low byte"
        )]
        let byte = integer(args, 1, context)? as u8;
        vec![byte]
    };
    let pattern = if pattern.is_empty() { vec![0] } else { pattern };
    let bytes: Vec<u8> = pattern.into_iter().cycle().take(size).collect();
    of_bytes(&bytes, prototype, context)
}

/// `Buffer.concat(list, totalLength)`.
fn concat(args: &[JsValue], prototype: &JsObject, context: &mut Context) -> JsResult<JsValue> {
    let list = arg(args, 0).as_object().filter(JsObject::is_array);
    let list = list.ok_or_else(|| type_error("Buffer.concat wants an array of buffers"))?;
    let mut bytes = Vec::new();
    for index in 0..value::array_length(&list) {
        let item = value::own_value(&list, &index.into()).unwrap_or_default();
        bytes.extend(bytes_of(&item, context)?);
        if bytes.len() > MAX_BYTES {
            return Err(out_of_range("the length", 0.0, max(), None));
        }
        jsvm_core::check_limits(context)?;
    }
    if !arg(args, 1).is_undefined() {
        bytes.resize(length(&arg(args, 1), "totalLength")?, 0);
    }
    of_bytes(&bytes, prototype, context)
}

/// `buffer.toString(encoding, start, end)`.
fn to_string(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = bytes_of(this, context)?;
    let encoding = Encoding::of(&arg(args, 0), context)?;
    let end = match arg(args, 2).is_undefined() {
        true => bytes.len(),
        false => clamp(integer(args, 2, context)?, bytes.len()),
    };
    let start = clamp(integer(args, 1, context)?, end);
    Ok(string(encoding.encode(&bytes[start..end])))
}

/// `buffer.write(text, offset, length, encoding)`; offset and length may be
/// left out.
fn write(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let view = View::of(this, context)?;
    let text = text_of(&arg(args, 0)).ok_or_else(|| type_error("write wants a text"))?;
    let numbers = args[1..]
        .iter()
        .take(2)
        .take_while(|value| !value.is_string());
    let count = numbers.count();
    let encoding = Encoding::of(&arg(args, count + 1), context)?;
    let offset = integer(args, 1, context)
        .ok()
        .filter(|_| count > 0)
        .unwrap_or(0);
    let Some(offset) = usize::try_from(offset).ok().filter(|at| *at <= view.length) else {
        return Err(out_of_range("offset", 0.0, to_f64(view.length), None));
    };
    let mut room = view.length - offset;
    if count > 1 && !arg(args, 2).is_undefined() {
        room = clamp(integer(args, 2, context)?, room);
    }
    let bytes = encoding.decode(&text);
    let fits = encoding.whole(&bytes, room);
    view.write(offset, &bytes[..fits])?;
    Ok(JsValue::from(to_f64(fits)))
}

fn clamp(number: i64, most: usize) -> usize {
    usize::try_from(number.max(0)).map_or(most, |number| number.min(most))
}

/// A length that a script gave.
fn length(given: &JsValue, name: &str) -> JsResult<usize> {
    let Some(number) = given.as_number() else {
        return Err(type_error(&format!("{name:?} must be a number")));
    };
    if !(0.0..=max()).contains(&number) {
        return Err(out_of_range(name, 0.0, max(), Some(number)));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above"
    )]
    let length = number as usize;
    Ok(length)
}

fn max() -> f64 {
    to_f64(MAX_BYTES)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "buffers are far smaller than 2^52 bytes"
)]
pub(super) fn to_f64(number: usize) -> f64 {
    number as f64
}

pub(super) fn type_error(message: &str) -> JsError {
    JsNativeError::typ().with_message(message.to_owned()).into()
}

pub(super) fn out_of_range(name: &str, least: f64, most: f64, given: Option<f64>) -> JsError {
    let given = given.map_or_else(String::new, |given| format!(" Received {given}"));
    JsNativeError::range()
        .with_message(format!(
            "The value of \"{name}\" is out of range. It must be >= {least} and <= {most}.{given}"
        ))
        .into()
}

/// The bytes of a typed array, or of a host's body.
fn bytes_of(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    if let Ok(view) = View::of(value, context) {
        return view.read();
    }
    let object = value.as_object();
    let bytes = object.and_then(|object| go_json::bytes_of(&object, context));
    bytes.ok_or_else(|| type_error("the value must be a Buffer or a Uint8Array"))
}

/// Where the bytes of a buffer are.
pub(super) struct View {
    buffer: JsArrayBuffer,
    offset: usize,
    pub(super) length: usize,
}

impl View {
    pub(super) fn of(value: &JsValue, context: &mut Context) -> JsResult<Self> {
        let wrong = || type_error("this must be a Buffer");
        let object = value.as_object().ok_or_else(wrong)?;
        let array = JsTypedArray::from_object(object).map_err(|_| wrong())?;
        let buffer = array.buffer(context)?.as_object().ok_or_else(wrong)?;
        Ok(Self {
            buffer: JsArrayBuffer::from_object(buffer)?,
            offset: array.byte_offset(context)?,
            length: array.byte_length(context)?,
        })
    }

    fn read(&self) -> JsResult<Vec<u8>> {
        self.part(0, self.length)
    }

    /// Some of the bytes.
    pub(super) fn part(&self, at: usize, length: usize) -> JsResult<Vec<u8>> {
        let data = self.buffer.data().ok_or_else(detached)?;
        let start = self.offset + at;
        let part = data.get(start..start + length);
        part.map(<[u8]>::to_vec).ok_or_else(detached)
    }

    /// Replaces some of the bytes.
    pub(super) fn write(&self, at: usize, bytes: &[u8]) -> JsResult<()> {
        let mut data = self.buffer.data_mut().ok_or_else(detached)?;
        let start = self.offset + at;
        let part = data
            .get_mut(start..start + bytes.len())
            .ok_or_else(detached)?;
        part.copy_from_slice(bytes);
        Ok(())
    }
}

fn detached() -> JsError {
    type_error("the bytes of the buffer are gone")
}

/// How text stands for bytes.
#[derive(Clone, Copy)]
enum Encoding {
    Utf8,
    Hex,
    Base64,
    Base64Url,
}

impl Encoding {
    fn of(value: &JsValue, context: &mut Context) -> JsResult<Self> {
        if value.is_null_or_undefined() {
            return Ok(Self::Utf8);
        }
        let name = value.to_string(context)?.to_std_string_lossy();
        match name.to_ascii_lowercase().as_str() {
            "utf8" | "utf-8" => Ok(Self::Utf8),
            "hex" => Ok(Self::Hex),
            "base64" => Ok(Self::Base64),
            "base64url" => Ok(Self::Base64Url),
            _ => Err(type_error(&format!(
                "Unknown encoding: {name}; utf8, hex, base64 and base64url are known"
            ))),
        }
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Base64 => general_purpose::STANDARD.encode(bytes),
            Self::Base64Url => general_purpose::URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    fn decode(self, text: &JsString) -> Vec<u8> {
        let text = text.to_std_string_lossy();
        match self {
            Self::Utf8 => text.into_bytes(),
            Self::Hex => from_hex(text.as_bytes()),
            Self::Base64 | Self::Base64Url => from_base64(text.as_bytes()),
        }
    }

    /// How many of the bytes fit without cutting a character.
    fn whole(self, bytes: &[u8], room: usize) -> usize {
        if bytes.len() <= room {
            return bytes.len();
        }
        let is_inside = |at: usize| bytes[at] & 0b1100_0000 == 0b1000_0000;
        match self {
            Self::Utf8 => (0..=room).rev().find(|at| !is_inside(*at)).unwrap_or(0),
            _ => room,
        }
    }
}

/// Node: up to the first pair that is none.
fn from_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = text.chunks_exact(2);
    pairs
        .map_while(|pair| {
            let byte = digit(pair[0])? * 16 + digit(pair[1])?;
            u8::try_from(byte).ok()
        })
        .collect()
}

/// Node: either alphabet, up to the padding; other characters are passed over.
fn from_base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.iter().take_while(|byte| **byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(six)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_node_reads_it() {
        for (text, wanted) in [
            ("aMOpbGxv", "héllo"),
            ("YQ==", "a"),
            ("YQ", "a"),
            ("Y\nW J*j", "abc"),
            ("YQ==YQ==", "a"),
            ("Pz8_Pg", "???>"),
            ("Pz8/Pg", "???>"),
            ("", ""),
            ("Y", ""),
        ] {
            assert_eq!(from_base64(text.as_bytes()), wanted.as_bytes(), "{text}");
        }
    }

    #[test]
    fn hex_ends_where_it_is_none() {
        for (text, wanted) in [("6869", "hi"), ("686", "h"), ("68zz69", "h"), ("zz", "")] {
            assert_eq!(from_hex(text.as_bytes()), wanted.as_bytes(), "{text}");
        }
    }
}
