//! What extendHolds answers.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use super::refused_seats::SeatsNotHeld;
use crate::domain::command::{ExtendRefusal, Reserved};
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::scalars::{DateTime, Revision};
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::seat::Seat;

/// What became of extendHolds.
#[derive(Clone, Debug, Union)]
pub enum ExtendHoldsResult {
    /// All of the holds are prolonged.
    Success(ExtendHoldsSuccess),
    /// Some seats are not held by the viewer; nothing was changed.
    NotHeld(SeatsNotHeld),
    /// The event prolongs no holds, or one of these was prolonged before; nothing was changed.
    Refused(ExtensionRefused),
}

/// The holds are prolonged.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ExtendHoldsSuccess {
    /// The seats, in the order of the seat plan.
    seats: Vec<Seat>,
    /// When the first of these holds runs out.
    expires_at: DateTime,
    /// The server's clock when it was decided: what countdowns should go by.
    server_time: DateTime,
    /// The revision that this is part of: a stream at or past it shows it.
    revision: Revision,
}

/// No hold was prolonged: the event does not provide for it, or it was done before.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ExtensionRefused {
    /// What happened, for a person.
    pub message: String,
}

impl ExtendHoldsResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        named: &NamedSeats,
        outcome: Result<Reserved, ExtendRefusal>,
    ) -> Self {
        let refused =
            |message: &str| Self::Refused(ExtensionRefused { message: message.to_owned() });
        match outcome {
            Ok(Reserved { seats, expires_at, now, revision }) => {
                Self::Success(ExtendHoldsSuccess {
                    seats: seats.into_iter().map(|seat| Seat::decided(event, seat, now)).collect(),
                    expires_at: DateTime(expires_at),
                    server_time: DateTime(now),
                    revision: Revision(revision),
                })
            }
            Err(ExtendRefusal::NotHeld(seats)) => {
                Self::NotHeld(SeatsNotHeld::new(event, named, seats))
            }
            Err(ExtendRefusal::NotOffered) => refused("holds are not prolonged here"),
            Err(ExtendRefusal::ExtendedBefore) => {
                refused("a hold is prolonged once; one of these was already")
            }
        }
    }
}
