//! What a reader hears of its log beside what it reads: how far it goes, and changes that were
//! committed here.

use std::collections::VecDeque;

use super::batch::KEPT_CHANGES;
use crate::domain::{Change, Revision};

/// What the reader was told since it last looked.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The newest revision that the log is said to have reached.
    pub(super) reached: Revision,
    /// Whether to look although nobody says that it has reached anything.
    pub(super) must_look: bool,
    /// Changes that were told, in pieces of consecutive ones, ascending; and how many.
    pieces: VecDeque<Vec<Change>>,
    count: usize,
}

impl Heard {
    /// Nothing but how far the log went when somebody looked.
    pub(super) fn at(reached: Revision) -> Self {
        Self { reached, ..Self::default() }
    }

    /// The told changes that come right after a position, if there are any. What was told of before
    /// it is forgotten.
    pub(super) fn after(&mut self, position: Revision) -> Vec<Change> {
        let mut next: Vec<Change> = Vec::new();
        let mut position = position;
        while let Some(piece) = self.pieces.pop_front_if(|piece| first(piece) <= position.next()) {
            self.count -= piece.len();
            next.extend(piece.into_iter().skip_while(|change| change.revision <= position));
            position = next.last().map_or(position, |change| change.revision);
        }
        next
    }

    /// Takes note of consecutive changes.
    pub(super) fn add(&mut self, piece: Vec<Change>) {
        self.count += piece.len();
        let index = self.pieces.partition_point(|other| first(other) < first(&piece));
        self.pieces.insert(index, piece);
        if self.count > KEPT_CHANGES {
            // The reader is far behind: the log has them all.
            self.pieces.clear();
            self.count = 0;
        }
    }

    /// How many changes nobody told of lie between a position and the next that was told, if there
    /// is one.
    pub(super) fn gap_after(&self, position: Revision) -> Option<usize> {
        let next = first(self.pieces.front()?);
        usize::try_from(next.0 - position.next().0).ok().filter(|&gap| gap > 0)
    }
}

fn first(piece: &[Change]) -> Revision {
    piece.first().map(|change| change.revision).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::sample::changes as piece;

    fn heard(pieces: impl IntoIterator<Item = Vec<Change>>) -> Heard {
        let pieces = VecDeque::from_iter(pieces);
        Heard { count: pieces.iter().map(Vec::len).sum(), pieces, ..Heard::default() }
    }

    fn revisions(changes: &[Change]) -> Vec<i64> {
        changes.iter().map(|change| change.revision.0).collect()
    }

    #[test]
    fn what_was_told_is_taken_as_far_as_it_goes_on_from_a_position_and_no_further() {
        let mut told = heard([piece(1..=3), piece(4..=5), piece(7..=8)]);
        assert_eq!(revisions(&told.after(Revision(2))), [3, 4, 5]);
        assert!(told.after(Revision(5)).is_empty(), "6 was not told");
        assert_eq!((told.count, told.gap_after(Revision(5))), (2, Some(1)));
        assert_eq!(revisions(&told.after(Revision(6))), [7, 8]);
        assert_eq!((told.count, told.pieces.len(), told.gap_after(Revision(8))), (0, 0, None));
    }

    #[test]
    fn what_has_been_read_meanwhile_is_forgotten() {
        let mut told = heard([piece(1..=3), piece(4..=5)]);
        assert!(told.after(Revision(9)).is_empty());
        assert_eq!((told.count, told.pieces.len()), (0, 0));
    }
}
