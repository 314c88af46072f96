//! Positions in a log that may be put back and written anew.
//!
//! A revision names a place in an event's log. Where a database was restored from a backup,
//! revisions are given a second time; also where a standby took over that lacks the last commits.
//! So what is written to the log has a mark, drawn at random. Who finds at a place the mark that
//! was there before finds what was written then, and before it all that led to it: a backup, or a
//! standby, has a beginning of the log.

use super::change::Change;
use super::ids::{Mark, Revision};

/// A position in one event's log: everything up to a revision, of one history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogPoint {
    /// The revision of the last change before it.
    pub revision: Revision,
    /// That change's mark; `None` where it is not known.
    pub mark: Option<Mark>,
}

/// What follows a position is of another history than what was before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OtherHistory;

impl LogPoint {
    /// The beginning of every log.
    pub const ZERO: Self = Self { revision: Revision::ZERO, mark: Some(Mark::OF_EMPTY_LOG) };

    /// A position of which only the revision is known: whichever history it is of.
    pub fn unmarked(revision: Revision) -> Self {
        Self::new(revision, None)
    }

    /// The position after a revision, whose change has this mark if it is known.
    pub fn new(revision: Revision, mark: Option<Mark>) -> Self {
        if revision == Revision::ZERO { Self::ZERO } else { Self { revision, mark } }
    }

    /// The position after the last of some changes, or where there is none, this one.
    #[must_use]
    pub fn after(self, changes: &[Change]) -> Self {
        changes.last().map_or(self, |last| Self::new(last.revision, last.mark))
    }

    /// Whether the same place of another history is known to be here.
    pub fn contradicts(self, other: Self) -> bool {
        self.revision == other.revision
            && self.mark.zip(other.mark).is_some_and(|(one, other)| one != other)
    }

    /// Those of consecutive changes that come after it.
    ///
    /// # Errors
    ///
    /// If the change that it is the position after is among them, and is another.
    pub fn rest_of(self, mut changes: Vec<Change>) -> Result<Vec<Change>, OtherHistory> {
        let before = changes.partition_point(|change| change.revision <= self.revision);
        let passed = changes.get(..before).unwrap_or_default();
        if Self::ZERO.after(passed).contradicts(self) {
            return Err(OtherHistory);
        }
        changes.drain(..before);
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::change::Cause;
    use crate::ids::{EventId, SeatId, ViewerId};

    fn point(revision: i64, mark: Option<u64>) -> LogPoint {
        LogPoint::new(Revision(revision), mark.map(Mark))
    }

    #[test]
    fn two_points_contradict_each_other_where_one_revision_has_two_marks() {
        assert!(point(5, Some(1)).contradicts(point(5, Some(2))));
        for other in [point(5, Some(1)), point(5, None), point(6, Some(2))] {
            assert!(!point(5, Some(1)).contradicts(other), "{other:?}");
        }
        assert_eq!(LogPoint::unmarked(Revision::ZERO), LogPoint::ZERO);
    }

    #[test]
    fn changes_go_on_from_a_position_of_their_own_history_alone() {
        let change = |revision| Change {
            revision: Revision(revision),
            seat: SeatId { event: EventId(1), serial: 1 },
            previous: None,
            cause: Cause::Released,
            viewer: ViewerId::new("ann").unwrap(),
            expires_at: None,
            order: None,
            former: None,
            changed_at: DateTime::UNIX_EPOCH,
            mark: Some(Mark(9)),
        };
        let rest = |revision, mark| {
            let rest = point(revision, mark).rest_of((5..=9).map(change).collect())?;
            Ok(rest.iter().map(|change| change.revision.0).collect::<Vec<_>>())
        };
        assert_eq!(rest(7, Some(9)), Ok(vec![8, 9]));
        assert_eq!(rest(7, None), Ok(vec![8, 9]));
        assert_eq!(rest(7, Some(1)), Err(OtherHistory));
        assert_eq!(rest(4, Some(1)), Ok(vec![5, 6, 7, 8, 9]), "what was before is not there");
        assert_eq!(rest(9, Some(9)), Ok(vec![]));
        assert_eq!(rest(0, Some(0)), Ok(vec![5, 6, 7, 8, 9]));
        assert_eq!(point(3, Some(1)).after(&[change(4), change(5)]), point(5, Some(9)));
        assert_eq!(point(3, Some(1)).after(&[]), point(3, Some(1)));
    }
}
