//! Rewrites of a program at load time that its author cannot tell.
//!
//! The one rule: results, errors and their positions stay what they were, and
//! so does the bound on the work between two checks; what is not proven to be
//! so is left alone. Each file is one rewrite, with its proof. They know what
//! the engine is slow at, and nothing of how a check is answered.

mod assignments;
mod counters;
mod formulas;
mod recursion;

use oxc_ast::ast::Program;
use oxc_semantic::{ScopeId, Semantic, SemanticBuilder, SymbolId};
use oxc_span::Span;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use counters::Counter;
pub(crate) use formulas::{BETWEEN, Formula};

/// What the rewrites want of a program.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Loops, by their first byte, whose own variable counts their turns.
    pub(crate) counters: BTreeMap<u32, Counter>,
    /// Functions, by their first byte, that need no check when they are entered.
    pub(crate) unchecked: BTreeSet<u32>,
    /// Functions, by their first byte, that say what they compute.
    pub(crate) formulas: BTreeMap<u32, Formula>,
    edits: Vec<Edit>,
}

/// Text that goes around a piece of the source.
#[derive(Debug)]
struct Edit {
    span: Span,
    open: Vec<Piece>,
    close: String,
}

/// Text to insert, in front of the edited span.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// The byte, behind it in its line, at which errors in it are told.
    pub(crate) told_at: Option<u32>,
}

impl Piece {
    fn new(text: String) -> Self {
        Self {
            text,
            told_at: None,
        }
    }
}

/// Bytes of the longest source that is rewritten. Looking for what to rewrite
/// takes more stack and time for each byte than metering does.
const MAX_SOURCE: usize = 128 * 1024;

/// Finds what to rewrite in a program and its text.
pub(crate) fn plan<'a>(program: &'a Program<'a>, text: &str) -> Plan {
    if text.len() > MAX_SOURCE {
        return Plan::default();
    }
    let semantic = SemanticBuilder::new()
        .with_build_nodes(true)
        .build(program)
        .semantic;
    let mut plan = Plan::default();
    let locals = locals(&semantic);
    assignments::find(&semantic, text, &locals, &mut plan);
    counters::find(&semantic, &locals, &mut plan);
    recursion::find(&semantic, text, &mut plan);
    formulas::find(&semantic, &mut plan);
    plan
}

impl Plan {
    fn around(&mut self, span: Span, open: Vec<Piece>, close: String) {
        self.edits.push(Edit { span, open, close });
    }

    fn before(&mut self, at: u32, text: String) {
        self.around(Span::empty(at), vec![Piece::new(text)], String::new());
    }

    fn after(&mut self, at: u32, text: String) {
        self.around(Span::empty(at), Vec::new(), text);
    }

    /// What goes in front of a byte, the outermost first.
    pub(crate) fn opens(&mut self) -> Vec<(u32, Piece)> {
        self.edits
            .sort_by_key(|edit| (edit.span.start, std::cmp::Reverse(edit.span.end)));
        let edits = self.edits.iter();
        edits
            .flat_map(|edit| {
                edit.open
                    .iter()
                    .map(|piece| (edit.span.start, piece.clone()))
            })
            .collect()
    }

    /// What goes behind the byte before, the innermost first.
    pub(crate) fn closes(&mut self) -> Vec<(u32, String)> {
        self.edits
            .sort_by_key(|edit| (edit.span.end, std::cmp::Reverse(edit.span.start)));
        let edits = self.edits.iter().filter(|edit| !edit.close.is_empty());
        edits
            .map(|edit| (edit.span.end, edit.close.clone()))
            .collect()
    }
}

/// The scope of the function that a scope is in, if it is in one.
fn function_scope(semantic: &Semantic<'_>, scope: ScopeId) -> Option<ScopeId> {
    let scoping = semantic.scoping();
    scoping
        .scope_ancestors(scope)
        .find(|scope| scoping.scope_flags(*scope).is_function())
}

/// Variables that only the function uses which declares them: the engine keeps
/// those in registers.
fn locals(semantic: &Semantic<'_>) -> BTreeSet<SymbolId> {
    let scoping = semantic.scoping();
    let is_local = |symbol: &SymbolId| {
        let home = function_scope(semantic, scoping.symbol_scope_id(*symbol));
        let mut uses = scoping.get_resolved_references(*symbol);
        home.is_some()
            && uses.all(|it| {
                let scope = semantic.nodes().get_node(it.node_id()).scope_id();
                function_scope(semantic, scope) == home
            })
    };
    scoping.symbol_ids().filter(is_local).collect()
}

#[cfg(test)]
mod tests {
    use crate::{Kind, Limits, Program, Source, marks::Marks};

    /// The text for the engine with short names, inside of a handler.
    fn rewritten(body: &str) -> String {
        let text = format!("() => {{ {body} }}");
        let source = Source::new("a.js", &*text);
        let program = Program::compile(&source, Kind::Handler, &Limits::default()).unwrap();
        let marks = Marks::get();
        assert_eq!(marks.strip(program.metered()), text);
        let short = program.metered().replace(&marks.tag, "");
        let start = short.find("/*h*/{ ").unwrap() + 7;
        short[start..short.rfind(" /*h*/").unwrap()]
            .replace("/*<*/", "")
            .replace("/*>*/", "")
    }

    #[test]
    fn loops_count_by_their_own_variable() {
        insta::assert_snapshot!(rewritten("for (let i = 0; i < n; i++) f(i)"), @"{let $o=32;for (let i = 0; i < n; i++) {/*b*/if(i>=$o)$o=$c(i,1);f(i)/*b*/}/*l*/}");
        insta::assert_snapshot!(rewritten("a: for (let j = 2, i = 5; ; i += 3) { while (j) ; }"), @"{let $o=101,$k=0,$m=32;a: for (let j = 2, i = 5; ; i=i +(/*n+=n*/ 3/*o*/)) {if(i>=$o)$o=$c(i,3); while (j) {/*b*/if($k>=$m)$k=$c(1);++$k;;/*b*/} }/*l*/}");
        for other in [
            "for (let i = 0; i < n; i++) i -= 1",
            "for (let i = 0; i < n; i++) { let i = 1 }",
            "for (let i = 0; i < n; i++) f(() => i)",
            "for (let i = -1; i < n; i++) f(i)",
            "for (let i = n; i < 10; i++) f(i)",
            "for (var i = 0; i < n; i++) f(i)",
            "for (let i = 0; i < n; i += 0) f(i)",
            "for (let i = 0, j = 0; i < n; j = i++) f(i)",
        ] {
            assert!(!rewritten(other).contains("$o"), "{other}");
        }
    }

    #[test]
    fn assignments_to_local_variables_are_written_out() {
        insta::assert_snapshot!(rewritten("let s = 0; s += 1, 2; s **= s -= -1"), @"let s = 0; s=s +(/*n+=n*/ 1/*o*/), 2; s=s **(/*n**=n*/ s=s -(/*n-=n*/ -1/*o*/)/*o*/)");
        for other in [
            "let s = 0; s ??= 1",
            "let s = 0; f(() => s += 1)",
            "const s = 0; s += 1",
            "t += 1",
            "let s = 0; s /**/ += 1",
        ] {
            assert!(!rewritten(other).contains("/*n"), "{other}");
        }
    }

    #[test]
    fn functions_that_are_never_a_value_check_less() {
        insta::assert_snapshot!(rewritten("function f(n) { if (n < 2) return n; return f(n - 1) + f(n - 2) } f(9)"), @"function f(n,$n,$v) { if (n < 2) return n;;if($n<8);else $n=$c(); return (($v=(n - 1))<2?$v:f(/*nn - 1n*/$v,$n+1)/*o*/) + (($v=(n - 2))<2?$v:f(/*nn - 2n*/$v,$n+1)/*o*/) } f(9)");
        insta::assert_snapshot!(rewritten("const f = n => n === 0 ? 1 : n * f(n - 1); f(9)"), @"const f = (n,$n,$v) => n === 0 ? 1 : ($n<8||($n=$c()),n * (($v=(n - 1))===0? 1:f(/*nn - 1n*/$v,$n+1)/*o*/)/*o*/); f(9)");
        insta::assert_snapshot!(rewritten("const is = (a) => a.b > 2; is(c)"), @"const is = (a) => a.b > 2; is(c)");
        for other in [
            "function f(n) { if (n < 2) return n; return f(n - 1) } g(f)",
            "function f(n) { if (n < 2) return n; return f(n - 1) } f()",
            "function f(n) { if (n < 2) return n; return f(n - 1) } f = g; f(1)",
            "function f(n) { if (n < 2) return n; arguments; return f(n - 1) } f(1)",
            "function f(n) { if (n < m) return n; return f(n - 1) } f(1)",
            "function f(n) { if (n < 2) return n; return f(g(n)) } f(1)",
            "function f(n) { if (n < 2) return n; for (;;) f(n - 1) } f(1)",
            "function f(n) { f(n - 1); if (n < 2) return n } f(1)",
            "const f = (n) => g(n - 1), g = (n) => f(n - 1); f(1)",
            "const f = (n) => n; h(f)",
            "const { name: f } = (n) => n; f(1)",
            "const f = (n = 1) => n; f(1)",
        ] {
            let text = rewritten(other);
            let checks = text.contains("$c()") || text.contains("$p(");
            assert!(checks && !text.contains("$v"), "{text}");
        }
    }

    #[test]
    fn functions_of_one_expression_say_what_they_compute() {
        insta::assert_snapshot!(rewritten("l.map((x) => x * 2)"), @r#"l.map((x) => ($p("p0|n2|*"),x * 2/*a*/))"#);
        insta::assert_snapshot!(rewritten("l.map(function (a, b) { return a.n === 'in' || -b > 1e3 ? b | 1 : typeof a })"), @r#"l.map(function (a, b) {;$p("p0|.n|sin|===|p1|neg|n1000|>|oo|p1|n1|o|p0|typeof|?"); return a.n === 'in' || -b > 1e3 ? b | 1 : typeof a })"#);
        insta::assert_snapshot!(rewritten("const k = 2, { n } = k; { l.map((x) => x.n === k || n) }"), @r#"const k = 2, { n } = k; { l.map((x) => ($p("p0|.n|c0|===|c1|oo",k,n),x.n === k || n/*a*/)) }"#);
        insta::assert_snapshot!(rewritten("function f(k) { return () => l.map(function (x) { return x === undefined ? k : k.a }) }"), @r#"function f(k) { return () => ($c(),l.map(function (x) {;$p("p0|c0|===|c1|c1|.a|?",undefined,k); return x === undefined ? k : k.a })/*a*/) }"#);
        for other in [
            "let y = 1; y = 2; l.map((x) => x + y)",
            "var y = 1; l.map((x) => x + y)",
            "l.map((x) => x + y); const y = 1",
            "const y = l.map((x) => x + y)",
            "function f(x) { return x + y } const y = 1; l.map(f)",
            "const y = 1; function f(x) { return x + y }; l.map(f)",
            "const y = 1; function f() { return l.map((x) => x + y) }",
            "switch (l) { case 0: const y = 1; break; default: l.map((x) => x + y) }",
            "for (const y of l.map((x) => x + y)) f()",
            "for (const y of l) f((x) => x + y)",
            "function f(y) { y++; l.map((x) => x + y) }",
            "function f(y = 1) { l.map((x) => x + y) }",
            "function f(y) { arguments; l.map((x) => x + y) }",
            "function f(y) { function y() {} l.map((x) => x + y) }",
            "class y {} l.map((x) => x === y)",
            "l.map((x) => x + y)",
            "l.map((x) => x())",
            "l.map((x) => x[0])",
            "l.map((x) => x?.y)",
            "l.map((x) => x.y = 1)",
            "l.map((x) => x++)",
            "l.map((x) => [x])",
            "l.map((x) => `${x}`)",
            "l.map((x) => /x/)",
            "l.map((x) => 'it\\'s')",
            "l.map((x) => 'a|b')",
            "l.map((x) => 'é')",
            "l.map((x) => 5n)",
            "l.map((x) => (x, 1))",
            "l.map((x) => x in l)",
            "l.map((x) => this)",
            "l.map(function () { return arguments })",
            "l.map(async (x) => x)",
            "l.map((x = 1) => x)",
            "l.map((...x) => x)",
            "l.map(({ x }) => x)",
            "l.map((x) => { x; return x })",
            "l.map(function (x) { 'x'; return x })",
            "l.map(function* (x) { return x })",
        ] {
            assert!(!rewritten(other).contains("$p"), "{other}");
        }
    }
}
