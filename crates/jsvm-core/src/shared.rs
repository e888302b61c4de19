//! What the functions that metering calls know of their VM.
//!
//! The one rule: nothing here runs script. It notes what happened, with the
//! stack at that moment, for whoever tells the error later.

use crate::{
    error::{LimitHit, Position},
    execution::Execution,
    failure,
    guards::Registry,
    marks::{CREDIT, Marks},
    program::{ContentId, Program},
    source::Source,
};
use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, NativeFunction,
    error::{EngineError, RuntimeLimitError},
    js_string,
    object::{FunctionObjectBuilder, builtins::JsWeakMap},
    property::PropertyDescriptor,
    vm::CodeBlock,
};
use boa_gc::{Finalize, Trace};
use std::{
    cell::{Cell, RefCell, RefMut},
    collections::HashMap,
    rc::Rc,
    sync::Arc,
};

/// Shared by a VM and its native functions.
#[derive(Clone, Finalize, Trace)]
#[boa_gc(unsafe_empty_trace)]
pub(crate) struct Shared(Rc<State>);

struct State {
    execution: Execution,
    /// Every program that the VM has seen, by its id as the engine's stacks
    /// tell it, to map positions back.
    programs: RefCell<HashMap<String, Arc<Program>>>,
    /// What the handler in progress threw.
    caught: RefCell<Option<JsValue>>,
    /// What was thrown last, with the stack there.
    thrown: RefCell<Option<(JsValue, String)>>,
    /// The stack where a limit was hit.
    limit_stack: RefCell<Option<String>>,
    /// The getter of `Error.prototype.stack`, before any script ran.
    stack_getter: RefCell<Option<JsObject>>,
    /// The engine's own `Function.prototype.toString`.
    function_text: RefCell<Option<JsObject>>,
    /// Static functions of the engine, before any script ran.
    originals: RefCell<HashMap<&'static str, JsObject>>,
    /// Proxies that later prototypes put under objects.
    spliced: Cell<usize>,
    /// Whether the next text for the engine's `eval` comes from the compiler.
    is_code_permitted: Cell<bool>,
    /// Guards in progress, outermost first, with the objects they marked.
    natives: RefCell<Vec<Option<JsObject>>>,
    /// The function that a guard asks what it computes.
    asked: RefCell<Option<Asked>>,
    symbols: RefCell<Registry>,
}

/// What a function computes, as it says it itself.
pub(crate) struct Answer {
    pub(crate) terms: String,
    /// Variables of its closure that never change.
    pub(crate) captured: Vec<JsValue>,
}

/// A function that a guard calls and asks what it computes.
struct Asked {
    /// Where its code lies; the guard keeps it there.
    code: usize,
    formula: Option<Answer>,
}

impl Shared {
    pub(crate) fn new(execution: &Execution) -> Self {
        Self(Rc::new(State {
            execution: execution.clone(),
            programs: RefCell::default(),
            caught: RefCell::default(),
            thrown: RefCell::default(),
            limit_stack: RefCell::default(),
            stack_getter: RefCell::default(),
            function_text: RefCell::default(),
            originals: RefCell::default(),
            spliced: Cell::default(),
            is_code_permitted: Cell::default(),
            natives: RefCell::default(),
            asked: RefCell::default(),
            symbols: RefCell::default(),
        }))
    }

    /// Puts the functions that metered text calls into the global object.
    pub(crate) fn install(&self, context: &mut Context) -> JsResult<()> {
        let marks = Marks::get();
        self.replace_stack(context)?;
        self.global(&marks.check, check, context)?;
        self.global(&marks.formula, formula, context)?;
        self.global(&marks.thrown, thrown, context)?;
        self.global(&marks.caught, caught, context)
    }

    /// Keeps the engine's getter of `Error.prototype.stack` and puts one that
    /// tells the author's places, not those of metered text, in its place.
    fn replace_stack(&self, context: &mut Context) -> JsResult<()> {
        let prototype = context.intrinsics().constructors().error().prototype();
        let key = js_string!("stack");
        let engines = prototype.borrow().properties().get(&key.clone().into());
        let getter = engines.as_ref().and_then(PropertyDescriptor::get);
        *self.0.stack_getter.borrow_mut() = getter.and_then(JsValue::as_object);
        let text = NativeFunction::from_fn_ptr(|this, _, context| {
            let text = failure::stack_text(this, context);
            Ok(text.map_or_else(JsValue::undefined, |it| js_string!(it).into()))
        });
        let getter = FunctionObjectBuilder::new(context.realm(), text)
            .name(js_string!("get stack"))
            .build();
        let setter = engines.as_ref().and_then(PropertyDescriptor::set).cloned();
        let property = PropertyDescriptor::builder()
            .get(getter)
            .set(setter.unwrap_or_default())
            .enumerable(false)
            .configurable(true);
        prototype
            .define_property_or_throw(key, property, context)
            .map(drop)
    }

    fn global(&self, name: &str, body: Body, context: &mut Context) -> JsResult<()> {
        let native = NativeFunction::from_copy_closure_with_captures(
            move |_, args, shared: &Self, context| body(shared, args, context),
            self.clone(),
        );
        let function = FunctionObjectBuilder::new(context.realm(), native)
            .name(js_string!(name))
            .build();
        let property = PropertyDescriptor::builder()
            .value(function)
            .writable(false)
            .enumerable(false)
            .configurable(false);
        context
            .global_object()
            .define_property_or_throw(js_string!(name), property, context)
            .map(drop)
    }

    pub(crate) fn execution(&self) -> &Execution {
        &self.0.execution
    }

    pub(crate) fn remember(&self, program: &Arc<Program>) {
        self.0
            .programs
            .borrow_mut()
            .insert(program.id().to_string(), Arc::clone(program));
    }

    pub(crate) fn forget(&self, id: ContentId) {
        self.0.programs.borrow_mut().remove(&id.to_string());
    }

    /// The program whose id is written so.
    pub(crate) fn program(&self, id: &str) -> Option<Arc<Program>> {
        self.0.programs.borrow().get(id).map(Arc::clone)
    }

    /// The source of a function by the engine's text of it.
    ///
    /// That text is metered, and the engine may cut off its end; so it is only
    /// used to find the function among those of all programs. Of several with
    /// the same text, the first at or behind `near` is taken.
    pub(crate) fn function_source(&self, metered: &str, near: Option<&Position>) -> Option<Source> {
        let text = Marks::get().strip(metered);
        let programs = self.0.programs.borrow();
        let found = programs.values().flat_map(|program| {
            let functions = program.functions();
            functions.map(move |(at, whole)| (program, at, whole))
        });
        found
            .filter(|(_, _, whole)| whole.starts_with(&text))
            .map(|(program, at, whole)| program.source().part(at, whole))
            .min_by_key(|source| {
                let (line, column) = source.start();
                let is_elsewhere = near.is_some_and(|near| near.file != source.name());
                let is_before = near.is_some_and(|near| line < near.line);
                (is_elsewhere, is_before, source.text().len(), line, column)
            })
    }

    /// What a handler's own `catch` took, once.
    pub(crate) fn take_caught(&self) -> Option<JsValue> {
        self.0.caught.borrow_mut().take()
    }

    /// The stack at the statement that threw `value` last.
    pub(crate) fn stack_of_thrown(&self, value: &JsValue) -> Option<String> {
        let thrown = self.0.thrown.borrow();
        let (last, stack) = thrown.as_ref()?;
        last.strict_equals(value).then(|| stack.clone())
    }

    /// The stack where the limit was hit, once.
    pub(crate) fn take_limit_stack(&self) -> Option<String> {
        self.0.limit_stack.borrow_mut().take()
    }

    /// Lets go of everything of the engine.
    ///
    /// The global functions hold this, and this holds objects as roots: without
    /// it, a VM that is dropped would be kept alive by itself.
    pub(crate) fn release(&self) {
        self.clear();
        self.0.programs.borrow_mut().clear();
        *self.0.stack_getter.borrow_mut() = None;
        *self.0.function_text.borrow_mut() = None;
        self.0.originals.borrow_mut().clear();
        drop(self.0.symbols.take());
    }

    /// The symbols that scripts have registered.
    pub(crate) fn symbols(&self) -> RefMut<'_, Registry> {
        self.0.symbols.borrow_mut()
    }

    /// Keeps static functions that guards need.
    pub(crate) fn keep_originals(&self, context: &mut Context) -> JsResult<()> {
        let constructors = context.intrinsics().constructors();
        let (array, object) = (constructors.array(), constructors.object());
        let wanted = [
            ("isArray", array.constructor()),
            ("keys", object.constructor()),
            ("deleteProperty", context.intrinsics().objects().reflect()),
        ];
        for (name, holder) in wanted {
            let function = holder.get(js_string!(name), context)?;
            if let Some(function) = function.as_object() {
                self.0.originals.borrow_mut().insert(name, function);
            }
        }
        let proxies = JsWeakMap::new(context);
        let mut originals = self.0.originals.borrow_mut();
        originals.insert("proxies", proxies.into());
        Ok(())
    }

    /// A static function that was kept.
    pub(crate) fn original(&self, name: &str) -> Option<JsObject> {
        self.0.originals.borrow().get(name).cloned()
    }

    /// Counts proxies that a later prototype put under objects; returns how
    /// many there are.
    pub(crate) fn splice(&self, proxies: usize) -> usize {
        let spliced = self.0.spliced.get().saturating_add(proxies);
        self.0.spliced.set(spliced);
        spliced
    }

    /// The engine may compile the next text that it is given.
    pub(crate) fn permit_code(&self) {
        self.0.is_code_permitted.set(true);
    }

    /// Whether the engine may compile this text, once.
    pub(crate) fn take_code_permit(&self) -> bool {
        self.0.is_code_permitted.take()
    }

    /// How deep guards are in each other.
    pub(crate) fn native_depth(&self) -> usize {
        self.0.natives.borrow().len()
    }

    pub(crate) fn push_native(&self, mark: Option<JsObject>) {
        self.0.natives.borrow_mut().push(mark);
    }

    pub(crate) fn pop_native(&self) {
        self.0.natives.borrow_mut().pop();
    }

    /// Whether a guard further out marked the object.
    pub(crate) fn is_marked(&self, object: &JsObject) -> bool {
        let natives = self.0.natives.borrow();
        let mut marks = natives.iter().flatten();
        marks.any(|mark| JsObject::equals(mark, object))
    }

    /// Asks the limits.
    pub(crate) fn check(&self, context: &mut Context) -> JsResult<()> {
        check(self, &[], context).map(drop)
    }

    /// Ends the execution for a limit, and says where.
    pub(crate) fn end(&self, hit: LimitHit, context: &mut Context) -> boa_engine::JsError {
        if self.0.execution.hit().is_none() {
            *self.0.limit_stack.borrow_mut() = self.stack_here(context);
        }
        uncatchable(self.0.execution.end(hit))
    }

    #[cfg(test)]
    pub(crate) fn is_alive(&self) -> impl Fn() -> bool + use<> {
        let state = Rc::downgrade(&self.0);
        move || state.upgrade().is_some()
    }

    /// Forgets what belongs to one execution.
    pub(crate) fn clear(&self) {
        *self.0.caught.borrow_mut() = None;
        *self.0.thrown.borrow_mut() = None;
        *self.0.limit_stack.borrow_mut() = None;
        self.0.natives.borrow_mut().clear();
        *self.0.asked.borrow_mut() = None;
    }

    /// Calls the function with this code, and returns what it says that it
    /// computes.
    pub(crate) fn asking<T>(
        &self,
        code: usize,
        call: impl FnOnce() -> JsResult<T>,
    ) -> JsResult<(T, Option<Answer>)> {
        let asked = Asked {
            code,
            formula: None,
        };
        let outer = self.0.asked.replace(Some(asked));
        let result = call();
        let asked = self.0.asked.replace(outer);
        result.map(|told| (told, asked.and_then(|asked| asked.formula)))
    }

    /// Takes what the function in progress says, if it was asked.
    fn answer(&self, args: &[JsValue], context: &Context) -> Option<()> {
        let mut asked = self.0.asked.borrow_mut();
        let asked = asked.as_mut().filter(|asked| asked.formula.is_none())?;
        let frame = context.stack_trace().next()?;
        let code = std::ptr::from_ref::<CodeBlock>(frame.code_block()).addr();
        if code == asked.code {
            let (terms, captured) = args.split_first()?;
            asked.formula = Some(Answer {
                terms: terms.as_string()?.to_std_string().ok()?,
                captured: captured.to_vec(),
            });
        }
        Some(())
    }

    /// The engine's own stack text of an error object; no script runs.
    pub(crate) fn stack_of(&self, error: &JsObject, context: &mut Context) -> Option<String> {
        let getter = self.0.stack_getter.borrow().clone()?;
        let stack = getter.call(&error.clone().into(), &[], context).ok()?;
        Some(stack.as_string()?.to_std_string_lossy())
    }

    /// A value that is thrown again keeps its first place.
    fn note(&self, value: &JsValue, context: &mut Context) {
        if self.stack_of_thrown(value).is_none() {
            let stack = self.stack_here(context).unwrap_or_default();
            *self.0.thrown.borrow_mut() = Some((value.clone(), stack));
        }
    }

    /// The engine's stack text of this moment.
    pub(crate) fn stack_here(&self, context: &mut Context) -> Option<String> {
        let constructor = context.intrinsics().constructors().error().constructor();
        let error = constructor.construct(&[], None, context).ok()?;
        self.stack_of(&error, context)
    }
}

/// The credit, as the engine's numbers are.
const TURNS: i32 = CREDIT.cast_signed();

type Body = fn(&Shared, &[JsValue], &mut Context) -> JsResult<JsValue>;

/// Called by metered text when its credit is used up.
fn check(shared: &Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let first = shared.0.execution.hit().is_none();
    match check_depth(shared, context).and_then(|()| check_all(shared, args)) {
        Ok(()) => Ok(next_bound(args)),
        Err(hit) => {
            if first {
                *shared.0.limit_stack.borrow_mut() = shared.stack_here(context);
            }
            Err(uncatchable(hit))
        }
    }
}

/// Called by a function that says what it computes, when it is entered.
fn formula(shared: &Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    check(shared, &[], context)?;
    shared.answer(args, context);
    Ok(JsValue::undefined())
}

/// What the variable that counts a loop's turns is after as many more; from
/// 2^53 on, where small steps do not change a number, each turn checks.
fn next_bound(args: &[JsValue]) -> JsValue {
    const STUCK: f64 = 9_007_199_254_740_992.0;
    let [now, step] = args else {
        return JsValue::from(0);
    };
    // The engine compares integers of its own kind faster.
    let ahead = step.as_i32().and_then(|step| step.checked_mul(TURNS));
    let integer = now.as_i32().zip(ahead);
    if let Some(bound) = integer.and_then(|(now, ahead)| now.checked_add(ahead)) {
        return JsValue::from(bound);
    }
    let (now, step) = (now.as_number(), step.as_number());
    let bound = now
        .zip(step)
        .map(|(now, step)| now + step * f64::from(TURNS));
    JsValue::from(bound.unwrap_or(0.0).min(STUCK))
}

/// Frames of built-in functions do not count.
fn check_depth(shared: &Shared, context: &Context) -> Result<(), LimitHit> {
    let limit = shared.0.execution.limits().recursion;
    match context.stack_trace().nth(limit) {
        Some(_) => Err(shared.0.execution.end(LimitHit::Recursion(limit))),
        None => Ok(()),
    }
}

/// An argument says that the credit of a loop was used up.
fn check_all(shared: &Shared, args: &[JsValue]) -> Result<(), LimitHit> {
    let execution = &shared.0.execution;
    execution.check()?;
    if !args.is_empty() {
        execution.count_loops(CREDIT)?;
    }
    if execution.memory_exceeded().is_some() {
        // Garbage does not count, but only the collector knows it.
        boa_gc::force_collect();
        if let Some(hit) = execution.memory_exceeded() {
            return Err(execution.end(hit));
        }
    }
    Ok(())
}

/// Called with what is about to be thrown; returns it.
///
/// Error objects know their place; anything else would lose it.
fn thrown(shared: &Shared, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = args.first().cloned().unwrap_or_default();
    let is_error = value
        .as_object()
        .is_some_and(|object| object.is::<boa_engine::builtins::error::Error>());
    if !is_error {
        shared.note(&value, context);
    }
    Ok(value)
}

/// Notes the place of the script for a value that a native function throws.
///
/// Error objects of the engine know their place; anything else does not.
pub fn note_thrown(value: &JsValue, context: &mut Context) {
    if let Some(shared) = context.get_data::<Shared>().cloned() {
        shared.note(value, context);
    }
}

/// Called by a handler's own `catch`.
fn caught(shared: &Shared, args: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let value = args.first().cloned().unwrap_or_default();
    *shared.0.caught.borrow_mut() = Some(value);
    Ok(JsValue::undefined())
}

/// The one kind of error that no script can catch.
fn uncatchable(hit: LimitHit) -> boa_engine::JsError {
    let error = match hit {
        LimitHit::Recursion(_) => RuntimeLimitError::Recursion,
        _ => RuntimeLimitError::LoopIteration,
    };
    EngineError::from(error).into()
}

/// A native function's way to end the script for a limit.
///
/// # Errors
///
/// Always if a limit was hit, with an error that no script can catch.
pub(crate) fn check_limits(context: &mut Context) -> JsResult<()> {
    match context.get_data::<Shared>().cloned() {
        Some(shared) => check(&shared, &[], context).map(drop),
        None => Ok(()),
    }
}

/// The source of a function of a script, with its place in its file.
///
/// `None` for native functions and for classes. Of several functions with the
/// same text, it is the first at or behind `near`.
///
/// # Errors
///
/// If the engine's own `toString` fails, which it does not for functions.
pub fn function_source(
    function: &JsObject,
    near: Option<&Position>,
    context: &mut Context,
) -> JsResult<Option<Source>> {
    let Some(shared) = context.get_data::<Shared>().cloned() else {
        return Ok(None);
    };
    let text = metered_text(&shared, function, context)?;
    Ok(text.and_then(|text| shared.function_source(&text, near)))
}

/// What the engine says is the text of a function, without what metering put
/// into it; of a long one the end may be missing.
///
/// # Errors
///
/// As [`function_source`].
pub fn function_text(function: &JsObject, context: &mut Context) -> JsResult<Option<String>> {
    let Some(shared) = context.get_data::<Shared>().cloned() else {
        return Ok(None);
    };
    let text = metered_text(&shared, function, context)?;
    Ok(text.map(|text| Marks::get().strip(&text)))
}

fn metered_text(
    shared: &Shared,
    function: &JsObject,
    context: &mut Context,
) -> JsResult<Option<String>> {
    let native = shared.0.function_text.borrow().clone();
    let Some(native) = native else {
        return Ok(None);
    };
    let text = native.call(&function.clone().into(), &[], context)?;
    Ok(Some(text.to_string(context)?.to_std_string_lossy()))
}

/// A text that the script at `near` made, as a part of its file, so that errors
/// in it lead there; `None` if no program of this VM has that file.
pub fn text_source(text: &str, near: &Position, context: &Context) -> Option<Source> {
    let shared = context.get_data::<Shared>()?;
    let programs = shared.0.programs.borrow();
    let mut programs = programs.values();
    let program = programs.find(|program| program.name() == near.file)?;
    Some(program.source().made_at(near, text))
}

/// Replaces `Function.prototype.toString`: a script that looks at its own text
/// sees what its author wrote.
pub(crate) fn hide_metering(shared: &Shared, context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().function().prototype();
    let key = js_string!("toString");
    let native = prototype.get(key.clone(), context)?;
    let Some(native) = native.as_object() else {
        return Ok(());
    };
    *shared.0.function_text.borrow_mut() = Some(native.clone());
    let original = NativeFunction::from_copy_closure_with_captures(
        |this, args, native: &JsObject, context| {
            let text = native.call(this, args, context)?.to_string(context)?;
            let text = text.to_std_string_lossy();
            if !text.contains(&Marks::get().tag) {
                return Ok(JsString::from(text).into());
            }
            let found = context
                .get_data::<Shared>()
                .and_then(|shared| shared.function_source(&text, None));
            let text = match found {
                Some(source) => source.text().to_owned(),
                None => Marks::get().strip(&text),
            };
            Ok(JsString::from(text).into())
        },
        native,
    );
    let function = FunctionObjectBuilder::new(context.realm(), original)
        .name(key.clone())
        .build();
    let property = PropertyDescriptor::builder()
        .value(function)
        .writable(true)
        .enumerable(false)
        .configurable(true);
    prototype
        .define_property_or_throw(key, property, context)
        .map(drop)
}
