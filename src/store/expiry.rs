//! Finding holds that are due, and those that a clock which was put back would have last too long.
//! Only lists: what happens to them is decided under the locks, by the desk.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};

use super::error::StoreError;
use super::numbers::{CANCELLED_EVENT, RESERVED};
use super::pools::Store;
use super::sql::statement;
use crate::domain::command::FarHold;
use crate::domain::{EventId, Revision, SeatId};

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

/// A clock that differs by less was not put back: after a failover another machine's is read.
const CLOCK_SKEW_SECONDS: i64 = 1;

/// Of a held seat: whether its hold ends later than one that is granted now can.
const ENDS_TOO_LATE: &str = formatcp!(
    "seats.status = {RESERVED} AND seats.expires_at > clock_timestamp() + make_interval(
           secs => hold_seconds + hold_extension_seconds + {CLOCK_SKEW_SECONDS})"
);

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

    /// Events with holds that end later than any that is granted now could, at most `limit` of
    /// them. They have terms of another time, or the clock was put back.
    pub async fn events_with_far_holds(&self, limit: i64) -> Result<Vec<EventId>, StoreError> {
        const EVENTS: &str = formatcp!(
            "SELECT id FROM events WHERE next_expiry_at IS NOT NULL AND EXISTS (
    SELECT FROM seats WHERE seats.event_id = events.id AND {ENDS_TOO_LATE}) LIMIT $1"
        );
        let rows = self.upkeep.query_all_raw(statement(EVENTS, [limit.into()])).await?;
        rows.iter().map(|row| Ok(EventId(row.try_get_by_index(0)?))).collect()
    }

    /// Those of an event's holds that end too late because the clock was put back, at most `limit`
    /// of them: their last change is yet to come.
    pub async fn far_holds(&self, event: EventId, limit: u32) -> Result<Vec<FarHold>, StoreError> {
        const HOLDS: &str = formatcp!(
            "SELECT seats.id, seats.revision,
       (EXTRACT(epoch FROM change.expires_at - change.changed_at) * 1000000)::bigint
  FROM events JOIN seats ON seats.event_id = events.id
  JOIN seat_changes AS change
    ON change.event_id = seats.event_id AND change.revision = seats.revision
 WHERE events.id = $1 AND {ENDS_TOO_LATE}
   AND change.changed_at > clock_timestamp() + make_interval(secs => {CLOCK_SKEW_SECONDS})
 LIMIT $2"
        );
        let query = statement(HOLDS, [event.0.into(), i64::from(limit).into()]);
        let rows = self.upkeep.query_all_raw(query).await?;
        let hold = |row: &QueryResult| {
            Ok(FarHold {
                seat: SeatId { event, serial: row.try_get_by_index(0)? },
                revision: Revision(row.try_get_by_index(1)?),
                length: TimeDelta::microseconds(row.try_get_by_index(2)?),
            })
        };
        rows.iter().map(hold).collect()
    }
}
