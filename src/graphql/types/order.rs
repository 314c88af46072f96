//! Orders.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::event::Event;
use super::event_scope::EventScope;
use super::money::Money;
use super::seat::Seat;
use super::ticket_type::TicketType;
use crate::domain;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::{self, AnyId};
use crate::graphql::required::required;
use crate::graphql::scalars::DateTime;
use crate::identity::Role;

/// A confirmed sale to one viewer. Nothing of it changes but whose it is.
#[derive(Clone, Debug)]
pub struct Order {
    event: Arc<EventScope>,
    order: Arc<domain::Order>,
}

impl Order {
    /// An order as stored.
    pub fn new(order: impl Into<Arc<domain::Order>>) -> Self {
        let order = order.into();
        Self { event: EventScope::new(order.id.event), order }
    }

    async fn priced_seats(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>, Fault> {
        let order = &self.order;
        let seats = Seat::load(ctx, &self.event, &order.seats).await?;
        if seats.len() != order.prices_minor.len() {
            return Err(Fault::internal("an order's seat is missing"));
        }
        let sold_as = order.prices_minor.iter().zip(&order.tickets);
        let line = |(seat, (&price, ticket)): (Seat, (&i64, _))| {
            let currency = &order.currency;
            let ticket_type = TicketType::new(seat.category_id(), ticket, price, currency);
            OrderLine { seat, price: Money::new(price, currency), ticket_type }
        };
        Ok(seats.into_iter().zip(sold_as).map(line).collect())
    }
}

/// A confirmed sale to one viewer. Nothing of it changes but whose it is.
#[Object]
impl Order {
    /// Opaque and stable.
    pub async fn id(&self) -> ID {
        AnyId::Order(self.order.id).encode()
    }

    /// Random, unique over all events, not to be guessed; for people to read out, for example
    /// `4G7Q9-0ABXK`.
    async fn code(&self) -> String {
        self.order.code.to_string()
    }

    /// Whose it is: for the owner, SHOP and ADMIN; null for whoever has just passed it on.
    async fn viewer_id(&self, ctx: &Context<'_>) -> Option<ID> {
        let viewer = ctx.viewer()?;
        let may_know = viewer.has_role(Role::Shop) || viewer.id == self.order.viewer;
        may_know.then(|| ids::viewer_id(&self.order.viewer))
    }

    /// The event.
    async fn event(&self) -> Event {
        Arc::clone(&self.event).into()
    }

    /// The seats it is for, in the order of the seat plan.
    async fn seats(&self, ctx: &Context<'_>) -> Result<Vec<Seat>> {
        required(ctx, Seat::load(ctx, &self.event, &self.order.seats)).await
    }

    /// The seats, each with the price that was paid for it, in the order of the seat plan.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        required(ctx, self.priced_seats(ctx)).await
    }

    /// What the seats cost together when they were sold.
    async fn total(&self) -> Money {
        Money::new(self.order.total_minor, &self.order.currency)
    }

    /// The shop's reference for the payment, as given with confirmSeats.
    async fn payment_reference(&self) -> Option<&str> {
        self.order.payment_reference.as_ref().map(domain::PaymentReference::as_str)
    }

    /// When it was confirmed.
    async fn confirmed_at(&self) -> DateTime {
        DateTime(self.order.confirmed_at)
    }
}

/// One seat of an order.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct OrderLine {
    /// Which seat.
    seat: Seat,
    /// What was paid for it.
    price: Money,
    /// What it was sold as. `Standard`, where there was nothing to choose.
    ticket_type: TicketType,
}
