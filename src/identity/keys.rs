//! Keys, each pinned to one algorithm when it is loaded.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::crypto::{CryptoProvider, rust_crypto};
use jsonwebtoken::{Algorithm, DecodingKey};
use sha2::Sha256;

use super::error::KeyProblem;

/// Named, not looked up: the process-wide default panics if a dependency turns on the other backend
/// too.
fn backend() -> &'static CryptoProvider {
    &rust_crypto::DEFAULT_PROVIDER
}

/// A key that checks signatures by one algorithm only.
#[derive(Debug)]
pub(super) enum PinnedKey {
    Secret(SecretKey),
    Public(Algorithm, DecodingKey),
}

impl PinnedKey {
    /// A public key. Makes the backend look at it now, with the operator watching: it finds points
    /// that lie off the curve.
    pub(super) fn public(algorithm: Algorithm, key: DecodingKey) -> Result<Self, KeyProblem> {
        (backend().verifier_factory)(&algorithm, &key).map_err(|_| KeyProblem::Numbers)?;
        Ok(Self::Public(algorithm, key))
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Secret(_) => Algorithm::HS256,
            Self::Public(algorithm, _) => *algorithm,
        }
    }

    /// Whether `signature` is this key's over `message`.
    pub(super) fn verifies(&self, message: &str, signature: &Vec<u8>) -> bool {
        match self {
            Self::Secret(secret) => secret.verifies(message.as_bytes(), signature),
            Self::Public(algorithm, key) => (backend().verifier_factory)(algorithm, key)
                .is_ok_and(|verifier| verifier.verify(message.as_bytes(), signature).is_ok()),
        }
    }
}

/// An HS256 secret, which signs as well. The backend would begin anew with it for each token, which
/// is nearly half of the work: a rush brings a token with each reservation.
#[derive(Clone, Debug)]
pub(super) struct SecretKey(Hmac<Sha256>);

impl SecretKey {
    /// `None` if these bytes can be no key.
    pub(super) fn new(secret: &[u8]) -> Option<Self> {
        Hmac::new_from_slice(secret).ok().map(Self)
    }

    /// Compares in constant time.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.clone().chain_update(message).verify_slice(signature).is_ok()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.clone().chain_update(message).finalize().into_bytes().to_vec()
    }
}
