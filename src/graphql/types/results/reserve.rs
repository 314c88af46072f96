//! What reserveSeats answers.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use super::lone_seat::LoneSeatLeft;
use super::refused_seats::{RefusedSeat, count_seats, refused};
use crate::domain;
use crate::domain::command::{ReserveRefusal, Reserved};
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::scalars::{DateTime, Revision, to_int};
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::event_status::EventStatus;
use crate::graphql::types::seat::Seat;

/// What became of reserveSeats.
#[derive(Clone, Debug, Union)]
pub enum ReserveSeatsResult {
    /// All of the seats are held.
    Success(ReserveSeatsSuccess),
    /// Some seats are in the way; nothing was reserved.
    Unavailable(SeatsUnavailable),
    /// The viewer would have too many; nothing was reserved.
    LimitExceeded(SeatLimitExceeded),
    /// The viewer has let seats go too often; nothing was reserved.
    TooFrequent(HoldsTooFrequent),
    /// The event is not on sale; nothing was reserved.
    SalesClosed(SalesClosed),
    /// A single seat would be left alone, and the event minds; nothing was reserved.
    LoneSeat(LoneSeatLeft),
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
    seats: Vec<RefusedSeat>,
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

/// The viewer has let too many seats go within ten minutes, or has had one of these too often in a
/// row: others come first for a while. What the viewer holds stays so.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct HoldsTooFrequent {
    /// What happened, for a person.
    pub message: String,
    /// From when these seats can be reserved, unless others have them by then, or the viewer lets
    /// more go.
    retry_at: DateTime,
}

/// The event is not on sale.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SalesClosed {
    /// What happened, for a person.
    pub message: String,
    /// What the event is instead of ON_SALE.
    status: EventStatus,
    /// When sales open, if that is still to come.
    opens_at: Option<DateTime>,
    /// When sales closed, if their window is over.
    closed_at: Option<DateTime>,
}

impl ReserveSeatsResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        named: &NamedSeats,
        outcome: Result<Reserved, ReserveRefusal>,
    ) -> Self {
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
                seats: refused(event, named, seats),
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
            Err(ReserveRefusal::LeftAlone(seats)) => {
                Self::LoneSeat(LoneSeatLeft::new(event, seats))
            }
            Err(ReserveRefusal::TooFrequent { retry_at }) => Self::TooFrequent(HoldsTooFrequent {
                message: "you have taken seats and let them go too often; others come first for \
                    a while"
                    .to_owned(),
                retry_at: DateTime(retry_at),
            }),
            Err(ReserveRefusal::SalesClosed { status, opens_at, closed_at }) => {
                Self::SalesClosed(SalesClosed {
                    message: why_not_on_sale(status).to_owned(),
                    status: status.into(),
                    opens_at: opens_at.map(DateTime),
                    closed_at: closed_at.map(DateTime),
                })
            }
        }
    }
}

fn why_not_on_sale(status: domain::EventStatus) -> &'static str {
    match status {
        domain::EventStatus::Draft => "this event is being prepared; it is not on sale",
        domain::EventStatus::Upcoming => "sales have not opened yet",
        domain::EventStatus::OnSale | domain::EventStatus::Closed => "sales are closed",
        domain::EventStatus::Cancelled => "this event does not take place",
    }
}
