//! Modules of an embedder.

use crate::Lines;
use jsvm::{App, Config, Error, ModuleFiles, NoRecords, Profile, Runtime, Source};
use std::sync::{Arc, Mutex};

/// One module, whose text can be changed.
#[derive(Default)]
struct Carried(Mutex<String>);

impl ModuleFiles for Carried {
    fn root(&self) -> String {
        "/app".into()
    }

    fn read(&self, path: &str, _: usize) -> Result<Option<String>, Error> {
        let text = self.0.lock().unwrap().clone();
        Ok((path == "/app/mode.js").then_some(text))
    }
}

#[test]
fn modules_and_variables_come_from_the_embedder() {
    let lines = Arc::new(Lines::default());
    let modules = Arc::new(Carried::default());
    let mut config = Config::default();
    config.sandbox.profile = Profile::PocketBase;
    let app = App::new(Arc::new(NoRecords), Arc::clone(&lines) as _);
    let runtime = Runtime::builder(app)
        .config(config)
        .modules(Arc::clone(&modules) as _)
        .process_env([("MODE".to_owned(), "test".to_owned())])
        .build()
        .unwrap();
    let hooks = Source::new("main.pb.js", "console.log(require('./mode')())");
    for text in ["old", "new"] {
        let module = format!("module.exports = () => '{text} ' + process.env.MODE");
        *modules.0.lock().unwrap() = module;
        let failures = runtime.load(std::slice::from_ref(&hooks)).unwrap();
        assert!(failures.is_empty(), "{failures:?}");
    }
    assert_eq!(*lines.0.lock().unwrap(), ["old test", "new test"]);
}
