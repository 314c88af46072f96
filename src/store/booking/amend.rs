//! What a booking reads and writes of the event itself, where that changes.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::domain::EventId;
use crate::domain::event_details::EventDetails;
use crate::domain::ledger::Closing;
use crate::domain::stage::EventStage;
use crate::store::entity::event;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::rows;
use crate::store::sql::{bigints, ints, statement};

/// Reads everything about the event, whose row is locked.
pub(super) async fn read_details(
    transaction: &Transaction,
    event: EventId,
) -> Result<Option<EventDetails>, StoreError> {
    let row = event::Entity::find_by_id(event.0).one(transaction).await?;
    row.map(rows::details_from_row).transpose()
}

/// Writes what the event is from now on, and gives its new version. -1 stands for no limit.
///
/// The holds of an event that is cancelled are over: the cleaner is to look at once.
pub(super) async fn write_event(
    transaction: &Transaction,
    event: EventId,
    closing: &Closing,
) -> Result<i64, StoreError> {
    const PAST: &str = "
INSERT INTO past_terms
       (event_id, until_revision, hold_seconds, hold_extension_seconds, max_seats_per_viewer)
SELECT $1, until, hold, extension, NULLIF(most, -1)
  FROM UNNEST($2::bigint[], $3::integer[], $4::integer[], $5::integer[])
    AS past (until, hold, extension, most)
ON CONFLICT DO NOTHING";
    const CHANGED: &str = "UPDATE events SET version = version + 1 WHERE id = $1 RETURNING version";
    const AMEND: &str = "
UPDATE events SET version = version + 1, name = $2, venue = $3, starts_at = $4, time_zone = $5,
       sales_open_at = $6, sales_close_at = $7, hold_seconds = $8, hold_extension_seconds = $9,
       max_seats_per_viewer = $10, max_seats_let_go = $11, confirmed_by = $12,
       allows_lone_seats = $13, stage = $14, next_expiry_at = CASE WHEN $15
           THEN LEAST(next_expiry_at, clock_timestamp()) ELSE next_expiry_at END
 WHERE id = $1 RETURNING version";
    let past = &closing.past_terms;
    if !past.is_empty() {
        let seconds =
            |time: chrono::TimeDelta| i32::try_from(time.num_seconds()).unwrap_or(i32::MAX);
        let terms = || past.iter().map(|past| past.terms);
        let values = [
            event.0.into(),
            bigints(past.iter().map(|past| past.until.0)),
            ints(terms().map(|terms| seconds(terms.hold))),
            ints(terms().map(|terms| seconds(terms.hold_extension))),
            ints(terms().map(|terms| terms.max_seats_per_viewer.map_or(-1, rows::to_row))),
        ];
        transaction.execute_raw(statement(PAST, values)).await?;
    }
    let update = match &closing.details {
        None => statement(CHANGED, [event.0.into()]),
        Some(EventDetails { event: said, allows_lone_seats, stage }) => statement(
            AMEND,
            [
                event.0.into(),
                said.name.as_str().into(),
                said.venue.as_str().into(),
                said.starts_at.into(),
                said.time_zone.as_str().into(),
                said.sales_open_at.into(),
                said.sales_close_at.into(),
                rows::to_row(said.hold_seconds).into(),
                rows::to_row(said.hold_extension_seconds).into(),
                said.max_seats_per_viewer.map(rows::to_row).into(),
                said.max_seats_let_go.map(rows::to_row).into(),
                said.confirmed_by.code().into(),
                (*allows_lone_seats).into(),
                stage.code().into(),
                (*stage == EventStage::Cancelled).into(),
            ],
        ),
    };
    let row = transaction.query_one_raw(update).await?;
    let row = row.ok_or(StoreError::Corrupt("an event that is locked and not there"))?;
    Ok(row.try_get_by_index(0)?)
}
