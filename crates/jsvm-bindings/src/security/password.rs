//! Passwords as records keep them.
//!
//! The one rule: a password is stored as a hash only, and checking one takes
//! as long whether or not it is the right one.

/// How much work a hash is, as a power of two; PocketBase's default.
const COST: u32 = 10;

/// The hash of a password, as `$2b$10$…`.
///
/// It takes about a twentieth of a second. Bytes after the 72nd do not count,
/// which is why a password field allows 71.
///
/// # Panics
///
/// If the system has no random numbers.
pub fn hash_password(text: &str) -> String {
    bcrypt::hash(text, COST).expect("the cost is one that is allowed")
}

/// Whether a text is the password of the hash; never for an empty text.
pub fn verify_password(text: &str, hash: &str) -> bool {
    !text.is_empty() && bcrypt::verify(text, hash).unwrap_or(false)
}

/// Does the work of a check for somebody who does not exist, and is false.
///
/// Who measures how long signing in takes does not learn who there is.
pub fn verify_nobody(text: &str) -> bool {
    const NOBODY: &str = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
    // Whatever it says, there is nobody.
    let _ = bcrypt::verify(text, NOBODY);
    false
}

/// Whether a text is a password's hash, as `$2a$10$…` or `$argon2id$…` are.
///
/// The checks of a password are made of what the user typed, so they pass
/// over a hash. Hash what comes from outside before it is stored, whatever it
/// looks like.
pub fn is_password_hash(text: &str) -> bool {
    const SHORTEST: usize = 40;
    let mut parts = text.split('$');
    let starts_well = parts.next() == Some("");
    let has_name = parts
        .next()
        .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()));
    text.len() >= SHORTEST && starts_well && has_name && parts.count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_fits_its_hash() {
        let hash = hash_password("secret-123");
        assert!(is_password_hash(&hash));
        assert!(verify_password("secret-123", &hash));
        for other in ["", "secret-124", hash.as_str()] {
            assert!(!verify_password(other, &hash), "{other}");
        }
        assert!(!verify_password("", "") && !verify_password("x", "x"));
    }
}
