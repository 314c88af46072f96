//! Tokens forged by hand against the rules, one test a rule.

mod addressing;
mod jwks;
mod secrets;
mod signing;
mod test_keys;
mod tokens;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use self::test_keys::*;
use super::*;
use crate::domain::ViewerId;

/// The second 1,800,000,000: in 2027. Every test's now.
const NOW: i64 = 1_800_000_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
}

fn bytes(base64url: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(base64url).unwrap()
}

fn base64url(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn with_secret() -> Identity {
    Identity::from_secret(TEST_SECRET).unwrap()
}

/// A key of an issuer or an attacker, with the algorithm it really signs by, whatever the header
/// says.
struct Signer(Algorithm, EncodingKey);

impl Signer {
    fn hmac(secret: &[u8]) -> Self {
        Self(Algorithm::HS256, EncodingKey::from_secret(secret))
    }

    fn secret() -> Self {
        Self::hmac(TEST_SECRET)
    }

    fn rsa() -> Self {
        Self(Algorithm::RS256, EncodingKey::from_rsa_der(&bytes(TEST_RSA_PRIVATE)))
    }

    fn ec() -> Self {
        Self(Algorithm::ES256, EncodingKey::from_ec_der(&bytes(TEST_EC_PRIVATE)))
    }

    fn ed() -> Self {
        Self(Algorithm::EdDSA, EncodingKey::from_ed_der(&bytes(TEST_ED_PRIVATE)))
    }

    /// A token of exactly these texts, properly signed.
    fn token(&self, header: impl ToString, claims: impl ToString) -> String {
        let message =
            format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
        let signature = crypto::sign(message.as_bytes(), &self.1, self.0).unwrap();
        format!("{message}.{signature}")
    }

    /// A token with an honest header and these claims.
    fn claims(&self, claims: impl ToString) -> String {
        self.token(json!({ "alg": self.0, "typ": "JWT" }), claims)
    }
}

fn alice() -> Value {
    json!({ "sub": "alice", "exp": NOW + 60 })
}

fn alice_but(claim: &str, value: Value) -> Value {
    let mut claims = alice();
    claims[claim] = value;
    claims
}

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "identity-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join("file");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Runs during a failing test as well, so it must not panic.
        drop(fs::remove_dir_all(&self.0));
    }
}

fn rsa_jwk() -> Value {
    let (n, e) = (TEST_RSA_N, "AQAB");
    json!({ "kty": "RSA", "kid": "rsa", "alg": "RS256", "use": "sig", "n": n, "e": e })
}

fn ec_jwk() -> Value {
    let (x, y) = (TEST_EC_X, TEST_EC_Y);
    json!({ "kty": "EC", "kid": "ec", "alg": "ES256", "crv": "P-256", "x": x, "y": y })
}

fn ed_jwk() -> Value {
    json!({ "kty": "OKP", "kid": "ed", "alg": "EdDSA", "crv": "Ed25519", "x": TEST_ED_X })
}

fn load_jwks(keys: &[Value], guest_secret: Option<&[u8]>) -> Result<Identity, IdentityError> {
    let folder = Folder::new();
    let file = folder.file(json!({ "keys": keys }).to_string());
    Identity::from_jwks_file(&file, ExpectedClaims::ANY, guest_secret)
}

fn with_jwks(guest_secret: Option<&[u8]>) -> Identity {
    load_jwks(&[rsa_jwk(), ec_jwk(), ed_jwk()], guest_secret).unwrap()
}
