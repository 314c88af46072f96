//! What can go wrong: [`TokenError`] is for the client that sent a token, [`IdentityError`] for the
//! operator. An error's sentence is whole: it ends with its cause, which is therefore no `source`.

use std::io;
use std::path::PathBuf;

use super::limits::{MAX_TOKEN_BYTES, MIN_SECRET_BYTES};

/// Why a token was refused, in words fit for whoever sent it. Never holds any of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The `Authorization` field is there, but is not `Bearer <token>`.
    #[error("the authorization must read: Bearer, a space, and the token")]
    NotBearer,
    /// Longer than 8 KiB; it was not looked at.
    #[error("the token is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// Not three parts of base64url, or the first two are not JSON objects, or they repeat a field.
    #[error("the token is malformed")]
    Malformed,
    /// The header marks an extension as critical; none is understood here.
    #[error("the token needs an extension that is not supported")]
    CriticalExtension,
    /// The header's `typ` says that it is something else than a JWT or an access token.
    #[error("the token's type (typ) is not accepted: it must be JWT, at+jwt, or not be said")]
    TypeNotAccepted,
    /// The header's `alg` is `none`, unknown, or not the one pinned for the key.
    #[error("the token's algorithm is not accepted")]
    AlgorithmNotAccepted,
    /// No key has the header's `kid`; or it has none and there are several keys.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature is not by the key.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is still to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iss` names none of the issuers in the settings.
    #[error("the token is by an issuer (iss) that is not accepted here")]
    IssuerNotAccepted,
    /// `aud` names nobody that the settings say we are.
    #[error("the token is meant for somebody else (aud)")]
    AudienceNotAccepted,
    /// `sub` begins as only our own guests' does.
    #[error("the token's subject (sub) begins with guest-, which only this server's guests do")]
    ReservedSubject,
    /// A claim that must be there is not.
    #[error("the token lacks the claim {0}")]
    MissingClaim(&'static str),
    /// A claim has the wrong type or a value out of bounds, or its signer may not make it.
    #[error("the token's claim {0} is invalid")]
    InvalidClaim(&'static str),
}

/// Why keys could not be loaded or a token not signed, for the operator. Never holds any of a key.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// See [`MIN_SECRET_BYTES`].
    #[error(
        "the token secret has {bytes} bytes but needs at least {MIN_SECRET_BYTES}; make one with: \
            openssl rand -hex 32"
    )]
    SecretTooShort {
        /// How long it is.
        bytes: usize,
    },
    /// PEM or JWK text was given as an HMAC secret; if it is a public key, anyone could sign tokens
    /// with it.
    #[error(
        "the token secret is the text of a key file (PEM or JWK); public keys belong in a JWKS \
            file instead"
    )]
    SecretIsAKeyFile,
    /// The secret's file cannot be read, or not be made.
    #[error("cannot read or create the token secret's file {}: {reason}", path.display())]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The secret's file is empty or too short to be one we made.
    #[error(
        "the token secret in {} has {bytes} bytes but needs at least {MIN_SECRET_BYTES}; remove \
            the file to have a new one made",
        path.display()
    )]
    SecretFileTooShort {
        /// The file.
        path: PathBuf,
        /// How long its text is, without white space around it.
        bytes: usize,
    },
    /// The secret is given twice.
    #[error("set ARENA_JWT_SECRET or ARENA_JWT_SECRET_FILE, not both")]
    TwoSecrets,
    /// Somebody else owns the secret's file, and so knows the secret and can change it.
    #[error(
        "the token secret's file {} belongs to user {owner}; it must be this server's own (user \
            {us}) or root's",
        path.display()
    )]
    SecretFileOwner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who runs this server.
        us: u32,
    },
    /// Others may read the secret's file, or even write it.
    #[error(
        "others can reach the token secret's file {} (its mode is {mode:o}): chmod 600 it, and if \
            others use this machine, make another secret",
        path.display()
    )]
    SecretFileMode {
        /// The file.
        path: PathBuf,
        /// The nine bits of its permissions.
        mode: u32,
    },
    /// Keys without a word about whose tokens are to be taken.
    #[error(
        "ARENA_JWT_JWKS needs ARENA_JWT_ISSUER: the iss of the tokens to take, or * to take any \
            whose key is in the file"
    )]
    NoIssuer,
    /// Keys without a word about for whom tokens must be meant.
    #[error(
        "ARENA_JWT_JWKS needs ARENA_JWT_AUDIENCE: what this server is called in the aud of the \
            tokens to take, or * to take those meant for others too"
    )]
    NoAudience,
    /// The JWKS file cannot be read.
    #[error("cannot read the JWKS file {}: {reason}", path.display())]
    JwksFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The JWKS file is not JSON of the form `{"keys": [...]}`.
    #[error("the JWKS file {} is not a JSON Web Key Set: {reason}", path.display())]
    JwksSyntax {
        /// The file.
        path: PathBuf,
        /// Where and why it does not parse.
        reason: serde_json::Error,
    },
    /// No key in the JWKS file is for checking signatures.
    #[error("the JWKS file {} holds no key for checking signatures", path.display())]
    JwksEmpty {
        /// The file.
        path: PathBuf,
    },
    /// A key in the JWKS file is refused.
    #[error("key {position} in the JWKS file {} is refused: {problem}", path.display())]
    JwksKey {
        /// The file.
        path: PathBuf,
        /// Which key, counted from 1.
        position: usize,
        /// Why.
        problem: KeyProblem,
    },
    /// A token was to be signed, but only a JWKS is configured.
    #[error("no token can be signed here: there is no secret, only a JWKS file")]
    NoSigningSecret,
    /// Beside a JWKS the secret signs for guests only.
    #[error(
        "beside a JWKS file the secret signs tokens for guests only; other tokens come from the \
            JWKS file's issuer"
    )]
    SecretIsForGuestsOnly,
    /// The expiry would lie beyond what a date can hold.
    #[error("the token's lifetime is too long")]
    LifetimeTooLong,
    /// The operating system's generator gives nothing.
    #[error("the operating system gives no random bytes: {reason}")]
    NoRandomness {
        /// What the system said.
        reason: io::Error,
    },
}

/// Why one key of a JWKS file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// `kty` and `crv` name something else, such as a symmetric key.
    #[error("only public keys of the kinds RSA, EC P-256 and OKP Ed25519 are accepted")]
    Kind,
    /// The private half is there as well.
    #[error("it is a private key; this server needs, and should be given, only the public half")]
    Private,
    /// `alg` is there but is not the one that goes with the kind.
    #[error("its alg must be RS256 for RSA, ES256 for P-256, EdDSA for Ed25519, or be left out")]
    Algorithm,
    /// A number is missing, not base64url, of the wrong length, or not a point on the curve.
    #[error("its numbers are missing or are not such a key's")]
    Numbers,
    /// RSA outside 2048 to 4096 bits.
    #[error("an RSA key must have 2048 to 4096 bits")]
    RsaSize,
    /// Several keys, and this one cannot be asked for.
    #[error("it has no kid, which it needs beside other keys")]
    NoKid,
    /// Another key has the same `kid`.
    #[error("an earlier key has the same kid")]
    SameKid,
}
