//! What an event has sold: by category and section, and over time. For those who run the sale.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::domain::sales_span::SalesSpan;
use crate::domain::{EventId, Revision};
use crate::store::error::StoreError;
use crate::store::numbers::{AVAILABLE, CONFIRMED, RESERVED};
use crate::store::pool::Transaction;
use crate::store::pools::Store;
use crate::store::sql::{instants, statement};

/// What an event has sold, as of one revision and instant.
#[derive(Clone, Debug)]
pub struct SalesRecord {
    /// The revision that all of it is true for.
    pub revision: Revision,
    /// The database's clock when it was read: a hold that has run out by then counts no more.
    pub now: DateTime<Utc>,
    /// ISO 4217.
    pub currency: String,
    /// How many orders there are.
    pub orders: i64,
    /// What is sold where: each category in each section, by category and section.
    pub parts: Vec<SalesPart>,
    /// What was sold when: each span in which anything was, ascending.
    pub over_time: Vec<SoldInSpan>,
}

/// The seats of one category in one section.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SalesPart {
    /// The category's serial number.
    #[sea_orm(from_alias = "category_id")]
    pub category: i32,
    /// The section.
    pub section: String,
    /// For sale and nobody's.
    pub available: i64,
    /// Held by somebody.
    pub held: i64,
    /// Nobody's and not for sale.
    pub blocked: i64,
    /// Sold.
    pub sold: i64,
    /// What was paid for those, in minor units.
    pub revenue_minor: i64,
}

/// What was sold in an hour or a day.
#[derive(Clone, Copy, Debug)]
pub struct SoldInSpan {
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When the next begins; of the last, when it was looked at.
    pub until: DateTime<Utc>,
    /// Seats.
    pub sold: i64,
    /// What was paid for them, in minor units.
    pub revenue_minor: i64,
}

impl Store {
    /// What an event has sold; `None` if there is no such event. It looks at every seat.
    pub async fn sales(
        &self,
        event: EventId,
        span: SalesSpan,
    ) -> Result<Option<SalesRecord>, StoreError> {
        let snapshot = self.read_snapshot().await?;
        let query = "SELECT revision, clock_timestamp(), currency, time_zone,
       (SELECT count(*) FROM orders WHERE event_id = $1) FROM events WHERE id = $1";
        let row = snapshot.query_one_raw(statement(query, [event.0.into()])).await?;
        let Some(row) = row else { return Ok(None) };
        let now: DateTime<Utc> = row.try_get_by_index(1)?;
        let time_zone: String = row.try_get_by_index(3)?;
        let spans = span.beginnings(&time_zone, now);
        let sales = SalesRecord {
            revision: Revision(row.try_get_by_index(0)?),
            now,
            currency: row.try_get_by_index(2)?,
            orders: row.try_get_by_index(4)?,
            parts: sales_parts(&snapshot, event, now).await?,
            over_time: sold_in(&snapshot, event, &spans, now).await?,
        };
        snapshot.commit().await?;
        Ok(Some(sales))
    }
}

async fn sales_parts(
    snapshot: &Transaction,
    event: EventId,
    now: DateTime<Utc>,
) -> Result<Vec<SalesPart>, StoreError> {
    const IS_FREE: &str =
        formatcp!("(status = {AVAILABLE} OR (status = {RESERVED} AND expires_at <= $2))");
    const PARTS: &str = formatcp!(
        "SELECT category_id, section,
       count(*) FILTER (WHERE {IS_FREE} AND for_sale) AS available,
       count(*) FILTER (WHERE status = {RESERVED} AND expires_at > $2) AS held,
       count(*) FILTER (WHERE {IS_FREE} AND NOT for_sale) AS blocked,
       count(*) FILTER (WHERE status = {CONFIRMED}) AS sold,
       coalesce(sum(price_minor), 0)::bigint AS revenue_minor
  FROM seats JOIN seat_places USING (event_id, id)
  LEFT JOIN order_seats ON order_seats.event_id = seats.event_id AND seat_id = seats.id
 WHERE seats.event_id = $1 GROUP BY category_id, section ORDER BY category_id, section"
    );
    let query = statement(PARTS, [event.0.into(), now.into()]);
    Ok(SalesPart::find_by_statement(query).all(snapshot).await?)
}

/// What was sold in each of these spans, which follow each other and end now.
async fn sold_in(
    snapshot: &Transaction,
    event: EventId,
    spans: &[DateTime<Utc>],
    now: DateTime<Utc>,
) -> Result<Vec<SoldInSpan>, StoreError> {
    const SOLD: &str = "SELECT width_bucket(confirmed_at, $2::timestamptz[]), count(*),
       coalesce(sum(price_minor), 0)::bigint
  FROM orders JOIN order_seats ON order_seats.event_id = orders.event_id AND order_id = orders.id
 WHERE orders.event_id = $1 AND confirmed_at >= $3 GROUP BY 1 ORDER BY 1";
    let Some(&first) = spans.first() else { return Ok(Vec::new()) };
    let values = [event.0.into(), instants(spans.iter().copied()), first.into()];
    let rows = snapshot.query_all_raw(statement(SOLD, values)).await?;
    rows.iter()
        .map(|row| {
            // Counted from 1.
            let number: i32 = row.try_get_by_index(0)?;
            let next = usize::try_from(number).unwrap_or_default();
            let from = next.checked_sub(1).and_then(|at| spans.get(at)).copied().unwrap_or(first);
            Ok(SoldInSpan {
                from,
                until: spans.get(next).copied().unwrap_or(now),
                sold: row.try_get_by_index(1)?,
                revenue_minor: row.try_get_by_index(2)?,
            })
        })
        .collect()
}
