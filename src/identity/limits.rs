//! The bounds that both the checks and the errors' sentences name.

/// The shortest HS256 secret, in bytes: as long as the hash's output, as RFC 7518 section 3.2
/// demands. A shorter one can be guessed offline from any one token.
pub const MIN_SECRET_BYTES: usize = 32;

/// The longest token looked at, in bytes. Common servers take 8 KiB of one header; real tokens stay
/// below 2 KiB.
pub(super) const MAX_TOKEN_BYTES: usize = 8 * 1024;
