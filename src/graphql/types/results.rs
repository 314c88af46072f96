//! What mutations answer: unions of success and the refusals to expect.

use std::sync::Arc;

use async_graphql::{Enum, ID, SimpleObject, Union};

use super::event::EventScope;
use super::{Order, Seat};
use crate::domain::SeatId;
use crate::domain::command::{self, ConfirmRefusal, Confirmed, Released, ReserveRefusal, Reserved};
use crate::graphql::ids::AnyId;
use crate::graphql::scalars::{DateTime, Revision, to_int};

/// What became of reserveSeats.
#[derive(Clone, Debug, Union)]
pub enum ReserveSeatsResult {
    /// All of the seats are held.
    Success(ReserveSeatsSuccess),
    /// Some seats are in the way; nothing was reserved.
    Unavailable(SeatsUnavailable),
    /// The viewer would have too many; nothing was reserved.
    LimitExceeded(SeatLimitExceeded),
    /// Outside the sales window; nothing was reserved.
    SalesClosed(SalesClosed),
}

/// The viewer holds all of the seats.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ReserveSeatsSuccess {
    /// The seats, in the order of the seat plan.
    seats: Vec<Seat>,
    /// When the first of these holds runs out.
    expires_at: DateTime,
    /// The server's clock when it was decided: what countdowns should go by.
    server_time: DateTime,
    /// The revision that these holds are part of: a stream at or past it shows them.
    revision: Revision,
}

/// Some of the seats cannot be reserved, so none was.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatsUnavailable {
    /// What happened, for a person.
    pub message: String,
    /// Every seat that is in the way.
    seats: Vec<UnavailableSeat>,
}

/// A seat that cannot be reserved.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct UnavailableSeat {
    /// Which of the seats asked for.
    seat_id: ID,
    /// Why.
    reason: UnavailableReason,
}

/// Why a seat cannot be reserved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "command::UnavailableReason")]
pub enum UnavailableReason {
    /// Another viewer holds it; it may become free again.
    ReservedByAnother,
    /// It is sold.
    Confirmed,
    /// It is not offered.
    NotForSale,
    /// The event has no such seat.
    NotFound,
}

/// The viewer would hold and own more seats than the event allows.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatLimitExceeded {
    /// What happened, for a person.
    pub message: String,
    /// The event's limit.
    limit: i32,
    /// How many seats the viewer holds and owns now.
    held: i32,
    /// How many more were asked for, not counting those the viewer holds already.
    requested: i32,
}

/// Seats cannot be reserved at this time.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SalesClosed {
    /// What happened, for a person.
    pub message: String,
    /// When sales open, if that is still to come.
    opens_at: Option<DateTime>,
    /// When sales closed, if they have.
    closed_at: Option<DateTime>,
}

/// What became of confirmSeats.
#[derive(Clone, Debug, Union)]
pub enum ConfirmSeatsResult {
    /// All of the seats are sold to the viewer.
    Success(ConfirmSeatsSuccess),
    /// Some seats are not the viewer's to buy; nothing was sold.
    NotHeld(SeatsNotHeld),
    /// The key stands for another set of seats; nothing was sold.
    KeyReused(IdempotencyKeyReused),
}

/// The seats are sold to the viewer.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ConfirmSeatsSuccess {
    /// The order they are in.
    order: Order,
    /// True where the key was seen before: this is the answer to a repeated request.
    replayed: bool,
    /// The revision that the sale is part of: a stream at or past it shows it.
    revision: Revision,
}

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

/// The key was used before for another set of seats.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct IdempotencyKeyReused {
    /// What happened, for a person.
    pub message: String,
}

/// What became of releaseSeats.
#[derive(Clone, Debug, Union)]
pub enum ReleaseSeatsResult {
    /// All of the seats are free.
    Success(ReleaseSeatsSuccess),
    /// Some seats are not the viewer's to give back; nothing was changed.
    NotHeld(SeatsNotHeld),
}

/// The seats are free.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ReleaseSeatsSuccess {
    /// The seats, in the order of the seat plan.
    seats: Vec<Seat>,
    /// The revision that this is part of: a stream at or past it shows it.
    revision: Revision,
}

impl ReserveSeatsResult {
    /// Says a decision in the contract's words.
    pub fn new(event: &Arc<EventScope>, outcome: Result<Reserved, ReserveRefusal>) -> Self {
        match outcome {
            Ok(Reserved { seats, expires_at, now, revision }) => {
                Self::Success(ReserveSeatsSuccess {
                    seats: seats.into_iter().map(|seat| Seat::decided(event, seat, now)).collect(),
                    expires_at: DateTime(expires_at),
                    server_time: DateTime(now),
                    revision: Revision(revision),
                })
            }
            Err(ReserveRefusal::Unavailable(seats)) => Self::Unavailable(SeatsUnavailable {
                message: format!(
                    "{} cannot be reserved; nothing was reserved",
                    count_seats(seats.len())
                ),
                seats: in_the_way(seats, |seat_id, reason| UnavailableSeat {
                    seat_id,
                    reason: reason.into(),
                }),
            }),
            Err(ReserveRefusal::LimitExceeded { limit, held, requested }) => {
                Self::LimitExceeded(SeatLimitExceeded {
                    message: format!(
                        "one person may have at most {limit} seats here; you have {held} and \
                            asked for {requested} more"
                    ),
                    limit: to_int(limit.into()),
                    held: to_int(held.into()),
                    requested: to_int(requested.into()),
                })
            }
            Err(ReserveRefusal::SalesClosed { opens_at, closed_at }) => {
                Self::SalesClosed(SalesClosed {
                    message: if opens_at.is_some() {
                        "sales have not opened yet"
                    } else {
                        "sales are closed"
                    }
                    .to_owned(),
                    opens_at: opens_at.map(DateTime),
                    closed_at: closed_at.map(DateTime),
                })
            }
        }
    }
}

impl ConfirmSeatsResult {
    /// Says a decision in the contract's words.
    pub fn new(outcome: Result<Confirmed, ConfirmRefusal>) -> Self {
        match outcome {
            Ok(Confirmed { order, replayed }) => {
                let revision = Revision(order.last_revision());
                Self::Success(ConfirmSeatsSuccess { order: Order::new(order), replayed, revision })
            }
            Err(ConfirmRefusal::NotHeld(seats)) => Self::NotHeld(SeatsNotHeld::new(seats)),
            Err(ConfirmRefusal::KeyReused) => Self::KeyReused(IdempotencyKeyReused {
                message:
                    "this idempotency key was used for other seats; a new purchase needs a new key"
                        .to_owned(),
            }),
        }
    }
}

impl ReleaseSeatsResult {
    /// Says a decision in the contract's words.
    pub fn new(
        event: &Arc<EventScope>,
        outcome: Result<Released, Vec<(SeatId, command::NotHeldReason)>>,
    ) -> Self {
        match outcome {
            Ok(Released { seats, now, revision }) => Self::Success(ReleaseSeatsSuccess {
                seats: seats.into_iter().map(|seat| Seat::decided(event, seat, now)).collect(),
                revision: Revision(revision),
            }),
            Err(seats) => Self::NotHeld(SeatsNotHeld::new(seats)),
        }
    }
}

impl SeatsNotHeld {
    fn new(seats: Vec<(SeatId, command::NotHeldReason)>) -> Self {
        Self {
            message: format!("you do not hold {}; nothing was changed", count_seats(seats.len())),
            seats: in_the_way(seats, |seat_id, reason| NotHeldSeat {
                seat_id,
                reason: reason.into(),
            }),
        }
    }
}

fn count_seats(count: usize) -> String {
    if count == 1 { "1 of the seats".to_owned() } else { format!("{count} of the seats") }
}

fn in_the_way<R, T>(seats: Vec<(SeatId, R)>, name: impl Fn(ID, R) -> T) -> Vec<T> {
    seats.into_iter().map(|(seat, reason)| name(AnyId::Seat(seat).encode(), reason)).collect()
}
