//! Prolonging holds while their holder pays: all of them, or none; each once.

use super::decide::{Command, Needs};
use super::held::{NotHeldReason, all_held_by};
use super::reserve::Reserved;
use super::seat_set::SeatSet;
use crate::ids::{SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::seat::SeatState;

/// Prolongs the holds on all of the seats by what the event allows, or none.
#[derive(Clone, Debug)]
pub struct Extend {
    /// Who holds them.
    pub viewer: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
}

/// Why no hold was prolonged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ExtendRefusal {
    /// The event's terms do not provide for it.
    NotOffered,
    /// Some seats are not held by the viewer: every one of them, with its reason.
    NotHeld(Vec<(SeatId, NotHeldReason)>),
    /// A hold on one of the seats was prolonged before.
    ExtendedBefore,
}

impl Command for Extend {
    type Outcome = Result<Reserved, ExtendRefusal>;

    /// What was prolonged cannot be prolonged again.
    const REPEATABLE: bool = false;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: self.seats.as_slice(), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        if ledger.terms().hold_extension.is_zero() {
            return Err(ExtendRefusal::NotOffered);
        }
        all_held_by(&self.viewer, &self.seats, ledger).map_err(ExtendRefusal::NotHeld)?;
        let seats = self.seats.as_slice();
        if seats.iter().any(|&id| is_extended(ledger, id)) {
            return Err(ExtendRefusal::ExtendedBefore);
        }
        for &id in seats {
            ledger
                .extend(id, &self.viewer)
                .expect("each of these holds was seen to be the viewer's and not yet prolonged");
        }
        Ok(Reserved::read(ledger, seats))
    }
}

fn is_extended(ledger: &Ledger, id: SeatId) -> bool {
    match ledger.seat(id).map(|seat| &seat.state) {
        Some(SeatState::Reserved(hold)) => hold.is_extended,
        Some(SeatState::Available { .. } | SeatState::Confirmed(_)) | None => false,
    }
}
