//! The bounds that more than one file names.

/// The oldest major version of PostgreSQL that the server supports.
pub(super) const MAJOR_MIN: u32 = 14;

/// How many connections the private PostgreSQL takes: PostgreSQL's default, held fast.
pub const MAX_CONNECTIONS: u32 = 100;

/// How many of [`MAX_CONNECTIONS`] the server may use; the rest is for commands that run beside it
/// and for people with `psql`.
pub const CONNECTIONS_FOR_SERVER: u32 = MAX_CONNECTIONS - 10;
