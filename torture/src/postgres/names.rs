//! What things are called.

/// The database and the role that servers use.
pub(crate) const NAME: &str = "arena";

/// Whom we are ourselves.
pub(crate) const SUPERUSER: &str = "postgres";
