//! Hashes, signatures, tokens, secrets and random text.
//!
//! The one rule: every primitive is a well-kept library's; what is ours is the
//! form in which PocketBase writes it. Knows nothing of scripts and records.

mod digest;
mod jwt;
mod password;
mod pattern;
mod random;
mod seal;

pub use digest::{equal, hs256, hs512, md5, sha256, sha512};
pub use jwt::{TokenError, create_jwt, parse_jwt, parse_unverified_jwt};
pub use password::{hash_password, is_password_hash, verify_nobody, verify_password};
pub use pattern::{PatternTextError, random_by_pattern};
pub use random::{ALPHABET, random_text};
pub use seal::{SealError, decrypt, encrypt};
