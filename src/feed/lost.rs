//! Why somebody is given a snapshot.

use strum::{EnumCount, IntoStaticStr, VariantArray};

/// Why a follower cannot be brought further change by change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumCount, VariantArray, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Lost {
    /// It has not said where it stands.
    NoPosition,
    /// Its position is none of this log: it lies in the future, or is one of a history that is
    /// lost. The database is another, or was restored from a backup, or a standby took over that
    /// lacks the last commits.
    UnknownRevision,
    /// The changes after its position are no longer in the log.
    Pruned,
    /// It is further behind than a snapshot is large, or there is no room for what it has missed.
    Lagged,
}
