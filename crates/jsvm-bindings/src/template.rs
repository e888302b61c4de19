//! Pages made from Go's templates.
//!
//! The one rule: rendering always ends: its turns, its depth and its text are
//! bounded, and whoever asks may stop it at each piece of text. Functions of a
//! script are not called from inside: rendering stops where an answer is
//! missing, and starts again with it. Knows nothing of scripts.

use crate::error::Error;
use gotmpl::{
    FuncMap, TemplateError, ToValue, Value as Data, ValueFunc,
    html::{HTML, Template},
};
use serde_json::{Map, Number, Value};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::{self, Write},
    sync::Arc,
};

/// How many turns all `range` of a page may take together.
const MAX_TURNS: u64 = 1_000_000;

/// How often a page may call functions of the script.
const MAX_CALLS: usize = 1000;

/// What a page is made from: templates by name, the first one the page itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sources(pub(crate) Vec<(String, String)>);

/// A call of a function that the script has.
pub(crate) struct Wanted {
    pub(crate) function: String,
    pub(crate) args: Vec<Value>,
}

/// What came of an attempt.
pub(crate) enum Attempt {
    Done(String),
    Wanted(Wanted),
    /// Whoever asked stopped it.
    Stopped,
}

/// A page in the making.
pub(crate) struct Page {
    template: Template,
    data: Data,
    /// What the script's functions returned so far, in the order of their calls.
    answers: Vec<Data>,
    most: usize,
}

/// The calls of one attempt.
#[derive(Default)]
struct Calls {
    answers: Vec<Data>,
    next: usize,
    wanted: Option<Wanted>,
}

thread_local! {
    /// Those of the attempt that this thread makes.
    static CALLS: RefCell<Calls> = RefCell::default();
}

impl Page {
    /// Reads the templates, which may use `functions` of the script.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] with the place of what is no template.
    pub(crate) fn new(
        sources: &Sources,
        functions: &[String],
        data: &Value,
        most: usize,
    ) -> Result<Self, Error> {
        let (entry, text) = sources
            .0
            .first()
            .ok_or_else(|| Error::host("template: no files named in call to ParseFiles"))?;
        let mut template = Template::new(entry)
            .funcs(known(functions))
            .max_range_iters(MAX_TURNS)
            .parse(text)
            .map_err(failed)?;
        for (name, text) in &sources.0[1..] {
            let other = gotmpl::Template::new(name)
                .funcs(known(functions))
                .parse(text)
                .map_err(failed)?;
            for name in other.templates() {
                if let Some(tree) = other.lookup(name) {
                    template = template
                        .add_parse_tree(name, tree.clone())
                        .map_err(failed)?;
                }
            }
        }
        Ok(Self {
            template,
            data: data_of(data),
            answers: Vec::new(),
            most,
        })
    }

    /// Renders the page as far as it goes; `goes_on` is asked at each piece.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] for what cannot be done with the data, and if the page
    /// gets too long.
    pub(crate) fn attempt(&mut self, goes_on: &mut dyn FnMut() -> bool) -> Result<Attempt, Error> {
        let mut text = Text {
            out: String::new(),
            most: self.most,
            goes_on,
            end: None,
        };
        let calls = Calls {
            answers: std::mem::take(&mut self.answers),
            ..Calls::default()
        };
        CALLS.replace(calls);
        let done = self.template.execute_fmt(&mut text, &self.data);
        let calls = CALLS.take();
        self.answers = calls.answers;
        match (text.end, calls.wanted, done) {
            (Some(End::Stopped), ..) => Ok(Attempt::Stopped),
            (Some(End::TooLong), ..) => Err(Error::host(format!(
                "template: the page is longer than {} bytes; limits.buffer-size raises that",
                self.most
            ))),
            (None, Some(wanted), _) => Ok(Attempt::Wanted(wanted)),
            (None, None, Ok(())) => Ok(Attempt::Done(text.out)),
            (None, None, Err(err)) => Err(failed(err)),
        }
    }

    /// Takes the answer to the call that the last attempt wanted.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if there were too many.
    pub(crate) fn answer(&mut self, answer: &Value) -> Result<(), Error> {
        if self.answers.len() == MAX_CALLS {
            return Err(Error::host(format!(
                "template: more than {MAX_CALLS} calls of functions of the script"
            )));
        }
        self.answers.push(data_of(answer));
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum End {
    Stopped,
    TooLong,
}

/// The page so far.
struct Text<'a> {
    out: String,
    most: usize,
    goes_on: &'a mut dyn FnMut() -> bool,
    end: Option<End>,
}

impl Write for Text<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.out.len() + piece.len() > self.most {
            self.end = Some(End::TooLong);
        } else if !(self.goes_on)() {
            self.end = Some(End::Stopped);
        }
        match self.end {
            Some(_) => Err(fmt::Error),
            None => self.out.write_str(piece),
        }
    }
}

/// PocketBase: `raw` besides Go's own, and what the script added.
fn known(functions: &[String]) -> FuncMap {
    let raw: ValueFunc = Arc::new(|args| {
        let text = args.first().map(Data::to_string).unwrap_or_default();
        Ok(HTML::from(text.as_str()).to_value())
    });
    let mut all: FuncMap = functions
        .iter()
        .map(|name| {
            let function: ValueFunc = {
                let name = name.clone();
                Arc::new(move |args| call(&name, args))
            };
            (name.as_str().into(), function)
        })
        .collect();
    all.entry("raw".into()).or_insert(raw);
    all
}

fn call(name: &str, args: &[Data]) -> gotmpl::Result<Data> {
    CALLS.with_borrow_mut(|calls| {
        let index = calls.next;
        calls.next += 1;
        if let Some(answer) = calls.answers.get(index) {
            return Ok(answer.clone());
        }
        calls.wanted = Some(Wanted {
            function: name.to_owned(),
            args: args.iter().map(plain).collect(),
        });
        Err(TemplateError::Exec("an answer of the script".into()))
    })
}

fn failed(err: TemplateError) -> Error {
    let text = err.to_string();
    match text.starts_with("template: ") || text.starts_with("html/template") {
        true => Error::host(text),
        false => Error::host(format!("template: {text}")),
    }
}

fn data_of(value: &Value) -> Data {
    match value {
        Value::Null => Data::Nil,
        Value::Bool(flag) => Data::Bool(*flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Data::Int(whole),
            None => Data::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => Data::String(text.as_str().into()),
        Value::Array(items) => Data::List(items.iter().map(data_of).collect()),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (Arc::from(key.as_str()), data_of(value)));
            Data::Map(Arc::new(entries.collect::<BTreeMap<_, _>>()))
        }
    }
}

/// What a function of the script is given.
fn plain(data: &Data) -> Value {
    match data {
        Data::Nil => Value::Null,
        Data::Bool(flag) => (*flag).into(),
        Data::Int(number) => (*number).into(),
        Data::Uint(number) => (*number).into(),
        Data::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Data::List(items) => items.iter().map(plain).collect(),
        Data::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (key.to_string(), plain(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn page(text: &str, data: &Value) -> Result<Page, Error> {
        let sources = Sources(vec![(String::new(), text.to_owned())]);
        Page::new(&sources, &["twice".to_owned()], data, 1000)
    }

    fn render(text: &str, data: &Value) -> Result<String, Error> {
        match page(text, data)?.attempt(&mut || true)? {
            Attempt::Done(text) => Ok(text),
            _ => panic!("it wants something"),
        }
    }

    /// Each from the documentation of Go's packages.
    #[test]
    fn pages_are_those_of_go() {
        for (text, data, wanted) in [
            (
                "{{.a}} {{.none}}|{{len .b}}",
                json!({ "a": "<i>", "b": [1, 2] }),
                "&lt;i&gt; |2",
            ),
            ("{{raw .a}}", json!({ "a": "<i>" }), "<i>"),
            (
                "{{with $x := .a}}{{$x}}{{else}}no{{end}}",
                json!({ "a": 5 }),
                "5",
            ),
            (
                "{{if and .a (not .b)}}yes{{end}}",
                json!({ "a": 1, "b": "" }),
                "yes",
            ),
            ("a {{- 1 -}} b{{/* no */}}", json!(null), "a1b"),
            (
                "{{range $i, $x := .}}{{if eq $x 3}}{{break}}{{end}}{{$i}}={{$x}};{{else}}none{{end}}",
                json!([1, 2, 3, 4]),
                "0=1;1=2;",
            ),
            (
                "{{define \"row\"}}<i>{{.}}</i>{{end}}{{range .}}{{template \"row\" .}}{{end}}",
                json!(["x", "<y>"]),
                "<i>x</i><i>&lt;y&gt;</i>",
            ),
            (
                "{{printf \"%05.2f|%-3s|%q\" .n \"a\" \"b\"}}",
                json!({ "n": 2.5 }),
                "02.50|a  |&#34;b&#34;",
            ),
            (
                "{{.}}",
                json!([1, "a", null, { "b": true }]),
                "[1 a &lt;nil&gt; map[b:true]]",
            ),
            ("{{index .m \"a\" 1}}", json!({ "m": { "a": [5, 6] } }), "6"),
            (
                "<a href=\"{{.u}}\" title={{.t}}>{{.t}}</a><script>x = {{.o}}</script>",
                json!({ "u": "javascript:x()", "t": "a b", "o": { "b": "</script>" } }),
                "<a href=\"#ZgotmplZ\" title=a&#32;b>a b</a><script>x = {\"b\":\"\\u003c/script\\u003e\"}</script>",
            ),
        ] {
            assert_eq!(render(text, &data).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn later_files_define_what_earlier_ones_use() {
        let sources = [
            (
                "layout.html",
                "<b>{{block \"body\" .}}none{{end}}</b>{{template \"foot.html\" .}}",
            ),
            ("page.html", "{{define \"body\"}}{{.}}{{end}}"),
            ("foot.html", "foot"),
        ];
        let sources = sources.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let mut page = Page::new(&Sources(sources.into()), &[], &json!("x"), 100).unwrap();
        let Attempt::Done(text) = page.attempt(&mut || true).unwrap() else {
            panic!("it wants something");
        };
        assert_eq!(text, "<b>x</b>foot");
    }

    #[test]
    fn what_does_not_end_is_ended() {
        let list: Vec<_> = (0..2000).collect();
        let deep = |start: &str, end: &str| start.repeat(50_000) + "1" + &end.repeat(50_000);
        for (text, wanted) in [
            ("{{if}", "unexpected character"),
            ("{{.a.b}}", "can't evaluate field b"),
            ("{{nope}}", "undefined function: nope"),
            ("{{template \"none\"}}", "no such template"),
            (
                "{{define \"a\"}}{{template \"a\"}}{{end}}{{template \"a\"}}",
                "recursion limit",
            ),
            (
                "{{range .l}}{{range $.l}}{{end}}{{end}}",
                "range iteration budget",
            ),
            ("{{range .l}}aaaaaaaaaa{{end}}", "longer than 1000 bytes"),
            (&deep("{{if 1}}", "{{end}}"), "nesting depth exceeded"),
            (
                &format!("{{{{{}}}}}", deep("(", ")")),
                "nesting depth exceeded",
            ),
        ] {
            let err = render(text, &json!({ "a": 5, "l": list })).unwrap_err();
            assert!(err.to_string().contains(wanted), "{wanted}: {err}");
        }
        let mut page = page("{{range .}}x{{end}}", &json!(list)).unwrap();
        let mut left = 3;
        let stopped = page.attempt(&mut || {
            left -= 1;
            left > 0
        });
        assert!(matches!(stopped, Ok(Attempt::Stopped)));
    }

    #[test]
    fn functions_of_the_script_are_called_once_each() {
        let mut page = page("{{range .}}{{twice . \"<\"}};{{end}}", &json!([1, 2])).unwrap();
        let mut calls = Vec::new();
        let text = loop {
            match page.attempt(&mut || true).unwrap() {
                Attempt::Done(text) => break text,
                Attempt::Stopped => panic!("nobody stopped it"),
                Attempt::Wanted(wanted) => {
                    assert_eq!(wanted.function, "twice");
                    calls.push(json!(wanted.args));
                    page.answer(&json!(format!("<{}>", calls.len()))).unwrap();
                }
            }
        };
        assert_eq!(text, "&lt;1&gt;;&lt;2&gt;;");
        assert_eq!(json!(calls), json!([[1, "<"], [2, "<"]]));
    }
}
