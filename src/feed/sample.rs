//! Changes for the room's own tests.

use std::ops::RangeInclusive;

use chrono::DateTime;

use crate::domain::{Cause, Change, EventId, Revision, SeatId, ViewerId};

/// Consecutive changes with these revisions.
pub(super) fn changes(revisions: RangeInclusive<i64>) -> Vec<Change> {
    changes_of("alice", revisions)
}

/// The same, of another viewer.
pub(super) fn changes_of(viewer: &str, revisions: RangeInclusive<i64>) -> Vec<Change> {
    let change = |revision| Change {
        revision: Revision(revision),
        seat: SeatId { event: EventId(1), serial: 1 },
        previous: None,
        cause: Cause::Released,
        viewer: ViewerId::new(viewer).unwrap(),
        expires_at: None,
        order: None,
        former: None,
        changed_at: DateTime::UNIX_EPOCH,
    };
    revisions.map(change).collect()
}
