//! Finding holds that are due. Only a list: what happens to them is decided under the locks, by the
//! desk.

use std::time::Duration;

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::error::StoreError;
use super::numbers::{CANCELLED_EVENT, RESERVED};
use super::pools::Store;
use super::sql::statement;
use crate::domain::{EventId, SeatId};

/// An event in which holds run out, and when to look at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextExpiry {
    /// Which event.
    pub event: EventId,
    /// How long until its next hold runs out, by the database's clock; zero if that is due. At
    /// worst too early.
    pub due_in: Duration,
    /// How long ago that was, if it is due.
    pub late_by: Duration,
}

impl Store {
    /// The events whose holds run out next, soonest first, at most `limit` of them.
    pub async fn next_expiries(&self, limit: i64) -> Result<Vec<NextExpiry>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            next_expiry_at: DateTime<Utc>,
            now: DateTime<Utc>,
        }
        let query = statement(
            "SELECT id, next_expiry_at, clock_timestamp() AS now FROM events
              WHERE next_expiry_at IS NOT NULL ORDER BY next_expiry_at LIMIT $1",
            [limit.into()],
        );
        let rows = Row::find_by_statement(query).all(&self.upkeep).await?;
        Ok(rows
            .into_iter()
            .map(|row| NextExpiry {
                event: EventId(row.id),
                due_in: (row.next_expiry_at - row.now).to_std().unwrap_or_default(),
                late_by: (row.now - row.next_expiry_at).to_std().unwrap_or_default(),
            })
            .collect())
    }

    /// Seats of the event whose hold is over: it has run out, or the event is cancelled. Those
    /// first that end first, at most `limit` of them.
    pub async fn due_seats(&self, event: EventId, limit: u32) -> Result<Vec<SeatId>, StoreError> {
        const DUE: &str = formatcp!(
            "SELECT id FROM seats
  WHERE event_id = $1 AND status = {RESERVED} AND expires_at <= (
        SELECT CASE stage WHEN {CANCELLED_EVENT} THEN 'infinity' ELSE clock_timestamp() END
          FROM events WHERE id = $1)
  ORDER BY expires_at LIMIT $2"
        );
        let query = statement(DUE, [event.0.into(), i64::from(limit).into()]);
        let rows = self.upkeep.query_all_raw(query).await?;
        let mut seats = rows
            .iter()
            .map(|row| Ok(SeatId { event, serial: row.try_get_by_index(0)? }))
            .collect::<Result<Vec<_>, StoreError>>()?;
        seats.sort_unstable();
        Ok(seats)
    }
}
