//! What confirmSeats answers.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject, Union};

use super::refused_seats::{SeatsNotHeld, count_seats};
use crate::domain::SeatId;
use crate::domain::command::{ConfirmRefusal, Confirmed};
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::{Code, Fault};
use crate::graphql::ids::AnyId;
use crate::graphql::named_lines::NamedLines;
use crate::graphql::nullable::nullable;
use crate::graphql::scalars::Revision;
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::money::Money;
use crate::graphql::types::order::Order;
use crate::graphql::types::seat::Seat;

/// What became of confirmSeats.
#[derive(Clone, Debug, Union)]
pub enum ConfirmSeatsResult {
    /// All of the seats are sold to the viewer.
    Success(ConfirmSeatsSuccess),
    /// Some seats are not the viewer's to buy; nothing was sold.
    NotHeld(SeatsNotHeld),
    /// The key stands for another purchase; nothing was sold.
    KeyReused(IdempotencyKeyReused),
    /// Some seats cannot be sold as the types of ticket that were chosen; nothing was sold.
    TicketTypeUnavailable(TicketTypeUnavailable),
    /// The seats would cost something else than expected; nothing was sold.
    PriceChanged(PriceChanged),
    /// The seats are in an order with another payment reference; nothing was changed.
    AlreadyConfirmed(AlreadyConfirmed),
}

/// The seats are sold to the viewer.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ConfirmSeatsSuccess {
    /// The order they are in.
    order: Order,
    /// True where the order was there before.
    #[graphql(deprecation = "the opposite of `created`")]
    replayed: bool,
    /// True for the one request that made the order.
    created: bool,
    /// The revision that the sale is part of: a stream at or past it shows it.
    revision: Revision,
}

/// The key was used before for other seats, or for the same as other types of ticket.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct IdempotencyKeyReused {
    /// What happened, for a person.
    pub message: String,
}

/// Some seats cannot be sold as the types of ticket that were chosen; nothing was sold.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct TicketTypeUnavailable {
    /// What happened, for a person.
    pub message: String,
    /// Each of these seats.
    lines: Vec<UnavailableTicket>,
}

/// A seat that cannot be sold as the type of ticket that was chosen.
#[derive(Clone, Debug)]
pub struct UnavailableTicket {
    event: Arc<EventScope>,
    seat: SeatId,
    /// As it was given.
    ticket: ID,
}

/// A seat that cannot be sold as the type of ticket that was chosen.
#[Object(serial)]
impl UnavailableTicket {
    /// Which of the seats asked for.
    async fn seat_id(&self) -> ID {
        AnyId::Seat(self.seat).encode()
    }

    /// The seat, whose `ticketTypes` are what it can be sold as.
    async fn seat(&self, ctx: &Context<'_>) -> Option<Result<Seat>> {
        nullable(async {
            let record = ctx.loader().load_one(self.seat).await?;
            Ok(record.map(|record| Seat::read(&self.event, (*record).clone())))
        })
        .await
    }

    /// What was chosen, as it was given.
    async fn ticket_type_id(&self) -> &ID {
        &self.ticket
    }
}

/// It would cost something else than expected; nothing was sold.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct PriceChanged {
    /// What happened, for a person.
    pub message: String,
    /// As the request says.
    expected: Money,
    /// What the seats cost.
    actual: Money,
}

/// Exactly these seats are in an order of the viewer with another payment reference: one of the two
/// payments is too much.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct AlreadyConfirmed {
    /// What happened, for a person.
    pub message: String,
    /// The order that the seats are in.
    order: Order,
}

impl TicketTypeUnavailable {
    fn new(event: &Arc<EventScope>, named: &NamedLines, seats: &[SeatId]) -> Self {
        let line = |&seat: &SeatId| {
            let ticket = named.ticket(seat)?.clone();
            Some(UnavailableTicket { event: Arc::clone(event), seat, ticket })
        };
        Self {
            message: format!(
                "{} cannot be sold as the type of ticket that was chosen; nothing was sold",
                count_seats(seats.len())
            ),
            lines: seats.iter().filter_map(line).collect(),
        }
    }
}

impl ConfirmSeatsResult {
    /// Says a decision in the contract's words.
    ///
    /// # Errors
    ///
    /// If it was not the asker's to ask for.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        named: &NamedLines,
        outcome: Result<Confirmed, ConfirmRefusal>,
    ) -> Result<Self, Fault> {
        Ok(match outcome {
            Ok(Confirmed { order, created }) => {
                let revision = Revision(order.last_revision());
                let (order, replayed) = (Order::new(order), !created);
                Self::Success(ConfirmSeatsSuccess { order, replayed, created, revision })
            }
            Err(ConfirmRefusal::NotHeld(seats)) => {
                Self::NotHeld(SeatsNotHeld::new(event, &named.seats, seats))
            }
            Err(ConfirmRefusal::KeyReused) => Self::KeyReused(IdempotencyKeyReused {
                message: "this idempotency key was used for other seats, or for other types of \
                    ticket; a new purchase needs a new key"
                    .to_owned(),
            }),
            Err(ConfirmRefusal::NoSuchTickets(seats)) => {
                Self::TicketTypeUnavailable(TicketTypeUnavailable::new(event, named, &seats))
            }
            Err(ConfirmRefusal::LeftToShop) => {
                return Err(Fault::new(
                    Code::Forbidden,
                    "seats that cost money are confirmed by the shop's server, after payment: with \
                     a token of the role SHOP, and with your Viewer.id as viewerId",
                ));
            }
            Err(ConfirmRefusal::PriceChanged { expected, actual }) => {
                let message = "the seats cost something else than expected; nothing was sold";
                let (expected, actual) = (expected.into(), actual.into());
                Self::PriceChanged(PriceChanged { message: message.to_owned(), expected, actual })
            }
            Err(ConfirmRefusal::AlreadyConfirmed(order)) => {
                let message = "these seats are the viewer's already, with another payment; one of \
                    the two payments is too much";
                let order = Order::new(*order);
                Self::AlreadyConfirmed(AlreadyConfirmed { message: message.to_owned(), order })
            }
        })
    }
}
