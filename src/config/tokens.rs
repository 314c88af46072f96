//! Settings for tokens.

use std::path::PathBuf;

use clap::Args;

use crate::identity::AcceptedNames;

/// How tokens are verified and signed.
#[derive(Clone, Debug, Default, Args)]
pub struct IdentitySettings {
    /// The secret that tokens are signed with (HS256), at least 32 bytes. All servers on one
    /// database need the same. Left out, one is made and kept in the data folder. Better as a
    /// variable or in a file: every user of the machine can read a command line.
    #[arg(long, env = "ARENA_JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret: Option<String>,

    /// A file with that secret. It must be this server's own, and nobody else may reach it; or it
    /// is root's, and nobody else may write it.
    #[arg(long, env = "ARENA_JWT_SECRET_FILE", value_name = "FILE")]
    pub jwt_secret_file: Option<PathBuf>,

    /// A file with the public keys (JWKS: RS256, ES256 or EdDSA) of whoever signs in your users. A
    /// secret beside it signs guests' tokens only.
    #[arg(long, env = "ARENA_JWT_JWKS", value_name = "FILE")]
    pub jwt_jwks: Option<PathBuf>,

    /// Whose tokens are taken: their `iss`, several with commas between them, or `*` for any.
    /// Needed beside public keys; without them, unless said, any.
    #[arg(long, env = "ARENA_JWT_ISSUER", value_name = "NAMES")]
    pub jwt_issuer: Option<AcceptedNames>,

    /// What this server is called in tokens' `aud`: several names with commas between them, or `*`
    /// for any. Needed beside public keys; without them, unless said, any.
    #[arg(long, env = "ARENA_JWT_AUDIENCE", value_name = "NAMES")]
    pub jwt_audience: Option<AcceptedNames>,
}
