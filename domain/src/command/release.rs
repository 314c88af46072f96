//! Giving held seats back: all of them, or none.

use chrono::{DateTime, Utc};

use super::decide::{Command, Needs};
use super::held::{NotHeldReason, all_held_by};
use super::seat_set::SeatSet;
use crate::ids::{Revision, SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::seat::Seat;

/// Gives all of the seats back, or none.
#[derive(Clone, Debug)]
pub struct Release {
    /// Who gives back.
    pub viewer: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
}

/// The seats are free.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Released {
    /// The seats as they are now, ascending.
    pub seats: Vec<Seat>,
    /// The instant of the decision.
    pub now: DateTime<Utc>,
    /// The revision of the last of these changes.
    pub revision: Revision,
}

impl Command for Release {
    type Outcome = Result<Released, Vec<(SeatId, NotHeldReason)>>;

    /// Seats that were given back are no longer held.
    const REPEATABLE: bool = false;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: self.seats.as_slice(), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        all_held_by(&self.viewer, &self.seats, ledger)?;
        for &id in self.seats.as_slice() {
            ledger
                .release(id, &self.viewer)
                .expect("each of these seats was seen to be held by the viewer on this ledger");
        }
        Ok(Released {
            seats: self
                .seats
                .as_slice()
                .iter()
                .filter_map(|&id| ledger.seat(id))
                .cloned()
                .collect(),
            now: ledger.now(),
            revision: ledger.revision(),
        })
    }
}
