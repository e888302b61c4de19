//! What does one execution cost, and what do its checks add?
//!
//! Each result is asserted before it is timed. `cargo bench -p jsvm-benches`.

use criterion::{Criterion, criterion_group, criterion_main};
use jsvm::{App, Event, Level, NoRecords, Output, Runtime, Source};
use jsvm_core::{Execution, Kind, Limits, Program, Vm};
use serde_json::{Map, Value};
use std::{hint::black_box, sync::Arc, time::Duration};

/// As in the program: the counting allocator is a part of the cost.
#[global_allocator]
static ALLOCATOR: jsvm_alloc::CountingAlloc = jsvm_alloc::CountingAlloc::system();

struct Forget;

impl Output for Forget {
    fn print(&self, _: Level, _: &str) {}
    fn log(&self, _: Level, _: &str, _: &Map<String, Value>) {}
}

fn vm() -> (Execution, Vm) {
    let execution = Execution::with_memory(Limits::default(), jsvm_alloc::thread_live_bytes);
    let vm = Vm::new(&execution).expect("the engine starts");
    (execution, vm)
}

fn program(text: &str, kind: Kind) -> Arc<Program> {
    let source = Source::new("bench.js", text);
    Arc::new(Program::compile(&source, kind, &Limits::default()).expect("it compiles"))
}

/// A kept handler, called in its VM.
fn hook(c: &mut Criterion) {
    let mut group = c.benchmark_group("hook");
    let simple = program("(e) => e + 1", Kind::Handler);
    let throws = program("(e) => { throw new Error('no') }", Kind::Handler);
    let (execution, mut vm) = vm();
    execution.start(Duration::from_secs(3600));
    let one = [1.into()];
    let value = vm.call(&simple, &one).expect("it runs");
    assert_eq!(value.as_number(), Some(2.0));
    assert!(vm.call(&throws, &one).is_err());
    group.bench_function("simple", |b| {
        b.iter(|| {
            execution.start(Duration::from_secs(3600));
            let value = vm.call(&simple, black_box(&one)).is_ok();
            vm.end_execution();
            value
        });
    });
    group.bench_function("throw", |b| b.iter(|| vm.call(&throws, &one).is_err()));
    group.bench_function("first-call", |b| {
        b.iter(|| {
            vm.forget(simple.id());
            vm.call(&simple, &one).is_ok()
        });
    });
    group.bench_function("second-call", |b| b.iter(|| vm.call(&simple, &one).is_ok()));
    group.finish();
}

/// What checks add to loops and calls.
fn metering(c: &mut Criterion) {
    let add = "let s = 0; for (let i = 0; i < 1000; i++) s += i; return s";
    let fib = "const f = (n) => n < 2 ? n : f(n - 1) + f(n - 2); return f(12)";
    compare(
        c,
        "metering",
        &[("loop", add, 499_500.0), ("calls", fib, 144.0)],
    );
}

/// What built-in functions of ours cost beside the engine's.
fn guards(c: &mut Criterion) {
    let order =
        "const o = { id: 'a1', items: [{ n: 1, p: 9.5 }, { n: 2, p: 3 }], tags: ['x', 'y'] };
        return JSON.stringify(o).length";
    let sort = "const a = []; for (let i = 0; i < 200; i++) a.push((i * 7919) % 211);
        return a.sort((x, y) => x - y)[0]";
    let join = "const a = []; for (let i = 0; i < 200; i++) a.push(i); return a.join().length";
    let cases = [
        ("stringify", order, 68.0),
        ("sort", sort, 0.0),
        ("join", join, 689.0),
    ];
    compare(c, "guards", &cases);
}

/// The same body as a handler of ours and in the engine as it comes.
fn compare(c: &mut Criterion, group: &str, cases: &[(&str, &str, f64)]) {
    let mut group = c.benchmark_group(group);
    for (name, body, wanted) in cases {
        let text = format!("(e) => {{ {body} }}");
        let ours = program(&text, Kind::Handler);
        let (execution, mut vm) = vm();
        execution.start(Duration::from_secs(3600));
        let value = vm.call(&ours, &[]).expect("it runs");
        assert_eq!(value.as_number(), Some(*wanted), "{name}");
        group.bench_function(format!("{name}/ours"), |b| {
            b.iter(|| vm.call(&ours, &[]).is_ok());
        });
        let mut context = boa_engine::Context::default();
        let source = format!("\"use strict\";({text})");
        let bare = context
            .eval(boa_engine::Source::from_bytes(&source))
            .expect("it compiles");
        let bare = bare.as_callable().expect("a function");
        group.bench_function(format!("{name}/engine"), |b| {
            b.iter(|| {
                bare.call(&boa_engine::JsValue::undefined(), &[], &mut context)
                    .is_ok()
            });
        });
    }
    group.finish();
}

/// A VM of a worker, as it is made after a limit.
fn start(c: &mut Criterion) {
    let execution = Execution::new(Limits::default());
    c.bench_function("vm/new", |b| b.iter(|| Vm::new(&execution).is_ok()));
}

/// Source to program.
fn compile(c: &mut Criterion) {
    let text = "function check(e) { for (const k of ['a', 'b']) if (!e[k]) throw new Error(k) }\n";
    let source = Source::new("bench.js", text.repeat(50));
    let bytes = source.text().len();
    c.bench_function(&format!("compile/{bytes}-bytes"), |b| {
        b.iter(|| Program::compile(black_box(&source), Kind::Script, &Limits::default()).is_ok());
    });
}

/// A whole event: from the caller's thread through the pool and back.
fn event(c: &mut Criterion) {
    let app = App::new(Arc::new(NoRecords), Arc::new(Forget));
    let runtime = Runtime::builder(app.clone()).build().expect("it starts");
    let hooks = Source::new("main.pb.js", "onBootstrap((e) => e.next())");
    assert!(runtime.load(&[hooks]).expect("it loads").is_empty());
    let emit = |hook: &'static str| {
        let event = Event::new(app.clone());
        app.emit(&[hook], event, Box::new(|_| Ok(()))).is_ok()
    };
    assert!(emit("onBootstrap"));
    assert_eq!(runtime.stats().metrics.executions, 1);
    c.bench_function("event/one-handler", |b| b.iter(|| emit("onBootstrap")));
    c.bench_function("event/no-handler", |b| b.iter(|| emit("onTerminate")));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50).measurement_time(Duration::from_secs(2));
    targets = hook, metering, guards, start, compile, event
}
criterion_main!(benches);
