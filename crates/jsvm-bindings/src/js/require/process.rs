//! The module `process`, and the global of that name.
//!
//! The one rule: it has `env` and nothing else, as PocketBase's; what is in
//! there the embedder decides.

use super::super::{HostData, class::string};
use boa_engine::{Context, JsResult, JsString, JsValue, js_string};
use jsvm_core::value;

/// The object; each VM has its own copy of the variables.
pub(super) fn object(context: &mut Context) -> JsResult<JsValue> {
    let variables = HostData::of(context).env.process_env.clone();
    let env = value::new_object(context);
    let allowed = HostData::of(context).env.permissions.env.clone();
    for (name, text) in variables.iter().filter(|(name, _)| allowed.has_name(name)) {
        value::set_own(&env, JsString::from(name.as_str()), string(text), context);
    }
    let process = value::new_object(context);
    value::set_own(&process, js_string!("env"), env.into(), context);
    Ok(process.into())
}
