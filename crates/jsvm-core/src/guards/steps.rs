//! The iterator protocol, one step at a time.
//!
//! The one rule: the abstract operations of the standard, on public parts of
//! the engine only.

use super::elements::{method_of, type_error};
use boa_engine::{Context, JsError, JsObject, JsResult, JsValue, js_string};

/// An iterator record.
pub(super) struct Steps {
    iterator: JsObject,
    next: JsValue,
}

impl Steps {
    /// `GetIteratorFromMethod`
    pub(super) fn new(items: &JsValue, method: &JsObject, context: &mut Context) -> JsResult<Self> {
        let iterator = method.call(items, &[], context)?;
        let iterator = iterator
            .as_object()
            .ok_or_else(|| type_error("the iterator is not an object"))?;
        let next = iterator.get(js_string!("next"), context)?;
        Ok(Self { iterator, next })
    }

    /// `IteratorStepValue`
    pub(super) fn next(&mut self, context: &mut Context) -> JsResult<Option<JsValue>> {
        let next = self
            .next
            .as_callable()
            .ok_or_else(|| type_error("the next method of the iterator is not a function"))?;
        let result = next.call(&self.iterator.clone().into(), &[], context)?;
        let result = result
            .as_object()
            .ok_or_else(|| type_error("the result of the iterator is not an object"))?;
        if result.get(js_string!("done"), context)?.to_boolean() {
            return Ok(None);
        }
        result.get(js_string!("value"), context).map(Some)
    }

    /// `IteratorClose` with an error, which stays the error.
    pub(super) fn close(&self, err: JsError, context: &mut Context) -> JsError {
        let iterator = JsValue::from(self.iterator.clone());
        if let Ok(Some(method)) = method_of(&iterator, js_string!("return"), context) {
            drop(method.call(&iterator, &[], context));
        }
        err
    }
}
