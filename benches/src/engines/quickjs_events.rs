//! Events and records as classes of rquickjs, which its hosts would write.
//!
//! The one rule: as small as they can be. There is no chain, no limit and no
//! metric, fields are texts without types, and a handler is called directly;
//! event and record objects are made for each call.

#![expect(elided_lifetimes_in_paths, reason = "in what the macros make")]

use crate::{
    case::strict,
    clock,
    engines::{
        ours_events::{EMAIL, Handler, TITLE},
        quickjs::{start, told},
    },
    harness::Subject,
};
use anyhow::{Result, ensure};
use rquickjs::{
    CatchResultExt, Class, Context, Ctx, Function, JsLifetime, Persistent, Value, class::Trace,
};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    hint::black_box,
    rc::Rc,
};

/// What the objects of all calls share.
#[derive(Clone, Default)]
struct Data {
    fields: Rc<RefCell<HashMap<String, String>>>,
    actions: Rc<Cell<u64>>,
}

#[derive(Trace, JsLifetime)]
#[rquickjs::class(rename = "Record")]
struct Record {
    #[qjs(skip_trace)]
    data: Data,
}

#[rquickjs::methods]
impl Record {
    fn get(&self, name: String) -> Option<String> {
        self.data.fields.borrow().get(&name).cloned()
    }

    fn set(&self, name: String, value: String) {
        self.data.fields.borrow_mut().insert(name, value);
    }
}

#[derive(Trace, JsLifetime)]
#[rquickjs::class(rename = "Event")]
struct Event<'js> {
    #[qjs(get, set)]
    record: Class<'js, Record>,
    #[qjs(skip_trace)]
    data: Data,
}

#[rquickjs::methods]
impl<'js> Event<'js> {
    fn next(&self) {
        self.data.actions.set(self.data.actions.get() + 1);
    }
}

/// Calls a handler with events about one record.
///
/// # Errors
///
/// It does not do what it should.
pub(crate) fn handler(handler: Handler) -> Result<Subject> {
    let context = start()?;
    let data = Data::default();
    let mut fields = data.fields.borrow_mut();
    fields.insert("title".to_owned(), TITLE.to_owned());
    fields.insert("email".to_owned(), EMAIL.to_owned());
    drop(fields);
    let function = context.with(|ctx| {
        let text = strict(handler.text);
        let function: Function<'_> = ctx.eval(text).catch(&ctx).map_err(told)?;
        let event = event(&ctx, &data)?;
        let result: Result<Value<'_>, _> = function.call((event,)).catch(&ctx);
        result.map_err(told)?;
        anyhow::Ok(Persistent::save(&ctx, function))
    })?;
    let title = data.fields.borrow()["title"].clone();
    ensure!(title == handler.title, "the title is {title:?}");
    let actions = data.actions.get();
    ensure!((actions == 1) == handler.goes_on, "{actions} actions");
    let held = Held { function, context };
    Ok(Box::new(move |operations| {
        let held = &held;
        let calls = operations.div_ceil(handler.operations);
        let time = held.context.with(|ctx| {
            let function = held.function.clone().restore(&ctx)?;
            clock::on_thread(|| {
                for _ in 0..calls {
                    let event = event(&ctx, &data)?;
                    black_box(function.call::<_, Value<'_>>((event,))?);
                }
                Ok(())
            })
        })?;
        Ok(time * operations / (calls * handler.operations))
    }))
}

/// A context, and what is held of it; that must go first.
struct Held {
    function: Persistent<Function<'static>>,
    context: Context,
}

fn event<'js>(ctx: &Ctx<'js>, data: &Data) -> Result<Class<'js, Event<'js>>> {
    let record = Record { data: data.clone() };
    let record = Class::instance(ctx.clone(), record)?;
    let data = data.clone();
    Ok(Class::instance(ctx.clone(), Event { record, data })?)
}
