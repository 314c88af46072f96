//! Checks tokens by the keys that are trusted, and signs them by the secret.

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;

use super::error::{IdentityError, TokenError};
use super::expected::ExpectedClaims;
use super::jwks::Jwks;
use super::keys::PinnedKey;
use super::secret::Secret;
use super::token::{self, Claims, Envelope};
use super::viewer::{Role, Viewer};
use super::{guest, secret_file};
use crate::domain::ViewerId;

/// Checks tokens, and signs them if it has a secret. Immutable once loaded: share it behind an
/// `Arc`.
#[derive(Debug)]
pub struct Identity {
    secret: Option<Secret>,
    jwks: Option<Jwks>,
    /// Of tokens that we have not signed ourselves.
    expected: ExpectedClaims,
}

impl Identity {
    /// Trusts HS256 tokens made with `secret`, and signs such tokens. Those that others make with
    /// it need no `iss` and no `aud`, unless [`Identity::expecting`] says so.
    ///
    /// # Errors
    /// When the secret is shorter than [`MIN_SECRET_BYTES`](super::MIN_SECRET_BYTES), or is the
    /// text of a PEM or JWK file (often a public key, which everybody knows).
    pub fn from_secret(secret: &[u8]) -> Result<Self, IdentityError> {
        let secret = Secret::new(secret, false)?;
        Ok(Self { secret: Some(secret), jwks: None, expected: ExpectedClaims::ANY })
    }

    /// Holds tokens that others make with the secret to these claims; our own are good without.
    #[must_use]
    pub fn expecting(self, expected: ExpectedClaims) -> Self {
        Self { expected, ..self }
    }

    /// Trusts tokens made with the keys of a JWKS file that say what is `expected`; with a
    /// `guest_secret` also HS256 tokens of our guests, and only of them: under a JWKS the secret
    /// can neither name other viewers nor give roles.
    ///
    /// Keys that declare themselves unfit for checking signatures are skipped with a log line:
    /// `use` is not `sig`, or `key_ops` lacks `verify`. Issuers publish encryption keys in the same
    /// file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a JWKS; when it holds no usable key; a key
    /// that is not RSA (2048 to 4096 bits), P-256 or Ed25519; one whose `alg` does not fit it; a
    /// private or symmetric key; two keys of the same `kid`; or several keys of which one has no
    /// `kid`; and for `guest_secret` as [`Identity::from_secret`].
    pub fn from_jwks_file(
        path: &Path,
        expected: ExpectedClaims,
        guest_secret: Option<&[u8]>,
    ) -> Result<Self, IdentityError> {
        let secret = guest_secret.map(|secret| Secret::new(secret, true)).transpose()?;
        Ok(Self { secret, jwks: Some(Jwks::load(path)?), expected })
    }

    /// Reads the secret in a file that somebody else has made: its text without white space around
    /// it.
    ///
    /// # Errors
    /// As [`Identity::load_or_create_secret`]; and where there is no such file.
    pub fn read_secret(path: &Path) -> Result<Vec<u8>, IdentityError> {
        secret_file::load(path)
    }

    /// Reads the secret in the file at `path`, making it first if there is none: 32 random bytes,
    /// written as hexadecimal digits, readable by the file's owner only.
    ///
    /// The secret is the file's text without white space around it. So a file written by hand or by
    /// `openssl rand` works as well. A tool that signs tokens is given the text as it stands. The
    /// folder must exist.
    ///
    /// A crash leaves either no secret or a whole one, and processes that race all get the same
    /// one.
    ///
    /// # Errors
    /// When the file cannot be read or made, or its text is shorter than
    /// [`MIN_SECRET_BYTES`](super::MIN_SECRET_BYTES). When it is neither ours nor root's, or
    /// others may reach it.
    pub fn load_or_create_secret(path: &Path) -> Result<Vec<u8>, IdentityError> {
        secret_file::load_or_create(path)
    }

    /// Checks a token (a JWS in its compact form) as of `now`.
    ///
    /// `exp` has no leeway: it is the moment sockets are closed. `nbf` may lie 5 seconds ahead, for
    /// the issuer's clock may be ahead of ours.
    ///
    /// # Errors
    /// Every [`TokenError`] but `NotBearer`: claims are looked at only once the signature held.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Viewer, TokenError> {
        let envelope = Envelope::open(token)?;
        let algorithm = envelope.header.algorithm()?;
        let key = self.key_for(algorithm, envelope.header.kid())?;
        if !key.verifies(envelope.message, &envelope.signature) {
            return Err(TokenError::BadSignature);
        }
        let claims = envelope.claims()?;
        let viewer = claims.viewer(now)?;
        let is_by_secret = algorithm == Algorithm::HS256;
        // Who shares the secret would have to take our name on purpose.
        let is_ours = is_by_secret && claims.are_ours();
        if !is_ours {
            claims.check(&self.expected)?;
            if guest::is_guest(&viewer.id) {
                return Err(TokenError::ReservedSubject);
            }
        }
        if is_by_secret {
            self.check_scope(&viewer)?;
        }
        Ok(viewer)
    }

    /// The viewer named by an `Authorization` header (or the same field of `connection_init`):
    /// `None` without one.
    ///
    /// # Errors
    /// [`TokenError::NotBearer`] for anything but `Bearer <token>`, else as [`Identity::verify`]. A
    /// header that is there but wrong is never taken for no header.
    pub fn viewer_from_authorization(
        &self,
        header: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<Viewer>, TokenError> {
        let Some(header) = header else {
            return Ok(None);
        };
        let (scheme, token) =
            header.trim_matches(' ').split_once(' ').ok_or(TokenError::NotBearer)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::NotBearer);
        }
        self.verify(token.trim_start_matches(' '), now).map(Some)
    }

    /// Signs a token for `user` that is good from `now` for `ttl`, cut to the whole second; also
    /// returns its expiry.
    ///
    /// # Errors
    /// When there is no secret to sign with; when the secret stands beside a JWKS and this is not a
    /// mere guest; when `now + ttl` lies beyond what a date can hold.
    pub fn sign(
        &self,
        user: &ViewerId,
        roles: &[Role],
        now: DateTime<Utc>,
        ttl: Duration,
    ) -> Result<(String, DateTime<Utc>), IdentityError> {
        let secret = self.secret.as_ref().ok_or(IdentityError::NoSigningSecret)?;
        if secret.guests_only
            && (!guest::is_guest(user) || roles.iter().any(|role| *role != Role::Buyer))
        {
            return Err(IdentityError::SecretIsForGuestsOnly);
        }
        let expires_at = TimeDelta::from_std(ttl)
            .ok()
            .and_then(|ttl| now.checked_add_signed(ttl))
            .and_then(|end| DateTime::from_timestamp(end.timestamp(), 0))
            .ok_or(IdentityError::LifetimeTooLong)?;
        let message = token::message(user, roles, now, expires_at);
        let signature = secret.signer.sign(message.as_bytes());
        Ok((token::seal(message, &signature), expires_at))
    }

    /// Makes up a guest, and signs a token for them that lasts [`GUEST_TTL`](super::GUEST_TTL). The
    /// name is 128 random bits, so that no one can guess or repeat it.
    ///
    /// # Errors
    /// As [`Identity::sign`], or when the machine has no randomness to give.
    pub fn start_guest(&self, now: DateTime<Utc>) -> Result<(String, Viewer), IdentityError> {
        let id = guest::new_id().map_err(|reason| IdentityError::NoRandomness { reason })?;
        let (token, expires_at) = self.sign(&id, &[Role::Buyer], now, guest::GUEST_TTL)?;
        Ok((token, Viewer::new(id, &[Role::Buyer], expires_at)))
    }

    /// The one key that may vouch for a token with this `alg` and `kid`. The algorithm decides
    /// which source is looked at, and must then equal what the key is pinned to.
    fn key_for(&self, algorithm: Algorithm, kid: Option<&str>) -> Result<&PinnedKey, TokenError> {
        let key = if algorithm == Algorithm::HS256 {
            &self.secret.as_ref().ok_or(TokenError::AlgorithmNotAccepted)?.verifier
        } else {
            self.jwks.as_ref().ok_or(TokenError::AlgorithmNotAccepted)?.pick(kid)?
        };
        if key.algorithm() == algorithm { Ok(key) } else { Err(TokenError::AlgorithmNotAccepted) }
    }

    /// Holds a viewer vouched for by the secret to what the secret may say.
    fn check_scope(&self, viewer: &Viewer) -> Result<(), TokenError> {
        if !self.secret.as_ref().is_some_and(|secret| secret.guests_only) {
            return Ok(());
        }
        if !guest::is_guest(&viewer.id) {
            return Err(TokenError::InvalidClaim(Claims::SUB));
        }
        if viewer.roles() != [Role::Buyer] {
            return Err(TokenError::InvalidClaim(Claims::ROLES));
        }
        Ok(())
    }
}
