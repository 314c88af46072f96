//! Keys, each pinned to one algorithm when it is loaded.

use jsonwebtoken::crypto::{CryptoProvider, rust_crypto};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use super::error::{IdentityError, KeyProblem};

/// Named, not looked up: the process-wide default panics if a dependency turns on the other backend
/// too.
fn backend() -> &'static CryptoProvider {
    &rust_crypto::DEFAULT_PROVIDER
}

/// A key that checks signatures by one algorithm only.
#[derive(Debug)]
pub(super) struct PinnedKey {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl PinnedKey {
    pub(super) fn hs256(secret: &[u8]) -> Self {
        Self { algorithm: Algorithm::HS256, key: DecodingKey::from_secret(secret) }
    }

    /// A public key. Makes the backend look at it now, with the operator watching: it finds points
    /// that lie off the curve.
    pub(super) fn public(algorithm: Algorithm, key: DecodingKey) -> Result<Self, KeyProblem> {
        (backend().verifier_factory)(&algorithm, &key).map_err(|_| KeyProblem::Numbers)?;
        Ok(Self { algorithm, key })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is this key's over `message`. HMACs are compared in constant time.
    pub(super) fn verifies(&self, message: &str, signature: &Vec<u8>) -> bool {
        (backend().verifier_factory)(&self.algorithm, &self.key)
            .is_ok_and(|verifier| verifier.verify(message.as_bytes(), signature).is_ok())
    }
}

/// The signing half of an HS256 secret.
#[derive(Debug)]
pub(super) struct SigningKey(EncodingKey);

impl SigningKey {
    pub(super) fn hs256(secret: &[u8]) -> Self {
        Self(EncodingKey::from_secret(secret))
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let signer = (backend().signer_factory)(&Algorithm::HS256, &self.0)
            .map_err(|reason| IdentityError::Signing { reason })?;
        signer.try_sign(message).map_err(|error| IdentityError::Signing { reason: error.into() })
    }
}
