//! Whether a viewer holds seats, and why not.

use super::seat_set::SeatSet;
use crate::ids::{SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::seat::SeatState;

/// Why a seat is not the viewer's to confirm or to give back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotHeldReason {
    /// The viewer held it, and the hold ran out, or the event is cancelled; it may still be free.
    HoldExpired,
    /// Somebody else holds it.
    HeldByAnother,
    /// It is free, and not because the viewer's hold ran out: the viewer never held it, gave it
    /// back, or somebody else has held it since.
    NeverHeld,
    /// It is sold to somebody else.
    ConfirmedToAnother,
    /// The viewer bought it already, in an order of other seats.
    AlreadyConfirmed,
    /// The event has no such seat.
    NotFound,
}

/// Checks that the viewer holds every one of the seats; otherwise names all that are in the way.
pub(super) fn all_held_by(
    viewer: &ViewerId,
    seats: &SeatSet,
    ledger: &Ledger,
) -> Result<(), Vec<(SeatId, NotHeldReason)>> {
    let in_the_way: Vec<_> = seats
        .as_slice()
        .iter()
        .filter_map(|&id| why_not_held(viewer, id, ledger).map(|reason| (id, reason)))
        .collect();
    if in_the_way.is_empty() { Ok(()) } else { Err(in_the_way) }
}

fn why_not_held(viewer: &ViewerId, id: SeatId, ledger: &Ledger) -> Option<NotHeldReason> {
    let Some(state) = ledger.standing(id) else { return Some(NotHeldReason::NotFound) };
    match state {
        SeatState::Reserved(hold) if hold.viewer == *viewer => None,
        SeatState::Reserved(_) => Some(NotHeldReason::HeldByAnother),
        SeatState::Confirmed(sale) if sale.viewer == *viewer => {
            Some(NotHeldReason::AlreadyConfirmed)
        }
        SeatState::Confirmed(_) => Some(NotHeldReason::ConfirmedToAnother),
        SeatState::Available { lapsed } if lapsed.as_ref() == Some(viewer) => {
            Some(NotHeldReason::HoldExpired)
        }
        SeatState::Available { .. } => Some(NotHeldReason::NeverHeld),
    }
}
