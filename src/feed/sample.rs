//! Changes for the room's own tests.

use std::ops::RangeInclusive;

use chrono::DateTime;

use crate::domain::{Cause, Change, EventId, LogPoint, Mark, Revision, SeatId, ViewerId};
use crate::store::booking::Logged;

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
        mark: Some(Mark(viewer.len() as u64)),
    };
    revisions.map(change).collect()
}

/// The position after the change with this revision, in the log of those changes.
pub(super) fn point(revision: i64) -> LogPoint {
    LogPoint::ZERO.after(&changes(revision..=revision))
}

/// Consecutive changes with these revisions, as they are told.
pub(super) fn logged(revisions: RangeInclusive<i64>) -> Logged {
    Logged { after: point(revisions.start() - 1), changes: changes(revisions) }
}
