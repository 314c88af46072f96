//! An event's orders, in pages, for those who run the sale.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::FromQueryResult;

use super::orders::{ORDER_COLUMNS, OrderRow, order_records};
use crate::domain::{EventId, Order, OrderCode, OrderId, PaymentReference, ViewerId};
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// Which orders to list. A part that is `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// The one with this code.
    pub code: Option<OrderCode>,
    /// Of this owner.
    pub viewer: Option<ViewerId>,
    /// With this payment reference.
    pub payment_reference: Option<PaymentReference>,
    /// Made at this instant or later.
    pub confirmed_after: Option<DateTime<Utc>>,
    /// Made before this instant.
    pub confirmed_before: Option<DateTime<Utc>>,
}

/// What every page has to pass. An event has as many orders as seats at most: where only the time
/// says which are meant, as many are looked at.
const PASSES_FILTER: &str = "orders.event_id = $1
   AND orders.id < $2
   AND ($3::timestamptz IS NULL OR confirmed_at >= $3)
   AND ($4::timestamptz IS NULL OR confirmed_at < $4)
   AND ($5::text IS NULL OR orders.viewer = $5)
   AND ($6::text IS NULL OR payment_reference = $6)";

/// How a page ends.
const NEWEST_FIRST: &str = "ORDER BY orders.id DESC LIMIT $7";

impl Store {
    /// The orders of an event that pass the filter, before an order, newest first.
    pub async fn event_orders_page(
        &self,
        event: EventId,
        filter: &OrderFilter,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        const PAGE: &str =
            formatcp!("SELECT {ORDER_COLUMNS} FROM orders WHERE {PASSES_FILTER} {NEWEST_FIRST}");
        // A plan that does not know how few are asked for would look at all of the event's.
        const OF_VIEWER: &str = formatcp!(
            "WITH own AS MATERIALIZED (SELECT * FROM orders WHERE event_id = $1 AND viewer = $5)
SELECT {ORDER_COLUMNS} FROM own AS orders WHERE {PASSES_FILTER} {NEWEST_FIRST}"
        );
        const OF_PAYMENT: &str = formatcp!(
            "SELECT {ORDER_COLUMNS} FROM orders WHERE payment_reference = $6 AND {PASSES_FILTER}
 {NEWEST_FIRST}"
        );
        const BY_CODE: &str = formatcp!(
            "SELECT {ORDER_COLUMNS}
  FROM order_codes JOIN orders ON orders.event_id = order_codes.event_id AND orders.id = order_id
 WHERE order_codes.code = $8 AND {PASSES_FILTER} {NEWEST_FIRST}"
        );
        let reference = filter.payment_reference.as_ref().map(PaymentReference::as_str);
        let values = [
            event.0.into(),
            before.map_or(i64::MAX, |before| before.number).into(),
            filter.confirmed_after.into(),
            filter.confirmed_before.into(),
            filter.viewer.as_ref().map(ViewerId::as_str).into(),
            reference.into(),
            limit.into(),
        ];
        let query = if let Some(code) = filter.code {
            statement(BY_CODE, values.into_iter().chain([code.as_str().into()]))
        } else if reference.is_some() {
            statement(OF_PAYMENT, values)
        } else if filter.viewer.is_some() {
            statement(OF_VIEWER, values)
        } else {
            statement(PAGE, values)
        };
        order_records(OrderRow::find_by_statement(query).all(&self.reads).await?)
    }

    /// The orders of an event after one, the first first: for whoever wants all of them. What is
    /// sold meanwhile comes last.
    pub async fn event_orders_after(
        &self,
        event: EventId,
        after: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        const ORDERS: &str = formatcp!(
            "SELECT {ORDER_COLUMNS} FROM orders WHERE event_id = $1 AND orders.id > $2
 ORDER BY orders.id LIMIT $3"
        );
        let after = after.map_or(0, |after| after.number);
        let query = statement(ORDERS, [event.0.into(), after.into(), limit.into()]);
        order_records(OrderRow::find_by_statement(query).all(&self.reads).await?)
    }
}
