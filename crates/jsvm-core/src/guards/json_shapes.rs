//! What `JSON.stringify` knows of objects by their shape: their names, as text.
//!
//! The one rule: only shapes that never change are kept, and only those whose
//! prototype is the engine's own, so that nothing of a script is kept alive; a
//! fixed number of them.

use super::builder::Text;
use boa_engine::{
    Context, JsObject, JsString, js_string,
    object::{ErasedObject, shape::Shape},
    property::PropertyKey,
};
use std::{cell::RefCell, rc::Rc};

/// The names of all objects of one shape.
pub(super) struct Names {
    /// Keeps the shape, and so its address, in place.
    shape: Shape,
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) key: PropertyKey,
    /// In quotes, with the colon.
    pub(super) text: JsString,
}

/// The shapes of one VM that were met last.
pub(super) struct Shapes(RefCell<Vec<Option<Rc<Names>>>>);

/// How many shapes are kept.
const PLACES: usize = 64;

/// How many names one of them may have, and how long these may be together.
const MOST_NAMES: usize = 64;
const MOST_UNITS: usize = 2048;

impl Shapes {
    pub(super) fn install(context: &mut Context) {
        context.insert_data(Rc::new(Self(RefCell::new(vec![None; PLACES]))));
    }

    /// Those of a VM.
    pub(super) fn of(context: &Context) -> Option<Rc<Self>> {
        context.get_data::<Rc<Self>>().cloned()
    }

    /// The names of a plain object, if it has no property that is a number, no
    /// `toJSON` of its own, and not too many names.
    pub(super) fn names(&self, object: &JsObject, prototype: &JsObject) -> Option<Rc<Names>> {
        let borrowed = object.borrow();
        let shape = borrowed.shape();
        if shape.is_unique() || borrowed.properties().index_property_keys().len() > 0 {
            return None;
        }
        let address = shape.to_addr_usize();
        // Shapes are spread over memory in steps of some sixteen bytes.
        let place = (address >> 4 ^ address >> 10) % PLACES;
        if let Some(known) = &self.0.borrow()[place]
            && known.shape.to_addr_usize() == address
        {
            return Some(Rc::clone(known));
        }
        let is_plain = shape
            .prototype()
            .is_some_and(|own| JsObject::equals(&own, prototype));
        if !is_plain {
            return None;
        }
        let names = Rc::new(names(&borrowed)?);
        self.0.borrow_mut()[place] = Some(Rc::clone(&names));
        Some(names)
    }
}

fn names(object: &ErasedObject) -> Option<Names> {
    let shape = object.shape().clone();
    let mut units = 0;
    let mut fields = Vec::new();
    for key in shape.keys() {
        let property = object.properties().get(&key)?;
        let PropertyKey::String(name) = &key else {
            continue;
        };
        units += name.len();
        if fields.len() >= MOST_NAMES || units > MOST_UNITS || *name == js_string!("toJSON") {
            return None;
        }
        if property.enumerable() == Some(true) {
            let text = field_text(name);
            fields.push(Field { key, text });
        }
    }
    Some(Names { shape, fields })
}

/// A name in quotes, with its colon.
pub(super) fn field_text(name: &JsString) -> JsString {
    let mut text = Text::new();
    text.quote(name.as_str());
    text.push_byte(b':');
    text.finish()
}
