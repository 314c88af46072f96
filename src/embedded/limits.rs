//! The bounds that more than one file here names.

/// The oldest major version of PostgreSQL that the server supports.
pub(super) const MAJOR_MIN: u32 = 14;
