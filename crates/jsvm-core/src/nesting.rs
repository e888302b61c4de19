//! Refuses source that is nested so deeply that a parser could overflow.
//!
//! The one rule: no recursion, one pass over the text, and nothing that a
//! parser would read may hide from it. It counts brackets, and long runs of
//! tokens that nothing separates, because parsers nest those too (`!!!!x`,
//! `a+a+a`, `if(a)if(b)c`). It knows of JavaScript what tells text from code:
//! comments, strings, templates, regular expressions; where it cannot tell a
//! regular expression from a division, it refuses what could hide.

/// What one path through a source may cost the stack of a parser, besides
/// brackets. A token costs 1, because parsers nest a chain such as `a+a+a` to
/// the left; what nests more costs as many tokens as it takes of the stack.
const BUDGET: usize = 42_000;
/// In a sequence `a,a,a`.
const COMMA: usize = 2;
/// A prefix operator, `?`, `:`, `=`.
const PREFIX: usize = 40;
const ELSE: usize = 40;
/// `if`, `for` and their like without braces.
const STATEMENT: usize = 100;
/// The heritage of a class.
const EXTENDS: usize = 120;
/// An arrow nests a whole function.
const ARROW: usize = 320;

/// Operators of more than one character, longest first.
const LONG: &[&[u8]] = &[
    b">>>=", b"...", b"===", b"!==", b"**=", b"<<=", b">>=", b">>>", b"&&=", b"||=", b"??=", b"=>",
    b"==", b"!=", b"<=", b">=", b"&&", b"||", b"??", b"?.", b"++", b"--", b"+=", b"-=", b"*=",
    b"/=", b"%=", b"&=", b"|=", b"^=", b"<<", b">>", b"**",
];

/// Why a source is refused, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Objection {
    /// It is nested too deeply.
    TooDeep(usize),
    /// A `/` that may start a regular expression or divide.
    AmbiguousSlash(usize),
}

/// Looks at a whole source.
///
/// # Errors
///
/// The first place for which it is refused.
pub(crate) fn scan(text: &str, depth: usize) -> Result<(), Objection> {
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
        depth,
        open: vec![Level::default()],
        outer: 0,
        last: Last::Operator,
        word: "",
        before: b';',
        strict_until: 0,
        may_end_at: None,
        is_line_fresh: true,
    };
    if text.starts_with("#!") {
        scan.at = scan.line_end(2);
    }
    while scan.at < scan.bytes.len() {
        let start = scan.at;
        scan.token()?;
        if scan.is_too_deep() {
            return Err(Objection::TooDeep(start));
        }
    }
    Ok(())
}

struct Scan<'s> {
    text: &'s str,
    bytes: &'s [u8],
    at: usize,
    depth: usize,
    open: Vec<Level>,
    /// What all of them but the last cost, as far as they are read.
    outer: usize,
    /// What the last token says of a `/` behind it.
    last: Last,
    /// The last token if it is a word, else empty.
    word: &'s str,
    /// The last byte of the last token.
    before: u8,
    /// Up to here closing brackets do not count, because they may be text.
    strict_until: usize,
    /// The end of a name, if a line break behind it would end its statement.
    may_end_at: Option<usize>,
    /// Whether no token stands before this place in its line.
    is_line_fresh: bool,
}

/// What may follow the last token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An operand: `/` divides.
    Operand,
    /// An operator, or the start: `/` starts a regular expression.
    Operator,
    /// Either.
    Unclear,
}

/// What stands between two brackets.
#[derive(Default)]
struct Level {
    /// The cost of what nothing separates so far.
    cost: usize,
    /// The most that brackets among it cost inside.
    inner: usize,
    /// What commas and `else` of the statement cost.
    chained: usize,
    /// The most of all that was separated before.
    most: usize,
    in_template: bool,
    /// The brackets of `if (…)` and its like: a statement follows.
    is_head: bool,
    /// The brackets of an array or object: its commas nest nothing.
    is_list: bool,
}

impl Level {
    fn own(&self) -> usize {
        self.chained + self.cost
    }

    fn total(&self) -> usize {
        self.most.max(self.own() + self.inner)
    }

    fn separate(&mut self) {
        self.most = self.total();
        self.cost = 0;
        self.inner = 0;
    }
}

impl<'s> Scan<'s> {
    fn is_too_deep(&self) -> bool {
        let over = |level: &Level| self.outer + level.own() + level.inner > BUDGET;
        self.open.len() > self.depth || self.open.last().is_some_and(over)
    }

    fn token(&mut self) -> Result<(), Objection> {
        let start = self.at;
        self.at += 1;
        match self.bytes[start] {
            b'/' => return self.slash(start),
            quote @ (b'"' | b'\'') => {
                self.at = self.string_end(quote);
                self.operand();
            }
            b'`' => self.template(),
            b'(' | b'[' | b'{' => self.opens(start),
            b')' | b']' | b'}' => self.closes(start),
            b';' | b',' => self.separator(start),
            // In scripts, HTML's comments are comments to the end of the line.
            b'<' if self.follows(b"!--") => self.at = self.line_end(self.at),
            b'-' if self.follows(b"->") && self.is_line_fresh => {
                self.at = self.line_end(self.at);
            }
            b'\n' | b'\r' => self.is_line_fresh = true,
            byte if byte.is_ascii_whitespace() || byte == 0x0B => {}
            byte if is_word(byte) => match self.wide_space(start) {
                0 => self.word(start),
                width => {
                    self.is_line_fresh |= self.terminator(start) > 0;
                    self.at = start + width;
                }
            },
            _ => self.punctuator(start),
        }
        Ok(())
    }

    fn level(&mut self) -> &mut Level {
        if self.open.is_empty() {
            self.open.push(Level::default());
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn operand(&mut self) {
        self.level().cost += 1;
        self.last = Last::Operand;
        self.word = "";
        self.before = b'a';
        self.is_line_fresh = false;
    }

    fn operator(&mut self, byte: u8) {
        self.last = Last::Operator;
        self.word = "";
        self.before = byte;
        self.is_line_fresh = false;
    }

    fn opens(&mut self, start: usize) {
        let bracket = self.bytes[start];
        let is_head = matches!(self.word, "if" | "while" | "for" | "with");
        self.open(Level {
            is_head: bracket == b'(' && is_head,
            is_list: self.opens_list(bracket),
            ..Level::default()
        });
        self.operator(bracket);
    }

    fn opens_list(&self, bracket: u8) -> bool {
        match bracket {
            b'[' => self.last == Last::Operator,
            b'{' => matches!(self.before, b'=' | b'(' | b',' | b'[') || self.word == "return",
            _ => false,
        }
    }

    fn closes(&mut self, start: usize) {
        let bracket = self.bytes[start];
        let is_text = start < self.strict_until;
        if bracket == b'}' && self.level().in_template && !is_text {
            self.close();
            return self.template();
        }
        let is_head = self.level().is_head;
        if self.open.len() > 1 && !is_text {
            self.close();
        }
        self.level().cost += 1;
        self.word = "";
        self.before = bracket;
        self.is_line_fresh = false;
        self.last = match bracket {
            b'}' => Last::Unclear,
            b')' if is_head => Last::Operator,
            _ => Last::Operand,
        };
    }

    fn open(&mut self, level: Level) {
        self.outer += self.level().own();
        self.open.push(level);
    }

    fn close(&mut self) {
        let total = self.open.pop().map_or(0, |level| level.total());
        self.outer = self.outer.saturating_sub(self.level().own());
        let level = self.level();
        level.inner = level.inner.max(total);
    }

    fn separator(&mut self, start: usize) {
        let is_comma = self.bytes[start] == b',';
        let level = self.level();
        level.separate();
        level.chained += if is_comma && !level.is_list { COMMA } else { 0 };
        self.operator(self.bytes[start]);
        self.word = if is_comma { "," } else { "" };
    }

    fn punctuator(&mut self, start: usize) {
        let rest = &self.bytes[start..];
        let long = LONG.iter().find(|operator| rest.starts_with(operator));
        let operator = long.map_or(&rest[..1], |operator| &rest[..operator.len()]);
        self.at = start + operator.len();
        let nests = match operator {
            b"." | b"?." | b"#" => 0,
            b"=>" => ARROW,
            b"?" | b":" | b"**" | b"!" | b"~" => PREFIX,
            b"==" | b"!=" | b"<=" | b">=" | b"===" | b"!==" => 0,
            _ if self.last != Last::Operand || operator.ends_with(b"=") => PREFIX,
            _ => 0,
        };
        let level = self.level();
        level.cost += 1 + nests;
        // Behind a dot stands a name, whatever it looks like.
        let is_name = matches!(operator, b"." | b"?." | b"#");
        self.word = if is_name { "." } else { "" };
        self.before = self.bytes[self.at - 1];
        self.is_line_fresh = false;
        self.last = match operator {
            b"++" | b"--" => Last::Unclear,
            _ => Last::Operator,
        };
    }

    /// How many bytes of space that is not ASCII stand at `start`.
    fn wide_space(&self, start: usize) -> usize {
        let character = self.text[start..].chars().next();
        // Besides the standard's, those that parsers are known to skip.
        let is_space = |c: &char| {
            !c.is_ascii()
                && (c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{180E}' | '\u{200B}'))
        };
        character.filter(is_space).map_or(0, char::len_utf8)
    }

    fn word_end(&self, start: usize) -> usize {
        let is_number = self.bytes[start].is_ascii_digit();
        let mut at = start;
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            let is_point = byte == b'.' && is_number;
            let is_part = is_word(byte) && (byte < 0x80 || self.wide_space(at) == 0);
            if !is_part && !is_point {
                return at;
            }
            let width = self.text[at..].chars().next().map_or(1, char::len_utf8);
            at += width;
            if is_point {
                // `1..a` and `1.a` have one point only.
                let digits = |byte: &u8| is_word(*byte) && byte.is_ascii();
                let rest = &self.bytes[at..];
                return at
                    + rest
                        .iter()
                        .position(|byte| !digits(byte))
                        .unwrap_or(rest.len());
            }
        }
        at
    }

    fn word(&mut self, start: usize) {
        self.at = self.word_end(start);
        let word = &self.text[start..self.at];
        self.is_line_fresh = false;
        self.starts_statement(word);
        self.level().cost += 1;
        self.before = b'a';
        if self.word == "." {
            self.last = Last::Operand;
            self.word = "";
            return;
        }
        self.keyword(word);
        let may_end = matches!(self.word, "let" | "var" | "," | "break" | "continue");
        self.may_end_at = may_end.then_some(self.at);
        // `for await (…)` is a `for`.
        let is_for_await = self.word == "for" && word == "await";
        self.word = if is_for_await { "for" } else { word };
    }

    /// Behind `;` and `}`, most words start a statement.
    fn starts_statement(&mut self, word: &str) {
        let continues = matches!(word, "in" | "instanceof" | "else");
        if matches!(self.before, b';' | b'}') && !continues {
            let level = self.level();
            level.separate();
            level.chained = 0;
        }
    }

    fn keyword(&mut self, word: &str) {
        let level = self.level();
        match word {
            "else" => level.chained += ELSE,
            "for" | "if" | "while" | "do" | "try" | "with" => level.cost += STATEMENT,
            "typeof" | "void" | "delete" | "new" | "await" | "yield" => level.cost += PREFIX,
            "extends" => level.cost += EXTENDS,
            "case" | "default" => level.separate(),
            _ => {}
        }
        self.last = match word {
            "return" | "typeof" | "case" | "in" | "instanceof" | "new" | "delete" | "void"
            | "throw" | "do" | "else" | "extends" | "break" | "continue" | "debugger" => {
                Last::Operator
            }
            "of" | "yield" | "await" => Last::Unclear,
            _ => Last::Operand,
        };
    }

    fn slash(&mut self, start: usize) -> Result<(), Objection> {
        if self.follows(b"/") {
            self.at = self.line_end(self.at);
            return Ok(());
        }
        if self.follows(b"*") {
            self.at = self.comment_end();
            self.is_line_fresh |= self.has_line_break(start, self.at);
            return Ok(());
        }
        let is_statement = self
            .may_end_at
            .is_some_and(|end| self.has_line_break(end, start));
        match self.last {
            _ if start < self.strict_until => self.punctuator(start),
            Last::Operand if is_statement => self.unclear_slash(start)?,
            Last::Operand => self.punctuator(start),
            Last::Operator => {
                self.at = self.regexp_end();
                self.operand();
            }
            Last::Unclear => self.unclear_slash(start)?,
        }
        Ok(())
    }

    /// The rest of the line is read as code, and brackets in it only open.
    fn unclear_slash(&mut self, start: usize) -> Result<(), Objection> {
        let end = self.line_end(self.at);
        let rest = &self.bytes[self.at..end];
        let hides = |pair: &[u8]| pair == b"//" || pair == b"/*";
        let has_quote = rest.iter().any(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        if has_quote || rest.windows(2).any(hides) {
            return Err(Objection::AmbiguousSlash(start));
        }
        self.strict_until = end;
        self.punctuator(start);
        self.last = Last::Unclear;
        Ok(())
    }

    fn follows(&self, text: &[u8]) -> bool {
        self.bytes[self.at..].starts_with(text)
    }

    fn line_end(&self, from: usize) -> usize {
        let mut at = from;
        while at < self.bytes.len() && self.terminator(at) == 0 {
            at += 1;
        }
        at
    }

    fn has_line_break(&self, from: usize, to: usize) -> bool {
        (from..to).any(|at| self.terminator(at) > 0)
    }

    /// How many bytes of a line terminator stand at `at`.
    fn terminator(&self, at: usize) -> usize {
        match self.bytes[at..] {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
            _ => 0,
        }
    }

    fn comment_end(&self) -> usize {
        let from = (self.at + 1).min(self.bytes.len());
        let rest = &self.bytes[from..];
        let end = rest.windows(2).position(|pair| pair == b"*/");
        end.map_or(self.bytes.len(), |found| from + found + 2)
    }

    /// Behind the closing quote, or at the end of the line if there is none.
    fn string_end(&self, quote: u8) -> usize {
        let mut at = self.at;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'\\' => at += self.escape(at),
                b'\n' | b'\r' => return at,
                byte if byte == quote => return at + 1,
                _ => at += 1,
            }
        }
        self.bytes.len()
    }

    /// A back-slash and what it escapes, which may be the end of a line.
    fn escape(&self, at: usize) -> usize {
        match self.bytes.get(at + 1) {
            Some(_) => 1 + self.terminator(at + 1).max(1),
            None => 1,
        }
    }

    /// Behind the closing slash, or at the end of the line if there is none.
    fn regexp_end(&self) -> usize {
        let mut at = self.at;
        let mut in_class = false;
        while at < self.bytes.len() && self.terminator(at) == 0 {
            match self.bytes[at] {
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return at + 1,
                _ => {}
            }
            at += 1;
        }
        at.min(self.bytes.len())
    }

    /// Skips text up to the closing back-tick or into the next `${`.
    fn template(&mut self) {
        while self.at < self.bytes.len() {
            let at = self.at;
            self.at += 1;
            match self.bytes[at] {
                b'\\' => self.at += 1,
                b'`' => return self.operand(),
                b'$' if self.follows(b"{") => {
                    self.at += 1;
                    self.open(Level {
                        in_template: true,
                        ..Level::default()
                    });
                    return self.operator(b'$');
                }
                _ => {}
            }
        }
    }
}

/// Whether the byte is part of a name, a keyword or a number.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'\\') || byte >= 0x80
}

#[cfg(test)]
mod tests;
