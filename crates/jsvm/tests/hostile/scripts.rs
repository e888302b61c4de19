//! The project's hostile scripts, one after the other on one runtime.
//!
//! The rule: each comes to what its first line says, and after each the same
//! worker, or the one in its place, runs an ordinary script correctly.

use jsvm::{
    App, Config, Error, Migrate, MigrationError, NoRecords, Ran, Runtime, ScriptError, Silent,
    Source,
};
use serde_json::{Value, json};
use std::{
    fs,
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Scripts that only a process of their own can run, as `cargo xtask hostile`
/// does: this one burns a processor for seconds.
const ELSEWHERE: &[&str] = &["numbers/bigint_growth"];

/// Held by tests that take much memory, or measure it.
pub(crate) static MEMORY: Mutex<()> = Mutex::new(());

/// Uses what hostile scripts leave behind or break: globals, built-ins, jobs.
const SANITY: &str = "
    const total = [3, 1, 2].sort().map((n) => n * n).reduce((a, b) => a + b)
    const text = JSON.stringify(JSON.parse('{\"a\":[1,{\"b\":null}]}'))
    class A { static #n = 1; get n() { return A.#n++ } }
    const [first, ...rest] = (function* () { yield* 'abc' })()
    let caught
    try { null.x } catch (err) { caught = err instanceof TypeError }
    ;[total, text, new A().n, first + rest.length, caught, /b+/.exec('abbc')[0]]";

/// What it comes to.
fn sane() -> Value {
    json!([14, r#"{"a":[1,{"b":null}]}"#, 1, "a2", true, "bb"])
}

/// A runtime for scripts, with the time limit given.
pub(crate) fn runtime(workers: usize, timeout: Duration) -> Runtime {
    let mut config = Config::default();
    config.pool.workers = workers;
    config.pool.max_abandoned = NonZero::new(1000).unwrap();
    config.limits.timeout = timeout;
    config.limits.memory = 64 << 20;
    let app = App::new(Arc::new(NoRecords), Arc::new(Silent));
    Runtime::builder(app).config(config).build().unwrap()
}

/// Runs a hostile script under the runtime's time limit, and gives its value.
pub(crate) fn run(runtime: &Runtime, name: &str, text: &str) -> Result<Value, ScriptError> {
    run_within(runtime, name, text, Duration::ZERO)
}

/// Runs a script that ends by itself: its time is no part of the test, since
/// what the script before it left may be collected meanwhile.
pub(crate) fn run_to_end(runtime: &Runtime, name: &str, text: &str) -> Result<Value, ScriptError> {
    run_within(runtime, name, text, Duration::from_secs(60))
}

fn run_within(
    runtime: &Runtime,
    name: &str,
    text: &str,
    timeout: Duration,
) -> Result<Value, ScriptError> {
    match runtime.run_script(Source::new(name, text), timeout) {
        Ok(Ran { result, .. }) => result.map(|(value, _)| value),
        Err(Error::Script(err)) => Err(err),
        Err(err) => panic!("{name}: {err}"),
    }
}

/// Name and text of each script, in order.
pub(crate) fn scripts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../jsvm-cli/tests/hostile");
    let mut scripts = Vec::new();
    for group in fs::read_dir(&root).unwrap() {
        for script in fs::read_dir(group.unwrap().path()).unwrap() {
            let path = script.unwrap().path().with_extension("");
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let text = fs::read_to_string(path.with_extension("js")).unwrap();
            scripts.push((name, text));
        }
    }
    scripts.retain(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
    scripts.sort();
    scripts
}

#[test]
fn after_each_hostile_script_the_worker_is_sane() {
    let _alone = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime(1, Duration::from_millis(150));
    let scripts = scripts();
    assert!(scripts.len() >= 40, "{}", scripts.len());
    for (name, text) in &scripts {
        let is_harmless = text.starts_with("// expect: ok");
        let result = match is_harmless {
            true => run_to_end(&runtime, name, text),
            false => run(&runtime, name, text),
        };
        assert_eq!(result.is_ok(), is_harmless, "{name}: {result:?}");
        let value = run_to_end(&runtime, "sanity.js", SANITY);
        assert_eq!(value, Ok(sane()), "after {name}");
    }
    assert_eq!(runtime.stats().pool.size, 1);
}

/// The top level of a file runs on a thread of its own, which these take with
/// them: by calls that nobody counts, and by memory in one operator.
#[test]
fn hostile_files_are_left_behind_and_the_rest_is_loaded() {
    let _alone = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = runtime(1, Duration::from_millis(60));
    let stuck = ["natives/getter_of_itself", "text/doubling"];
    let mut files: Vec<Source> = scripts()
        .iter()
        .filter(|(name, _)| stuck.iter().any(|part| name.starts_with(part)))
        .map(|(name, text)| Source::new(name, text.as_str()))
        .collect();
    assert!(files.len() >= stuck.len(), "{files:?}");
    files.push(Source::new("good.pb.js", "onBootstrap((e) => e.next())"));
    let failures = runtime.load(&files).unwrap();
    let names: Vec<_> = failures.iter().map(|it| it.file.as_str()).collect();
    let expected: Vec<_> = files.iter().map(Source::name).collect();
    assert_eq!(names, expected[..files.len() - 1]);
    assert_eq!(runtime.app().hooks().handlers(), 1);
    for file in &files[..files.len() - 1] {
        let err = runtime.migrate(std::slice::from_ref(file), Migrate::Up);
        assert!(matches!(err, Err(MigrationError::File { .. })), "{err:?}");
    }
}
