//! What a reader hears of its log beside what it reads: how far it goes, and changes that were
//! committed here.

use std::collections::VecDeque;

use super::batch::KEPT_CHANGES;
use crate::domain::{Change, LogPoint, Revision};
use crate::store::booking::Logged;

/// What the reader was told since it last looked.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The newest revision that the log is said to have reached.
    pub(super) reached: Revision,
    /// Whether to look although nobody says that it has reached anything.
    pub(super) must_look: bool,
    /// Changes that were told, in pieces of consecutive ones, ascending; and how many.
    pieces: VecDeque<Logged>,
    count: usize,
}

impl Heard {
    /// Nothing but how far the log went when somebody looked.
    pub(super) fn at(reached: Revision) -> Self {
        Self { reached, ..Self::default() }
    }

    /// The told changes that come right after a position, if there are any. What was told of before
    /// it is forgotten. So is everything where it is not certain that it goes on from there: the
    /// log says what does.
    pub(super) fn after(&mut self, mut position: LogPoint) -> Vec<Change> {
        let mut next: Vec<Change> = Vec::new();
        while let Some(piece) =
            self.pieces.pop_front_if(|piece| piece.after.revision <= position.revision)
        {
            self.count -= piece.changes.len();
            if piece.revision() < position.revision {
                continue;
            }
            let is_linked = position.mark.is_some()
                && (piece.after.revision < position.revision || piece.after == position);
            match position.rest_of(piece.changes) {
                Ok(changes) if is_linked => {
                    position = position.after(&changes);
                    next.extend(changes);
                }
                Ok(_) | Err(_) => {
                    self.forget_told();
                    self.must_look = true;
                    break;
                }
            }
        }
        next
    }

    /// Takes note of consecutive changes.
    pub(super) fn add(&mut self, piece: Logged) {
        self.count += piece.changes.len();
        let after = piece.after.revision;
        // Of two from one place, the one that came first.
        let index = self.pieces.partition_point(|other| other.after.revision <= after);
        self.pieces.insert(index, piece);
        if self.count > KEPT_CHANGES {
            // The reader is far behind: the log has them all.
            self.forget_told();
        }
    }

    fn forget_told(&mut self) {
        self.pieces.clear();
        self.count = 0;
    }

    /// How many changes nobody told of lie between a position and the next that was told, if there
    /// is one.
    pub(super) fn gap_after(&self, position: Revision) -> Option<usize> {
        let before_next = self.pieces.front()?.after.revision;
        usize::try_from(before_next.0 - position.0).ok().filter(|&gap| gap > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sample::{changes_of, logged, point};

    fn heard(pieces: impl IntoIterator<Item = Logged>) -> Heard {
        let mut heard = Heard::default();
        pieces.into_iter().for_each(|piece| heard.add(piece));
        heard
    }

    fn revisions(changes: &[Change]) -> Vec<i64> {
        changes.iter().map(|change| change.revision.0).collect()
    }

    #[test]
    fn what_was_told_is_taken_as_far_as_it_goes_on_from_a_position_and_no_further() {
        let mut told = heard([logged(7..=8), logged(1..=3), logged(4..=5)]);
        assert_eq!(revisions(&told.after(point(2))), [3, 4, 5]);
        assert!(told.after(point(5)).is_empty(), "6 was not told");
        assert_eq!((told.count, told.gap_after(Revision(5))), (2, Some(1)));
        assert_eq!(revisions(&told.after(point(6))), [7, 8]);
        assert_eq!((told.count, told.pieces.len(), told.gap_after(Revision(8))), (0, 0, None));
        assert!(!told.must_look);
    }

    #[test]
    fn what_has_been_read_meanwhile_is_forgotten() {
        let mut told = heard([logged(1..=3), logged(4..=5)]);
        assert!(told.after(point(9)).is_empty());
        assert_eq!((told.count, told.pieces.len(), told.must_look), (0, 0, false));
    }

    #[test]
    fn what_goes_on_from_another_history_is_not_taken_and_the_log_is_asked() {
        let of_bob = |revisions| changes_of("bob", revisions);
        let end_of_bobs = |revision| LogPoint::ZERO.after(&of_bob(1..=revision));
        // It begins right after the position, or before it, or nobody knows after what.
        let right_after = Logged { after: end_of_bobs(5), changes: of_bob(6..=8) };
        let before = Logged { after: end_of_bobs(3), changes: of_bob(4..=8) };
        let unknown = Logged { after: LogPoint::unmarked(Revision(5)), ..logged(6..=8) };
        for piece in [right_after, before, unknown] {
            let mut told = heard([logged(4..=5), piece.clone(), logged(9..=9)]);
            assert_eq!(revisions(&told.after(point(3))), [4, 5], "{piece:?}");
            assert_eq!((told.count, told.pieces.len(), told.must_look), (0, 0, true));
        }
        let mut told = heard([logged(4..=5)]);
        assert!(told.after(LogPoint::unmarked(Revision(3))).is_empty());
        assert!(told.must_look, "nobody knows what the position is of");
    }
}
