//! What blockSeats and unblockSeats answer.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use super::refused_seats::{RefusedSeat, count_seats, refused};
use crate::domain::SeatId;
use crate::domain::command::{Blocked, UnavailableReason};
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::scalars::Revision;
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::seat::Seat;

/// What became of blockSeats or unblockSeats.
#[derive(Clone, Debug, Union)]
pub enum BlockSeatsResult {
    /// All of the seats are as they were to be.
    Success(BlockSeatsSuccess),
    /// Some seats are in the way; nothing was changed.
    InUse(SeatsInUse),
}

/// All of the seats are off sale, or on sale again.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct BlockSeatsSuccess {
    /// The seats, in the order of the seat plan.
    seats: Vec<Seat>,
    /// The revision of the last change of one of them: a stream at or past it shows it.
    revision: Revision,
}

/// Some of the seats are held or sold, or do not exist, so nothing was done.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SeatsInUse {
    /// What happened, for a person.
    pub message: String,
    /// Every seat that is in the way.
    seats: Vec<RefusedSeat>,
}

impl BlockSeatsResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        named: &NamedSeats,
        outcome: Result<Blocked, Vec<(SeatId, UnavailableReason)>>,
    ) -> Self {
        match outcome {
            Ok(Blocked { seats, now, revision }) => Self::Success(BlockSeatsSuccess {
                seats: seats.into_iter().map(|seat| Seat::decided(event, seat, now)).collect(),
                revision: Revision(revision),
            }),
            Err(seats) => Self::InUse(SeatsInUse {
                message: format!(
                    "{} cannot be blocked or unblocked: somebody holds or owns them, or they do \
                        not exist; nothing was changed",
                    count_seats(seats.len())
                ),
                seats: refused(event, named, seats),
            }),
        }
    }
}
