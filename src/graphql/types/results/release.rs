//! What releaseSeats answers.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use super::refused_seats::SeatsNotHeld;
use crate::domain::SeatId;
use crate::domain::command::{NotHeldReason, Released};
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::scalars::Revision;
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::seat::Seat;

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

impl ReleaseSeatsResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        named: &NamedSeats,
        outcome: Result<Released, Vec<(SeatId, NotHeldReason)>>,
    ) -> Self {
        match outcome {
            Ok(Released { seats, now, revision }) => Self::Success(ReleaseSeatsSuccess {
                seats: seats.into_iter().map(|seat| Seat::decided(event, seat, now)).collect(),
                revision: Revision(revision),
            }),
            Err(seats) => Self::NotHeld(SeatsNotHeld::new(event, named, seats)),
        }
    }
}
