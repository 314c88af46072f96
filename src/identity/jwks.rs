//! The JWKS file: which keys in it are accepted, and which one a token asks for.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::{IdentityError, KeyProblem, TokenError};
use super::files::read_file;
use super::keys::PinnedKey;

/// The largest JWKS file, in bytes. An RSA key of 4096 bits with a certificate chain takes some 8
/// KiB.
const MAX_JWKS_BYTES: u64 = 256 * 1024;

/// RSA sizes in bits: NIST SP 800-131A allows none below 2048, and the `rsa` crate verifies none
/// above 4096.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// The length of a coordinate on P-256 and of an Ed25519 public key, in bytes.
const CURVE_BYTES: usize = 32;

/// The keys of a JWKS file. At least one; all have different `kid`s, unless there is just one,
/// which may have none.
#[derive(Debug)]
pub(super) struct Jwks(Vec<(Option<String>, PinnedKey)>);

impl Jwks {
    pub(super) fn load(path: &Path) -> Result<Self, IdentityError> {
        let path_buf = || path.to_path_buf();
        let json = read_file(path, MAX_JWKS_BYTES)
            .map_err(|reason| IdentityError::JwksFile { path: path_buf(), reason })?;
        let file: JwksFile = serde_json::from_slice(&json)
            .map_err(|reason| IdentityError::JwksSyntax { path: path_buf(), reason })?;

        let refused =
            |position, problem| IdentityError::JwksKey { path: path_buf(), position, problem };
        let (fit, unfit): (Vec<_>, Vec<_>) =
            (1..).zip(file.keys).partition(|(_, jwk): &(usize, Jwk)| jwk.is_for_signatures());
        for (position, _) in unfit {
            tracing::info!(position, path = %path.display(), "skipped a JWKS key that is not for \
                checking signatures");
        }

        let several = fit.len() > 1;
        let mut keys: Vec<(Option<String>, PinnedKey)> = Vec::with_capacity(fit.len());
        for (position, jwk) in fit {
            let key = jwk.pin().map_err(|problem| refused(position, problem))?;
            if several && jwk.kid.is_none() {
                return Err(refused(position, KeyProblem::NoKid));
            }
            if keys.iter().any(|(kid, _)| *kid == jwk.kid) {
                return Err(refused(position, KeyProblem::SameKid));
            }
            keys.push((jwk.kid, key));
        }
        if keys.is_empty() {
            return Err(IdentityError::JwksEmpty { path: path_buf() });
        }
        Ok(Self(keys))
    }

    /// The key a token asks for. Without a `kid` only if there is nothing to choose between; a
    /// `kid` that no key has is refused even then, for the token was meant for another key.
    pub(super) fn pick(&self, wanted: Option<&str>) -> Result<&PinnedKey, TokenError> {
        match (wanted, self.0.as_slice()) {
            (None, [(_, only)]) => Ok(only),
            (None, _) => Err(TokenError::UnknownKey),
            (Some(_), keys) => keys
                .iter()
                .find_map(|(kid, key)| (kid.as_deref() == wanted).then_some(key))
                .ok_or(TokenError::UnknownKey),
        }
    }
}

#[derive(Deserialize)]
struct JwksFile {
    keys: Vec<Jwk>,
}

/// A key as RFC 7517 writes it; members not named here do not matter. Our own struct rather than
/// the crate's, whose untagged enum takes a key of many kinds for the first one that fits.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    d: Option<IgnoredAny>,
}

impl Jwk {
    fn is_for_signatures(&self) -> bool {
        self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    }

    /// Checks the key and pins the one algorithm of its kind.
    fn pin(&self) -> Result<PinnedKey, KeyProblem> {
        let (algorithm, name) = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", None) => (Algorithm::RS256, "RS256"),
            ("EC", Some("P-256")) => (Algorithm::ES256, "ES256"),
            ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, "EdDSA"),
            _ => return Err(KeyProblem::Kind),
        };
        if self.d.is_some() {
            return Err(KeyProblem::Private);
        }
        if self.alg.as_deref().is_some_and(|alg| alg != name) {
            return Err(KeyProblem::Algorithm);
        }
        let key = match algorithm {
            Algorithm::RS256 => self.rsa()?,
            Algorithm::ES256 => self.p256()?,
            _ => self.ed25519()?,
        };
        PinnedKey::public(algorithm, key)
    }

    /// The backend looks at an RSA key only when it verifies, so its rules (odd, 2 < e < 2^33) are
    /// checked here.
    fn rsa(&self) -> Result<DecodingKey, KeyProblem> {
        let n = decode(self.n.as_deref())?;
        let e = decode(self.e.as_deref())?;
        let n = without_leading_zeros(&n);
        let e = without_leading_zeros(&e);
        let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            return Err(KeyProblem::RsaSize);
        }
        let exponent =
            (e.len() <= 8).then(|| e.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)));
        let odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        if !odd(n) || !odd(e) || !exponent.is_some_and(|e| (3..1 << 33).contains(&e)) {
            return Err(KeyProblem::Numbers);
        }
        Ok(DecodingKey::from_rsa_raw_components(n, e))
    }

    fn p256(&self) -> Result<DecodingKey, KeyProblem> {
        let x = decode(self.x.as_deref())?;
        let y = decode(self.y.as_deref())?;
        if x.len() != CURVE_BYTES || y.len() != CURVE_BYTES {
            return Err(KeyProblem::Numbers);
        }
        // SEC 1: 04 marks a point with both coordinates. Here "DER" is the crate's name for those
        // bytes.
        Ok(DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat()))
    }

    /// The length matters: the backend panics on a shorter key and cuts a longer one.
    fn ed25519(&self) -> Result<DecodingKey, KeyProblem> {
        let x = decode(self.x.as_deref())?;
        if x.len() != CURVE_BYTES {
            return Err(KeyProblem::Numbers);
        }
        Ok(DecodingKey::from_ed_der(&x))
    }
}

fn decode(number: Option<&str>) -> Result<Vec<u8>, KeyProblem> {
    URL_SAFE_NO_PAD.decode(number.ok_or(KeyProblem::Numbers)?).map_err(|_| KeyProblem::Numbers)
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
