//! Ending holds that have run out, or are over because the event does not take place.

use super::decide::{Command, Needs};
use crate::ids::SeatId;
use crate::ledger::Ledger;

/// Frees those of the seats whose hold is over. The list may be stale: each seat is looked at
/// again.
#[derive(Clone, Debug)]
pub struct Expire {
    /// Seats that were due when somebody looked, ascending; may be empty.
    pub seats: Vec<SeatId>,
    /// Whether to look up afterwards when the event's next hold runs out. Until somebody does, the
    /// event counts as due.
    pub looks_ahead: bool,
}

impl Command for Expire {
    /// How many holds were ended.
    type Outcome = usize;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: &self.seats, reschedules_expiry: self.looks_ahead, ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> usize {
        self.seats.iter().filter(|&&id| ledger.settle(id)).count()
    }
}
