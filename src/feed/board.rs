//! A map as it is now: a letter for each seat of an event, in the order of its plan.

use crate::domain::{Cause, Change, Letter, LogPoint, Revision};
use crate::store::reads::LettersRecord;

/// Places that are known to have changed in the newest frames, for each place of the map.
pub(super) const KNOWN_OF_A_PLACE: usize = 2;

/// What a map shows of an event's seats as of one revision. Kept current by the event's changes.
#[derive(Clone, Debug)]
pub(super) struct Board {
    /// Where the log stands that it has followed; the mark is known until it goes on.
    end: LogPoint,
    plan_version: i32,
    /// The serial number of each seat, ascending. (They count from 1 without a hole; but that is
    /// the importer's affair.)
    serials: Box<[i32]>,
    for_sale: Box<[bool]>,
    letters: Vec<Letter>,
}

/// A change does not follow, or is one of the plan: the board is to be read anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Outdated;

impl Board {
    pub(super) fn new(read: LettersRecord) -> Self {
        Self {
            end: read.end,
            plan_version: read.plan_version,
            serials: read.seats.iter().map(|seat| seat.serial).collect(),
            for_sale: read.seats.iter().map(|seat| seat.for_sale).collect(),
            letters: read.seats.iter().map(|seat| seat.letter).collect(),
        }
    }

    /// Bytes that it takes with its frames. Those are the letters of two, and what the newest have
    /// changed.
    pub(super) fn bytes(&self) -> usize {
        const OF_A_SEAT: usize = size_of::<i32>()
            + size_of::<bool>()
            + 3 * size_of::<Letter>()
            + KNOWN_OF_A_PLACE * (size_of::<i32>() + size_of::<Letter>());
        self.letters.len() * OF_A_SEAT
    }

    /// The revision that it is true for.
    pub(super) fn revision(&self) -> Revision {
        self.end.revision
    }

    /// The position in the log that it is true for.
    pub(super) fn end(&self) -> LogPoint {
        self.end
    }

    /// The plan in whose order the letters are.
    pub(super) fn plan_version(&self) -> i32 {
        self.plan_version
    }

    pub(super) fn letters(&self) -> &[Letter] {
        &self.letters
    }

    /// Goes on by one change.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Outdated> {
        let place = self.serials.binary_search(&change.seat.serial).map_err(|_| Outdated)?;
        // The plan is another one, and what is for sale of it may be.
        if change.cause == Cause::Imported || change.revision != self.end.revision.next() {
            return Err(Outdated);
        }
        if let Some(for_sale) = change.cause.for_sale() {
            self.for_sale[place] = for_sale;
        }
        self.letters[place] = Letter::of(change.cause.status(), self.for_sale[place]);
        self.end = LogPoint::unmarked(change.revision);
        Ok(())
    }
}
