//! What a source says about itself, question by question.

use jsvm_core::{
    Source,
    analysis::{Argument, Chain, Counts, Root, analyse},
};

/// Where the function that starts with `start` can end without the call, as
/// the texts that stand there.
fn exits(text: &str) -> Vec<String> {
    let counts = Counts {
        methods: &["next", "json"],
        returned: &["Error"],
    };
    let exits = analyse(&Source::new("a.js", text), |it| it.exits_without(0, counts));
    let exits = exits.expect("JavaScript").into_iter();
    exits
        .map(|at| text[at..].chars().take(8).collect())
        .collect()
}

#[test]
fn every_way_without_the_call_is_an_exit() {
    for (text, wanted) in [
        ("(e) => {}", &["}"][..]),
        ("() => {}", &["}"]),
        ("(e) => e.record", &["e.record"]),
        ("(e) => { if (a) e.next() }", &["}"]),
        ("(e) => { if (a) return; e.next() }", &["return; "]),
        (
            "(e) => { if (a) { return 1 } else { e.next() } return 2 }",
            &["return 1"],
        ),
        ("(e) => { a && e.next() }", &["}"]),
        ("(e) => { a ? e.next() : b() }", &["}"]),
        ("(e) => { for (const x of y) e.next() }", &["}"]),
        ("(e) => { while (a) { e.next() } }", &["}"]),
        (
            "(e) => { for (;;) { if (a) break; e.next(); return } }",
            &["}"],
        ),
        (
            "(e) => { do { if (a) continue; e.next() } while (b) }",
            &["}"],
        ),
        ("(e) => { x: { if (a) break x; e.next(); return } }", &["}"]),
        (
            "(e) => { switch (a) { case 1: e.next(); break; case 2: return 7 } }",
            &["return 7", "}"],
        ),
        (
            "(e) => { switch (a) { case 1: case 2: e.next(); break; default: b() } }",
            &["}"],
        ),
        ("(e) => { try { a(); e.next() } catch { log() } }", &["}"]),
        ("(e) => { try { throw 1 } catch {} }", &["}"]),
        ("(e) => { try { return 5 } finally { a() } }", &["return 5"]),
        ("(e) => { [1].forEach((x) => x); }", &["}"]),
        ("async (e) => { await a() }", &["}"]),
        ("function (e) { return new Answer() }", &["return n"]),
        ("(e) => { e.nextOne(); e['other']() }", &["}"]),
        (
            "(e) => { const go = 1; { const e = go; e.next() } }",
            &["}"],
        ),
    ] {
        let text = text.replace("function (e)", "function f(e)");
        assert_eq!(exits(&text), wanted, "{text}");
    }
}

#[test]
fn in_doubt_there_is_no_exit() {
    for text in [
        "(e) => e.next()",
        "(e) => { if (a) throw 1; e.next() }",
        "(e) => { if (a) { e.next() } else { throw 1 } }",
        "(e) => { if (a) return e.json(1); return e.next() }",
        "(e) => { if (a) return new BadRequestError(); return e.next() }",
        "async (e) => { await e.next() }",
        "(e) => { e.next() || a }",
        "(e) => { a ? e.next() : e.next() }",
        "(e) => { do { e.next() } while (a) }",
        "(e) => { while (true) { a() } }",
        "(e) => { for (;;) { if (e.next()) return } }",
        "(e) => { switch (a) { case 1: e.next(); break; default: throw 1 } }",
        "(e) => { try { e.next() } catch (err) { log(err) } }",
        "(e) => { try { a() } finally { e.next() } }",
        "(e) => { try { if (a) return } finally { e.next() } }",
        "(e) => { try { a() } catch (err) { throw err } e.next() }",
        // It may be called by what it is handed to.
        "(e) => { helper(e) }",
        "(e) => { helper({ e }) }",
        "(e) => { const { next } = e; next() }",
        "(e) => { const other = e; other.next() }",
        "(e) => { e['next']() }",
        "(e) => { e[name]() }",
        "(e) => { const next = e.next; next() }",
        "(e) => { e?.next() }",
        "(e) => { app.runInTransaction((tx) => { e.app = tx; e.next() }) }",
        "(e) => { go(); function go() { e.next() } }",
        "(e) => { a().then(() => e.next()) }",
        "({ next }) => { next() }",
        "(...args) => { args[0].next() }",
        "() => { __args[0].next() }",
        "function f() { arguments[0].next() }",
    ] {
        assert_eq!(exits(text), [""; 0], "{text}");
    }
}

/// Every chain as text: what it starts with, then its steps.
fn chains(text: &str) -> Vec<String> {
    let chains = analyse(&Source::new("a.js", text), |it| it.chains());
    chains.expect("JavaScript").iter().map(line).collect()
}

fn line(chain: &Chain) -> String {
    let root = match &chain.root {
        Root::Global => "global".into(),
        Root::New => "new".into(),
        Root::Parameter { function, index } => format!("parameter {index} of {function}"),
        Root::Other(name) => format!("? {}", name.as_deref().unwrap_or_default()),
    };
    let steps = chain.steps.iter().map(|step| match &step.call {
        Some(arguments) => format!(
            ".{}({})",
            step.name,
            arguments.iter().map(argument).collect::<Vec<_>>().join(" ")
        ),
        None => format!(".{}", step.name),
    });
    format!("{root}: {}", steps.collect::<String>())
}

fn argument(argument: &Argument) -> String {
    match argument {
        Argument::Text(_, text) => format!("'{text}'"),
        Argument::Function(start) => format!("function {start}"),
        _ => "_".into(),
    }
}

#[test]
fn chains_are_followed_through_constants() {
    for (text, wanted) in [
        (
            "$app.store().get('a')",
            &["global: .$app.store().get('a')"][..],
        ),
        ("(await $app?.x['y'])[z]", &["global: .$app.x.y.[]"]),
        (
            "const dao = $app.dao(); dao.save(r)",
            &["global: .$app.dao()", "global: .$app.dao().save(_)"],
        ),
        (
            "let x = $app.a; x = 1; x.b",
            &["global: .$app.a", "? x: .b"],
        ),
        (
            "for (const r of $app.all()) r.id",
            &["global: .$app.all().[].id", "global: .$app.all()"],
        ),
        (
            "f((e) => e.app.save(1))",
            &["global: .f(function 2)", "parameter 0 of 2: .app.save(_)"],
        ),
        (
            "g.map((r) => r.id)",
            &["global: .g.map(function 6)", "global: .g.[].id"],
        ),
        ("new Record(c).id", &["new: .Record(_).id"]),
        (
            "const h = () => 1; function i() {} on(h, i, `t`)",
            &["global: .on(function 10 function 19 't')"],
        ),
        ("const { a } = $app; a.b", &["? a: .b"]),
        ("f()()", &[]),
        ("typeof $app.dao; typeof (a.b)", &[]),
    ] {
        let mut found = chains(text);
        let mut wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn hostile_source_is_answered_soon() {
    let aliases: String = (1..500)
        .map(|it| format!("const a{it} = a{}.b;", it - 1))
        .collect();
    let chains = chains(&format!("const a0 = $app;{aliases}"));
    assert_eq!(chains.len(), 499);
    assert!(chains.iter().all(|it| it.len() < 500));
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(analyse(&Source::new("a.js", deep), |it| it.chains()), None);
    assert_eq!(
        analyse(&Source::new("a.js", "const ="), |it| it.chains()),
        None
    );
}
