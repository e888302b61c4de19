//! The pieces of text that metering puts into a source.
//!
//! The one rule: every piece contains a tag drawn at random when the process
//! starts, and a source that contains the tag is refused; so a script can
//! neither guess the names nor shadow them, and the pieces can be taken out
//! again by plain text search. Knows nothing of where they go.

use crate::optimise::Formula;
use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::OnceLock,
};

/// How many turns of a loop, or credits, one check pays for.
pub(crate) const CREDIT: u32 = 32;

/// The pieces, made once for each process.
pub(crate) struct Marks {
    /// Occurs in every piece.
    pub(crate) tag: String,
    /// The global function that checks the limits.
    pub(crate) check: String,
    /// The global function that notes where something was thrown.
    pub(crate) thrown: String,
    /// The global function that takes what a handler threw.
    pub(crate) caught: String,
    /// The global function that makes a regular expression.
    pub(crate) regexp: String,
    /// Behind the call that stands for a literal, and behind the literal.
    pub(crate) literal: (String, String),
    /// Around the outermost loop of a function: its counter.
    pub(crate) loops: (String, String),
    /// First in a loop's body, inside of a function.
    pub(crate) turn: String,
    /// First in a loop's body at the top level; leaves completion values alone.
    pub(crate) top_turn: String,
    /// Around a loop's body that is no block.
    pub(crate) body: (String, String),
    /// First in a function's body.
    pub(crate) entry: String,
    /// Around the expression that is an arrow function's body.
    pub(crate) arrow: (String, String),
    /// Around what is thrown.
    pub(crate) throw: (String, String),
    /// Around the statements of a handler.
    pub(crate) handler_body: (String, String),
    /// Around the expression that is a handler's body.
    pub(crate) handler_arrow: (String, String),
    /// Around a handler that calls itself by its name.
    pub(crate) handler_call: (String, String),
    /// Around a handler of any other kind.
    pub(crate) handler: (String, String),
    /// Around the text of a module.
    pub(crate) module: (String, String),
    /// Around what a rewrite says instead of the source, or besides it.
    pub(crate) rewritten: (String, String),
    /// Around a piece of the source that a rewrite hides in a comment.
    pub(crate) hidden: (String, String),
    /// Behind an operand that a rewrite put into parentheses.
    pub(crate) end_of_operand: String,
    /// The argument of a call that a rewrite looks at.
    pub(crate) argument: String,
    /// How deep a recursive function is since its last check.
    pub(crate) depth: String,
    /// The global function that checks the limits for a function that says
    /// what it computes.
    pub(crate) formula: String,
}

/// In front of a module, whose text is the body of this function.
pub(crate) const MODULE_START: &str =
    "(function (exports, require, module, __filename, __dirname) {";

impl Marks {
    /// The pieces of this process.
    pub(crate) fn get() -> &'static Self {
        static MARKS: OnceLock<Marks> = OnceLock::new();
        MARKS.get_or_init(|| {
            let random = RandomState::new().build_hasher().finish();
            Marks::with_tag(format!("{random:016x}"))
        })
    }

    fn with_tag(tag: String) -> Self {
        let t = &tag;
        let (check, thrown, caught) = (format!("$c{t}"), format!("$t{t}"), format!("$h{t}"));
        let catch = format!("}}catch($e{t}){{return {caught}($e{t})}}");
        // Each piece has a comment of its own: with the text around it, one
        // piece must not look like another.
        let end = |piece: char| format!("/*{t}{piece}*/");
        let strict = "\"use strict\";";
        Self {
            literal: (format!(")||{}", end('r')), format!("){}", end('r'))),
            regexp: format!("$r{t}"),
            loops: (
                format!("{{let $k{t}=0,$m{t}={CREDIT};"),
                format!("{}}}", end('l')),
            ),
            turn: format!("if($k{t}>=$m{t})$k{t}={check}(1);++$k{t};"),
            top_turn: format!("let $d{t}=$k{t}<$m{t}?++$k{t}:$k{t}={check}(1)+1;"),
            body: (format!("{{{}", end('b')), format!("{}}}", end('b'))),
            entry: format!(";{check}();"),
            arrow: (format!("({check}(),"), format!("{})", end('a'))),
            throw: (format!("{thrown}(("), format!("{}))", end('t'))),
            handler_body: (
                format!(";try{}{{", end('h')),
                format!("{}{catch}", end('h')),
            ),
            handler_arrow: (
                format!("{{try{}{{return(", end('e')),
                format!("{}){catch}}}", end('e')),
            ),
            handler_call: (
                format!("{strict}(f{t}=>e{t}=>{{try{{return f{t}(e{t}){catch}}})("),
                format!("\n){}", end('c')),
            ),
            handler: (format!("{strict}{}(", end('w')), format!("\n){}", end('w'))),
            module: (
                format!("{}{MODULE_START}", end('m')),
                format!("\n}}){}", end('m')),
            ),
            rewritten: (format!("/*{t}<*/"), format!("/*{t}>*/")),
            hidden: (format!("/*{t}n"), format!("{t}n*/")),
            end_of_operand: format!("{})", end('o')),
            argument: format!("$v{t}"),
            depth: format!("$n{t}"),
            formula: format!("$p{t}"),
            check,
            thrown,
            caught,
            tag,
        }
    }

    /// Text of a rewrite, as it is inserted.
    pub(crate) fn rewritten(&self, text: &str) -> String {
        format!("{}{text}{}", self.rewritten.0, self.rewritten.1)
    }

    /// Around the outermost loop of a function: the first bound of the variable
    /// that counts its turns, and the counter of the loops inside.
    pub(crate) fn own_loop(&self, bound: u64, has_loops: bool) -> String {
        let t = &self.tag;
        let inner = if has_loops {
            format!(",$k{t}=0,$m{t}={CREDIT}")
        } else {
            String::new()
        };
        self.rewritten(&format!("{{let $o{t}={bound}{inner};"))
    }

    /// First in the body of a loop whose own variable counts its turns.
    pub(crate) fn own_turn(&self, variable: &str, step: u32) -> String {
        let (t, check) = (&self.tag, &self.check);
        self.rewritten(&format!(
            "if({variable}>=$o{t})$o{t}={check}({variable},{step});"
        ))
    }

    /// Two more parameters of a recursive function.
    pub(crate) fn parameters(&self) -> String {
        format!(",{},{}", self.depth, self.argument)
    }

    /// The check of a recursive function, as a statement.
    pub(crate) fn deep_statement(&self, limit: u32) -> String {
        let (depth, check) = (&self.depth, &self.check);
        self.rewritten(&format!(";if({depth}<{limit});else {depth}={check}();"))
    }

    /// The check of a recursive function, in front of an operand.
    pub(crate) fn deep_value(&self, limit: u32) -> String {
        let (depth, check) = (&self.depth, &self.check);
        self.rewritten(&format!("({depth}<{limit}||({depth}={check}()),"))
    }

    /// First in a function's body that says what it computes.
    pub(crate) fn formula_entry(&self, formula: &Formula) -> String {
        self.rewritten(&format!(";{};", self.formula_call(formula)))
    }

    /// In front of the expression of an arrow function that says so.
    pub(crate) fn formula_arrow(&self, formula: &Formula) -> String {
        self.rewritten(&format!("({},", self.formula_call(formula)))
    }

    fn formula_call(&self, formula: &Formula) -> String {
        let captured = formula.captured.iter().map(|name| format!(",{name}"));
        let captured = captured.collect::<String>();
        format!("{}(\"{}\"{captured})", self.formula, formula.terms)
    }

    /// What goes in front of a literal, so that it is made by our function and
    /// not by the engine.
    pub(crate) fn before_literal(&self, source: &str, flags: &str) -> String {
        let source = source.replace('\\', "\\\\").replace('"', "\\\"");
        format!(
            "({}(\"{source}\",\"{flags}\"{}",
            self.regexp, self.literal.0
        )
    }

    /// Takes out what stands around literals; the end may be cut off.
    fn strip_literals(&self, text: &mut String) {
        let start = format!("({}(\"", self.regexp);
        while let Some(at) = text.find(&start) {
            match text[at..].find(&self.literal.0) {
                Some(length) => text.replace_range(at..at + length + self.literal.0.len(), ""),
                None => text.truncate(at),
            }
        }
    }

    /// Takes out what rewrites said; the end may be cut off.
    fn strip_rewritten(&self, text: &mut String) {
        let (start, end) = &self.rewritten;
        while let Some(at) = text.find(start) {
            match text[at..].find(end) {
                Some(length) => text.replace_range(at..at + length + end.len(), ""),
                None => text.truncate(at),
            }
        }
    }

    /// Takes every piece out of metered text again.
    pub(crate) fn strip(&self, metered: &str) -> String {
        let mut pieces: Vec<&str> = vec![
            &self.turn,
            &self.top_turn,
            &self.entry,
            &self.literal.1,
            &self.end_of_operand,
        ];
        for (open, close) in [
            &self.loops,
            &self.body,
            &self.arrow,
            &self.throw,
            &self.handler_body,
            &self.handler_arrow,
            &self.handler_call,
            &self.handler,
            &self.module,
            &self.hidden,
        ] {
            pieces.extend([open.as_str(), close.as_str()]);
        }
        // A piece may be a part of another one: the long ones go first.
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        let mut text = metered.to_owned();
        self.strip_rewritten(&mut text);
        self.strip_literals(&mut text);
        for piece in pieces {
            if text.contains(piece) {
                text = text.replace(piece, "");
            }
        }
        text
    }
}
