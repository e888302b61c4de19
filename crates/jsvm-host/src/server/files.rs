//! Public files, as they lie in one directory.
//!
//! The one rule: nothing outside of the directory is ever read, and nothing
//! whose name starts with a dot; what a link leads to counts as where it is.
//! PocketBase: `$apis.static` with the fallback to `index.html`.

use super::ranges;
use jsvm::{ApiError, Error, Exchange, http};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

const INDEX: &str = "index.html";

/// A directory whose files anybody may read.
#[derive(Debug, Clone)]
pub(crate) struct Public {
    root: PathBuf,
}

/// What there is under a path.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    File(PathBuf),
    /// It is there under another path.
    Moved(String),
}

impl Public {
    /// The directory, which need not be there.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Answers with the file that the request's path names, or else with the
    /// `index.html` of the root; for a directory with its own.
    ///
    /// # Errors
    ///
    /// A 404 if there is no file.
    pub(crate) fn serve(&self, exchange: &Exchange) -> Result<(), Error> {
        self.answer(exchange, "", &exchange.request().path(), true)
    }

    /// Answers with the file of that name, or with the `index.html` of the
    /// directory; PocketBase: `e.fileFS`.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub(crate) fn serve_name(&self, exchange: &Exchange, name: &str) -> Result<(), Error> {
        let path = format!("/{}", name.trim_matches('/'));
        let index = format!("{}/{INDEX}", path.trim_end_matches('/'));
        let found = [path, index].iter().find_map(|path| self.file(path));
        match found {
            Some(file) => send(exchange, &file).map_err(|_| not_found()),
            None => Err(not_found()),
        }
    }

    /// As [`serve`](Self::serve), for the part of the path that the wildcard
    /// `path` of a route matched; the root's `index.html` only if asked for.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub(crate) fn serve_below(&self, exchange: &Exchange, has_fallback: bool) -> Result<(), Error> {
        let whole = exchange.request().path();
        let path = exchange.path_value("path");
        let prefix = whole.strip_suffix(&path).unwrap_or_default();
        let prefix = prefix.trim_end_matches('/');
        self.answer(exchange, prefix, &format!("/{path}"), has_fallback)
    }

    fn answer(
        &self,
        exchange: &Exchange,
        prefix: &str,
        path: &str,
        has_fallback: bool,
    ) -> Result<(), Error> {
        let fallback = || has_fallback.then(|| self.find("/")).flatten();
        match self.find(path).or_else(fallback) {
            Some(Found::File(file)) => send(exchange, &file).map_err(|_| not_found()),
            Some(Found::Moved(path)) => {
                let path = local(&format!("{prefix}{path}"));
                let mut response = exchange.response();
                response.headers.set("Location", http::encode_path(&path));
                response.write_header(301);
                Ok(())
            }
            None => Err(not_found()),
        }
    }

    /// What is under exactly this path, if it is a file.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let root = fs::canonicalize(&self.root).ok()?;
        let file = fs::canonicalize(root.join(relative(path)?)).ok()?;
        (file.starts_with(&root) && file.is_file()).then_some(file)
    }

    fn find(&self, path: &str) -> Option<Found> {
        let root = fs::canonicalize(&self.root).ok()?;
        let file = fs::canonicalize(root.join(relative(path)?)).ok()?;
        if !file.starts_with(&root) {
            return None;
        }
        let trimmed = path.trim_end_matches('/');
        if file.is_dir() {
            let index = file.join(INDEX);
            return match path.ends_with('/') {
                true => index.is_file().then_some(Found::File(index)),
                false => Some(Found::Moved(local(&format!("{path}/")))),
            };
        }
        if path.ends_with('/') {
            return Some(Found::Moved(local(trimmed)));
        }
        match path.strip_suffix(INDEX) {
            Some(directory) if directory.ends_with('/') => Some(Found::Moved(local(directory))),
            _ => Some(Found::File(file)),
        }
    }
}

fn not_found() -> Error {
    Error::Api(ApiError::new(
        404,
        "File not found.",
        serde_json::Value::Null,
    ))
}

/// The path below the root; `None` if it might lead elsewhere.
fn relative(path: &str) -> Option<PathBuf> {
    let mut relative = PathBuf::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        let is_odd = segment.contains(['\\', '\0', ':']);
        if is_odd || segment.starts_with('.') {
            return None;
        }
        relative.push(segment);
    }
    Some(relative)
}

/// A path that browsers do not take for another host.
fn local(path: &str) -> String {
    format!("/{}", path.trim_start_matches(['/', '\\']))
}

fn send(exchange: &Exchange, file: &Path) -> io::Result<()> {
    let found = fs::metadata(file)?;
    // Opening a pipe would wait.
    if !found.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let modified = found.modified().ok();
    let asked = |name: &str| exchange.headers(|headers| headers.get(name).to_owned());
    let mut response = exchange.response();
    response.headers.set("Accept-Ranges", "bytes");
    if let Some(date) = modified.and_then(http_date) {
        response.headers.set("Last-Modified", date);
    }
    if modified.is_some_and(|modified| ranges::is_known(&asked("If-Modified-Since"), modified)) {
        response.write_header(304);
        return Ok(());
    }
    let bytes = fs::read(file)?;
    if !response.headers.contains("Content-Type") {
        response
            .headers
            .set("Content-Type", content_type(file, &bytes));
    }
    let if_range = asked("If-Range");
    let is_same = if_range.is_empty() || if_range == response.headers.get("Last-Modified");
    // Parts are those of what goes out, which somebody may be compressing.
    let is_whole = response.headers.contains("Content-Encoding") || !is_same;
    match ranges::asked_for(&asked("Range"), bytes.len()).filter(|_| !is_whole) {
        None => response.write(&bytes),
        Some(Some(part)) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, bytes.len());
            response.headers.set("Content-Range", range);
            response.write_header(206);
            response.write(&bytes[part]);
        }
        Some(None) => {
            response
                .headers
                .set("Content-Range", format!("bytes */{}", bytes.len()));
            response
                .headers
                .set("Content-Type", "text/plain; charset=utf-8");
            response.write_header(416);
            response.write(b"invalid range: failed to overlap\n");
        }
    }
    Ok(())
}

fn http_date(time: SystemTime) -> Option<String> {
    let time = jiff::Timestamp::try_from(time).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&time)
        .ok()
}

/// The type that the name tells, or else what the bytes look like.
pub(crate) fn content_type(file: &Path, bytes: &[u8]) -> &'static str {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let known = TYPES.iter().find(|(known, _)| *known == extension);
    known.map_or_else(|| http::detect_content_type(bytes), |(_, kind)| kind)
}

const TYPES: &[(&str, &str)] = &[
    ("avif", "image/avif"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("gif", "image/gif"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/x-icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xml", "text/xml; charset=utf-8"),
    ("zip", "application/zip"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use jsvm::http::Request;

    fn public() -> (tempfile::TempDir, Public) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("pb_public");
        for (name, text) in [
            ("secret.txt", "outside"),
            ("pb_public/a.txt", "a"),
            ("pb_public/.env", "hidden"),
            ("pb_public/.git/config", "hidden"),
            ("pb_public/sub/index.html", "<p>sub"),
            ("pb_public/sub/a b.css", "p {}"),
            ("pb_public/empty/b.txt", "b"),
        ] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (dir, Public::new(root))
    }

    fn get(public: &Public, target: &str) -> (u16, String, String) {
        let request = Request {
            method: "GET".into(),
            target: target.into(),
            ..Request::default()
        };
        let exchange = Exchange::new(request, None);
        if let Err(err) = public.serve(&exchange) {
            let answer = err.to_api("");
            return (answer.status, String::new(), answer.message);
        }
        let response = exchange.take_response();
        let header = match response.status {
            301 => "Location",
            _ => "Content-Type",
        };
        let header = response.headers.get(header).to_owned();
        (
            response.status,
            header,
            String::from_utf8(response.body).unwrap(),
        )
    }

    #[test]
    fn files_are_found_and_only_those() {
        let (_dir, public) = public();
        for (target, status, header, body) in [
            ("/a.txt", 200, "text/plain; charset=utf-8", "a"),
            ("/a.txt?x=1", 200, "text/plain; charset=utf-8", "a"),
            ("/sub/", 200, "text/html; charset=utf-8", "<p>sub"),
            ("/sub/a%20b.css", 200, "text/css; charset=utf-8", "p {}"),
            ("/sub", 301, "/sub/", ""),
            ("/%2F%2Fsub", 301, "/sub/", ""),
            ("/sub/index.html", 301, "/sub/", ""),
            ("/a.txt/", 301, "/a.txt", ""),
            ("/", 404, "", "File not found."),
            ("/empty/", 404, "", "File not found."),
            ("/none", 404, "", "File not found."),
            ("/.env", 404, "", "File not found."),
            ("/.git/config", 404, "", "File not found."),
            ("/../secret.txt", 404, "", "File not found."),
            ("/%2e%2e/secret.txt", 404, "", "File not found."),
            ("/..%2fsecret.txt", 404, "", "File not found."),
            (
                "/sub/%2e%2e%2f%2e%2e/secret.txt",
                404,
                "",
                "File not found.",
            ),
            ("/..%5csecret.txt", 404, "", "File not found."),
            ("/a.txt%00", 404, "", "File not found."),
        ] {
            let wanted = (status, header.to_owned(), body.to_owned());
            assert_eq!(get(&public, target), wanted, "{target}");
        }
    }

    #[test]
    fn without_a_file_it_is_the_index_of_the_root() {
        let (_dir, public) = public();
        fs::write(public.root.join(INDEX), "<p>root").unwrap();
        for target in ["/", "/none", "/empty/", "/.env"] {
            assert_eq!(get(&public, target).2, "<p>root", "{target}");
        }
    }

    #[test]
    fn a_route_serves_what_is_below_it() {
        let (_dir, public) = public();
        fs::write(public.root.join(INDEX), "<p>root").unwrap();
        for (path, has_fallback, wanted) in [
            ("a.txt", false, (200, "a".to_owned())),
            ("sub", false, (301, "/docs/sub/".to_owned())),
            ("none", true, (200, "<p>root".to_owned())),
            ("none", false, (404, "File not found.".to_owned())),
            ("../secret.txt", false, (404, "File not found.".to_owned())),
        ] {
            let request = Request {
                target: format!("/docs/{path}"),
                ..Request::default()
            };
            let exchange = Exchange::new(request, None);
            let values = vec![("path".to_owned(), path.to_owned())];
            exchange.set_match("GET /docs/{path...}".into(), values);
            let told = match public.serve_below(&exchange, has_fallback) {
                Err(err) => (404, err.to_string()),
                Ok(()) => {
                    let response = exchange.take_response();
                    let location = response.headers.get("Location").to_owned();
                    let body = String::from_utf8(response.body).unwrap();
                    (response.status, location + &body)
                }
            };
            assert_eq!(told, wanted, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_outside_is_no_file() {
        let (dir, public) = public();
        let outside = dir.path().join("secret.txt");
        std::os::unix::fs::symlink(outside, public.root.join("link.txt")).unwrap();
        assert_eq!(get(&public, "/link.txt").0, 404);
    }

    #[test]
    fn a_file_that_is_known_is_not_sent_again() {
        let (_dir, public) = public();
        let mut request = Request {
            target: "/a.txt".into(),
            ..Request::default()
        };
        let exchange = Exchange::new(request.clone(), None);
        public.serve(&exchange).unwrap();
        let modified = exchange.response().headers.get("Last-Modified").to_owned();
        assert!(modified.ends_with(" GMT"), "{modified}");
        request.headers.set("If-Modified-Since", modified);
        let exchange = Exchange::new(request, None);
        public.serve(&exchange).unwrap();
        let response = exchange.take_response();
        assert_eq!((response.status, response.body.len()), (304, 0));
    }
}
