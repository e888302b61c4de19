//! Source that was checked and metered: a program.
//!
//! The one rule: a program is plain data, so that threads can share it; what
//! an engine makes of it stays with the VM that made it.

use crate::{
    error::{ErrorKind, LimitHit, Position, ScriptError},
    limits::Limits,
    marks::{self, Marks},
    meter::{self, Insertion, Metering, Refusal},
    nesting::{self, Objection},
    optimise::{self, Plan},
    positions::Positions,
    source::Source,
};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use sha2::{Digest, Sha256};
use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::Range,
    sync::Arc,
};

/// How a program is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Statements at the top level of a VM, in sloppy mode; its value is that
    /// of its last statement.
    Script,
    /// One function, in strict mode, that is kept and called again and again.
    Handler,
    /// The body of a function of `exports`, `require`, `module`, `__filename`
    /// and `__dirname`, in sloppy mode; running it gives that function.
    Module,
}

/// Whether a program is rewritten so that the engine runs it faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimise {
    /// Rewritten, as everywhere but in comparisons.
    #[default]
    On,
    /// Only metered.
    Off,
}

/// Names a program by its content: 128 bits of a SHA-256 digest.
///
/// Two sources with the same text in the same place of the same file have the
/// same id, in every process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentId([u8; 16]);

impl ContentId {
    /// The id that [`Program::compile`] gives to this source.
    pub fn of(source: &Source, kind: Kind) -> Self {
        let (line, column) = source.start();
        let mut digest = Sha256::new();
        digest.update([kind as u8]);
        digest.update(line.to_le_bytes());
        digest.update(column.to_le_bytes());
        digest.update((source.name().len() as u64).to_le_bytes());
        digest.update(source.name());
        digest.update(source.text());
        let mut id = [0; 16];
        id.copy_from_slice(&digest.finalize()[..16]);
        Self(id)
    }

    /// The id as bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Ids are digests: any eight bytes of one are as good as a hash of it.
impl Hash for ContentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first @ .., _, _, _, _, _, _, _, _] = self.0;
        state.write_u64(u64::from_le_bytes(first));
    }
}

/// Takes the hash of a [`ContentId`] as it is.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Ids hash by `write_u64`; anything else would merely be slow.
        self.0 = bytes
            .iter()
            .fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Checked and metered source, ready for any VM of this process.
///
/// ```
/// use jsvm_core::{Kind, Limits, Program, Source};
///
/// let source = Source::new("sum.js", "let s = 0; for (const n of [1, 2]) s += n; s");
/// let program = Program::compile(&source, Kind::Script, &Limits::default())?;
/// assert_eq!(program.name(), "sum.js");
/// # Ok::<(), jsvm_core::ScriptError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Program {
    pub(crate) id: ContentId,
    pub(crate) kind: Kind,
    pub(crate) source: Source,
    pub(crate) metered: Arc<str>,
    pub(crate) positions: Positions,
    /// Where each function of the source starts and ends.
    pub(crate) functions: Arc<[Range<usize>]>,
}

impl Program {
    /// Checks and meters `source`.
    ///
    /// Takes a few microseconds for each kilobyte, on the caller's thread. The
    /// parser uses the caller's stack: give it [`STACK_SIZE`](crate::STACK_SIZE)
    /// where the source may be hostile.
    ///
    /// # Errors
    ///
    /// A [`ScriptError`] of kind [`Syntax`](ErrorKind::Syntax) with position and
    /// code frame, or of kind [`Limit`](ErrorKind::Limit) if the source is too
    /// long or nested too deeply.
    pub fn compile(source: &Source, kind: Kind, limits: &Limits) -> Result<Self, ScriptError> {
        Self::compile_with(source, kind, limits, Optimise::On)
    }

    /// As [`compile`](Self::compile), with or without rewrites for speed.
    ///
    /// For tests and measurements: a script cannot tell the difference. Both
    /// have the same id, so a VM must not see both.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    pub fn compile_with(
        source: &Source,
        kind: Kind,
        limits: &Limits,
        optimise: Optimise,
    ) -> Result<Self, ScriptError> {
        let text = source.text();
        let limits = limits.in_force();
        if text.len() > limits.source_size {
            return Err(ScriptError::limit(LimitHit::SourceSize(limits.source_size)));
        }
        if let Err(objection) = nesting::scan(text, limits.nesting) {
            return Err(objected(source, objection, limits.nesting));
        }
        if text.contains(&Marks::get().tag) {
            return Err(syntax_error(source, 0, "this text is reserved"));
        }
        let Metered {
            text,
            positions,
            functions,
        } = match kind {
            Kind::Script => metered(source, text, kind, 0, optimise)?,
            Kind::Handler => {
                let wrapped = format!("{HANDLER_START}{text}\n)");
                metered(source, &wrapped, kind, HANDLER_START.len(), optimise)?
            }
            Kind::Module => {
                let wrapped = format!("{}{text}{MODULE_END}", marks::MODULE_START);
                metered(source, &wrapped, kind, marks::MODULE_START.len(), optimise)?
            }
        };
        Ok(Self {
            id: ContentId::of(source, kind),
            kind,
            source: source.clone(),
            metered: text.into(),
            positions,
            functions: functions.into(),
        })
    }

    /// The name of the program by its content.
    pub fn id(&self) -> ContentId {
        self.id
    }

    /// How it is run.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What errors call its file.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The source as its author wrote it.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Bytes of memory that the program takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>()
            + self.source.text().len()
            + self.metered.len()
            + self.positions.weight()
            + size_of_val(&*self.functions)
    }

    pub(crate) fn metered(&self) -> &str {
        &self.metered
    }

    /// The texts of all functions, with the places where they start.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (usize, &str)> {
        let text = self.source.text();
        let functions = self.functions.iter().cloned();
        functions.filter_map(move |range| Some((range.start, text.get(range)?)))
    }

    /// The place in the original file of a place in the metered text.
    pub(crate) fn original(&self, line: u32, column: u32) -> Position {
        let (line, column) = self.positions.original(line, column);
        self.source.position(line, column)
    }

    /// The first place of a name at or behind a place in the metered text.
    pub(crate) fn name_after(&self, name: &str, line: u32, column: u32) -> Option<Position> {
        let (line, column) = self.positions.original(line, column);
        let from = self.source.offset_of(line, column);
        self.source
            .find_name(name, from)
            .map(|at| self.source.position_of(at))
    }

    /// Adds a position, the code frame there included.
    pub(crate) fn place(&self, err: ScriptError, position: Position) -> ScriptError {
        placed(err, &self.source, position)
    }
}

/// In front of a handler while it is parsed; it makes the function strict.
const HANDLER_START: &str = "\"use strict\";(";

/// Behind a module's text; a comment in its last line ends there.
const MODULE_END: &str = "\n})";

struct Metered {
    text: String,
    positions: Positions,
    functions: Vec<Range<usize>>,
}

fn metered(
    source: &Source,
    text: &str,
    kind: Kind,
    prefix: usize,
    optimise: Optimise,
) -> Result<Metered, ScriptError> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, SourceType::script()).parse();
    if let Some(error) = parsed.diagnostics.errors().next() {
        let at = error
            .labels
            .first()
            .map_or(0, |label| label.offset() as usize);
        return Err(syntax_error(
            source,
            at.saturating_sub(prefix),
            &error.message,
        ));
    }
    let refused = |refusal: Refusal| {
        let at = (refusal.at as usize).saturating_sub(prefix);
        placed(
            meter::refusal_error(&refusal),
            source,
            source.position_of(at),
        )
    };
    let program = &*allocator.alloc(parsed.program);
    let plan = match optimise {
        Optimise::On => optimise::plan(program, text),
        Optimise::Off => Plan::default(),
    };
    let Metering {
        insertions,
        functions,
    } = meter::meter(program, kind, plan).map_err(refused)?;
    let (text, positions) = apply(text, kind, prefix, &insertions);
    let in_source = |at: u32| (at as usize).saturating_sub(prefix);
    Ok(Metered {
        text,
        positions,
        functions: functions
            .iter()
            .map(|span| in_source(span.start)..in_source(span.end))
            .collect(),
    })
}

/// Puts the insertions into the text and notes where they went.
///
/// A handler's own first and last insertion replace what it was parsed with.
fn apply(text: &str, kind: Kind, prefix: usize, insertions: &[Insertion]) -> (String, Positions) {
    let mut out = Output::default();
    let mut done = prefix;
    let end = match kind {
        Kind::Script => text.len(),
        Kind::Handler => text.len() - "\n)".len(),
        Kind::Module => text.len() - MODULE_END.len(),
    };
    for insertion in insertions {
        let at = (insertion.at as usize).clamp(prefix, end);
        out.original(&text[done..at]);
        let ahead = insertion.told_at.map_or(0, |from| {
            let from = (from as usize).clamp(at, end);
            u32::try_from(text[at..from].chars().count()).unwrap_or(0)
        });
        out.inserted(&insertion.text, ahead);
        done = at;
    }
    out.original(&text[done..end]);
    (out.text, out.positions)
}

#[derive(Default)]
struct Output {
    text: String,
    positions: Positions,
}

impl Output {
    fn original(&mut self, text: &str) {
        self.text.push_str(text);
        self.positions.pass(text);
    }

    fn inserted(&mut self, text: &str, ahead: u32) {
        self.text.push_str(text);
        self.positions.insert(text, ahead);
    }
}

fn syntax_error(source: &Source, at: usize, message: &str) -> ScriptError {
    let err = ScriptError::new(ErrorKind::Syntax, "SyntaxError", message);
    placed(err, source, source.position_of(at))
}

fn objected(source: &Source, objection: Objection, depth: usize) -> ScriptError {
    match objection {
        Objection::TooDeep(at) => {
            let err = ScriptError::limit(LimitHit::Nesting(depth));
            placed(err, source, source.position_of(at))
        }
        Objection::AmbiguousSlash(at) => syntax_error(
            source,
            at,
            "it is not clear whether this divides or starts a regular expression; \
             put the regular expression into parentheses",
        ),
    }
}

fn placed(mut err: ScriptError, source: &Source, position: Position) -> ScriptError {
    err.frame = source.code_frame(&position);
    err.position = Some(position);
    err
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str, kind: Kind) -> Result<Program, ScriptError> {
        Program::compile(&Source::new("a.js", text), kind, &Limits::default())
    }

    /// The metered text with short names.
    fn metered(text: &str, kind: Kind) -> String {
        let program = compile(text, kind).unwrap();
        assert_eq!(Marks::get().strip(program.metered()), text);
        program.metered().replace(&Marks::get().tag, "")
    }

    #[test]
    fn loops_and_functions_are_metered() {
        insta::assert_snapshot!(metered("for (;;) x()", Kind::Script), @"{let $k=0,$m=32;for (;;) {/*b*/let $d=$k<$m?++$k:$k=$c(1)+1;x()/*b*/}/*l*/}");
        insta::assert_snapshot!(metered("a: b: while (1) { continue a }", Kind::Script), @"{let $k=0,$m=32;a: b: while (1) {let $d=$k<$m?++$k:$k=$c(1)+1; continue a }/*l*/}");
        insta::assert_snapshot!(metered("function f() { 'x'; do { for (;;); } while (1) }", Kind::Script), @"function f() { 'x';;$c(); {let $k=0,$m=32;do {if($k>=$m)$k=$c(1);++$k; for (;;){/*b*/if($k>=$m)$k=$c(1);++$k;;/*b*/} } while (1)/*l*/} }");
        insta::assert_snapshot!(metered("x => ({ get y() { throw z } })", Kind::Script), @"x => ($c(),({ get y() {;$c(); throw $t((z/*t*/)) } })/*a*/)");
    }

    #[test]
    fn handlers_catch_for_themselves() {
        insta::assert_snapshot!(metered("(e) => e.next()", Kind::Handler), @r#"
        "use strict";/*w*/((e) => {try/*e*/{return(e.next()/*e*/)}catch($e){return $h($e)}}
        )/*w*/
        "#);
        insta::assert_snapshot!(metered("function (e) { e.next() }", Kind::Handler), @r#"
        "use strict";/*w*/(function (e) {;try/*h*/{ e.next() /*h*/}catch($e){return $h($e)}}
        )/*w*/
        "#);
        insta::assert_snapshot!(metered("function f(e) { f(e) }", Kind::Handler), @r#"
        "use strict";(f=>e=>{try{return f(e)}catch($e){return $h($e)}})(function f(e) {;$c(); f(e) }
        )/*c*/
        "#);
        insta::assert_snapshot!(metered("async e => { await 1 }", Kind::Handler), @r#"
        "use strict";/*w*/(async e => {;$c(); await 1 }
        )/*w*/
        "#);
    }

    #[test]
    fn what_is_no_function_is_no_handler() {
        for text in [
            "f(e) { }",
            "1",
            "e => 1), (f => 2",
            "e => 1);(f => 2",
            "class A {}",
            "",
        ] {
            assert!(compile(text, Kind::Handler).is_err(), "{text}");
        }
    }

    #[test]
    fn modules_are_the_body_of_one_function() {
        insta::assert_snapshot!(metered("'use strict'; module.exports = 1 // end", Kind::Module), @r"
        /*m*/(function (exports, require, module, __filename, __dirname) {'use strict';;$c(); module.exports = 1 // end
        })/*m*/
        ");
        for text in [
            "}), (function () {",
            "}); (function () {",
            "}, function () {",
            "import a from 'a'",
            "export default 1",
            "const = 5",
        ] {
            assert!(compile(text, Kind::Module).is_err(), "{text}");
        }
        let err = compile("let a = 1\nconst = 5\n", Kind::Module).unwrap_err();
        assert_eq!(err.position.clone().unwrap().to_string(), "a.js:2:7");
    }

    #[test]
    fn a_syntax_error_has_its_place_and_a_frame() {
        let err = compile("let a = 1\nconst = 5\n", Kind::Script).unwrap_err();
        insta::assert_snapshot!(err.report(), @r"
        SyntaxError: Unexpected token
          --> a.js:2:7
        1 | let a = 1
        2 | const = 5
          |       ^
        ");
    }

    #[test]
    fn reserved_and_unsupported_text_is_refused() {
        let tag = &Marks::get().tag;
        let first = tag.chars().next().unwrap() as u32;
        let escaped = format!("var $c\\u{first:04x}{}", &tag[1..]);
        for text in [
            format!("$c{tag}"),
            escaped,
            "with (a) b".into(),
            "async function* f() {}".into(),
        ] {
            assert!(compile(&text, Kind::Script).is_err(), "{text}");
        }
    }

    #[test]
    fn ids_tell_text_place_and_kind_apart() {
        let file = Source::new("a.js", "f\nf");
        let ids = [
            ContentId::of(&file, Kind::Script),
            ContentId::of(&file, Kind::Handler),
            ContentId::of(&file, Kind::Module),
            ContentId::of(&file.part(0, "f"), Kind::Handler),
            ContentId::of(&file.part(2, "f"), Kind::Handler),
        ];
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(ids.iter().position(|other| other == id), Some(index));
        }
    }
}
