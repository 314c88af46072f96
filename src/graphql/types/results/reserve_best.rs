//! What reserveBestAvailable answers.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use super::reserve::{
    HoldsTooFrequent, ReserveSeatsResult, ReserveSeatsSuccess, SalesClosed, SeatLimitExceeded,
};
use crate::domain::best;
use crate::domain::command::{ReserveBestRefusal, Reserved};
use crate::graphql::error::Fault;
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::scalars::to_int;
use crate::graphql::types::event_scope::EventScope;

/// What became of reserveBestAvailable.
#[derive(Clone, Debug, Union)]
pub enum ReserveBestAvailableResult {
    /// Seats were chosen, and are held.
    Success(ReserveSeatsSuccess),
    /// So many are not free, or not together; nothing was reserved.
    NotTogether(NoSeatsTogether),
    /// The viewer would have too many; nothing was reserved.
    LimitExceeded(SeatLimitExceeded),
    /// The viewer has let seats go too often; nothing was reserved.
    TooFrequent(HoldsTooFrequent),
    /// Outside the sales window; nothing was reserved.
    SalesClosed(SalesClosed),
}

/// There are no such seats together, or not so many at all.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct NoSeatsTogether {
    /// What happened, for a person.
    pub message: String,
    /// The most seats that are free together, of those asked for.
    largest_block: i32,
    /// How many of those asked for are free, together or not. Where accessible seats were asked
    /// for: of those and their companions'; else of all others.
    available: i32,
}

impl NoSeatsTogether {
    fn new(quantity: usize, told: best::NoSeatsTogether) -> Self {
        let best::NoSeatsTogether { largest_block, available } = told;
        let message = match (largest_block, available) {
            (0, 0) => "none of these seats are free".to_owned(),
            (_, available) if available < quantity => {
                format!("of these seats {available} are free, and {largest_block} together")
            }
            (largest_block, _) => {
                format!("there are no {quantity} seats together; {largest_block} are the most")
            }
        };
        let count = |seats: usize| to_int(i64::try_from(seats).unwrap_or(i64::MAX));
        Self { message, largest_block: count(largest_block), available: count(available) }
    }
}

impl ReserveBestAvailableResult {
    /// Says a decision in the contract's words.
    ///
    /// # Errors
    ///
    /// If it is none that there can be.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        quantity: usize,
        outcome: Result<Reserved, ReserveBestRefusal>,
    ) -> Result<Self, Fault> {
        let outcome = match outcome {
            Ok(reserved) => Ok(reserved),
            Err(ReserveBestRefusal::NoneTogether(told)) => {
                return Ok(Self::NotTogether(NoSeatsTogether::new(quantity, told)));
            }
            Err(ReserveBestRefusal::Refused(refusal)) => Err(refusal),
        };
        match ReserveSeatsResult::new(event, &NamedSeats::default(), outcome) {
            ReserveSeatsResult::Success(success) => Ok(Self::Success(success)),
            ReserveSeatsResult::LimitExceeded(refusal) => Ok(Self::LimitExceeded(refusal)),
            ReserveSeatsResult::TooFrequent(refusal) => Ok(Self::TooFrequent(refusal)),
            ReserveSeatsResult::SalesClosed(refusal) => Ok(Self::SalesClosed(refusal)),
            ReserveSeatsResult::Unavailable(_) | ReserveSeatsResult::LoneSeat(_) => {
                Err(Fault::internal("a seat that was chosen was in the way"))
            }
        }
    }
}
