//! Seats that are in the way, each with its reason.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use crate::domain::SeatId;
use crate::domain::command::{NotHeldReason, UnavailableReason};
use crate::graphql::context::ContextExt as _;
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::nullable::nullable;
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::seat::Seat;

/// Some of the seats are not held by the viewer, so nothing was done.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatsNotHeld {
    /// What happened, for a person.
    pub message: String,
    /// Every seat that is in the way.
    seats: Vec<RefusedSeat>,
}

/// A seat that is in the way, and why.
#[derive(Clone, Debug)]
pub struct RefusedSeat {
    event: Arc<EventScope>,
    seat: SeatId,
    /// As it was given.
    given: ID,
    reason: RefusalReason,
}

/// A seat that is in the way, and why.
#[Object(serial)]
impl RefusedSeat {
    /// Which of the seats asked for, as it was given.
    async fn seat_id(&self) -> &ID {
        &self.given
    }

    /// The seat; null if the event has none of this id.
    async fn seat(&self, ctx: &Context<'_>) -> Option<Result<Seat>> {
        if self.reason == RefusalReason::NotFound {
            return None;
        }
        nullable(async {
            let record = ctx.loader().load_one(self.seat).await?;
            Ok(record.map(|record| Seat::read(&self.event, (*record).clone())))
        })
        .await
    }

    /// Why.
    async fn reason(&self) -> RefusalReason {
        self.reason
    }
}

/// Why a seat cannot be reserved, confirmed or given back; or not blocked or changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum RefusalReason {
    /// Not to reserve: another viewer holds it; it may become free again. Not to block or change:
    /// somebody holds it.
    ReservedByAnother,
    /// Not to reserve, block or change: it is sold.
    Confirmed,
    /// Not to reserve: it is not offered.
    NotForSale,
    /// The event has no such seat.
    NotFound,
    /// Not held: the viewer held it, and the hold ran out. It may still be free: reserve it again.
    /// Or the event is cancelled, and holds are over with that.
    HoldExpired,
    /// Not held: another viewer holds it.
    HeldByAnother,
    /// Not held: it is free, and not because the viewer's hold ran out. The viewer never held it,
    /// gave it back, or somebody else has held it since.
    NeverHeld,
    /// Not held: it is sold to somebody else.
    ConfirmedToAnother,
    /// Not held: the viewer bought it already, in an order of other seats.
    AlreadyConfirmed,
}

impl From<UnavailableReason> for RefusalReason {
    fn from(reason: UnavailableReason) -> Self {
        match reason {
            UnavailableReason::ReservedByAnother => Self::ReservedByAnother,
            UnavailableReason::Confirmed => Self::Confirmed,
            UnavailableReason::NotForSale => Self::NotForSale,
            UnavailableReason::NotFound => Self::NotFound,
        }
    }
}

impl From<NotHeldReason> for RefusalReason {
    fn from(reason: NotHeldReason) -> Self {
        match reason {
            NotHeldReason::HoldExpired => Self::HoldExpired,
            NotHeldReason::HeldByAnother => Self::HeldByAnother,
            NotHeldReason::NeverHeld => Self::NeverHeld,
            NotHeldReason::ConfirmedToAnother => Self::ConfirmedToAnother,
            NotHeldReason::AlreadyConfirmed => Self::AlreadyConfirmed,
            NotHeldReason::NotFound => Self::NotFound,
        }
    }
}

impl SeatsNotHeld {
    pub(super) fn new(
        event: &Arc<EventScope>,
        named: &NamedSeats,
        seats: Vec<(SeatId, NotHeldReason)>,
    ) -> Self {
        Self {
            message: format!(
                "the viewer does not hold {}; nothing was changed",
                count_seats(seats.len())
            ),
            seats: refused(event, named, seats),
        }
    }
}

pub(super) fn count_seats(count: usize) -> String {
    if count == 1 { "1 of the seats".to_owned() } else { format!("{count} of the seats") }
}

/// The seats that are in the way, as they were named.
pub(super) fn refused<R: Into<RefusalReason>>(
    event: &Arc<EventScope>,
    named: &NamedSeats,
    seats: Vec<(SeatId, R)>,
) -> Vec<RefusedSeat> {
    let refused = |(seat, reason): (SeatId, R)| RefusedSeat {
        event: Arc::clone(event),
        seat,
        given: named.id(seat),
        reason: reason.into(),
    };
    seats.into_iter().map(refused).collect()
}
