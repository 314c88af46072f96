//! Why somebody is given a snapshot.

use strum::{EnumCount, IntoStaticStr, VariantArray};

/// Why a follower cannot be brought further change by change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumCount, VariantArray, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Lost {
    /// It has not said where it stands.
    NoPosition,
    /// Its position lies in the future: it must come from another database, or from one since
    /// restored from a backup.
    UnknownRevision,
    /// The changes after its position are no longer in the log.
    Pruned,
    /// It is further behind than a snapshot is large, or there is no room for what it has missed.
    Lagged,
}
