//! Seats that are in the way, each with its reason.

use async_graphql::{Enum, ID, SimpleObject};

use crate::domain::SeatId;
use crate::domain::command;
use crate::graphql::ids::AnyId;

/// Some of the seats are not held by the viewer, so nothing was done.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatsNotHeld {
    /// What happened, for a person.
    pub message: String,
    /// Every seat that is in the way.
    seats: Vec<NotHeldSeat>,
}

/// A seat that the viewer does not hold.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct NotHeldSeat {
    /// Which of the seats asked for.
    seat_id: ID,
    /// Why.
    reason: NotHeldReason,
}

/// Why a seat is not the viewer's to confirm or to give back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "command::NotHeldReason")]
pub enum NotHeldReason {
    /// The viewer held it, and the hold ran out. It may still be free: reserve it again.
    HoldExpired,
    /// Another viewer holds it.
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

impl SeatsNotHeld {
    pub(super) fn new(seats: Vec<(SeatId, command::NotHeldReason)>) -> Self {
        Self {
            message: format!("you do not hold {}; nothing was changed", count_seats(seats.len())),
            seats: in_the_way(seats, |seat_id, reason| NotHeldSeat {
                seat_id,
                reason: reason.into(),
            }),
        }
    }
}

pub(super) fn count_seats(count: usize) -> String {
    if count == 1 { "1 of the seats".to_owned() } else { format!("{count} of the seats") }
}

pub(super) fn in_the_way<R, T>(seats: Vec<(SeatId, R)>, name: impl Fn(ID, R) -> T) -> Vec<T> {
    seats.into_iter().map(|(seat, reason)| name(AnyId::Seat(seat).encode(), reason)).collect()
}
