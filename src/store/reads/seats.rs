//! Seats with where they are: by id, and in pages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::FromQueryResult;
use sea_orm::sea_query::{ArrayType, Value};

use crate::domain::seat::Seat;
use crate::domain::{CategoryId, EventId, SeatId, SeatStatus};
use crate::store::entity::seat;
use crate::store::error::StoreError;
use crate::store::numbers::{AVAILABLE, RESERVED};
use crate::store::pools::Store;
use crate::store::sql::{bigints, ints, statement, texts};

/// Where a seat is. Never changes after the import.
#[derive(Clone, Debug, FromQueryResult)]
pub struct SeatLocation {
    /// Section or block.
    pub section: String,
    /// Row within the section.
    #[sea_orm(from_alias = "row_label")]
    pub row: String,
    /// Number within the row.
    pub number: String,
    /// Whether a wheelchair fits.
    pub accessible: bool,
    /// Coordinates on the venue's map, in the plan's own units.
    pub x: Option<f64>,
    /// See `x`.
    pub y: Option<f64>,
}

/// A seat, where it is, and when it was looked at.
#[derive(Clone, Debug)]
pub struct SeatRecord {
    /// The seat as stored.
    pub seat: Seat,
    /// Where it is; shared with every copy of this record.
    pub location: Arc<SeatLocation>,
    /// The database's clock when it was read.
    pub now: DateTime<Utc>,
}

/// Which seats to list. A part that is `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct SeatFilter {
    /// With this status now.
    pub status: Option<SeatStatus>,
    /// In one of these sections.
    pub sections: Option<Vec<String>>,
    /// In one of these categories.
    pub categories: Option<Vec<CategoryId>>,
    /// Accessible, or not.
    pub accessible: Option<bool>,
}

/// The condition that a seat passes the filter whose values are `$2` to `$4`, but for its section.
pub(super) const PASSES_FILTER: &str = formatcp!(
    "($2 IS NULL
        OR $2 = status AND (status <> {RESERVED} OR expires_at > statement_timestamp())
        OR $2 = {AVAILABLE} AND status = {RESERVED} AND expires_at <= statement_timestamp())
   AND ($3::integer[] IS NULL OR category_id = ANY ($3))
   AND ($4::boolean IS NULL OR accessible = $4)"
);

impl SeatFilter {
    /// The values of [`PASSES_FILTER`].
    pub(super) fn values(&self) -> [Value; 3] {
        let status = self.status.map(SeatStatus::code);
        let categories = self.categories.as_ref().map(|ids| ints(ids.iter().map(|id| id.serial)));
        [
            status.into(),
            categories.unwrap_or(Value::Array(ArrayType::Int, None)),
            self.accessible.into(),
        ]
    }

    /// The sections, each once: a statement goes to each of them.
    pub(super) fn sections(&self) -> Option<Value> {
        let names: BTreeSet<_> = self.sections.as_ref()?.iter().map(String::as_str).collect();
        Some(texts(names))
    }
}

/// The columns of a [`SeatRow`].
pub(super) const SEAT_COLUMNS: &str = "seats.*, section, row_label, number, accessible, x, y,
       statement_timestamp() AS now";

#[derive(FromQueryResult)]
pub(super) struct SeatRow {
    #[sea_orm(nested)]
    seat: seat::Model,
    #[sea_orm(nested)]
    location: SeatLocation,
    now: DateTime<Utc>,
}

impl TryFrom<SeatRow> for SeatRecord {
    type Error = StoreError;

    fn try_from(row: SeatRow) -> Result<Self, StoreError> {
        Ok(Self { seat: Seat::try_from(row.seat)?, location: Arc::new(row.location), now: row.now })
    }
}

/// The serial numbers by event, each once: a look-up concerns one event, so that it asks one shard
/// where events are distributed.
pub(super) fn serials_by_event(ids: &[SeatId]) -> BTreeMap<EventId, BTreeSet<i32>> {
    let mut by_event: BTreeMap<EventId, BTreeSet<i32>> = BTreeMap::new();
    for id in ids {
        by_event.entry(id.event).or_default().insert(id.serial);
    }
    by_event
}

impl Store {
    /// The seats with these ids, in no particular order; ids that name nothing are left out.
    pub async fn seats(&self, ids: &[SeatId]) -> Result<Vec<SeatRecord>, StoreError> {
        const OF_EVENT: &str = formatcp!(
            "SELECT {SEAT_COLUMNS}
  FROM UNNEST($2::integer[]) AS wanted (id)
  JOIN seats ON seats.event_id = $1 AND seats.id = wanted.id
  JOIN seat_places ON seat_places.event_id = $1 AND seat_places.id = wanted.id"
        );
        const OF_EVENTS: &str = formatcp!(
            "SELECT {SEAT_COLUMNS}
  FROM UNNEST($1::bigint[], $2::integer[]) AS wanted (event_id, id)
  JOIN seats USING (event_id, id) JOIN seat_places USING (event_id, id)"
        );
        // Of one database all are asked for at once; of many, each where it is.
        let queries: Vec<_> = if self.engine().is_citus() {
            let by_event = serials_by_event(ids).into_iter();
            by_event
                .map(|(id, serials)| statement(OF_EVENT, [id.0.into(), ints(serials)]))
                .collect()
        } else {
            let events = bigints(ids.iter().map(|id| id.event.0));
            vec![statement(OF_EVENTS, [events, ints(ids.iter().map(|id| id.serial))])]
        };
        let mut found = Vec::with_capacity(ids.len());
        for query in queries {
            found.extend(SeatRow::find_by_statement(query).all(&self.reads).await?);
        }
        seat_records(found)
    }

    /// The seats of an event that pass the filter, after a serial number, ascending.
    pub async fn seats_page(
        &self,
        event: EventId,
        filter: &SeatFilter,
        after: i32,
        limit: i64,
    ) -> Result<Vec<SeatRecord>, StoreError> {
        // Both know where the page begins, so that neither is read from the event's beginning.
        const PAGE: &str = formatcp!(
            "SELECT {SEAT_COLUMNS}
  FROM seats JOIN seat_places USING (event_id, id)
 WHERE event_id = $1 AND {PASSES_FILTER} AND seats.id > $5 AND seat_places.id > $5
 ORDER BY id LIMIT $6"
        );
        // A page of each section, of which the page is the beginning.
        const PAGE_OF_SECTIONS: &str = formatcp!(
            "SELECT seat.*
  FROM UNNEST($7::text[]) AS named (section)
 CROSS JOIN LATERAL (SELECT {SEAT_COLUMNS}
          FROM seat_places JOIN seats USING (event_id, id)
         WHERE event_id = $1 AND seat_places.section = named.section AND {PASSES_FILTER}
           AND id > $5
         ORDER BY id LIMIT $6) AS seat
 ORDER BY id LIMIT $6"
        );
        let [status, categories, accessible] = filter.values();
        let (after, limit) = (after.into(), limit.into());
        let values = [event.0.into(), status, categories, accessible, after, limit];
        let query = match filter.sections() {
            None => statement(PAGE, values),
            Some(sections) => statement(PAGE_OF_SECTIONS, values.into_iter().chain([sections])),
        };
        seat_records(SeatRow::find_by_statement(query).all(&self.reads).await?)
    }
}

pub(super) fn seat_records(rows: Vec<SeatRow>) -> Result<Vec<SeatRecord>, StoreError> {
    rows.into_iter().map(SeatRecord::try_from).collect()
}
