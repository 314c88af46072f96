//! This host's wall clock, for what it may decide: whether a token is still good. And webhooks are
//! told by it when they are told.
//!
//! Nothing about seats is decided by it: holds run by the database's clock, read after the locks
//! are held.

use chrono::{DateTime, Utc};

/// This host's wall clock.
#[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
pub fn wall_clock() -> DateTime<Utc> {
    Utc::now()
}
