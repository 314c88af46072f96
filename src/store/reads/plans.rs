//! Seat plans: where an event's seats are, what they are called and which category they have. The
//! same for everybody until the plan's version changes.

use sea_orm::{ConnectionTrait, FromQueryResult};

use super::seats::SeatLocation;
use crate::domain::{CategoryId, EventId, SeatId};
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// An event's plan.
#[derive(Clone, Debug)]
pub struct PlanRecord {
    /// Which of the event's plans it is.
    pub version: i32,
    /// The seats, ascending.
    pub seats: Vec<PlanSeatRecord>,
}

/// A seat of a plan.
#[derive(Clone, Debug)]
pub struct PlanSeatRecord {
    /// Which seat.
    pub seat: SeatId,
    /// Which of the event's categories it has.
    pub category: CategoryId,
    /// Where it is.
    pub location: SeatLocation,
}

#[derive(FromQueryResult)]
struct PlanSeatRow {
    id: i32,
    category_id: i32,
    #[sea_orm(nested)]
    location: SeatLocation,
}

impl PlanSeatRow {
    fn of(self, event: EventId) -> PlanSeatRecord {
        PlanSeatRecord {
            seat: SeatId { event, serial: self.id },
            category: CategoryId { event, serial: self.category_id },
            location: self.location,
        }
    }
}

impl Store {
    /// An event's plan; `None` if there is no such event. Comes after a turn to read a map
    /// ([`Store::look_up_map_in_turn`]).
    pub async fn seat_plan(&self, event: EventId) -> Result<Option<PlanRecord>, StoreError> {
        const PLAN: &str = "
SELECT id, category_id, section, row_label, number, accessible, x, y
  FROM seats JOIN seat_places USING (event_id, id) WHERE event_id = $1 ORDER BY id";
        let snapshot = self.read_snapshot().await?;
        let Some(version) = version(&snapshot, event).await? else { return Ok(None) };
        let rows = PlanSeatRow::find_by_statement(statement(PLAN, [event.0.into()]));
        let rows = rows.all(&snapshot).await?;
        snapshot.commit().await?;
        let seats = rows.into_iter().map(|row| row.of(event)).collect();
        Ok(Some(PlanRecord { version, seats }))
    }

    /// The version of an event's plan; `None` if there is no such event.
    pub async fn plan_version(&self, event: EventId) -> Result<Option<i32>, StoreError> {
        version(&self.reads, event).await
    }
}

async fn version(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<i32>, StoreError> {
    let query = statement("SELECT plan_version FROM events WHERE id = $1", [event.0.into()]);
    let row = connection.query_one_raw(query).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
