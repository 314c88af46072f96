//! What one viewer holds and owns in one event.

use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use super::orders::{ORDER_COLUMNS, OrderRow, order_records};
use super::seats::{SEAT_COLUMNS, SeatRecord, SeatRow, seat_records};
use super::snapshot::revision_and_clock;
use crate::domain::{EventId, Order, Revision, SeatId, ViewerId};
use crate::store::error::StoreError;
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
        let Some((revision, _)) = revision_and_clock(&snapshot, event).await? else {
            return Ok(None);
        };
        let held = held_seats(&snapshot, event, viewer).await?;
        const ORDERS: &str = formatcp!(
            "SELECT {ORDER_COLUMNS} FROM orders WHERE viewer = $1 AND event_id = $2 ORDER BY id"
        );
        let query = statement(ORDERS, [viewer.as_str().into(), event.0.into()]);
        let orders = order_records(OrderRow::find_by_statement(query).all(&snapshot).await?)?;
        snapshot.commit().await?;
        Ok(Some(ViewerState { revision, held, orders }))
    }

    /// The seats a viewer holds in an event now, ascending.
    pub async fn held_seats(
        &self,
        event: EventId,
        viewer: &ViewerId,
    ) -> Result<Vec<SeatRecord>, StoreError> {
        held_seats(&self.reads, event, viewer).await
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
