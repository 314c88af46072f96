//! Orders: by id, and in pages.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::domain::{
    EventId, Order, OrderCode, OrderId, PaymentReference, SeatId, TicketName, ViewerId,
};
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::rows;
use crate::store::sql::{bigints, statement};

/// A position among a viewer's orders: later orders come first.
pub type OrderCursor = (DateTime<Utc>, OrderId);

/// The columns of an [`OrderRow`].
pub(super) const ORDER_COLUMNS: &str = "orders.*,
       (SELECT array_agg(seat_id ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS seats,
       (SELECT array_agg(price_minor ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS prices_minor,
       (SELECT array_agg(COALESCE(ticket_type_id, 0) ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS ticket_ids,
       (SELECT array_agg(COALESCE(ticket_type, '') ORDER BY seat_id) FROM order_seats
         WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS tickets";

impl Store {
    /// The orders with these ids, in no particular order; ids that name nothing are left out.
    pub async fn orders(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        let mut of_event: HashMap<EventId, BTreeSet<OrderId>> = HashMap::new();
        for &id in ids {
            of_event.entry(id.event).or_default().insert(id);
        }
        let mut found = Vec::with_capacity(ids.len());
        for (event, ids) in of_event {
            found.extend(orders(&self.reads, event, ids).await?);
        }
        Ok(found)
    }

    /// The order with this code, of whatever event.
    pub async fn order_by_code(&self, code: OrderCode) -> Result<Option<Order>, StoreError> {
        const BY_CODE: &str = formatcp!(
            "SELECT {ORDER_COLUMNS}
  FROM order_codes JOIN orders ON orders.event_id = order_codes.event_id AND id = order_id
 WHERE order_codes.code = $1"
        );
        let query = statement(BY_CODE, [code.as_str().into()]);
        let rows = OrderRow::find_by_statement(query).all(&self.reads).await?;
        Ok(order_records(rows)?.pop())
    }

    /// A viewer's orders after a position, newest first.
    pub async fn orders_page(
        &self,
        viewer: &ViewerId,
        after: Option<OrderCursor>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        const PAGE: &str = formatcp!(
            "SELECT {ORDER_COLUMNS}
  FROM orders
 WHERE viewer = $1
   AND ($2::timestamptz IS NULL OR (confirmed_at, event_id, id) < ($2, $3, $4))
 ORDER BY confirmed_at DESC, event_id DESC, id DESC LIMIT $5"
        );
        let values = [
            viewer.as_str().into(),
            after.map(|(at, _)| at).into(),
            after.map(|(_, id)| id.event.0).into(),
            after.map(|(_, id)| id.number).into(),
            limit.into(),
        ];
        let query = statement(PAGE, values);
        order_records(OrderRow::find_by_statement(query).all(&self.reads).await?)
    }
}

/// The orders of one event with these ids, ascending; ids that name nothing are left out.
pub(in crate::store) async fn orders(
    connection: &impl ConnectionTrait,
    event: EventId,
    ids: impl IntoIterator<Item = OrderId>,
) -> Result<Vec<Order>, StoreError> {
    let ids: Vec<i64> = ids.into_iter().map(|id| id.number).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    const ORDERS: &str = formatcp!(
        "SELECT {ORDER_COLUMNS} FROM orders WHERE event_id = $1 AND id = ANY ($2) ORDER BY id"
    );
    let query = statement(ORDERS, [event.0.into(), bigints(ids)]);
    order_records(OrderRow::find_by_statement(query).all(connection).await?)
}

#[derive(FromQueryResult)]
pub(super) struct OrderRow {
    event_id: i64,
    id: i64,
    viewer: String,
    total_minor: i64,
    currency: String,
    payment_reference: Option<String>,
    confirmed_at: DateTime<Utc>,
    code: String,
    seats: Vec<i32>,
    prices_minor: Vec<i64>,
    /// 0 for the standard one.
    ticket_ids: Vec<i32>,
    tickets: Vec<String>,
}

fn ticket((number, name): (i32, String)) -> TicketName {
    if number == 0 { TicketName::standard() } else { TicketName { number, name } }
}

pub(super) fn order_records(rows: Vec<OrderRow>) -> Result<Vec<Order>, StoreError> {
    rows.into_iter()
        .map(|row| {
            let event = EventId(row.event_id);
            let reference = row.payment_reference.map(|text| {
                PaymentReference::stored(text).ok_or(StoreError::Corrupt("a payment reference"))
            });
            Ok(Order {
                id: OrderId { event, number: row.id },
                viewer: rows::viewer_from_row(&row.viewer)?,
                code: OrderCode::read(&row.code).ok_or(StoreError::Corrupt("an order's code"))?,
                prices_minor: row.prices_minor,
                tickets: row.ticket_ids.into_iter().zip(row.tickets).map(ticket).collect(),
                seats: row.seats.into_iter().map(|serial| SeatId { event, serial }).collect(),
                total_minor: row.total_minor,
                currency: row.currency,
                payment_reference: reference.transpose()?,
                confirmed_at: row.confirmed_at,
            })
        })
        .collect()
}
