//! A filter as a tree.
//!
//! The one rule: `&&` binds more tightly than `||`, as in the SQL that
//! PocketBase makes, and depth and size are bounded. Knows nothing of fields.

use super::{
    Source, invalid,
    lexer::{Lexer, Sign, Token},
};
use jsvm::{Error, cast};
use serde_json::{Map, Value};

/// How deeply parentheses may nest.
const MAX_DEPTH: usize = 100;
/// How many comparisons a filter may have; PocketBase: `DefaultFilterExprLimit`.
const MAX_COMPARISONS: usize = 200;

/// What must hold for a record.
#[derive(Debug, PartialEq)]
pub(super) enum Expr {
    /// Every one of several.
    All(Vec<Self>),
    /// At least one of several.
    Any(Vec<Self>),
    /// One comparison.
    Compare(Operand, Sign, Operand),
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// A field, a macro, or `null`, `true`, `false`.
    Identifier(String),
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// No value, from a place holder.
    Null,
    /// A truth value, from a place holder.
    Bool(bool),
    /// `name(…)`
    Call(String, Vec<Self>),
}

/// Reads a filter that is not empty.
///
/// # Errors
///
/// [`Error::Host`] that says what was expected.
pub(super) fn parse(source: &Source<'_>) -> Result<Expr, Error> {
    if source.text.len() > source.author.max_length() {
        return Err(invalid(format_args!(
            "longer than {} bytes",
            source.author.max_length()
        )));
    }
    let mut parser = Parser {
        lexer: Lexer::new(source.text),
        next: Token::End,
        params: source.params,
        comparisons: 0,
        depth: 0,
    };
    parser.advance()?;
    if parser.next == Token::End {
        return Err(invalid("the expression is empty"));
    }
    let expr = parser.any()?;
    match parser.next {
        Token::End => Ok(expr),
        other => Err(invalid(format_args!("expected && or ||, got {other:?}"))),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    params: Option<&'a Map<String, Value>>,
    comparisons: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<Token<'a>, Error> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn any(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.all()?];
        while self.next == Token::Or {
            self.advance()?;
            parts.push(self.all()?);
        }
        Ok(single_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, Error> {
        let mut parts = vec![self.part()?];
        while self.next == Token::And {
            self.advance()?;
            parts.push(self.part()?);
        }
        Ok(single_or(parts, Expr::All))
    }

    fn part(&mut self) -> Result<Expr, Error> {
        if self.next != Token::Open {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(invalid(format_args!(
                "parentheses nest deeper than {MAX_DEPTH}"
            )));
        }
        self.advance()?;
        let inner = self.any()?;
        self.depth -= 1;
        match self.advance()? {
            Token::Close => Ok(inner),
            other => Err(invalid(format_args!("expected &&, || or ), got {other:?}"))),
        }
    }

    fn comparison(&mut self) -> Result<Expr, Error> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            return Err(invalid(format_args!(
                "more than {MAX_COMPARISONS} comparisons"
            )));
        }
        let left = self.operand("left")?;
        let sign = match self.advance()? {
            Token::Sign(sign) => sign,
            other => {
                return Err(invalid(format_args!(
                    "expected a sign operator, got {other:?}"
                )));
            }
        };
        let right = self.operand("right")?;
        Ok(Expr::Compare(left, sign, right))
    }

    fn operand(&mut self, side: &str) -> Result<Operand, Error> {
        match self.advance()? {
            Token::Identifier(name) if self.next == Token::Open => {
                Ok(Operand::Call(name.to_owned(), self.arguments()?))
            }
            Token::Identifier(name) => Ok(Operand::Identifier(name.to_owned())),
            Token::Text(text) => Ok(Operand::Text(text.into_owned())),
            Token::Number(number) => Ok(Operand::Number(number)),
            Token::Placeholder(name) => self.param(name),
            other => Err(invalid(format_args!(
                "expected {side} operand (identifier, text or number), got {other:?}"
            ))),
        }
    }

    /// Arguments are no calls themselves, so this does not nest.
    fn arguments(&mut self) -> Result<Vec<Operand>, Error> {
        const MAX: usize = 10;
        self.advance()?;
        let mut arguments = Vec::new();
        if self.next == Token::Close {
            self.advance()?;
            return Ok(arguments);
        }
        while arguments.len() < MAX {
            arguments.push(match self.advance()? {
                Token::Identifier(name) => Operand::Identifier(name.to_owned()),
                Token::Text(text) => Operand::Text(text.into_owned()),
                Token::Number(number) => Operand::Number(number),
                Token::Placeholder(name) => self.param(name)?,
                other => return Err(invalid(format_args!("{other:?} is no argument"))),
            });
            match self.advance()? {
                Token::Comma => {}
                Token::Close => return Ok(arguments),
                other => return Err(invalid(format_args!("expected , or ), got {other:?}"))),
            }
        }
        Err(invalid(format_args!("more than {MAX} arguments")))
    }

    fn param(&self, name: &str) -> Result<Operand, Error> {
        let Some(value) = self.params.and_then(|params| params.get(name)) else {
            return Err(invalid(format_args!(
                "there is no value for the place holder {{:{name}}}"
            )));
        };
        Ok(match value {
            Value::Null => Operand::Null,
            Value::Bool(flag) => Operand::Bool(*flag),
            Value::Number(number) => Operand::Number(number.as_f64().unwrap_or_default()),
            // PocketBase quotes an empty text twice, so that it equals nothing
            // that is empty; look-ups by a token that nobody sent rely on it.
            Value::String(text) if text.is_empty() => Operand::Text("\"\"".to_owned()),
            other => Operand::Text(cast::to_text(other)),
        })
    }
}

fn single_or(mut parts: Vec<Expr>, join: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::filter::Author;
    use serde_json::json;

    fn shape(text: &str) -> Result<String, String> {
        let params = json!({
            "n": 5, "t": "it's", "none": null, "yes": true, "list": ["a"], "empty": "",
        });
        let source = Source {
            params: params.as_object(),
            ..Source::rule(text)
        };
        parse(&source)
            .map(|expr| show(&expr))
            .map_err(|err| err.to_string())
    }

    fn show(expr: &Expr) -> String {
        let list = |parts: &[Expr], join: &str| {
            let parts: Vec<_> = parts.iter().map(show).collect();
            format!("({})", parts.join(join))
        };
        match expr {
            Expr::All(parts) => list(parts, " & "),
            Expr::Any(parts) => list(parts, " | "),
            Expr::Compare(left, _, right) => format!("{} ? {}", side(left), side(right)),
        }
    }

    fn side(operand: &Operand) -> String {
        match operand {
            Operand::Identifier(name) => name.clone(),
            Operand::Text(text) => format!("{text:?}"),
            Operand::Number(number) => number.to_string(),
            Operand::Null => "NULL".into(),
            Operand::Bool(flag) => flag.to_string().to_uppercase(),
            Operand::Call(name, list) => {
                format!("{name}{:?}", list.iter().map(side).collect::<Vec<_>>())
            }
        }
    }

    #[test]
    fn trees_have_the_precedence_of_sql() {
        for (text, wanted) in [
            ("a = 1", "a ? 1"),
            ("a=1||b=2&&c=3", "(a ? 1 | (b ? 2 & c ? 3))"),
            ("(a=1||b=2)&&c=3", "((a ? 1 | b ? 2) & c ? 3)"),
            ("((a=1))", "a ? 1"),
            ("a = {:n} && b = {:t}", r#"(a ? 5 & b ? "it's")"#),
            ("a = {:none} && b = {:yes}", "(a ? NULL & b ? TRUE)"),
            (
                "a = {:list} && b = {:empty}",
                r#"(a ? "[\"a\"]" & b ? "\"\"")"#,
            ),
            (
                "geoDistance(a.lon, 1) < 2",
                r#"geoDistance["a.lon", "1"] ? 2"#,
            ),
            ("f() = 1", "f[] ? 1"),
        ] {
            assert_eq!(shape(text).as_deref(), Ok(wanted));
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (text, wanted) in [
            (" ", "the expression is empty"),
            ("// nothing", "the expression is empty"),
            ("title = ", "expected right operand"),
            ("= 1", "expected left operand"),
            ("a", "expected a sign operator, got End"),
            ("a = 1 b = 2", "expected && or ||"),
            ("a = 1 &&", "expected left operand"),
            ("(a = 1", "expected &&, || or ), got End"),
            ("a = 1)", "expected && or ||, got Close"),
            ("()", "expected left operand"),
            ("a = {:nope}", "no value for the place holder {:nope}"),
            ("f(1,2,3,4,5,6,7,8,9,10,11) = 1", "more than 10 arguments"),
            ("f(g(1)) = 1", "expected , or ), got Open"),
            ("f(1", "expected , or ), got End"),
        ] {
            let message = shape(text).unwrap_err();
            assert!(message.contains(wanted), "{message}");
        }
    }

    #[test]
    fn size_and_depth_are_bounded() {
        let nested = |depth: usize| format!("{}a=1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(shape(&nested(MAX_DEPTH)).is_ok());
        assert!(
            shape(&nested(MAX_DEPTH + 1))
                .unwrap_err()
                .contains("nest deeper")
        );
        assert!(
            shape(&"(".repeat(50_000))
                .unwrap_err()
                .contains("nest deeper")
        );
        let many = |count: usize| vec!["a=1"; count].join("||");
        assert!(shape(&many(MAX_COMPARISONS)).is_ok());
        assert!(
            shape(&many(MAX_COMPARISONS + 1))
                .unwrap_err()
                .contains("more than 200")
        );
        assert!(
            shape(&"x".repeat(200_000))
                .unwrap_err()
                .contains("longer than")
        );
        let text = "a=1||".repeat(800);
        let client = Source {
            author: Author::Client,
            ..Source::rule(&text)
        };
        assert!(
            parse(&client)
                .unwrap_err()
                .to_string()
                .contains("longer than 3500")
        );
    }
}
