//! Orders with what their seats are called, for people and their spreadsheets.

use std::collections::HashMap;

use super::error::CommandError;
use crate::domain::{CategoryId, EventId, Order, SeatId, TicketName};
use crate::store::Store;
use crate::store::reads::SeatRecord;

/// An order, and its seats by name.
pub(super) struct OrderSheet {
    pub(super) order: Order,
    /// In the order of the seat plan.
    pub(super) seats: Vec<SoldSeat>,
}

/// A seat that is sold.
pub(super) struct SoldSeat {
    pub(super) section: String,
    pub(super) row: String,
    pub(super) number: String,
    pub(super) category: String,
    /// As which type of ticket.
    pub(super) ticket_type: String,
    pub(super) price_minor: i64,
}

/// Looks up what the seats of these orders of one event are called.
pub(super) async fn sheets(
    store: &Store,
    event: EventId,
    orders: Vec<Order>,
) -> Result<Vec<OrderSheet>, CommandError> {
    let ids: Vec<SeatId> = orders.iter().flat_map(|order| &order.seats).copied().collect();
    let seats: HashMap<SeatId, SeatRecord> =
        store.seats(&ids).await?.into_iter().map(|record| (record.seat.id, record)).collect();
    let categories = store.categories(&[event]).await?.remove(&event).unwrap_or_default();
    let categories: HashMap<CategoryId, String> =
        categories.into_iter().map(|category| (category.id, category.name)).collect();
    let sold = |((id, &price_minor), ticket): ((&SeatId, &i64), &TicketName)| {
        let record = seats.get(id)?;
        let location = &record.location;
        Some(SoldSeat {
            section: location.section.clone(),
            row: location.row.clone(),
            number: location.number.clone(),
            category: categories.get(&record.seat.category).cloned().unwrap_or_default(),
            ticket_type: ticket.name.clone(),
            price_minor,
        })
    };
    let sheet = |order: Order| {
        let priced = order.seats.iter().zip(&order.prices_minor);
        let seats = priced.zip(&order.tickets).filter_map(sold).collect();
        OrderSheet { order, seats }
    };
    Ok(orders.into_iter().map(sheet).collect())
}
