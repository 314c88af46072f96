//! What seats cost: an event's price lists, with the types of ticket in them.
//!
//! Every list that there was is kept: seats are held and were sold by it. What the current one says
//! of a category is in `categories` too, as the amount of the first type.
//!
//! LATERAL, so that each is a look-up by key, whatever the planner believes the tables to hold.

use std::collections::BTreeSet;

use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::error::StoreError;
use super::sql::{PRICE_OF_CATEGORY, bigints, ints, smallints, statement, texts};
use crate::domain::plan::MAX_CATEGORIES;
use crate::domain::prices::{MAX_TICKET_TYPES, NewPriceList, NewPrices, PriceLists, STANDARD};
use crate::domain::{CategoryId, EventId, PriceVersion, TicketName, TicketType};
use crate::store::pool::Transaction;

/// The highest price that the old column takes: servers of an earlier version read it.
pub(super) const MAX_OLD_PRICE_MINOR: i32 = 20_000_000;

/// Every category of the events in `list (event_id, price_version)`, with a row for each type of
/// ticket in that list, in order: the columns of a [`TicketRow`] and what the category is. One
/// without any has the standard one.
pub(super) const TICKETS_OF_LISTS: &str = formatcp!(
    "
 CROSS JOIN LATERAL (
    SELECT id AS category_id, name AS category, color, {PRICE_OF_CATEGORY} AS category_minor
      FROM categories WHERE event_id = list.event_id ORDER BY id LIMIT {MAX_CATEGORIES}
) AS category
  LEFT JOIN LATERAL (
    SELECT id, name, position, amount_minor FROM ticket_prices
     WHERE event_id = list.event_id AND price_version = list.price_version
       AND category_id = category.category_id
     ORDER BY position LIMIT {MAX_TICKET_TYPES}
) AS ticket ON true
 ORDER BY list.event_id, list.price_version, category_id, position"
);

/// The columns of a [`TicketRow`].
pub(super) const TICKET_COLUMNS: &str = formatcp!(
    "list.event_id, list.price_version, category_id, COALESCE(ticket.id, 1) AS ticket_id,
       COALESCE(ticket.name, '{STANDARD}') AS ticket,
       COALESCE(ticket.amount_minor, category_minor) AS price_minor"
);

/// A type of ticket of a category in a list.
#[derive(FromQueryResult)]
pub(super) struct TicketRow {
    pub(super) event_id: i64,
    price_version: i32,
    category_id: i32,
    ticket_id: i32,
    ticket: String,
    price_minor: i64,
}

impl TicketRow {
    pub(super) fn category(&self) -> CategoryId {
        CategoryId { event: EventId(self.event_id), serial: self.category_id }
    }

    pub(super) fn into_type(self) -> TicketType {
        let ticket = TicketName { number: self.ticket_id, name: self.ticket };
        TicketType { ticket, price_minor: self.price_minor }
    }
}

/// These price lists of events. A list that is not there has what its categories cost.
pub(super) async fn read_prices(
    connection: &impl ConnectionTrait,
    lists: impl IntoIterator<Item = (EventId, PriceVersion)>,
) -> Result<PriceLists, StoreError> {
    const LISTS: &str = formatcp!(
        "SELECT {TICKET_COLUMNS}
  FROM UNNEST($1::bigint[], $2::integer[]) AS list (event_id, price_version)
{TICKETS_OF_LISTS}"
    );
    let lists: BTreeSet<_> = lists.into_iter().map(|(event, list)| (event.0, list.0)).collect();
    let events = bigints(lists.iter().map(|(event, _)| *event));
    let versions = ints(lists.iter().map(|(_, version)| *version));
    let rows = TicketRow::find_by_statement(statement(LISTS, [events, versions]));
    let mut prices = PriceLists::default();
    for row in rows.all(connection).await? {
        prices.add(PriceVersion(row.price_version), row.category(), row.into_type());
    }
    Ok(prices)
}

/// Gives an event its next price list. Its row must be locked.
pub(super) async fn write_next_list(
    transaction: &Transaction,
    event: EventId,
    list: &NewPriceList,
) -> Result<(), StoreError> {
    // Seats may be held by the list before: what it does not say of a category is about to change.
    const RAISE: &str = formatcp!(
        "
WITH kept AS (
    INSERT INTO ticket_prices
           (event_id, price_version, category_id, id, position, name, amount_minor)
    SELECT $1, price_version, categories.id, 1, 1, '{STANDARD}', {PRICE_OF_CATEGORY}
      FROM events JOIN categories ON event_id = events.id
     WHERE event_id = $1 AND NOT EXISTS (
        SELECT FROM ticket_prices AS known
         WHERE known.event_id = $1 AND known.price_version = events.price_version
           AND known.category_id = categories.id)
), raised AS (
    INSERT INTO price_lists (event_id, price_version, after_revision) VALUES ($1, $2, $3)
)
UPDATE events SET price_version = $2 WHERE id = $1"
    );
    let values = [event.0.into(), list.version.0.into(), list.after.0.into()];
    transaction.execute_raw(statement(RAISE, values)).await?;
    let types = list.prices.iter().map(|(category, types)| (category.serial, types.as_slice()));
    write_list(transaction, event, list.version, types).await
}

/// Writes the types of ticket that a new event has: in the order of its categories, which count
/// from 1. Of those that are plain nothing is said, as everywhere.
pub(super) async fn write_first_list(
    transaction: &Transaction,
    event: EventId,
    prices: impl Iterator<Item = &NewPrices>,
) -> Result<(), StoreError> {
    let list = PriceVersion::FIRST;
    let named = (1..).zip(prices).filter(|(_, prices)| !prices.is_plain());
    let named: Vec<_> = named.map(|(serial, prices)| (serial, prices.in_list(list, &[]))).collect();
    if named.is_empty() {
        return Ok(());
    }
    let types = named.iter().map(|(serial, types)| (*serial, types.as_slice()));
    write_list(transaction, event, list, types).await
}

async fn write_list(
    transaction: &Transaction,
    event: EventId,
    version: PriceVersion,
    types: impl Iterator<Item = (i32, &[TicketType])>,
) -> Result<(), StoreError> {
    const WRITE: &str = formatcp!(
        "
WITH listed AS (
    SELECT * FROM UNNEST($3::integer[], $4::integer[], $5::smallint[], $6::text[], $7::bigint[])
        AS listed (category_id, id, position, name, amount_minor)
), written AS (
    INSERT INTO ticket_prices
           (event_id, price_version, category_id, id, position, name, amount_minor)
    SELECT $1, $2, * FROM listed
)
UPDATE categories
   SET amount_minor = listed.amount_minor,
       price_minor = CASE WHEN listed.amount_minor <= {MAX_OLD_PRICE_MINOR}
                          THEN listed.amount_minor END
  FROM listed
 WHERE event_id = $1 AND categories.id = listed.category_id AND position = 1"
    );
    let rows: Vec<_> = types
        .flat_map(|(category, types)| (1_i16..).zip(types).map(move |row| (category, row)))
        .collect();
    let values = [
        event.0.into(),
        version.0.into(),
        ints(rows.iter().map(|(category, _)| *category)),
        ints(rows.iter().map(|(_, (_, known))| known.ticket.number)),
        smallints(rows.iter().map(|(_, (position, _))| *position)),
        texts(rows.iter().map(|(_, (_, known))| known.ticket.name.as_str())),
        bigints(rows.iter().map(|(_, (_, known))| known.price_minor)),
    ];
    transaction.execute_raw(statement(WRITE, values)).await?;
    Ok(())
}
