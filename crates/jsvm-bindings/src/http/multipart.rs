//! The parts of a `multipart/form-data` body, as Go's `mime/multipart` reads them.
//!
//! The one rule: every byte is looked at a bounded number of times, and no
//! number in the body decides how much memory is taken. A transfer encoding of
//! a part is ignored; forms have none. Knows nothing of requests.

use super::{headers::Headers, headers::is_token, media::MediaType, percent::text_of};

/// Most parts of a form.
const MAX_PARTS: usize = 1_000;
/// Most header fields of all parts together.
const MAX_FIELDS: usize = 10_000;

/// A file that was sent with a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilePart {
    /// The name of the form's field.
    pub field: String,
    /// The file's name without its folders.
    pub filename: String,
    /// Its type as the client gave it, empty if it gave none.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// One part that has a name: a value, or a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Value(String, String),
    File(FilePart),
}

/// What is wrong with the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MultipartError {
    #[error("the boundary is empty")]
    NoBoundary,
    #[error("the body ends before its last boundary")]
    Truncated,
    #[error("there is text between a boundary and a part")]
    Stray,
    #[error("a header of a part is not well formed")]
    Header,
    #[error("there are more than {MAX_PARTS} parts or {MAX_FIELDS} headers")]
    TooMany,
}

/// Reads all parts; those without a name are left out.
pub(super) fn parse(body: &[u8], boundary: &str) -> Result<Vec<Part>, MultipartError> {
    if boundary.is_empty() {
        return Err(MultipartError::NoBoundary);
    }
    let mut reader = Reader {
        rest: body,
        dashes: format!("--{boundary}").into_bytes(),
        newline: b"\r\n",
        is_inside: false,
    };
    let mut parts = Vec::new();
    let (mut count, mut fields_left) = (0, MAX_FIELDS);
    while let Some((headers, bytes)) = reader.next_part(fields_left)? {
        count += 1;
        if count > MAX_PARTS {
            return Err(MultipartError::TooMany);
        }
        let part = part(&headers, bytes);
        if matches!(part, Some(Part::File(_))) {
            fields_left = fields_left.saturating_sub(headers.len());
        }
        parts.extend(part);
    }
    Ok(parts)
}

fn part(headers: &Headers, bytes: &[u8]) -> Option<Part> {
    let disposition = MediaType::parse(headers.get("Content-Disposition")).ok()?;
    let name = disposition.param("name").filter(|name| !name.is_empty())?;
    if disposition.kind != "form-data" {
        return None;
    }
    let name = name.to_owned();
    match disposition.param("filename").unwrap_or_default() {
        "" => Some(Part::Value(name, text_of(bytes))),
        filename => Some(Part::File(FilePart {
            field: name,
            filename: base_name(filename).to_owned(),
            content_type: headers.get("Content-Type").to_owned(),
            bytes: bytes.to_vec(),
        })),
    }
}

/// Go's `filepath.Base` on Unix.
fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((_, base)) => base,
        None if path.is_empty() => "/",
        None => path,
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// The boundary with its two dashes.
    dashes: Vec<u8>,
    /// How lines end; the first boundary decides.
    newline: &'static [u8],
    /// Whether the first boundary is behind us.
    is_inside: bool,
}

impl<'a> Reader<'a> {
    fn next_part(
        &mut self,
        fields_left: usize,
    ) -> Result<Option<(Headers, &'a [u8])>, MultipartError> {
        let mut is_separated = false;
        loop {
            let line = self.take_line();
            if !line.ends_with(b"\n") {
                return if self.is_last(line) {
                    Ok(None)
                } else {
                    Err(MultipartError::Truncated)
                };
            }
            if self.is_boundary(line) {
                break;
            }
            if self.is_last(line) {
                return Ok(None);
            }
            // What stands before the first boundary is for people.
            if !self.is_inside {
                continue;
            }
            if is_separated || line != self.newline {
                return Err(MultipartError::Stray);
            }
            is_separated = true;
        }
        self.is_inside = true;
        match self.take_headers(fields_left)? {
            Some(headers) => Ok(Some((headers, self.take_body()?))),
            // Go takes a body that ends within headers as ended.
            None => Ok(None),
        }
    }

    /// Everything up to a line end, and that; the last line may have none.
    fn take_line(&mut self) -> &'a [u8] {
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = self
            .rest
            .split_at(end.map_or(self.rest.len(), |end| end + 1));
        self.rest = rest;
        line
    }

    fn is_boundary(&mut self, line: &[u8]) -> bool {
        let Some(end) = line.strip_prefix(&*self.dashes).map(skip_blanks) else {
            return false;
        };
        if !self.is_inside && end == b"\n" {
            self.newline = b"\n";
        }
        end == self.newline
    }

    fn is_last(&self, line: &[u8]) -> bool {
        let end = line
            .strip_prefix(&*self.dashes)
            .and_then(|end| end.strip_prefix(b"--"));
        end.map(skip_blanks)
            .is_some_and(|end| end.is_empty() || end == self.newline)
    }

    /// The headers up to the empty line; `None` if the body ends before.
    fn take_headers(&mut self, fields_left: usize) -> Result<Option<Headers>, MultipartError> {
        let mut headers = Headers::new();
        if self.rest.first().is_some_and(is_blank) {
            return Err(MultipartError::Header);
        }
        loop {
            if self.rest.is_empty() {
                return Ok(None);
            }
            let line = without_newline(self.take_line());
            if line.is_empty() {
                return Ok(Some(headers));
            }
            if !line.contains(&b':') {
                return Err(MultipartError::Header);
            }
            let line = self.continued(line);
            let (key, value) = header(&line).ok_or(MultipartError::Header)?;
            if headers.len() == fields_left {
                return Err(MultipartError::TooMany);
            }
            headers.add(key, text_of(value));
        }
    }

    /// A line with those that follow and start with a blank.
    fn continued(&mut self, line: &[u8]) -> Vec<u8> {
        let mut whole = trim_blanks(line).to_vec();
        while self.rest.first().is_some_and(is_blank) {
            self.rest = skip_blanks(self.rest);
            whole.push(b' ');
            whole.extend_from_slice(trim_blanks(without_newline(self.take_line())));
        }
        whole
    }

    /// Everything up to the next boundary, which stays.
    fn take_body(&mut self) -> Result<&'a [u8], MultipartError> {
        if self.starts_boundary(self.rest) {
            return Ok(&[]);
        }
        let mut from = 0;
        while let Some(found) = self.rest[from..].iter().position(|byte| *byte == b'\n') {
            let after = from + found + 1;
            let end = after.saturating_sub(self.newline.len());
            if self.rest[end..].starts_with(self.newline)
                && self.starts_boundary(&self.rest[after..])
            {
                let (body, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Ok(body);
            }
            from = after;
        }
        Err(MultipartError::Truncated)
    }

    /// Whether a boundary stands here, and not a longer word.
    fn starts_boundary(&self, text: &[u8]) -> bool {
        match text.strip_prefix(&*self.dashes) {
            Some([] | [b' ' | b'\t' | b'\r' | b'\n', ..] | [b'-', b'-', ..]) => true,
            Some(_) | None => false,
        }
    }
}

fn header(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (key, value) = (str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]);
    let is_allowed = |byte: &u8| !byte.is_ascii_control() || *byte == b'\t';
    // Go knows clients that put a space before the colon.
    let is_key = !key.is_empty() && key.split(' ').all(|word| word.is_empty() || is_token(word));
    (is_key && value.iter().all(is_allowed)).then(|| (key, skip_blanks(value)))
}

fn without_newline(line: &[u8]) -> &[u8] {
    let Some(line) = line.strip_suffix(b"\n") else {
        return line;
    };
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(byte));
    &text[start.unwrap_or(text.len())..]
}

fn trim_blanks(text: &[u8]) -> &[u8] {
    let text = skip_blanks(text);
    let end = text.iter().rposition(|byte| !is_blank(byte));
    &text[..end.map_or(0, |end| end + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, wanted: Result<&[&str], MultipartError>) {
        let found = parse(body.as_bytes(), "b").map(|parts| parts.iter().map(shown).collect());
        let wanted = wanted.map(|parts| {
            parts
                .iter()
                .map(|part| (*part).to_owned())
                .collect::<Vec<_>>()
        });
        assert_eq!(found, wanted, "{body:?}");
    }

    fn shown(part: &Part) -> String {
        match part {
            Part::Value(name, value) => format!("{name}={value}"),
            Part::File(file) => {
                let text = text_of(&file.bytes);
                format!(
                    "{}: {} {} {text}",
                    file.field, file.filename, file.content_type
                )
            }
        }
    }

    fn field(name: &str, value: &str) -> String {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    }

    #[test]
    fn values_and_files_are_read() {
        let file = "--b\r\ncontent-type: text/csv\r\nContent-Disposition: form-data;\r\n\tname=f; filename=\"../a/b.csv\"\r\n\r\n1,2\r\n\r\n";
        let body = [
            &*field("a", "1"),
            &field("ä", ""),
            file,
            &field("a", "--bx\r\n--bc -"),
            "--b--",
        ]
        .concat();
        check(
            &body,
            Ok(&["a=1", "ä=", "f: b.csv text/csv 1,2\r\n", "a=--bx\r\n--bc -"]),
        );
        let body = body.replace("\r\n", "\n");
        check(
            &body,
            Ok(&["a=1", "ä=", "f: b.csv text/csv 1,2\n", "a=--bx\n--bc -"]),
        );
    }

    #[test]
    fn what_surrounds_the_parts_does_not_matter() {
        let one = field("a", "1");
        check(
            &format!("hello\r\n\r\n{one}--b-- \t\r\ngood bye"),
            Ok(&["a=1"]),
        );
        check(&format!("--b \t\r\n{}--b--", &one[5..]), Ok(&["a=1"]));
        check("--b--", Ok(&[]));
        check("--b\r\n", Ok(&[]));
        check("--b\r\n\r\n--b--", Ok(&[]));
        check(
            "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--",
            Ok(&["a="]),
        );
        check(
            "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
            Ok(&[]),
        );
        check(
            "--b\r\nContent-Disposition: form-data; name=\r\n\r\nx\r\n--b--",
            Ok(&[]),
        );
    }

    #[test]
    fn broken_bodies_are_errors() {
        check("", Err(MultipartError::Truncated));
        check("no boundary\r\n", Err(MultipartError::Truncated));
        check(&field("a", "1"), Err(MultipartError::Truncated));
        check(
            &format!("{}--b", field("a", "1")),
            Err(MultipartError::Truncated),
        );
        check(
            &format!("{}--b-", field("a", "1")),
            Err(MultipartError::Truncated),
        );
        check(
            &format!("{}--b x\r\n", field("a", "1")),
            Err(MultipartError::Stray),
        );
        check("--b\r\nno colon\r\n\r\n", Err(MultipartError::Header));
        check("--b\r\n: x\r\n\r\n", Err(MultipartError::Header));
        check("--b\r\n A: x\r\n\r\n", Err(MultipartError::Header));
        check("--b\r\nA: \u{1}\r\n\r\n", Err(MultipartError::Header));
        assert_eq!(parse(b"--\r\n", ""), Err(MultipartError::NoBoundary));
    }

    #[test]
    fn floods_are_refused() {
        check(
            &format!("{}--b--", "--b\r\n\r\n\r\n".repeat(1_001)),
            Err(MultipartError::TooMany),
        );
        check(
            &format!("--b\r\n{}\r\n--b--", "a: b\r\n".repeat(10_001)),
            Err(MultipartError::TooMany),
        );
    }

    #[test]
    fn any_cut_of_a_body_is_read_without_a_panic() {
        let body = [&*field("a", "1\r\n--b x"), &field("é", "2"), "--b--\r\n"].concat();
        for end in 0..body.len() {
            for start in 0..=end {
                let _ = parse(&body.as_bytes()[start..end], "b");
            }
        }
    }

    #[test]
    fn long_hostile_bodies_take_linear_time() {
        let boundary = "a".repeat(5_000);
        let body = format!(
            "--{boundary}\r\n\r\n{}",
            format!("\r\n--{}", "a".repeat(4_999)).repeat(1_000)
        );
        assert_eq!(
            parse(body.as_bytes(), &boundary),
            Err(MultipartError::Truncated)
        );
        assert_eq!(
            parse(&b"\n".repeat(4_000_000), "b"),
            Err(MultipartError::Truncated)
        );
    }
}
