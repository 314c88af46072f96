//! Why seats are blocked: for those who sell them.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use super::seats::serials_by_event;
use crate::domain::{BlockReason, EventId, SeatBlock, SeatId};
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::{ints, statement};

/// Why a seat is blocked, and since when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockRecord {
    /// Which seat.
    pub seat: SeatId,
    /// Why.
    pub block: SeatBlock,
    /// Since when for this reason.
    pub blocked_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct BlockRow {
    event_id: i64,
    seat_id: i32,
    reason: String,
    label: Option<String>,
    blocked_at: DateTime<Utc>,
}

impl TryFrom<BlockRow> for BlockRecord {
    type Error = StoreError;

    fn try_from(row: BlockRow) -> Result<Self, StoreError> {
        let reason: BlockReason =
            row.reason.parse().map_err(|_| StoreError::Corrupt("why a seat is blocked"))?;
        Ok(Self {
            seat: SeatId { event: EventId(row.event_id), serial: row.seat_id },
            block: SeatBlock { reason, label: row.label },
            blocked_at: row.blocked_at,
        })
    }
}

impl Store {
    /// Why these seats are blocked, in no particular order; those that are not are left out.
    pub async fn blocks(&self, seats: &[SeatId]) -> Result<Vec<BlockRecord>, StoreError> {
        const BLOCKS: &str = "SELECT seat_blocks.* FROM UNNEST($2::integer[]) AS wanted (id)
  JOIN seat_blocks ON event_id = $1 AND seat_id = wanted.id";
        let mut rows = Vec::new();
        for (event, serials) in serials_by_event(seats) {
            let query = statement(BLOCKS, [event.0.into(), ints(serials)]);
            rows.extend(BlockRow::find_by_statement(query).all(&self.reads).await?);
        }
        rows.into_iter().map(BlockRecord::try_from).collect()
    }
}
