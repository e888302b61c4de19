//! `Function.prototype.apply`, `Reflect.apply` and `Reflect.construct`; and what
//! functions do not tell.
//!
//! The one rule: arguments are counted before any room is made for them.

use super::{Guard, arg, length_of, replace};
use crate::shared::Shared;
use boa_engine::{Context, JsNativeError, JsResult, JsValue, js_string};

/// How many arguments one call may have.
const MAX_ARGUMENTS: u64 = 50_000;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let function = context.intrinsics().constructors().function().prototype();
    let reflect = context.intrinsics().objects().reflect();
    // PocketBase: goja has neither, so they are undefined there and do not throw.
    for name in ["caller", "arguments"] {
        function.delete_property_or_throw(js_string!(name), context)?;
    }
    replace(&function, "apply", apply, shared, context)?;
    replace(&reflect, "apply", reflect_apply, shared, context)?;
    replace(&reflect, "construct", construct, shared, context)
}

fn apply(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(function) = this.as_callable() else {
        return guard.originals[0].call(this, args, context);
    };
    let list = arg(args, 1);
    let list = if list.is_null_or_undefined() {
        Vec::new()
    } else {
        guard.arguments(&list, context)?
    };
    function.call(&arg(args, 0), &list, context)
}

fn reflect_apply(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(function) = arg(args, 0).as_callable() else {
        return guard.originals[0].call(this, args, context);
    };
    let list = guard.arguments(&arg(args, 2), context)?;
    function.call(&arg(args, 1), &list, context)
}

fn construct(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let target = arg(args, 0);
    let new_target = args.get(2).cloned().unwrap_or_else(|| target.clone());
    let (Some(target), Some(new_target)) = (target.as_constructor(), new_target.as_constructor())
    else {
        return guard.originals[0].call(this, args, context);
    };
    let list = guard.arguments(&arg(args, 1), context)?;
    Ok(target.construct(&list, Some(&new_target), context)?.into())
}

impl Guard {
    /// `CreateListFromArrayLike` of the standard.
    fn arguments(&self, list: &JsValue, context: &mut Context) -> JsResult<Vec<JsValue>> {
        let Some(list) = list.as_object() else {
            return Err(JsNativeError::typ()
                .with_message("the list of arguments must be an object")
                .into());
        };
        let length = length_of(&list, context)?;
        if length > MAX_ARGUMENTS {
            return Err(JsNativeError::range()
                .with_message(format!("a call takes at most {MAX_ARGUMENTS} arguments"))
                .into());
        }
        (0..length).map(|index| list.get(index, context)).collect()
    }
}
