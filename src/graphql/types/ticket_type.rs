//! Types of ticket.

use async_graphql::{ID, SimpleObject};

use super::money::Money;
use crate::domain::{CategoryId, TicketName, TicketType as Known, TicketTypeId};
use crate::graphql::ids;

/// What a seat can be sold as: full, reduced, child. Each has its price.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct TicketType {
    /// Opaque. Within a category it stands for one name for ever, whatever the price.
    id: ID,
    /// For people, unique within the category. `Standard`, where nobody has named any.
    name: String,
    /// What a seat costs as this; of a seat that is sold, what was paid for it.
    price: Money,
}

impl TicketType {
    /// What a seat of a category is or was sold as.
    pub fn new(
        category: CategoryId,
        ticket: &TicketName,
        price_minor: i64,
        currency: &str,
    ) -> Self {
        Self {
            id: ids::ticket_type_id(TicketTypeId { category, number: ticket.number }),
            name: ticket.name.clone(),
            price: Money::new(price_minor, currency),
        }
    }

    /// The types of a category, in order.
    pub fn list(category: CategoryId, types: &[Known], currency: &str) -> Vec<Self> {
        let new = |known: &Known| Self::new(category, &known.ticket, known.price_minor, currency);
        types.iter().map(new).collect()
    }
}
