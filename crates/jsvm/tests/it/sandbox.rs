//! `[sandbox]`: single permissions beside the profile, and frozen built-ins.

use crate::Lines;
use jsvm::{App, Config, Error, ModuleFiles, NoRecords, Runtime, Source};
use std::{sync::Arc, time::Duration};

/// Every file below `/app` is a module that returns its own path.
struct Anything;

impl ModuleFiles for Anything {
    fn root(&self) -> String {
        "/app".into()
    }

    fn read(&self, path: &str, _: usize) -> Result<Option<String>, Error> {
        let is_there = path.starts_with("/app/") && path.ends_with(".js");
        Ok(is_there.then(|| format!("module.exports = '{path}'")))
    }
}

fn runtime(sandbox: &str) -> Runtime {
    let config = Config::from_toml(&format!("[sandbox]\n{sandbox}")).unwrap();
    let app = App::new(Arc::new(NoRecords), Arc::new(Lines::default()));
    Runtime::builder(app)
        .config(config)
        .modules(Arc::new(Anything))
        .process_env([("A", "1"), ("B", "2")].map(|(name, text)| (name.into(), text.into())))
        .build()
        .unwrap()
}

fn told(runtime: &Runtime, text: &str) -> String {
    let ran = runtime.run_script(Source::new("a.js", text), Duration::ZERO);
    match ran.unwrap().result {
        Ok((_, text)) => text,
        Err(err) => err.headline(),
    }
}

#[test]
fn a_strict_script_reaches_what_is_listed_and_nothing_else() {
    let strict = runtime("");
    for name in ["require", "process", "Buffer", "__hooks"] {
        assert_eq!(
            told(&strict, name),
            format!("ReferenceError: {name} is not defined")
        );
    }
    let cure = |text: &str| {
        let ran = strict.run_script(Source::new("a.js", text), Duration::ZERO);
        ran.unwrap()
            .result
            .unwrap_err()
            .cure
            .clone()
            .unwrap_or_default()
    };
    assert!(cure("$http.send({})").starts_with("sandbox.net lists the hosts"));
    assert!(cure("require('a')").starts_with("sandbox.require lists"));
    let listed = runtime("net = [\"a.example\"]");
    assert_eq!(
        told(&listed, "$http.send({ url: 'http://b.example' })"),
        "GoError: Get \"http://b.example\": scripts may not reach b.example; add \"b.example\" to sandbox.net"
    );
    let listed = runtime("require = [\"lib\"]\nenv = [\"A\"]");
    assert_eq!(told(&listed, "require('/app/lib/a')"), "/app/lib/a.js");
    for outside in ["/app/other/a", "/app/library", "/app/lib/../other/a"] {
        let told = told(&listed, &format!("require('{outside}')"));
        assert!(
            told.contains("add its directory to sandbox.require"),
            "{outside}: {told}"
        );
    }
    assert_eq!(told(&listed, "Object.keys(process.env).join()"), "A");
    let only_env = runtime("env = [\"B\"]");
    assert_eq!(
        told(&only_env, "process.env.B + typeof require"),
        "2undefined"
    );
}

#[test]
fn a_list_narrows_the_profile_pocketbase() {
    let all = runtime("profile = \"pocketbase\"");
    assert_eq!(
        told(&all, "require('/app/x') + process.env.B"),
        "/app/x.js2"
    );
    assert_eq!(told(&all, "typeof $apis.static('/srv/files')"), "object");
    let narrow = runtime("profile = \"pocketbase\"\nenv = [\"A\"]\nread = [\"/srv\"]");
    assert_eq!(
        told(&narrow, "String(process.env.B) + require('/app/x')"),
        "undefined/app/x.js"
    );
    assert_eq!(told(&narrow, "typeof $apis.static('/srv/files')"), "object");
    for dir in ["/etc", "/srv/../etc", "/srvother"] {
        let told = told(&narrow, &format!("$apis.static('{dir}')"));
        assert!(told.contains("sandbox.read"), "{dir}: {told}");
    }
}

#[test]
fn frozen_built_ins_stay_as_they_were() {
    let open = "Object.prototype.toJSON = () => 'mine'; JSON.stringify({})";
    assert_eq!(told(&runtime(""), open), "\"mine\"");
    assert_eq!(told(&runtime("freeze = true"), open), "{}");
}

#[test]
fn code_from_strings_is_refused_by_the_profile_or_the_setting() {
    let code = "eval('1') + new Function('return 1')()";
    let refused = "EvalError: code from strings (eval, new Function) is refused; \
                   sandbox.eval = \"allowed\" permits it";
    for (sandbox, expected) in [
        ("", refused),
        ("eval = \"allowed\"", "2"),
        ("profile = \"pocketbase\"", "2"),
        ("profile = \"pocketbase\"\neval = \"refused\"", refused),
    ] {
        assert_eq!(told(&runtime(sandbox), code), expected, "{sandbox}");
    }
}
