//! Short texts that come again and again in JSON, such as the names of fields:
//! each is made once.
//!
//! The one rule: a fixed number of places, so nothing grows; a text that finds
//! its place taken goes in there.

use boa_engine::{Context, JsStr, JsString, property::PropertyKey};
use std::{cell::RefCell, rc::Rc};

/// The texts of one VM.
pub(super) struct Texts {
    /// None of them is a whole number, which would be a key of another kind.
    keys: Vec<Option<JsString>>,
    values: Vec<Option<JsString>>,
}

/// Places of each kind; as many as a byte can tell apart.
const PLACES: usize = 256;

/// Units of the longest text that is kept.
const LONGEST: usize = 24;

/// A character of a text, in either of the two forms that the engine keeps.
pub(super) trait Unit: Copy + Into<u16> {
    fn text(units: &[Self]) -> JsStr<'_>;
}

impl Unit for u8 {
    fn text(units: &[Self]) -> JsStr<'_> {
        JsStr::latin1(units)
    }
}

impl Unit for u16 {
    fn text(units: &[Self]) -> JsStr<'_> {
        JsStr::utf16(units)
    }
}

impl Texts {
    pub(super) fn install(context: &mut Context) {
        let texts = Self {
            keys: vec![None; PLACES],
            values: vec![None; PLACES],
        };
        context.insert_data(Rc::new(RefCell::new(texts)));
    }

    /// Those of a VM.
    pub(super) fn of(context: &Context) -> Option<Rc<RefCell<Self>>> {
        context.get_data::<Rc<RefCell<Self>>>().cloned()
    }

    pub(super) fn key<U: Unit>(&mut self, units: &[U]) -> PropertyKey {
        let text = U::text(units);
        if units.len() > LONGEST {
            return JsString::from(text).into();
        }
        let place = &mut self.keys[place(units)];
        match place {
            Some(known) if known.as_str() == text => PropertyKey::String(known.clone()),
            _ => {
                let key = PropertyKey::from(JsString::from(text));
                if let PropertyKey::String(text) = &key {
                    *place = Some(text.clone());
                }
                key
            }
        }
    }

    pub(super) fn value<U: Unit>(&mut self, units: &[U]) -> JsString {
        let text = U::text(units);
        if units.len() > LONGEST {
            return text.into();
        }
        let place = &mut self.values[place(units)];
        match place {
            Some(known) if known.as_str() == text => known.clone(),
            _ => place.insert(text.into()).clone(),
        }
    }
}

/// Names differ in their length, their start or their end.
fn place<U: Unit>(units: &[U]) -> usize {
    let unit = |at: usize| units.get(at).map_or(0, |unit| u32::from((*unit).into()));
    let length = units.len();
    let mixed = [
        unit(0),
        unit(length / 2),
        unit(length.wrapping_sub(1)),
        unit(length.wrapping_sub(2)),
    ];
    let start = u32::try_from(length).unwrap_or(0);
    let hash = mixed.iter().fold(start, |hash, unit| {
        (hash.rotate_left(5) ^ unit).wrapping_mul(0x9E37_79B1)
    });
    (hash >> 24) as usize
}
