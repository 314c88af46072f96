//! Orders.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use super::event::{Event, EventScope, Money};
use super::seat::Seat;
use crate::domain;
use crate::graphql::ids::AnyId;
use crate::graphql::scalars::{DateTime, to_int};

/// A confirmed sale to one viewer. Never changes.
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
}

/// A confirmed sale to one viewer. Never changes.
#[Object]
impl Order {
    /// Opaque and stable.
    pub async fn id(&self) -> ID {
        AnyId::Order(self.order.id).encode()
    }

    /// Short, for people to read out, for example `4G7Q-90AB`; unique within the event.
    async fn code(&self) -> String {
        self.order.code()
    }

    /// The event.
    async fn event(&self) -> Event {
        Event(Arc::clone(&self.event))
    }

    /// The seats it is for, in the order of the seat plan.
    async fn seats(&self, ctx: &Context<'_>) -> Result<Vec<Seat>> {
        Ok(Seat::load(ctx, &self.event, &self.order.seats).await?)
    }

    /// What the seats cost together when they were sold.
    async fn total(&self) -> Money {
        Money {
            amount_minor: to_int(self.order.total_minor),
            currency: self.order.currency.clone(),
        }
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
