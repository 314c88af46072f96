//! Seat plans: where an event's seats are, what they are called and which category they have. The
//! same for everybody until the plan's version changes.

use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};

use super::seats::SeatLocation;
use crate::domain::plan::{PlaceKind, PlannedShape, Point, ShapeKind};
use crate::domain::{CategoryId, EventId, SeatId};
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// An event's plan, as much of it as was asked for.
#[derive(Clone, Debug)]
pub struct PlanRecord {
    /// Which of the event's plans it is.
    pub version: PlanVersion,
    /// The seats, ascending.
    pub seats: Vec<PlanSeatRecord>,
    /// What is drawn beside them, from the back to the front.
    pub shapes: Vec<PlannedShape>,
}

/// Which of an event's plans is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlanVersion {
    /// Counts them.
    pub number: i32,
    /// Tells it from another of that number, in a history that is lost.
    mark: Option<i64>,
}

/// What of a plan is read beside its version.
#[derive(Clone, Copy, Debug)]
pub struct PlanParts {
    /// The seats.
    pub seats: bool,
    /// What is drawn beside them.
    pub shapes: bool,
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
    /// What it is.
    pub kind: PlaceKind,
    /// For whoever comes with somebody on an accessible seat beside it.
    pub is_companion: bool,
    /// The floor it is on.
    pub floor: Option<String>,
}

#[derive(FromQueryResult)]
struct PlanSeatRow {
    id: i32,
    category_id: i32,
    #[sea_orm(nested)]
    location: SeatLocation,
    kind: i16,
    is_companion: bool,
    floor: Option<String>,
}

impl PlanSeatRow {
    fn of(self, event: EventId) -> Result<PlanSeatRecord, StoreError> {
        let kind = PlaceKind::from_code(self.kind);
        Ok(PlanSeatRecord {
            seat: SeatId { event, serial: self.id },
            category: CategoryId { event, serial: self.category_id },
            location: self.location,
            kind: kind.ok_or(StoreError::Corrupt("a place of no kind"))?,
            is_companion: self.is_companion,
            floor: self.floor,
        })
    }
}

impl Store {
    /// These parts of an event's plan; `None` if there is no such event. Comes after a turn to read
    /// a map ([`Store::look_up_map_in_turn`]) where seats are among them.
    pub async fn seat_plan(
        &self,
        event: EventId,
        parts: PlanParts,
    ) -> Result<Option<PlanRecord>, StoreError> {
        const SEATS: &str = "
SELECT id, category_id, section, row_label, number, accessible, x, y, kind, is_companion, floor
  FROM seats JOIN seat_places USING (event_id, id) WHERE event_id = $1 ORDER BY id";
        let snapshot = self.read_snapshot().await?;
        let Some(version) = version(&snapshot, event).await? else { return Ok(None) };
        let (mut seats, mut planned_shapes) = (Vec::new(), Vec::new());
        if parts.seats {
            let rows = PlanSeatRow::find_by_statement(statement(SEATS, [event.0.into()]));
            let rows = rows.all(&snapshot).await?.into_iter();
            seats = rows.map(|row| row.of(event)).collect::<Result<_, _>>()?;
        }
        if parts.shapes {
            planned_shapes = shapes(&snapshot, event).await?;
        }
        snapshot.commit().await?;
        Ok(Some(PlanRecord { version, seats, shapes: planned_shapes }))
    }

    /// The version of an event's plan; `None` if there is no such event.
    pub async fn plan_version(&self, event: EventId) -> Result<Option<PlanVersion>, StoreError> {
        version(&self.reads, event).await
    }
}

async fn version(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<PlanVersion>, StoreError> {
    const VERSION: &str = "SELECT plan_version, plan_mark FROM events WHERE id = $1";
    let row = connection.query_one_raw(statement(VERSION, [event.0.into()])).await?;
    let version = |row: QueryResult| {
        Ok(PlanVersion { number: row.try_get_by_index(0)?, mark: row.try_get_by_index(1)? })
    };
    row.map(version).transpose()
}

/// What is drawn beside an event's seats, from the back to the front.
pub(super) async fn shapes(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Vec<PlannedShape>, StoreError> {
    const SHAPES: &str =
        "SELECT kind, label, floor, points FROM plan_shapes WHERE event_id = $1 ORDER BY id";
    let rows = connection.query_all_raw(statement(SHAPES, [event.0.into()])).await?;
    rows.iter().map(shape).collect()
}

fn shape(row: &QueryResult) -> Result<PlannedShape, StoreError> {
    let kind = ShapeKind::from_code(row.try_get_by_index(0)?);
    let numbers: Vec<f64> = row.try_get_by_index(3)?;
    Ok(PlannedShape {
        kind: kind.ok_or(StoreError::Corrupt("a shape of no kind"))?,
        label: row.try_get_by_index(1)?,
        floor: row.try_get_by_index(2)?,
        points: numbers.chunks_exact(2).map(|point| Point { x: point[0], y: point[1] }).collect(),
    })
}
