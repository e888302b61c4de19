//! Encryption of text with a key: AES in Galois/counter mode.
//!
//! The one rule: a nonce is random and never used twice; it stands before what
//! it encrypts, and all of it is base64.

use aes_gcm::{
    AeadInOut, Aes128Gcm, Aes256Gcm, AesGcm, Key, KeyInit, Nonce,
    aead::{Buffer, consts::U12},
    aes::Aes192,
};
use base64::{Engine, engine::general_purpose::STANDARD};

const NONCE: usize = 12;

/// Why a text cannot be encrypted or decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A key has 16, 24 or 32 bytes.
    #[error("crypto/aes: invalid key size {0}; use a key of 32 characters")]
    Key(usize),
    /// What is to be decrypted is no base64.
    #[error("illegal base64 data: {0}")]
    Encoding(String),
    /// It is shorter than what encryption makes of no text.
    #[error("the encrypted text is too short")]
    Short,
    /// It was encrypted with another key, or changed.
    #[error("cipher: message authentication failed")]
    Refused,
}

/// Encrypts bytes with a key of 32 bytes, or of 16 or 24.
///
/// # Errors
///
/// [`SealError::Key`].
///
/// # Panics
///
/// If the system has no random numbers.
pub fn encrypt(bytes: &[u8], key: &[u8]) -> Result<String, SealError> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).expect("the system has random numbers");
    let mut body = bytes.to_vec();
    apply(key, Way::In, &nonce, &mut body)?;
    let mut sealed = nonce.to_vec();
    sealed.append(&mut body);
    Ok(STANDARD.encode(sealed))
}

/// Decrypts what [`encrypt`] made with the same key.
///
/// # Errors
///
/// Why it cannot be.
pub fn decrypt(text: &str, key: &[u8]) -> Result<Vec<u8>, SealError> {
    let sealed = STANDARD
        .decode(text)
        .map_err(|err| SealError::Encoding(err.to_string()))?;
    let Some((nonce, body)) = sealed.split_first_chunk::<NONCE>() else {
        // A wrong key is told first, as it is the more likely mistake.
        return Err(apply(key, Way::In, &[0; NONCE], &mut Vec::new())
            .err()
            .unwrap_or(SealError::Short));
    };
    let mut body = body.to_vec();
    apply(key, Way::Out, nonce, &mut body)?;
    Ok(body)
}

#[derive(Clone, Copy)]
enum Way {
    In,
    Out,
}

fn apply(key: &[u8], way: Way, nonce: &[u8; NONCE], body: &mut Vec<u8>) -> Result<(), SealError> {
    match key.len() {
        16 => run::<Aes128Gcm>(key, way, nonce, body),
        24 => run::<AesGcm<Aes192, U12>>(key, way, nonce, body),
        32 => run::<Aes256Gcm>(key, way, nonce, body),
        other => Err(SealError::Key(other)),
    }
}

fn run<C>(key: &[u8], way: Way, nonce: &[u8; NONCE], body: &mut dyn Buffer) -> Result<(), SealError>
where
    C: KeyInit + AeadInOut<NonceSize = U12>,
{
    let key: &Key<C> = key.try_into().map_err(|_| SealError::Key(key.len()))?;
    let cipher = C::new(key);
    let nonce = Nonce::<U12>::from(*nonce);
    match way {
        Way::In => cipher.encrypt_in_place(&nonce, b"", body),
        Way::Out => cipher.decrypt_in_place(&nonce, b"", body),
    }
    .map_err(|_| SealError::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encrypted_can_be_decrypted() {
        for key in [
            "0123456789abcdef",
            "0123456789abcdef01234567",
            "0123456789abcdef0123456789abcdef",
        ] {
            for text in ["", "geheim ä", &"x".repeat(1000)] {
                let sealed = encrypt(text.as_bytes(), key.as_bytes()).unwrap();
                assert_ne!(sealed, encrypt(text.as_bytes(), key.as_bytes()).unwrap());
                assert_eq!(decrypt(&sealed, key.as_bytes()).unwrap(), text.as_bytes());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let key = b"0123456789abcdef0123456789abcdef";
        let sealed = encrypt(b"x", key).unwrap();
        let mut other = *key;
        other[0] = b'z';
        assert_eq!(decrypt(&sealed, &other), Err(SealError::Refused));
        assert_eq!(decrypt(&sealed, b"short"), Err(SealError::Key(5)));
        assert_eq!(encrypt(b"x", b""), Err(SealError::Key(0)));
        assert_eq!(decrypt("AAAA", key), Err(SealError::Short));
        assert_eq!(decrypt("AAAA", b"k"), Err(SealError::Key(1)));
        assert!(matches!(decrypt("?", key), Err(SealError::Encoding(_))));
    }
}
