//! Whole maps and snapshots: every seat of an event as of one revision.

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder};

use super::seats::{SEAT_COLUMNS, SeatRecord, SeatRow, seat_records};
use super::snapshot::end_and_clock;
use crate::domain::seat::Seat;
use crate::domain::{EventId, LogPoint, Revision, SeatId, SeatStatus};
use crate::store::entity::seat;
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::read_turns::ReadLane;
use crate::store::sql::statement;

/// Every seat of an event as of one revision.
#[derive(Clone, Debug)]
pub struct SeatMapRecord {
    /// Where the log ended when it was read: all of it is true for that.
    pub end: LogPoint,
    /// The database's clock when it was read.
    pub now: DateTime<Utc>,
    /// The seats, ascending.
    pub seats: Vec<SeatRecord>,
}

/// Every seat's public state as of one revision.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Where the log ended when it was read: all of it is true for that.
    pub end: LogPoint,
    /// The states, ascending by seat.
    pub seats: Vec<PublicState>,
}

/// What everybody may know of a seat.
#[derive(Clone, Debug)]
pub struct PublicState {
    /// Which seat.
    pub seat: SeatId,
    /// Its status when it was read; a hold that had run out reads available.
    pub status: SeatStatus,
    /// Whether it is offered.
    pub for_sale: bool,
    /// The revision of its last change.
    pub revision: Revision,
}

impl Store {
    /// Every seat of an event, and the revision that this is true for; `None` if there is no such
    /// event. Comes after a turn to read a map ([`Store::look_up_map_in_turn`]).
    pub async fn seat_map(&self, event: EventId) -> Result<Option<SeatMapRecord>, StoreError> {
        let snapshot = self.read_snapshot().await?;
        let Some((end, clock)) = end_and_clock(&snapshot, event).await? else {
            return Ok(None);
        };
        const MAP: &str = formatcp!(
            "SELECT {SEAT_COLUMNS}
  FROM seats JOIN seat_places USING (event_id, id) WHERE event_id = $1 ORDER BY id"
        );
        let query = statement(MAP, [event.0.into()]);
        let seats = seat_records(SeatRow::find_by_statement(query).all(&snapshot).await?)?;
        snapshot.commit().await?;
        // When the seats were read: a hold that ran out since the revision was is over by this.
        let now = seats.first().map_or(clock, |seat| seat.now);
        Ok(Some(SeatMapRecord { end, now, seats }))
    }

    /// A map without its seats; `None` if there is no such event.
    pub async fn seat_map_head(&self, event: EventId) -> Result<Option<SeatMapRecord>, StoreError> {
        let head = end_and_clock(&self.reads, event).await?;
        Ok(head.map(|(end, now)| SeatMapRecord { end, now, seats: Vec::new() }))
    }

    /// Every seat's public state, and the revision that this is true for; `None` if there is no
    /// such event. Waits for a turn to read a map.
    pub async fn snapshot(&self, event: EventId) -> Result<Option<Snapshot>, StoreError> {
        let _turn = self.map_turn(ReadLane::Maps).await?;
        let snapshot = self.read_snapshot().await?;
        let Some((end, now)) = end_and_clock(&snapshot, event).await? else {
            return Ok(None);
        };
        let rows = seat::Entity::find()
            .filter(seat::Column::EventId.eq(event.0))
            .order_by_asc(seat::Column::Id);
        let seats = rows
            .all(&snapshot)
            .await?
            .into_iter()
            .map(|row| public_state(row, now))
            .collect::<Result<_, _>>()?;
        snapshot.commit().await?;
        Ok(Some(Snapshot { end, seats }))
    }
}

fn public_state(row: seat::Model, now: DateTime<Utc>) -> Result<PublicState, StoreError> {
    let seat = Seat::try_from(row)?;
    let (status, for_sale) = (seat.state.status(now), seat.for_sale);
    Ok(PublicState { seat: seat.id, status, for_sale, revision: seat.revision })
}
