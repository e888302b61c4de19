//! Refuses source that is nested so deeply that a parser could overflow.
//!
//! The one rule: no recursion, and one pass over the text. It counts brackets,
//! and long runs of tokens that nothing separates, because parsers nest those
//! too (`!!!!x`, `a+a+a`, `if(a)if(b)c`). It knows just enough of JavaScript to
//! skip strings and comments; what it takes for text may only make it stricter.

/// How deep brackets and statements may be nested.
pub(crate) const MAX_DEPTH: usize = 400;
/// How long a run of tokens may be; an honest expression stays far below.
const MAX_RUN: usize = 10_000;
/// How many `else` a whole source may have; each may nest the next one.
const MAX_ELSES: usize = 5_000;

/// The byte at which `text` is nested too deeply, if there is one.
pub(crate) fn too_deep_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open: Vec<Level> = vec![Level::default()];
    let mut at = 0;
    let mut elses = 0;
    while at < bytes.len() {
        let start = at;
        at += 1;
        match bytes[start] {
            b'/' if bytes.get(at) == Some(&b'/') => at = line_end(bytes, at),
            b'/' if bytes.get(at) == Some(&b'*') => at = comment_end(bytes, at + 1),
            quote @ (b'"' | b'\'') => at = string_end(bytes, at, quote),
            b'`' => at = template_part(bytes, at, &mut open),
            b'(' | b'[' | b'{' => open.push(Level::default()),
            b'}' if open.last().is_some_and(|level| level.in_template) => {
                open.pop();
                at = template_part(bytes, at, &mut open);
            }
            b')' | b']' | b'}' if open.len() > 1 => {
                open.pop();
                if bytes[start] == b'}' {
                    separate(&mut open);
                }
            }
            b';' | b',' => separate(&mut open),
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => {
                at = word_end(bytes, at);
                elses += usize::from(&bytes[start..at] == b"else");
                count(&mut open);
                if matches!(
                    &bytes[start..at],
                    b"for" | b"if" | b"while" | b"do" | b"try"
                ) {
                    nest(&mut open);
                }
            }
            byte if !byte.is_ascii_whitespace() => count(&mut open),
            _ => {}
        }
        let too_long = open
            .last()
            .is_some_and(|level| level.run > MAX_RUN || level.statements > MAX_DEPTH);
        if open.len() > MAX_DEPTH || too_long || elses > MAX_ELSES {
            return Some(start);
        }
    }
    None
}

#[derive(Default)]
struct Level {
    /// Tokens since something separated them.
    run: usize,
    /// Statements among them that may hold the next one.
    statements: usize,
    in_template: bool,
}

fn count(open: &mut [Level]) {
    if let Some(level) = open.last_mut() {
        level.run += 1;
    }
}

fn nest(open: &mut [Level]) {
    if let Some(level) = open.last_mut() {
        level.statements += 1;
    }
}

fn separate(open: &mut [Level]) {
    if let Some(level) = open.last_mut() {
        level.run = 0;
        level.statements = 0;
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
        .map_or(bytes.len(), |found| from + found)
}

fn comment_end(bytes: &[u8], from: usize) -> usize {
    bytes[from.min(bytes.len())..]
        .windows(2)
        .position(|pair| pair == b"*/")
        .map_or(bytes.len(), |found| from + found + 2)
}

/// Behind the closing quote, or at the end of the line if there is none.
fn string_end(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

fn word_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))
        .map_or(bytes.len(), |found| from + found)
}

/// Skips text up to the closing back-tick or into the next `${`.
fn template_part(bytes: &[u8], from: usize, open: &mut Vec<Level>) -> usize {
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'`' => return at + 1,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                open.push(Level {
                    in_template: true,
                    ..Level::default()
                });
                return at + 2;
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_source_passes() {
        let deep = format!("{}1{}", "(".repeat(390), ")".repeat(390));
        for text in [
            "const a = { b: [1, `x${{ c: \"(\" }}`] } // ((((",
            &format!("let list = [{}]", "1,".repeat(20_000)),
            &"function f() { return '(' }\n".repeat(3000),
            &deep,
        ] {
            assert_eq!(too_deep_at(text), None);
        }
    }

    #[test]
    fn absurd_source_is_refused() {
        assert!(too_deep_at(&"for(;;)".repeat(1000)).is_some());
        for unit in [
            "(",
            "[",
            "{a:",
            "`${",
            "!",
            "a+",
            "a?b:",
            "x=>",
            "if(1)",
            ".a",
            "else if(1){}",
        ] {
            let text = unit.repeat(20_000);
            assert!(too_deep_at(&text).is_some(), "{unit}");
        }
    }
}
