//! What a script can do wrong, told with its original positions.
//!
//! The one rule: an error is plain data; no value of the engine hides in it,
//! so it may leave its thread. Knows nothing of how a limit is enforced.

use serde_json::Value;
use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

/// A place in a source file as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The name that the source was given, for example `main.pb.js`.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One call that was in progress when an error was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function's name; empty for the top level and functions without one.
    pub function: String,
    /// Where in its source; `None` if the engine could not tell.
    pub position: Option<Position>,
    /// Whether it is a built-in function, which has no source.
    pub is_native: bool,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.function.is_empty() {
            "<anonymous>"
        } else {
            &self.function
        };
        match &self.position {
            Some(position) => write!(f, "at {name} ({position})"),
            None if self.is_native => write!(f, "at {name} (native)"),
            None => write!(f, "at {name}"),
        }
    }
}

/// Which kind of mistake it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source is not JavaScript.
    Syntax,
    /// The script threw something and nobody caught it.
    Thrown,
    /// A limit ended the script.
    Limit,
    /// The engine itself failed; the VM was replaced.
    Engine,
}

/// Which limit ended a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitHit {
    /// It ran longer than it may.
    Timeout(Duration),
    /// Its loops took more turns together than they may.
    Loops(u64),
    /// It holds more memory than it may, in bytes.
    Memory(u64),
    /// Functions called each other deeper than they may.
    Recursion(usize),
    /// The source is nested deeper than it may be.
    Nesting(usize),
    /// The source is longer than it may be, in bytes.
    SourceSize(usize),
    /// A JSON text or value is nested deeper than it may be.
    JsonNesting(usize),
    /// A string would be longer than it may be, in UTF-16 units.
    StringLength(u64),
    /// An array would have more elements than it may have.
    ArrayLength(u64),
    /// A buffer would be larger than it may be, in bytes.
    BufferSize(u64),
    /// A regular expression took more steps than it may.
    RegexpSteps(u64),
    /// More promise jobs wait than may.
    PendingJobs(usize),
    /// Somebody who waited for it gave up.
    Cancelled,
}

impl LimitHit {
    /// One stable word: `timeout`, `loops`, `memory`, `recursion`, `nesting`,
    /// `source-size`, `json-nesting`, `string-length`, `array-length`,
    /// `buffer-size`, `regexp-steps`, `pending-jobs` or `cancelled`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout(_) => "timeout",
            Self::Loops(_) => "loops",
            Self::Memory(_) => "memory",
            Self::Recursion(_) => "recursion",
            Self::Nesting(_) => "nesting",
            Self::SourceSize(_) => "source-size",
            Self::JsonNesting(_) => "json-nesting",
            Self::StringLength(_) => "string-length",
            Self::ArrayLength(_) => "array-length",
            Self::BufferSize(_) => "buffer-size",
            Self::RegexpSteps(_) => "regexp-steps",
            Self::PendingJobs(_) => "pending-jobs",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for LimitHit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(limit) => write!(
                f,
                "the script ran longer than its time limit of {limit:?} (raise limits.timeout)"
            ),
            Self::Loops(limit) => write!(
                f,
                "the script's loops took more than {limit} turns (raise limits.loops)"
            ),
            Self::Memory(limit) => write!(
                f,
                "the script uses more than {limit} bytes of memory (raise limits.memory)"
            ),
            Self::Recursion(limit) => write!(
                f,
                "functions called each other more than {limit} deep (raise limits.recursion)"
            ),
            Self::Nesting(limit) => write!(
                f,
                "the source is nested more than {limit} deep (limits.nesting, at most 400)"
            ),
            Self::SourceSize(limit) => write!(
                f,
                "the source is longer than {limit} bytes (raise limits.source-size)"
            ),
            Self::JsonNesting(limit) => write!(
                f,
                "the JSON is nested more than {limit} deep (raise limits.json-nesting)"
            ),
            Self::StringLength(limit) => write!(
                f,
                "the string would be longer than {limit} characters (raise limits.string-length)"
            ),
            Self::ArrayLength(limit) => write!(
                f,
                "the array would have more than {limit} elements (raise limits.array-length)"
            ),
            Self::BufferSize(limit) => write!(
                f,
                "the buffer would be larger than {limit} bytes (raise limits.buffer-size)"
            ),
            Self::RegexpSteps(limit) => write!(
                f,
                "the regular expression took more than {limit} steps (raise limits.regexp-steps)"
            ),
            Self::PendingJobs(limit) => write!(
                f,
                "more than {limit} promise jobs wait (raise limits.pending-jobs)"
            ),
            Self::Cancelled => f.write_str("the script was cancelled"),
        }
    }
}

/// A script failed.
///
/// What there is to say about it are the fields of [`Details`]. Its `Display`
/// is the message alone; [`report`](Self::report) is everything.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct ScriptError(Box<Details>);

impl Deref for ScriptError {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for ScriptError {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// All there is to say about a failure of a script.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Details {
    /// Which kind of mistake it was.
    pub kind: ErrorKind,
    /// The error's own name, for example `TypeError`; empty if what was thrown
    /// is no error object.
    pub name: String,
    /// What went wrong, without name and position.
    pub message: String,
    /// Where; `None` if the engine could not tell.
    pub position: Option<Position>,
    /// The calls in progress, innermost first.
    pub stack: Vec<Frame>,
    /// The limit that was hit, if one was.
    pub limit: Option<LimitHit>,
    /// What was thrown if it is no error object, as plain data.
    pub thrown: Option<Value>,
    /// The source line with a mark under the place, ready to print.
    pub frame: Option<String>,
    /// What can be done about it, if that is known.
    pub cure: Option<String>,
}

impl ScriptError {
    /// An error that has no position yet.
    pub fn new(kind: ErrorKind, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            name: name.into(),
            message: message.into(),
            position: None,
            stack: Vec::new(),
            limit: None,
            thrown: None,
            frame: None,
            cure: None,
        }))
    }

    /// A limit ended the script.
    pub fn limit(hit: LimitHit) -> Self {
        let mut err = Self::new(ErrorKind::Limit, "LimitError", hit.to_string());
        err.limit = Some(hit);
        err
    }

    /// Whether the author of the script has to change something.
    ///
    /// A time limit counts: most often it is an endless loop.
    pub fn is_authors_fault(&self) -> bool {
        !matches!(self.kind, ErrorKind::Engine) && self.limit != Some(LimitHit::Cancelled)
    }

    /// The error's own name, or `thrown` for what is no error object.
    pub fn kind_name(&self) -> &str {
        match self.name.as_str() {
            "" => "thrown",
            name => name,
        }
    }

    /// Name and message in one line, as JavaScript prints an error.
    pub fn headline(&self) -> String {
        match (self.name.as_str(), self.message.as_str()) {
            ("", message) => message.to_owned(),
            (name, "") => name.to_owned(),
            (name, message) => format!("{name}: {message}"),
        }
    }

    /// All of it for a terminal: headline, code frame, cure, stack.
    pub fn report(&self) -> String {
        let mut out = self.headline();
        match (&self.frame, &self.position) {
            (Some(frame), _) => {
                out.push('\n');
                out.push_str(frame);
            }
            (None, Some(position)) => out.push_str(&format!("\n  --> {position}")),
            (None, None) => {}
        }
        if let Some(cure) = &self.cure {
            out.push_str(&format!("\n  = cure: {cure}"));
        }
        for frame in &self.stack {
            out.push_str(&format!("\n    {frame}"));
        }
        out
    }
}
