//! The token itself: its three parts, its claims and how time bears on them (RFC 7515, RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::Algorithm;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::error::TokenError;
use super::expected::ExpectedClaims;
use super::limits::MAX_TOKEN_BYTES;
use super::viewer::{Role, Viewer};
use crate::domain::ViewerId;

/// How far `nbf` may lie ahead. Issuers stamp `nbf` with their own clock's now. Synchronized clocks
/// differ by milliseconds, or by a second or two when a machine has just started. `exp` has no
/// leeway.
pub(super) const NBF_LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// The name of this server in the tokens it signs.
const ISSUER: &str = "grand-arena";

/// What a token may say it is, in lower case: a JWT, or an access token (RFC 9068). A token of
/// another kind, such as one that ends a session, was not made to be shown here.
const TYPES: [&str; 2] = ["jwt", "at+jwt"];

/// A token taken apart but not yet believed.
pub(super) struct Envelope<'a> {
    pub(super) header: Header,
    /// What is signed: the first two parts as they came.
    pub(super) message: &'a str,
    pub(super) signature: Vec<u8>,
    payload: &'a str,
}

impl<'a> Envelope<'a> {
    pub(super) fn open(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        if payload.contains('.') {
            return Err(TokenError::Malformed);
        }
        let header: Header = parse_object(header)?;
        if header.crit.is_some() {
            return Err(TokenError::CriticalExtension);
        }
        if !header.has_fitting_type() {
            return Err(TokenError::TypeNotAccepted);
        }
        Ok(Self { header, message, signature: decode(signature)?, payload })
    }

    /// The claims. Ask only once the signature held.
    pub(super) fn claims(&self) -> Result<Claims, TokenError> {
        parse_object(self.payload)
    }
}

/// The header fields that matter here. A repeated one is an error, as RFC 7515 section 4 advises.
#[derive(Deserialize)]
pub(super) struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "even_null")]
    crit: Option<Value>,
}

impl Header {
    /// The algorithm the token claims. `none` is no algorithm.
    pub(super) fn algorithm(&self) -> Result<Algorithm, TokenError> {
        self.alg.parse().map_err(|_| TokenError::AlgorithmNotAccepted)
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether the type is one of [`TYPES`], in any case, or is not said. `application/` may be
    /// left out (RFC 7515 section 4.1.9).
    fn has_fitting_type(&self) -> bool {
        self.typ.as_ref().is_none_or(|typ| {
            let typ = typ.to_ascii_lowercase();
            TYPES.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
        })
    }
}

/// The claims that matter here, each of any type, so that a wrong type can be told from a missing
/// claim. A repeated one is an error, as RFC 7519 section 4 allows.
#[derive(Deserialize)]
pub(super) struct Claims {
    #[serde(default, deserialize_with = "even_null")]
    iss: Option<Value>,
    #[serde(default, deserialize_with = "even_null")]
    aud: Option<Value>,
    #[serde(default, deserialize_with = "even_null")]
    sub: Option<Value>,
    #[serde(default, deserialize_with = "even_null")]
    exp: Option<Value>,
    #[serde(default, deserialize_with = "even_null")]
    nbf: Option<Value>,
    #[serde(default, deserialize_with = "even_null")]
    roles: Option<Value>,
}

impl Claims {
    pub(super) const SUB: &'static str = "sub";
    pub(super) const ROLES: &'static str = "roles";
    const EXP: &'static str = "exp";
    const NBF: &'static str = "nbf";
    const ISS: &'static str = "iss";
    const AUD: &'static str = "aud";

    /// Whom these claims name, if they hold at `now`.
    pub(super) fn viewer(&self, now: DateTime<Utc>) -> Result<Viewer, TokenError> {
        let exp = self.exp.as_ref().ok_or(TokenError::MissingClaim(Self::EXP))?;
        let expires_at = instant(exp).ok_or(TokenError::InvalidClaim(Self::EXP))?;
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        if let Some(nbf) = &self.nbf {
            let starts_at = instant(nbf).ok_or(TokenError::InvalidClaim(Self::NBF))?;
            if starts_at.signed_duration_since(now) > NBF_LEEWAY {
                return Err(TokenError::NotYetValid);
            }
        }
        Ok(Viewer::new(self.id()?, &self.roles()?, expires_at))
    }

    /// Whether they say that this server has signed them. Only worth something with the secret.
    pub(super) fn are_ours(&self) -> bool {
        self.iss.as_ref().is_some_and(|iss| iss == ISSUER)
    }

    /// Holds them to who may have made them, and for whom.
    pub(super) fn check(&self, expected: &ExpectedClaims) -> Result<(), TokenError> {
        if !expected.issuers.are_any() {
            let iss = self.iss.as_ref().ok_or(TokenError::MissingClaim(Self::ISS))?;
            let iss = iss.as_str().ok_or(TokenError::InvalidClaim(Self::ISS))?;
            if !expected.issuers.have(iss) {
                return Err(TokenError::IssuerNotAccepted);
            }
        }
        if !expected.audiences.are_any() {
            let invalid = TokenError::InvalidClaim(Self::AUD);
            // One name, or a list of them (RFC 7519 section 4.1.3).
            let names = match self.aud.as_ref().ok_or(TokenError::MissingClaim(Self::AUD))? {
                Value::Array(names) => names.as_slice(),
                one => std::slice::from_ref(one),
            };
            let names = names.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
            if !names.ok_or(invalid)?.into_iter().any(|name| expected.audiences.have(name)) {
                return Err(TokenError::AudienceNotAccepted);
            }
        }
        Ok(())
    }

    fn id(&self) -> Result<ViewerId, TokenError> {
        let sub = self.sub.as_ref().ok_or(TokenError::MissingClaim(Self::SUB))?;
        sub.as_str()
            .and_then(|sub| ViewerId::new(sub).ok())
            .ok_or(TokenError::InvalidClaim(Self::SUB))
    }

    /// The roles known here, written in any case. Others are some other server's business.
    fn roles(&self) -> Result<Vec<Role>, TokenError> {
        let Some(roles) = &self.roles else {
            return Ok(Vec::new());
        };
        let invalid = TokenError::InvalidClaim(Self::ROLES);
        let mut known = Vec::new();
        for role in roles.as_array().ok_or(invalid)? {
            let name = role.as_str().ok_or(invalid)?;
            known.extend(Role::ALL.iter().filter(|role| name.eq_ignore_ascii_case(role.name())));
        }
        Ok(known)
    }
}

/// A NumericDate: seconds since 1970, whole or not (cut to the millisecond). `None` if it is no
/// number or lies outside the years a date can hold. Casting a float to an integer saturates, so no
/// value is too wild.
fn instant(seconds: &Value) -> Option<DateTime<Utc>> {
    match seconds.as_i64() {
        Some(whole) => DateTime::from_timestamp(whole, 0),
        None => DateTime::from_timestamp_millis((seconds.as_f64()? * 1000.0).floor() as i64),
    }
}

/// The part of a new HS256 token that is to be signed.
pub(super) fn message(
    user: &ViewerId,
    roles: &[Role],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> String {
    let roles: Vec<_> = roles.iter().map(|role| role.name()).collect();
    let claims = json!({
        "iss": ISSUER,
        "sub": user.as_str(),
        "roles": roles,
        "iat": now.timestamp(),
        "exp": expires_at.timestamp(),
    });
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Puts the signature to a message.
pub(super) fn seal(message: String, signature: &[u8]) -> String {
    message + "." + &URL_SAFE_NO_PAD.encode(signature)
}

/// One part of a token. Unpadded and canonical only, so that a token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)
}

/// A part that holds a JSON object. The brace is asked for because serde also reads a struct from
/// an array.
fn parse_object<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let json = decode(part)?;
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(TokenError::Malformed);
    }
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}

/// Keeps `null` apart from a field that is not there.
fn even_null<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(field).map(Some)
}
