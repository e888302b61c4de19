//! The type of a body that came without one, as Go's server guesses it.
//!
//! The one rule: only the first 512 bytes are looked at, and there is always
//! an answer. Knows nothing of file names.

/// A type, and what stands where in a body of it.
type Signature = (&'static str, &'static [(usize, &'static [u8])]);

/// Go's `http.DetectContentType`: what the server sends as `Content-Type` of
/// a body for which none was set.
///
/// What is no text and not known is `application/octet-stream`.
pub fn detect_content_type(body: &[u8]) -> &'static str {
    let body = &body[..body.len().min(512)];
    let text = body.trim_ascii_start();
    if HTML.iter().any(|tag| is_tag(text, tag)) {
        return "text/html; charset=utf-8";
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    if let Some((kind, _)) = SIGNATURES.iter().find(|(_, parts)| has_parts(body, parts)) {
        return kind;
    }
    if is_mp4(body) {
        return "video/mp4";
    }
    if text.iter().copied().any(is_binary) {
        return "application/octet-stream";
    }
    "text/plain; charset=utf-8"
}

const HTML: &[&[u8]] = &[
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
];

const SIGNATURES: &[Signature] = &[
    ("application/pdf", &[(0, b"%PDF-")]),
    ("application/postscript", &[(0, b"%!PS-Adobe-")]),
    (
        "text/plain; charset=utf-16be",
        &[(0, b"\xFE\xFF"), (3, b"")],
    ),
    (
        "text/plain; charset=utf-16le",
        &[(0, b"\xFF\xFE"), (3, b"")],
    ),
    (
        "text/plain; charset=utf-8",
        &[(0, b"\xEF\xBB\xBF"), (3, b"")],
    ),
    ("image/x-icon", &[(0, b"\0\0\x01\0")]),
    ("image/x-icon", &[(0, b"\0\0\x02\0")]),
    ("image/bmp", &[(0, b"BM")]),
    ("image/gif", &[(0, b"GIF87a")]),
    ("image/gif", &[(0, b"GIF89a")]),
    ("image/webp", &[(0, b"RIFF"), (8, b"WEBPVP")]),
    ("image/png", &[(0, b"\x89PNG\r\n\x1A\n")]),
    ("image/jpeg", &[(0, b"\xFF\xD8\xFF")]),
    ("audio/aiff", &[(0, b"FORM"), (8, b"AIFF")]),
    ("audio/mpeg", &[(0, b"ID3")]),
    ("application/ogg", &[(0, b"OggS\0")]),
    ("audio/midi", &[(0, b"MThd\0\0\0\x06")]),
    ("video/avi", &[(0, b"RIFF"), (8, b"AVI ")]),
    ("audio/wave", &[(0, b"RIFF"), (8, b"WAVE")]),
    ("video/webm", &[(0, b"\x1A\x45\xDF\xA3")]),
    ("application/vnd.ms-fontobject", &[(34, b"LP")]),
    ("font/ttf", &[(0, b"\0\x01\0\0")]),
    ("font/otf", &[(0, b"OTTO")]),
    ("font/collection", &[(0, b"ttcf")]),
    ("font/woff", &[(0, b"wOFF")]),
    ("font/woff2", &[(0, b"wOF2")]),
    ("application/x-gzip", &[(0, b"\x1F\x8B\x08")]),
    ("application/zip", &[(0, b"PK\x03\x04")]),
    ("application/x-rar-compressed", &[(0, b"Rar!\x1A\x07\0")]),
    (
        "application/x-rar-compressed",
        &[(0, b"Rar!\x1A\x07\x01\0")],
    ),
    ("application/wasm", &[(0, b"\0asm")]),
];

fn has_parts(body: &[u8], parts: &[(usize, &[u8])]) -> bool {
    // An empty part only asks that the body goes on behind its place.
    parts.iter().all(|(at, part)| {
        body.get(*at..)
            .is_some_and(|rest| !rest.is_empty() && rest.starts_with(part))
    })
}

fn is_tag(text: &[u8], tag: &[u8]) -> bool {
    let is_same = |(byte, wanted): (&u8, &u8)| byte.to_ascii_uppercase() == *wanted;
    matches!(text.get(tag.len()), Some(b' ' | b'>')) && text.iter().zip(tag).all(is_same)
}

fn is_mp4(body: &[u8]) -> bool {
    let Some((size, rest)) = body.split_first_chunk() else {
        return false;
    };
    let size = u32::from_be_bytes(*size) as usize;
    if body.len() < 12 || body.len() < size || !size.is_multiple_of(4) || !rest.starts_with(b"ftyp")
    {
        return false;
    }
    // The third word is a version, the others are brands.
    (8..size)
        .step_by(4)
        .any(|at| at != 12 && body[at..].starts_with(b"mp4"))
}

fn is_binary(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_guessed_as_go_does() {
        let cases: &[(&[u8], &str)] = &[
            (b"", "text/plain; charset=utf-8"),
            ("räd".as_bytes(), "text/plain; charset=utf-8"),
            (b"{\"a\":1}", "text/plain; charset=utf-8"),
            (b" \n<!doctype html>", "text/html; charset=utf-8"),
            (b"<p>x", "text/html; charset=utf-8"),
            (b"<p", "text/plain; charset=utf-8"),
            (b"<pre>", "text/plain; charset=utf-8"),
            (b" <?xml version=\"1.0\"?>", "text/xml; charset=utf-8"),
            (b"\xEF\xBB\xBFa", "text/plain; charset=utf-8"),
            (b"\xFE\xFFab", "text/plain; charset=utf-16be"),
            (b"\xFE\xFFa", "text/plain; charset=utf-8"),
            (b"GIF89a", "image/gif"),
            (b"RIFF1234WEBPVP", "image/webp"),
            (b"\0\0\0\x14ftyp1234mp4 isom", "application/octet-stream"),
            (b"\0\0\0\x10ftypmp421234", "video/mp4"),
            (b"\xFF\xFF\xFF\xFCftypmp421234", "text/plain; charset=utf-8"),
            (b"a\0", "application/octet-stream"),
            (&[0xFF; 600], "text/plain; charset=utf-8"),
        ];
        for (body, wanted) in cases {
            assert_eq!(detect_content_type(body), *wanted, "{body:?}");
        }
    }
}
