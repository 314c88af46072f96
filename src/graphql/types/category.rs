//! Price categories.

use async_graphql::{ID, Object};

use super::money::Money;
use super::ticket_type::TicketType;
use crate::graphql::ids::AnyId;
use crate::store::reads::CategoryRecord;

/// A price category of an event.
#[derive(Clone, Debug)]
pub struct Category {
    record: CategoryRecord,
    currency: String,
}

impl Category {
    /// A category as stored, in its event's currency.
    pub fn new(record: &CategoryRecord, currency: &str) -> Self {
        Self { record: record.clone(), currency: currency.to_owned() }
    }

    /// What a seat of it can be sold as from now on.
    pub(super) fn ticket_types(&self) -> Vec<TicketType> {
        TicketType::list(self.record.id, &self.record.ticket_types, &self.currency)
    }
}

/// A price category of an event.
#[Object(serial)]
impl Category {
    /// Opaque and stable.
    pub async fn id(&self) -> ID {
        AnyId::Category(self.record.id).encode()
    }

    /// The category's name for people, unique within the event.
    async fn name(&self) -> &str {
        &self.record.name
    }

    /// What a seat of this category costs where no type of ticket is chosen: as the first of them.
    async fn price(&self) -> Money {
        Money::new(self.record.price_minor(), &self.currency)
    }

    /// What a seat of this category can be sold as, 1 to 20; the first where a buyer chooses none.
    #[graphql(name = "ticketTypes")]
    async fn types(&self) -> Vec<TicketType> {
        self.ticket_types()
    }

    /// A colour for maps, as `#rrggbb`.
    async fn color(&self) -> Option<&str> {
        self.record.color.as_deref()
    }
}
