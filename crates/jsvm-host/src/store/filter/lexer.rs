//! A filter, cut into tokens.
//!
//! The one rule: it looks at each byte once and never goes back. Knows nothing
//! of fields.

use super::invalid;
use jsvm::Error;
use std::borrow::Cow;

/// A piece of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A name, with dots and modifiers: `author.name:lower`, `@now`.
    Identifier(&'a str),
    /// A quoted text, without its quotes.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// `{:name}`
    Placeholder(&'a str),
    /// A comparison.
    Sign(Sign),
    /// `&&`
    And,
    /// `||`
    Or,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// There is nothing more.
    End,
}

/// A comparison, and whether one match of several is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    /// What must hold.
    pub(super) test: Test,
    /// `?=` and the like: for any value instead of for all.
    pub(super) any: bool,
}

/// What a comparison asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `~`
    Like,
    /// `!~`
    Unlike,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Sign {
    fn read(text: &str) -> Option<Self> {
        let any = text.starts_with('?');
        let test = match text.strip_prefix('?').unwrap_or(text) {
            "=" => Test::Equal,
            "!=" => Test::Unequal,
            "~" => Test::Like,
            "!~" => Test::Unlike,
            "<" => Test::Less,
            "<=" => Test::AtMost,
            ">" => Test::Greater,
            ">=" => Test::AtLeast,
            _ => return None,
        };
        Some(Self { test, any })
    }
}

/// The tokens of a filter, one after the other.
pub(super) struct Lexer<'a> {
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// The next token; [`Token::End`] again and again after the last.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] naming what is no token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Error> {
        self.skip_blanks();
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token::End);
        };
        match first {
            '(' => Ok(self.punctuation(Token::Open)),
            ')' => Ok(self.punctuation(Token::Close)),
            ',' => Ok(self.punctuation(Token::Comma)),
            '\'' | '"' => self.text(first),
            '{' => self.placeholder(),
            '-' | '0'..='9' => self.number(),
            '&' | '|' => self.join(),
            _ if is_sign(first) => self.sign(),
            _ if is_identifier_start(first) => self.identifier(),
            _ => Err(invalid(format_args!("unexpected character {first:?}"))),
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
            match self.rest.strip_prefix("//") {
                Some(comment) => {
                    let end = comment.find('\n').unwrap_or(comment.len());
                    self.rest = &comment[end..];
                }
                None => return,
            }
        }
    }

    fn punctuation(&mut self, token: Token<'a>) -> Token<'a> {
        self.rest = &self.rest[1..];
        token
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// A quote that follows a backslash does not end the text.
    fn text(&mut self, quote: char) -> Result<Token<'a>, Error> {
        let inner = &self.rest[1..];
        let mut escaped = false;
        let mut has_quotes = false;
        for (at, c) in inner.char_indices() {
            if c == quote && !escaped {
                let text = &inner[..at];
                self.rest = &inner[at + 1..];
                return Ok(Token::Text(match has_quotes {
                    true => text
                        .replace(&format!("\\{quote}"), &quote.to_string())
                        .into(),
                    false => text.into(),
                }));
            }
            has_quotes |= c == quote;
            escaped = c == '\\';
        }
        Err(invalid(format_args!(
            "the text {} does not end",
            excerpt(self.rest)
        )))
    }

    fn placeholder(&mut self) -> Result<Token<'a>, Error> {
        let name = self
            .rest
            .strip_prefix("{:")
            .and_then(|inner| inner.split_once('}'))
            .filter(|(name, _)| !name.is_empty() && !name.contains(['{', ':', '\n']));
        let Some((name, rest)) = name else {
            return Err(invalid(format_args!("unexpected character {:?}", '{')));
        };
        self.rest = rest;
        Ok(Token::Placeholder(name))
    }

    fn number(&mut self) -> Result<Token<'a>, Error> {
        let digits = self.rest[1..]
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .map_or(self.rest.len(), |end| end + 1);
        let (text, rest) = self.rest.split_at(digits);
        self.rest = rest;
        match text.parse() {
            Ok(number) if !text.ends_with('.') => Ok(Token::Number(number)),
            _ => Err(invalid(format_args!("invalid number {}", excerpt(text)))),
        }
    }

    fn join(&mut self) -> Result<Token<'a>, Error> {
        match self.take_while(|c| c == '&' || c == '|') {
            "&&" => Ok(Token::And),
            "||" => Ok(Token::Or),
            other => Err(invalid(format_args!(
                "invalid join operator {}",
                excerpt(other)
            ))),
        }
    }

    fn sign(&mut self) -> Result<Token<'a>, Error> {
        let text = self.take_while(is_sign);
        Sign::read(text)
            .map(Token::Sign)
            .ok_or_else(|| invalid(format_args!("invalid sign operator {}", excerpt(text))))
    }

    fn identifier(&mut self) -> Result<Token<'a>, Error> {
        let text = self
            .take_while(|c| is_identifier_start(c) || c.is_ascii_digit() || c == '.' || c == ':');
        let ends_well = text.ends_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
        if !ends_well || text[1..].contains(['@', '#']) {
            return Err(invalid(format_args!(
                "invalid identifier {}",
                excerpt(text)
            )));
        }
        Ok(Token::Identifier(text))
    }
}

fn is_sign(c: char) -> bool {
    matches!(c, '=' | '?' | '!' | '>' | '<' | '~')
}

fn is_identifier_start(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '@' | '#')
}

/// The first characters, for an error that must not repeat a huge input.
fn excerpt(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    match start.len() < text.len() {
        true => format!("{start:?}…"),
        false => format!("{start:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<String, Error> {
        let mut lexer = Lexer::new(text);
        let mut out = Vec::new();
        loop {
            match lexer.next()? {
                Token::End => return Ok(out.join(" ")),
                token => out.push(format!("{token:?}").replace("Identifier", "Id")),
            }
        }
    }

    #[test]
    fn every_kind_of_token_is_read() {
        for (text, wanted) in [
            ("a.b:lower", r#"Id("a.b:lower")"#),
            ("@request.auth.id", r#"Id("@request.auth.id")"#),
            ("-1.5 2", "Number(-1.5) Number(2.0)"),
            ("'it''s'", r#"Text("it") Text("s")"#),
            (r"'it\'s'", r#"Text("it's")"#),
            (r#""it's""#, r#"Text("it's")"#),
            (r"'a\b'", r#"Text("a\\b")"#),
            ("'é→'", r#"Text("é→")"#),
            ("{:name}", r#"Placeholder("name")"#),
            ("?!~", "Sign(Sign { test: Unlike, any: true })"),
            (
                "a=1&&(b||c)",
                "Id(\"a\") Sign(Sign { test: Equal, any: false }) Number(1.0) And Open Id(\"b\") Or Id(\"c\") Close",
            ),
            ("a // b = 'c'\n// d\n,", r#"Id("a") Comma"#),
            ("", ""),
        ] {
            assert_eq!(tokens(text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_named() {
        for (text, wanted) in [
            ("'open", r#"the text "'open" does not end"#),
            (r"'open\'", "does not end"),
            ("a === 1", r#"invalid sign operator "===""#),
            ("a & b", r#"invalid join operator "&""#),
            ("1.2.3", r#"invalid number "1.2.3""#),
            ("1.", "invalid number"),
            ("-", "invalid number"),
            ("a.", "invalid identifier"),
            ("a@b", "invalid identifier"),
            ("{:x", "unexpected character '{'"),
            ("{:}", "unexpected character '{'"),
            ("a; DROP", "unexpected character ';'"),
            ("é", "unexpected character 'é'"),
            ("a \0", "unexpected character '\\0'"),
        ] {
            let message = tokens(text).unwrap_err().to_string();
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[test]
    fn a_huge_mistake_makes_a_small_message() {
        let message = tokens(&format!("'{}", "x".repeat(1_000_000)))
            .unwrap_err()
            .to_string();
        assert!(message.len() < 100);
    }
}
