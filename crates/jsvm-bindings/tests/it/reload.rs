//! Other hooks come into force: what goes on, what is let go of.

use crate::world::{Notes, World, on_large_stack, strict_env};
use jsvm_bindings::{App, Chain, Event, Executor, HookSet, load};
use jsvm_core::Source;
use std::{sync::Arc, time::Duration};

fn emit(app: &App, hook: &str) {
    app.emit(&[hook], Event::new(app.clone()), Box::new(|_| Ok(())))
        .unwrap();
}

fn hooks(app: &App, text: &str) -> HookSet {
    let (env, file) = (strict_env(app), Source::new("main.pb.js", text));
    on_large_stack(move || load(&[file], &env).unwrap().hooks)
}

const OLD: &str = "
    onBootstrap((e) => { console.log('old start'); e.next(); console.log('old end') })
    onTerminate((e) => { console.log('old nested'); e.next() })
";
const NEW: &str = "
    onBootstrap((e) => { console.log('new'); e.next() })
    onTerminate((e) => { console.log('new nested'); e.next() })
";

#[test]
fn an_event_in_progress_keeps_its_hooks_and_so_does_what_it_causes() {
    let world = World::new(OLD);
    let (app, new) = (world.app.clone(), hooks(&world.app, NEW));
    let action = move |event: &Arc<Event>| {
        app.set_hooks(new);
        emit(&event.app(), "onTerminate");
        event.app().run_in_transaction(|tx| {
            emit(tx, "onTerminate");
            Ok(())
        })
    };
    let event = Event::new(world.app.clone());
    world
        .app
        .emit(&["onBootstrap"], event, Box::new(action))
        .unwrap();
    let wanted = ["old start", "old nested", "old nested", "old end"];
    assert_eq!(world.printed(), wanted);
    emit(&world.app, "onBootstrap");
    emit(&world.app, "onTerminate");
    assert_eq!(world.printed(), ["new", "new nested"]);
}

#[test]
fn a_handle_that_keeps_hooks_does_so_for_all_its_events() {
    let world = World::new(OLD);
    let kept = world.app.keeping(world.app.hooks());
    world.app.set_hooks(hooks(&world.app, NEW));
    emit(&kept, "onTerminate");
    emit(&kept.outside(), "onTerminate");
    emit(&world.app, "onTerminate");
    let wanted = ["old nested", "old nested", "new nested"];
    assert_eq!(world.printed(), wanted);
}

#[test]
fn new_hooks_find_no_globals_of_the_old_ones() {
    let count = "onBootstrap((e) => {
        globalThis.runs = (globalThis.runs ?? 0) + 1
        console.log(globalThis.runs)
        e.next()
    })";
    let world = World::new(count);
    emit(&world.app, "onBootstrap");
    emit(&world.app, "onBootstrap");
    world.app.set_hooks(hooks(&world.app, count));
    emit(&world.app, "onBootstrap");
    assert_eq!(world.printed(), ["1", "2", "1"]);
}

#[test]
fn cron_jobs_are_replaced_too() {
    let world = World::new("cronAdd('old', '* * * * *', () => {})");
    let new = "cronAdd('new', '* * * * *', () => { console.log('due') })";
    world.app.set_hooks(hooks(&world.app, new));
    let ids: Vec<_> = world.app.crons().keys().cloned().collect();
    assert_eq!(ids, ["new"]);
    world.app.run_cron("new").unwrap();
    assert_eq!(world.printed(), ["due"]);
}

/// Runs the handlers of `onBootstrap`, then that of each job; returns how many
/// functions are kept, and whether each call found its own.
fn run_all(executor: &Executor, notes: &Notes, app: &App, jobs: &[&str]) -> (usize, Vec<bool>) {
    let set = app.hooks();
    let mut handlers: Vec<_> = set
        .matching("onBootstrap", std::iter::empty())
        .cloned()
        .collect();
    handlers.extend(jobs.iter().map(|id| Arc::clone(&app.crons()[*id].handler)));
    for handler in handlers {
        let event = Arc::new(Event::new(app.clone()));
        let chain = Chain::new(vec![handler], event, Box::new(|_| Ok(())));
        executor.run(chain, Duration::ZERO).unwrap();
    }
    let calls = std::mem::take(&mut *notes.0.lock().unwrap());
    let found = calls.iter().map(|call| call.cache_hit).collect();
    (executor.functions(), found)
}

#[test]
fn what_is_made_ahead_is_found_by_the_first_call() {
    let text = "onBootstrap((e) => e.next())
        cronAdd('a', '* * * * *', () => 1)
        cronAdd('same', '* * * * *', () => 1)";
    let app = World::new("").app;
    app.set_hooks(hooks(&app, text));
    on_large_stack(move || {
        let (executor, notes) = (Executor::new(strict_env(&app)).unwrap(), Notes::default());
        executor.observe(notes.clone());
        let pieces = || std::iter::repeat_with(|| executor.warm_up(1_000_000));
        assert!(!executor.warm_up(0));
        assert_eq!(pieces().take_while(|more| *more).count(), 3);
        let all = vec![true; 3];
        assert_eq!(run_all(&executor, &notes, &app, &["a", "same"]), (3, all));
        // Other hooks need another VM and their own functions only.
        app.set_hooks(hooks(&app, "onBootstrap((e) => e.next()) // again"));
        assert_eq!(pieces().take_while(|more| *more).count(), 2);
        assert_eq!(run_all(&executor, &notes, &app, &[]), (1, vec![true]));
        assert!(!executor.warm_up(1_000_000));
    });
}

#[test]
fn no_more_is_made_ahead_than_there_is_room_for() {
    let large = "/**/".repeat(20_000);
    let text = format!(
        "onBootstrap((e) => {{ {large} e.next() }})
        cronAdd('a', '* * * * *', () => 1)
        cronAdd('b', '* * * * *', () => 2)"
    );
    let app = World::new("").app;
    app.set_hooks(hooks(&app, &text));
    let weight = |id: &str| app.crons()[id].handler.program.weight() as u64;
    let one = weight("a").max(weight("b"));
    on_large_stack(move || {
        for (most, made) in [(one - 1, 0), (2 * one - 1, 1), (1_000_000, 2)] {
            let executor = Executor::new(strict_env(&app)).unwrap();
            while executor.warm_up(most) {}
            assert_eq!(executor.functions(), made, "{most}");
        }
    });
}

#[test]
fn an_eviction_frees_the_functions_that_nobody_needs() {
    let text = "onBootstrap((e) => e.next())
        cronAdd('a', '* * * * *', () => 1)
        cronAdd('b', '* * * * *', () => 2)";
    let app = World::new("").app;
    app.set_hooks(hooks(&app, text));
    on_large_stack(move || {
        let (executor, notes) = (Executor::new(strict_env(&app)).unwrap(), Notes::default());
        executor.observe(notes.clone());
        let none = vec![false; 3];
        assert_eq!(run_all(&executor, &notes, &app, &["a", "b"]), (3, none));
        app.crons().remove("a");
        assert_eq!(run_all(&executor, &notes, &app, &["b"]), (3, vec![true; 2]));
        app.note_eviction();
        assert_eq!(run_all(&executor, &notes, &app, &["b"]), (2, vec![true; 2]));
        app.set_hooks(hooks(&app, "onBootstrap((e) => e.next()) // again"));
        assert_eq!(run_all(&executor, &notes, &app, &[]), (1, vec![false]));
    });
}
