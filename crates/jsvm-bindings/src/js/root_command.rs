//! `$app.rootCmd` and `Command`: subcommands of the program.
//!
//! The one rule: a hook file that adds one loads, and the log says that nobody
//! will run it.

use super::{
    HostData,
    class::{Class, arg, constructor, define_global, open_instance},
};
use crate::output::Level;
use boa_engine::{Context, JsData, JsObject, JsResult, JsValue, NativeFunction, js_string};
use boa_gc::{Finalize, Trace};
use jsvm_core::value;

#[derive(Clone, Trace, Finalize, JsData)]
#[boa_gc(unsafe_empty_trace)]
struct CommandObject;

/// What `$app` has while files are loaded, and in routes and cron jobs.
pub(super) const APP: Class = Class {
    methods: &[],
    getters: &[("rootCmd", |value, _, context| {
        let app = super::app::app(value)?;
        if app.is_transactional() {
            return Ok(JsValue::undefined());
        }
        let prototype = super::Classes::of(context).command.clone();
        let root = open_instance(&prototype, CommandObject, context);
        value::set_own(&root, js_string!("use"), js_string!("jsvm").into(), context);
        Ok(root.into())
    })],
    accessors: &[],
};

/// Adds `Command`; returns its prototype.
pub(super) fn install(context: &mut Context) -> JsResult<JsObject> {
    let prototype = COMMAND.prototype(None, context)?;
    let body = NativeFunction::from_copy_closure_with_captures(
        |_, args, prototype: &JsObject, context| {
            let made = open_instance(prototype, CommandObject, context);
            if let Some(given) = arg(args, 0).as_object() {
                for key in value::own_keys(&given) {
                    let member = value::own_value(&given, &key).unwrap_or_default();
                    made.create_data_property_or_throw(key, member, context)?;
                }
            }
            Ok(made.into())
        },
        prototype.clone(),
    );
    let function = constructor("Command", 1, body, &prototype, context)?;
    define_global("Command", function.into(), context)?;
    Ok(prototype)
}

const COMMAND: Class = Class {
    methods: &[("addCommand", 1, |_, args, context| {
        for command in args {
            let name = name(command);
            let line = format!(
                "$app.rootCmd.addCommand: jsvm runs no commands of hook files, and so not \
                 {name:?}; make it a route or a cron job"
            );
            HostData::of(context).env.app.log(Level::Warn, &line);
        }
        Ok(JsValue::undefined())
    })],
    getters: &[],
    accessors: &[],
};

/// The first word of how it is used.
fn name(command: &JsValue) -> String {
    let usage = command
        .as_object()
        .and_then(|command| value::own_value(&command, &js_string!("use").into()))
        .and_then(|usage| usage.as_string())
        .map(|usage| value::text(&usage))
        .unwrap_or_default();
    usage.split_whitespace().next().unwrap_or("").to_owned()
}
