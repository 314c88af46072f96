//! The HS256 secret: what it must not be, and for whom it may speak.

use super::error::IdentityError;
use super::keys::{PinnedKey, SecretKey};
use super::limits::MIN_SECRET_BYTES;

/// Both halves of an HS256 key, and for whom it may speak.
#[derive(Debug)]
pub(super) struct Secret {
    pub(super) verifier: PinnedKey,
    pub(super) signer: SecretKey,
    /// Set beside a JWKS: then only the JWKS' issuer names people and admins, and whoever learns
    /// the secret can pretend to be no more than a guest.
    pub(super) guests_only: bool,
}

impl Secret {
    pub(super) fn new(secret: &[u8], guests_only: bool) -> Result<Self, IdentityError> {
        let too_short = IdentityError::SecretTooShort { bytes: secret.len() };
        if secret.len() < MIN_SECRET_BYTES {
            return Err(too_short);
        }
        if looks_like_a_key_file(secret) {
            return Err(IdentityError::SecretIsAKeyFile);
        }
        let signer = SecretKey::new(secret).ok_or(too_short)?;
        Ok(Self { verifier: PinnedKey::Secret(signer.clone()), signer, guests_only })
    }
}

/// Whether this is PEM or JWK text: then it is most likely a public key, and as a secret would let
/// anyone sign.
fn looks_like_a_key_file(secret: &[u8]) -> bool {
    let text = String::from_utf8_lossy(secret);
    text.contains("-----BEGIN ") || (text.trim_start().starts_with('{') && text.contains("\"kty\""))
}
