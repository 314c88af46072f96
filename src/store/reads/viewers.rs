//! What one viewer holds and owns in one event.

use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::orders::{ORDER_COLUMNS, OrderRow, order_records};
use super::seats::{SEAT_COLUMNS, SeatRecord, SeatRow, seat_records};
use super::snapshot::end_and_clock;
use crate::domain::{EventId, Order, Revision, SeatId, ViewerId};
use crate::store::error::StoreError;
use crate::store::numbers::CONFIRMED;
use crate::store::pools::Store;
use crate::store::sql::{ints, statement};

/// What one viewer holds and owns in one event, as of one revision.
#[derive(Clone, Debug)]
pub struct ViewerState {
    /// The revision that all of it is true for.
    pub revision: Revision,
    /// The seats held, live ones only, ascending.
    pub held: Vec<SeatRecord>,
    /// The orders, oldest first.
    pub orders: Vec<Order>,
}

impl Store {
    /// What a viewer holds and owns in an event; `None` if there is no such event.
    pub async fn viewer_state(
        &self,
        event: EventId,
        viewer: &ViewerId,
    ) -> Result<Option<ViewerState>, StoreError> {
        let snapshot = self.read_snapshot().await?;
        let Some((end, _)) = end_and_clock(&snapshot, event).await? else {
            return Ok(None);
        };
        let held = held_seats(&snapshot, event, viewer).await?;
        const ORDERS: &str = formatcp!(
            "SELECT {ORDER_COLUMNS} FROM orders WHERE viewer = $1 AND event_id = $2 ORDER BY id"
        );
        let query = statement(ORDERS, [viewer.as_str().into(), event.0.into()]);
        let orders = order_records(OrderRow::find_by_statement(query).all(&snapshot).await?)?;
        snapshot.commit().await?;
        Ok(Some(ViewerState { revision: end.revision, held, orders }))
    }

    /// The seats a viewer holds in an event now, ascending.
    pub async fn held_seats(
        &self,
        event: EventId,
        viewer: &ViewerId,
    ) -> Result<Vec<SeatRecord>, StoreError> {
        held_seats(&self.reads, event, viewer).await
    }

    /// How many seats of an event a viewer may have, and has; `None` if there is no such event.
    pub async fn allowance(
        &self,
        event: EventId,
        viewer: &ViewerId,
    ) -> Result<Option<AllowanceRecord>, StoreError> {
        const ALLOWANCE: &str = formatcp!(
            "SELECT max_seats_per_viewer AS most, (
    SELECT count(*) FROM seats WHERE event_id = $1 AND viewer = $2
       AND (status = {CONFIRMED} OR expires_at > statement_timestamp())) AS taken
  FROM events WHERE id = $1"
        );
        let query = statement(ALLOWANCE, [event.0.into(), viewer.as_str().into()]);
        Ok(AllowanceRecord::find_by_statement(query).one(&self.reads).await?)
    }

    /// Those of the seats that a viewer held and whose hold has run out, nobody having held them
    /// since.
    pub async fn lapsed_seats(
        &self,
        event: EventId,
        viewer: &ViewerId,
        seats: &[SeatId],
    ) -> Result<Vec<SeatId>, StoreError> {
        if seats.is_empty() {
            return Ok(Vec::new());
        }
        const LAPSED: &str = "SELECT id FROM seats WHERE event_id = $1 AND id = ANY ($2)
   AND (lapsed_viewer = $3 OR (viewer = $3 AND expires_at <= statement_timestamp()))
 ORDER BY id";
        let serials = ints(seats.iter().map(|seat| seat.serial));
        let query = statement(LAPSED, [event.0.into(), serials, viewer.as_str().into()]);
        let rows = self.reads.query_all_raw(query).await?;
        rows.iter().map(|row| Ok(SeatId { event, serial: row.try_get_by_index(0)? })).collect()
    }
}

/// See [`Store::allowance`].
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct AllowanceRecord {
    most: Option<i32>,
    taken: i64,
}

impl AllowanceRecord {
    /// How many more seats the viewer may take; `None`: any number.
    pub fn remaining(self) -> Option<i32> {
        let taken = i32::try_from(self.taken).unwrap_or(i32::MAX);
        self.most.map(|most| most.saturating_sub(taken).max(0))
    }
}

async fn held_seats(
    connection: &impl ConnectionTrait,
    event: EventId,
    viewer: &ViewerId,
) -> Result<Vec<SeatRecord>, StoreError> {
    const HELD: &str = formatcp!(
        "SELECT {SEAT_COLUMNS}
  FROM seats JOIN seat_places USING (event_id, id)
 WHERE event_id = $1 AND viewer = $2 AND expires_at > statement_timestamp() ORDER BY id"
    );
    let query = statement(HELD, [event.0.into(), viewer.as_str().into()]);
    seat_records(SeatRow::find_by_statement(query).all(connection).await?)
}
