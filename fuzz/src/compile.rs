//! Programs that come to an end, in both engines.

use crate::engines::{Told, bare, metered};
use arbitrary::{Result, Unstructured};
use std::fmt::Write;

pub(crate) fn run(data: &[u8]) {
    let mut writer = Writer {
        data: Unstructured::new(data),
        text: String::from("var a = 1, b = 'x', c = [1, 2, 3], turns = 0;\n"),
        depth: 0,
        in_function: false,
    };
    // When the bytes are over, what was written is the program.
    let _ = writer.block();
    writer.text += "\nString(a) + '|' + String(b) + '|' + String(c)";
    let ours = metered(&writer.text);
    if ours == Told::Limit {
        return;
    }
    let theirs = bare(&writer.text);
    if theirs == Told::Limit {
        return;
    }
    assert_eq!(ours, theirs, "\n{}", writer.text);
}

const MOST: u32 = 5;

struct Writer<'a> {
    data: Unstructured<'a>,
    text: String,
    depth: u32,
    in_function: bool,
}

impl Writer<'_> {
    fn pick(&mut self, list: &[&'static str]) -> Result<&'static str> {
        Ok(*self.data.choose(list)?)
    }

    fn put(&mut self, text: &str) {
        self.text += text;
    }

    fn block(&mut self) -> Result<()> {
        for _ in 0..self.data.int_in_range(1..=4)? {
            self.statement()?;
            self.put("\n");
        }
        Ok(())
    }

    /// A block in braces, closed whatever happens inside.
    fn braces(&mut self) -> Result<()> {
        self.put("{ ");
        self.depth += 1;
        let result = if self.depth > MOST {
            Ok(())
        } else {
            self.block()
        };
        self.depth -= 1;
        self.put(" }");
        result
    }

    fn statement(&mut self) -> Result<()> {
        match self.data.int_in_range(0..=15)? {
            0 => self.counted("for (let i = 0; i < ", "; i++) "),
            1 => self.counted("for (var j = 0; j < ", "; j += 2) "),
            2 => {
                self.put("for (const k of [1, 'y', null]) ");
                self.braces()
            }
            3 => {
                self.put("for (const k in { p: 1, q: 2 }) ");
                self.braces()
            }
            4 => {
                self.put("while (++turns % 5) ");
                self.braces()
            }
            5 => {
                self.put("do ");
                let result = self.braces();
                self.put(" while (++turns % 3);");
                result
            }
            6 => {
                self.put("try ");
                let result = self.braces();
                self.put(" catch (err) { a = err instanceof Error ? err.message : err }");
                result
            }
            7 => {
                self.put("try ");
                let result = self.braces();
                self.put(" finally { turns++ }");
                result
            }
            8 => {
                let jump = self.pick(&["break", "continue"])?;
                let result = self.data.int_in_range(1..=4);
                let (turns, at) = (result?, self.data.int_in_range(0..=3)?);
                let _ = write!(
                    self.text,
                    "out: for (let n = 0; n < {turns}; ++n) {{ for (;;) {{ if (n == {at}) {jump} out; a += n; break }} }}"
                );
                Ok(())
            }
            9 => {
                let name = self.pick(&["f", "g"])?;
                let was = std::mem::replace(&mut self.in_function, true);
                let _ = write!(
                    self.text,
                    "function {name}(n = 2, ...more) {{ if (n <= 0) return n; "
                );
                let result = self.block();
                self.in_function = was;
                let _ = write!(self.text, " return n + {name}(n - 1) }}");
                result
            }
            10 => {
                self.put("if (");
                let result = self.expression();
                self.put(") ");
                result.and(self.braces())
            }
            11 => {
                self.put("switch (");
                let result = self.expression();
                self.put(") { case 1: a = 'one'; case 'x': b = 2; break; default: c = [a] }");
                result
            }
            12 if self.in_function => {
                self.put("return ");
                let result = self.expression();
                self.put(";");
                result
            }
            13 => {
                self.put("throw ");
                let result = self.expression();
                self.put(";");
                result
            }
            _ => {
                let target = self.pick(&[
                    "a",
                    "b",
                    "c",
                    "c[0]",
                    "c['length']",
                    "[a, b]",
                    "{ a, b = 1 }",
                ])?;
                let by = match target {
                    "[a, b]" | "{ a, b = 1 }" => "=",
                    _ => self.pick(&["=", "+=", "-=", "??=", "||="])?,
                };
                let (open, close) = if target.starts_with('{') {
                    ("(", ")")
                } else {
                    ("", "")
                };
                let _ = write!(self.text, ";{open}{target} {by} ");
                let result = self.expression();
                self.put(close);
                self.put(";");
                result
            }
        }
    }

    fn counted(&mut self, start: &str, end: &str) -> Result<()> {
        let turns = self.data.int_in_range(0..=40)?;
        let _ = write!(self.text, "{start}{turns}{end}");
        self.braces()
    }

    fn expression(&mut self) -> Result<()> {
        self.depth += 1;
        let written = if self.depth > MOST + 3 {
            self.put("1");
            Ok(())
        } else {
            self.deeper()
        };
        self.depth -= 1;
        written
    }

    fn deeper(&mut self) -> Result<()> {
        let Ok(choice) = self.data.int_in_range(0..=13) else {
            // The program must stay one.
            self.put("0");
            return Err(arbitrary::Error::NotEnoughData);
        };
        match choice {
            0 => {
                let name = self.pick(&["a", "b", "c", "turns"]).unwrap_or("a");
                self.put(name);
                Ok(())
            }
            1 => {
                let literal = [
                    "0",
                    "-1",
                    "2.5",
                    "'x'",
                    "null",
                    "undefined",
                    "[1, 2]",
                    "{}",
                    "7n",
                    "/x/g",
                ];
                let literal = *self.data.choose(&literal).unwrap_or(&"0");
                let _ = write!(self.text, "({literal})");
                Ok(())
            }
            2 | 3 => {
                let by = [
                    "+",
                    "-",
                    "*",
                    "%",
                    "<",
                    "==",
                    "===",
                    "&&",
                    "||",
                    "??",
                    "in",
                    "instanceof",
                    ",",
                ];
                let by = *self.data.choose(&by).unwrap_or(&"+");
                self.put("((");
                let left = self.expression();
                let _ = write!(self.text, ") {by} (");
                let right = self.expression();
                self.put("))");
                left.and(right)
            }
            4 => self.around("typeof (", ")"),
            5 => self.around("(a = ", ")"),
            6 => self.around("(++turns, ", ")"),
            7 => self.around("((x) => x)(", ")"),
            8 => self.around("[3, 1, 2].map((x) => x + ", ")"),
            9 => self.around("(", ").length"),
            10 => self.around(
                "(() => { for (const x of [1, 2]) { if (x > 1) return x } })() + (",
                ")",
            ),
            11 => self.around("`t${", "}`"),
            12 => self.around("(typeof f == 'function' ? f(1) : ", ")"),
            _ => self.around("JSON.stringify(", ")"),
        }
    }

    fn around(&mut self, before: &str, after: &str) -> Result<()> {
        self.put(before);
        let result = self.expression();
        self.put(after);
        result
    }
}
