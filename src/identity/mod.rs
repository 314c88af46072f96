//! Who is asking: turns a bearer token into a [`Viewer`], and signs tokens for guests and for
//! trying things out.
//!
//! Two sources of trust, each with its algorithm pinned when it is loaded:
//!
//! - a **secret** (HS256): one key that both signs and verifies;
//! - a **JWKS file** of public keys (RS256, ES256 or EdDSA, pinned per key), optionally beside a
//!   secret which then speaks for guests only.
//!
//! Invariants:
//!
//! - A token never chooses how it is checked. Its `alg` header may only *match* what is pinned:
//!   `HS256` is looked up against the secret and nothing else, every other name against the JWKS
//!   and nothing else. `none` matches nothing, and the bytes of a public key are never an HMAC
//!   secret.
//! - Claims are read only after the signature held, so a forger learns nothing from the error about
//!   what they say.
//! - A good signature says who made a token, not that it was made for us. So a token under a JWKS
//!   has to name its issuer (`iss`) and this server (`aud`) as the settings do, unless they say
//!   `*`. With a shared secret that holds where the settings name them.
//! - Subjects that begin with `guest-` are our own guests, and nobody else can name one: no token
//!   under a JWKS, and with the secret only one whose `iss` is ours. Our own tokens need no `aud`.
//! - Subjects are compared in Unicode's normal form C, and in the case in which they come: two
//!   spellings of one name are one viewer, `Zoe` and `zoe` are two.
//! - `exp` is required, and a [`Viewer`] carries it, so that a socket can be closed when its token
//!   runs out.
//! - Time is passed in; nothing here reads a clock.
//! - Neither an error nor a `Debug` output holds a token or a key.
//!
//! The crate `jsonwebtoken` is used for the signatures of public keys only. Its `decode` checks
//! time against the system clock and passes over `crit`; and it looks its backend up in a
//! process-wide slot, which panics if some dependency also turns on the other backend. So the
//! envelope and the claims are read here, and the backend is named (see `keys.rs`).
//!
//! Deliberately absent:
//!
//! - Fetching keys over the network, whether the operator's or those a token points at (`jku`,
//!   `x5u`, `jwk`, `x5c` are ignored): the file is read once, at start. Rotate keys by adding the
//!   new one to the file and restarting.
//! - Revocation and refresh: a token is good until it expires, so issuers should keep lifetimes
//!   short.
//! - Encrypted tokens (JWE), PS*, ES384 and longer siblings: one way per kind of key is enough.

mod asker;
mod authority;
mod error;
mod expected;
mod file_access;
mod files;
mod guest;
mod jwks;
mod keys;
mod last_token;
mod limits;
mod secret;
mod secret_file;
#[cfg(test)]
mod tests;
mod token;
mod viewer;

pub use self::asker::Asker;
pub use self::authority::Identity;
pub use self::error::{IdentityError, KeyProblem, TokenError};
pub use self::expected::{AcceptedNames, ExpectedClaims, NoNames};
pub use self::guest::GUEST_TTL;
pub use self::last_token::LastToken;
pub use self::limits::MIN_SECRET_BYTES;
pub use self::viewer::{Role, Viewer};
