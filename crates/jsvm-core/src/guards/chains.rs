//! Chains that the engine follows by recursion without any call of a script:
//! proxies of proxies, and helpers of iterators over each other.
//!
//! The one rule: a chain is measured when it is made, because nothing can end
//! it while the engine follows it. Chains of plain prototypes need no guard:
//! [`STACK_SIZE`](crate::STACK_SIZE) bears what fits into memory.

use super::{Guard, arg, buffers::replace_class, missing, replace};
use crate::{error::LimitHit, shared::Shared};
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsValue, js_string,
    object::{
        FunctionObjectBuilder,
        builtins::{JsArray, JsProxy, JsWeakMap},
    },
    property::PropertyDescriptor,
};
use std::collections::HashSet;

/// Proxies that prototypes changed later may put on top of each other.
const MAX_SPLICED: usize = 50_000;

/// Where the parts of a proxy are in their list.
const DEPTH: u32 = 0;
const TARGET: u32 = 1;
const HANDLER: u32 = 2;

pub(super) fn install(shared: &Shared, context: &mut Context) -> JsResult<()> {
    replace_class("Proxy", proxy, shared, context)?;
    let class = context.global_object().get(js_string!("Proxy"), context)?;
    let class = class.as_object().ok_or_else(|| missing("Proxy"))?;
    replace(&class, "revocable", revocable, shared, context)?;
    let object = context.intrinsics().constructors().object();
    let (constructor, prototype) = (object.constructor(), object.prototype());
    let reflect = context.intrinsics().objects().reflect();
    replace(
        &constructor,
        "setPrototypeOf",
        set_prototype,
        shared,
        context,
    )?;
    replace(&reflect, "setPrototypeOf", set_prototype, shared, context)?;
    proto_setter(&prototype, shared, context)?;
    let prototypes = context.intrinsics().objects().iterator_prototypes();
    let (helper, wrapper) = (
        prototypes.iterator_helper(),
        prototypes.wrap_for_valid_iterator(),
    );
    for name in ["next", "return"] {
        replace(&helper, name, deeper, shared, context)?;
        replace(&wrapper, name, deeper, shared, context)?;
    }
    Ok(())
}

/// The setter of `__proto__`.
fn proto_setter(prototype: &JsObject, shared: &Shared, context: &mut Context) -> JsResult<()> {
    let key = js_string!("__proto__");
    let property = prototype.borrow().properties().get(&key.clone().into());
    let Some(property) = property else {
        return Ok(());
    };
    let setter = property.set().and_then(JsValue::as_object);
    let setter = setter.ok_or_else(|| missing("__proto__"))?;
    let native = super::native(proto, shared, vec![setter]);
    let setter = FunctionObjectBuilder::new(context.realm(), native)
        .name(js_string!("set __proto__"))
        .length(1)
        .build();
    let property = PropertyDescriptor::builder()
        .maybe_get(property.get().cloned())
        .set(setter)
        .enumerable(false)
        .configurable(true);
    prototype
        .define_property_or_throw(key, property, context)
        .map(drop)
}

impl Guard {
    /// How many proxies are on the way down from a value.
    fn proxies(&self, value: &JsValue, context: &mut Context) -> JsResult<usize> {
        let proxies = self.known_proxies()?;
        let mut next = value.as_object();
        while let Some(object) = next {
            self.spend(1, context)?;
            if JsProxy::from_object(object.clone()).is_ok() {
                let parts = proxies.get(&object, context)?;
                let Some(parts) = parts.as_object() else {
                    return Ok(1);
                };
                let depth = parts.get(DEPTH, context)?.as_number();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a count of ours"
                )]
                return Ok(depth.map_or(1, |depth| depth as usize));
            }
            next = object.prototype();
        }
        Ok(0)
    }

    /// Depths, targets and handlers of all proxies that scripts made.
    fn known_proxies(&self) -> JsResult<JsWeakMap> {
        let depths = self.shared.original("proxies");
        depths
            .and_then(|depths| JsWeakMap::from_object(depths).ok())
            .ok_or_else(|| missing("list of proxies"))
    }

    /// The depth of a proxy with this target and this handler.
    fn deep(&self, args: &[JsValue], context: &mut Context) -> JsResult<usize> {
        let target = self.proxies(&arg(args, 0), context)?;
        let handler = self.proxies(&arg(args, 1), context)?;
        let limit = self.shared.execution().limits().recursion;
        let depth = target.max(handler) + 1;
        if depth > limit {
            return Err(self.shared.end(LimitHit::Recursion(limit), context));
        }
        Ok(depth)
    }

    fn remember(
        &self,
        proxy: &JsObject,
        depth: usize,
        args: &[JsValue],
        context: &mut Context,
    ) -> JsResult<()> {
        let parts = [JsValue::from(depth), arg(args, 0), arg(args, 1)];
        let parts = JsArray::from_iter(parts, context);
        let proxies = self.known_proxies()?;
        proxies.set(proxy, parts.into(), context).map(drop)
    }

    /// The object whose prototype is set where it is set for `value`: a proxy
    /// hands on to its target.
    fn behind(&self, value: &JsValue, context: &mut Context) -> JsResult<Option<JsObject>> {
        let proxies = self.known_proxies()?;
        let mut object = value.as_object();
        while let Some(proxy) = &object
            && let Some(parts) = proxies.get(proxy, context)?.as_object()
        {
            object = parts.get(TARGET, context)?.as_object();
        }
        Ok(object)
    }

    /// Whether looking something up in `start` may come to `wanted`: below
    /// prototypes, and where a proxy has no trap, which it looks for in its
    /// handler. More proxies than functions may call each other are refused.
    fn leads_to(
        &self,
        start: &JsValue,
        wanted: &JsObject,
        context: &mut Context,
    ) -> JsResult<bool> {
        let proxies = self.known_proxies()?;
        let limit = self.shared.execution().limits().recursion;
        let (mut seen, mut through) = (HashSet::new(), 0);
        let mut waiting: Vec<JsObject> = start.as_object().into_iter().collect();
        while let Some(object) = waiting.pop() {
            self.spend(1, context)?;
            if JsObject::equals(&object, wanted) {
                return Ok(true);
            }
            if !seen.insert(object.clone()) {
                continue;
            }
            match proxies.get(&object, context)?.as_object() {
                Some(parts) => {
                    through += 1;
                    if through > limit {
                        return Err(self.shared.end(LimitHit::Recursion(limit), context));
                    }
                    for part in [TARGET, HANDLER] {
                        waiting.extend(parts.get(part, context)?.as_object());
                    }
                }
                None => waiting.extend(object.prototype()),
            }
        }
        Ok(false)
    }

    /// A prototype that is set makes chains deeper that were measured before.
    ///
    /// The standard refuses one that leads back to its object, but looks no
    /// further than the first proxy; what is looked up there would never end.
    fn splice(&self, object: &JsValue, prototype: &JsValue, context: &mut Context) -> JsResult<()> {
        let proxies = self.proxies(prototype, context)?;
        if let (1.., Some(object)) = (proxies, self.behind(object, context)?)
            && self.leads_to(prototype, &object, context)?
        {
            let message = "a prototype must not lead back to its object through a proxy";
            return Err(JsNativeError::typ().with_message(message).into());
        }
        if self.shared.splice(proxies) > MAX_SPLICED {
            let limit = self.shared.execution().limits().recursion;
            return Err(self.shared.end(LimitHit::Recursion(limit), context));
        }
        Ok(())
    }
}

/// Constructors get their `new.target` as `this`.
fn proxy(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let Some(new_target) = this.as_object() else {
        return guard.originals[0].call(this, args, context);
    };
    let depth = guard.deep(args, context)?;
    let proxy = guard.originals[0].construct(args, Some(&new_target), context)?;
    guard.remember(&proxy, depth, args, context)?;
    Ok(proxy.into())
}

fn revocable(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    let depth = guard.deep(args, context)?;
    let made = guard.originals[0].call(this, args, context)?;
    if let Some(pair) = made.as_object() {
        let proxy = pair.get(js_string!("proxy"), context)?;
        if let Some(proxy) = proxy.as_object() {
            guard.remember(&proxy, depth, args, context)?;
        }
    }
    Ok(made)
}

fn set_prototype(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.splice(&arg(args, 0), &arg(args, 1), context)?;
    guard.originals[0].call(this, args, context)
}

fn proto(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.splice(this, &arg(args, 0), context)?;
    guard.originals[0].call(this, args, context)
}

/// A step of an iterator over another one, which may be over another one.
fn deeper(
    guard: &Guard,
    this: &JsValue,
    args: &[JsValue],
    context: &mut Context,
) -> JsResult<JsValue> {
    guard.spend(1, context)?;
    guard.enter(None, context, |context| {
        guard.originals[0].call(this, args, context)
    })
}
