//! Checksums and signatures of text, in lower-case hexadecimal.
//!
//! The one rule: secrets are compared in a time that does not depend on where
//! they differ.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};
use std::fmt::Write;
use subtle::ConstantTimeEq;

/// The MD5 checksum; not for secrets.
pub fn md5(text: &[u8]) -> String {
    hex(&Md5::digest(text))
}

/// The SHA-256 checksum.
pub fn sha256(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// The SHA-512 checksum.
pub fn sha512(text: &[u8]) -> String {
    hex(&Sha512::digest(text))
}

/// The signature of a text with a secret: HMAC with SHA-256.
pub fn hs256(text: &[u8], secret: &[u8]) -> String {
    hex(&hs256_bytes(text, secret))
}

/// The signature of a text with a secret: HMAC with SHA-512.
pub fn hs512(text: &[u8], secret: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(text);
    hex(&mac.finalize().into_bytes())
}

pub(super) fn hs256_bytes(text: &[u8], secret: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// Whether two secrets are the same. How long it takes tells no more than
/// their lengths.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_texts_have_known_checksums() {
        for (found, wanted) in [
            (md5(b"123"), "202cb962ac59075b964b07152d234b70"),
            (
                sha256(b"123"),
                "a665a45920422f9d417e4867efdc4fb8a04a1f3fff1fa07e998e86f7f7a27ae3",
            ),
            (
                hs256(b"hello", b"test"),
                "f151ea24bda91a18e89b8bb5793ef324b2a02133cce15a28a719acbd2e58a986",
            ),
        ] {
            assert_eq!(found, wanted);
        }
        assert_eq!(sha512(b"123").len(), 128);
        assert_eq!(hs512(b"hello", b"").len(), 128);
        assert_ne!(hs512(b"hello", b"a"), hs512(b"hello", b"b"));
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert!(equal(b"", b"") && equal(b"abc", b"abc"));
        assert!(!equal(b"abc", b"abd") && !equal(b"abc", b"ab"));
    }
}
