//! An answer while it is being written.
//!
//! The one rule: the first status wins, and with it the header fields are
//! sent; later writes add to the body. Knows nothing of who sends it.

use super::{Headers, status::has_body};

/// One answer of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// The status, 0 until it was written.
    pub status: u16,
    /// The header fields as scripts see and change them; what goes out is
    /// told by [`sent_headers`](Self::sent_headers).
    pub headers: Headers,
    /// The body so far.
    pub body: Vec<u8>,
    sent: Option<Headers>,
}

impl Response {
    /// Writes the status, and with it the header fields as they are now.
    ///
    /// Does nothing if a status was written before.
    pub fn write_header(&mut self, status: u16) {
        if self.is_written() {
            return;
        }
        self.status = status;
        self.sent = Some(self.headers.clone());
    }

    /// Adds to the body, after the status 200 if none was written.
    ///
    /// Bytes are dropped if the status is one without a body.
    pub fn write(&mut self, bytes: &[u8]) {
        self.write_header(200);
        if has_body(self.status) {
            self.body.extend_from_slice(bytes);
        }
    }

    /// Whether a status was written.
    pub fn is_written(&self) -> bool {
        self.status != 0
    }

    /// Changes the header fields, those that go out among them.
    ///
    /// For who encodes an answer after it was written.
    pub fn edit_headers(&mut self, edit: impl Fn(&mut Headers)) {
        edit(&mut self.headers);
        self.sent.as_mut().into_iter().for_each(edit);
    }

    /// The header fields that go out: those of the moment when the status was
    /// written. What is set later is lost, as in Go.
    pub fn sent_headers(&self) -> &Headers {
        self.sent.as_ref().unwrap_or(&self.headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_status_wins_and_bodies_add_up() {
        let mut response = Response::default();
        assert!(!response.is_written());
        response.headers.set("X-A", "1");
        response.write_header(202);
        response.headers.set("X-A", "late");
        response.write_header(500);
        response.write(b"a");
        response.write(b"b");
        assert_eq!((response.status, &*response.body), (202, &b"ab"[..]));
        assert_eq!(
            (
                response.sent_headers().get("x-a"),
                response.headers.get("x-a")
            ),
            ("1", "late")
        );
    }

    #[test]
    fn writing_implies_200_and_some_statuses_have_no_body() {
        let mut response = Response::default();
        response.write(b"");
        assert_eq!(response.status, 200);
        let mut response = Response::default();
        response.write_header(204);
        response.write(b"lost");
        assert_eq!((response.status, response.body.len()), (204, 0));
    }
}
