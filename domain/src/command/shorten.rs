//! Bringing nearer the ends of holds that were granted by a clock which was put back since.

use chrono::TimeDelta;

use super::decide::{Command, Needs};
use crate::ids::{Revision, SeatId};
use crate::ledger::Ledger;

/// A hold whose last change was decided later than it is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FarHold {
    /// On which seat.
    pub seat: SeatId,
    /// The seat's last change.
    pub revision: Revision,
    /// How long the hold had still to last when that was decided.
    pub length: TimeDelta,
}

/// Has each of these holds last from now on for as long as it had still to last at its last change:
/// how much of that has passed nobody knows. The list may be stale: each is looked at again.
#[derive(Clone, Debug)]
pub struct Shorten {
    seats: Vec<SeatId>,
    holds: Vec<FarHold>,
}

impl Shorten {
    /// These holds, in any order.
    pub fn new(mut holds: Vec<FarHold>) -> Self {
        holds.sort_unstable_by_key(|hold| hold.seat);
        Self { seats: holds.iter().map(|hold| hold.seat).collect(), holds }
    }
}

impl Command for Shorten {
    /// How many holds end earlier by it.
    type Outcome = usize;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: &self.seats, ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> usize {
        let is_as_seen = |ledger: &Ledger, hold: &FarHold| {
            ledger.seat(hold.seat).is_some_and(|seat| seat.revision == hold.revision)
        };
        let mut shortened = 0;
        for hold in &self.holds {
            if is_as_seen(ledger, hold) && ledger.shorten(hold.seat, hold.length).is_ok() {
                shortened += 1;
            }
        }
        shortened
    }
}
