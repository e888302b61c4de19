//! Loading comes back, whatever the top level of a file does.

use jsvm::{App, Config, Level, NoRecords, Output, Runtime, Source};
use serde_json::{Map, Value};
use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

/// Never comes back from `console.log`, as a built-in function that is stuck.
struct Stuck(Mutex<mpsc::Receiver<()>>);

impl Output for Stuck {
    fn print(&self, _: Level, _: &str) {
        self.0.lock().unwrap().recv().ok();
    }

    fn log(&self, _: Level, _: &str, _: &Map<String, Value>) {}
}

#[test]
fn a_top_level_that_is_stuck_is_left_behind() {
    let (release, released) = mpsc::channel();
    let mut config = Config::default();
    config.limits.timeout = Duration::from_millis(30);
    config.pool.workers = 1;
    let app = App::new(Arc::new(NoRecords), Arc::new(Stuck(Mutex::new(released))));
    let runtime = Runtime::builder(app).config(config).build().unwrap();
    let fine = "onBootstrap((e) => e.next())";
    let files = [
        Source::new("1.pb.js", fine),
        Source::new("2.pb.js", format!("{fine}; console.log('for ever')")),
        Source::new("3.pb.js", format!("{fine}; throw new Error('x')")),
    ];
    let loaded = runtime.inspect(&files).unwrap();
    let told: Vec<_> = loaded
        .failures
        .iter()
        .map(|(name, err)| (name.as_str(), err.limit.map(|hit| hit.as_str())))
        .collect();
    assert_eq!(told, [("2.pb.js", Some("timeout")), ("3.pb.js", None)]);
    assert_eq!(loaded.hooks.handlers(), 2);
    drop(release);
}
