//! A client of one connection: HTTP/1.1, kept alive.
//!
//! The one rule: one request, one answer, in order; what an answer is worth is
//! the caller's to say. Speaks just enough to measure our own server.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

/// An answer that takes longer than this is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection to a server.
pub(crate) struct Client {
    host: String,
    stream: BufReader<TcpStream>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Client {
    /// Connects to `host`, an address with its port.
    ///
    /// # Errors
    ///
    /// Nobody listens there.
    pub(crate) fn connect(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host).with_context(|| host.to_owned())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            host: host.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    /// Sends a request with a body of JSON, which may be empty, and waits for
    /// its answer.
    ///
    /// # Errors
    ///
    /// There is no answer, or it is not one of HTTP/1.1 with a length.
    pub(crate) fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let host = &self.host;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        read_answer(&mut self.stream)
    }
}

fn read_answer(stream: &mut impl BufRead) -> Result<Answer> {
    let status = read_line(stream)?;
    let status = status
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .with_context(|| format!("no answer of HTTP/1.1: {status:?}"))?;
    let mut length = None;
    loop {
        let line = read_line(stream)?;
        if line.is_empty() {
            break;
        }
        let header = line.split_once(':').unwrap_or_default();
        if header.0.eq_ignore_ascii_case("content-length") {
            length = header.1.trim().parse().ok();
        }
    }
    let length: usize = length.context("an answer without a length")?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = String::from_utf8(body)?;
    Ok(Answer { status, body })
}

fn read_line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).context("the answer ends")?;
    let text = line.strip_suffix('\n').context("the answer ends")?;
    Ok(text.trim_end_matches('\r').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_one_after_the_other() {
        let mut text: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\
            Retry-After: 1\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let answer = |status, body: &str| Answer {
            status,
            body: body.to_owned(),
        };
        assert_eq!(read_answer(&mut text).unwrap(), answer(503, "{}"));
        assert_eq!(read_answer(&mut text).unwrap(), answer(200, "hello"));
        assert!(read_answer(&mut text).is_err());
    }

    #[test]
    fn half_an_answer_is_none() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 2",
            "nonsense\r\n\r\n",
        ] {
            assert!(read_answer(&mut text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
