//! What confirmSeats answers.

use async_graphql::{SimpleObject, Union};

use super::refused_seats::SeatsNotHeld;
use crate::domain::command::{ConfirmRefusal, Confirmed};
use crate::graphql::scalars::Revision;
use crate::graphql::types::order::Order;

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

/// The key was used before for another set of seats.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct IdempotencyKeyReused {
    /// What happened, for a person.
    pub message: String,
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
