//! An event's terms and plan, as an import would bring them in again.

use sea_orm::{ConnectionTrait as _, EntityTrait as _, FromQueryResult};

use super::plans::shapes;
use crate::domain::event::NewEvent;
use crate::domain::plan::{
    Drawing, NewPrices, PlaceKind, PlaceTraits, PlanError, PlannedCategory, PlannedSeat, Point,
    SeatPlan,
};
use crate::domain::{CategoryId, EventId, PriceVersion};
use crate::store::entity::event;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::pools::Store;
use crate::store::prices::read_prices;
use crate::store::rows::details_from_row;
use crate::store::sql::statement;

/// An event and its plan.
#[derive(Clone, Debug)]
pub struct VenueRecord {
    /// The event's terms.
    pub event: NewEvent,
    /// Its plan, with the prices as they are now.
    pub plan: SeatPlan,
}

/// Why a venue was not read.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// It has been brought in by a version whose rules were others.
    #[error("the plan breaks a rule that plans have today: {0}")]
    Plan(#[from] PlanError),
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sea_orm::DbErr> for VenueError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// An event's terms and plan as of one instant; `None` if there is no such event.
    pub async fn venue(&self, id: EventId) -> Result<Option<VenueRecord>, VenueError> {
        let snapshot = self.read_snapshot().await?;
        let row = event::Entity::find_by_id(id.0).one(&snapshot).await?;
        let Some(row) = row else { return Ok(None) };
        let currency = row.currency.clone();
        let list = PriceVersion(row.price_version);
        let (categories, seats) =
            (categories(&snapshot, id, list).await?, seats(&snapshot, id).await?);
        let plan = SeatPlan::new(&currency, categories, seats)?;
        let shapes = shapes(&snapshot, id).await?;
        let plan =
            plan.with_drawing(Drawing { focal_point: focus(&snapshot, id).await?, shapes })?;
        snapshot.commit().await?;
        Ok(Some(VenueRecord { event: details_from_row(row)?.event, plan }))
    }
}

async fn focus(snapshot: &Transaction, event: EventId) -> Result<Option<Point>, StoreError> {
    const FOCUS: &str = "SELECT focal_x, focal_y FROM events WHERE id = $1";
    let row = snapshot.query_one_raw(statement(FOCUS, [event.0.into()])).await?;
    let Some(row) = row else { return Ok(None) };
    let (x, y): (Option<f64>, Option<f64>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(x.zip(y).map(|(x, y)| Point { x, y }))
}

async fn categories(
    snapshot: &Transaction,
    event: EventId,
    list: PriceVersion,
) -> Result<Vec<PlannedCategory>, StoreError> {
    const CATEGORIES: &str =
        "SELECT id, name, color FROM categories WHERE event_id = $1 ORDER BY id";
    let lists = read_prices(snapshot, [(event, list)]).await?;
    let rows = snapshot.query_all_raw(statement(CATEGORIES, [event.0.into()])).await?;
    let category = rows.iter().map(|row| {
        let serial = row.try_get_by_index(0)?;
        let types = lists.types(list, CategoryId { event, serial });
        let types = types.iter().map(|known| (known.ticket.name.clone(), known.price_minor));
        let prices = NewPrices::new(types.collect());
        Ok(PlannedCategory {
            name: row.try_get_by_index(1)?,
            prices: prices.map_err(|_| StoreError::Corrupt("a category without good prices"))?,
            color: row.try_get_by_index(2)?,
        })
    });
    category.collect()
}

#[derive(FromQueryResult)]
struct SeatRow {
    category_id: i32,
    section: String,
    row_label: String,
    number: String,
    accessible: bool,
    x: Option<f64>,
    y: Option<f64>,
    kind: i16,
    is_companion: bool,
    has_gap_before: bool,
    rank: Option<i32>,
    floor: Option<String>,
}

async fn seats(snapshot: &Transaction, event: EventId) -> Result<Vec<PlannedSeat>, StoreError> {
    const SEATS: &str = "
SELECT category_id, section, row_label, number, accessible, x, y,
       kind, is_companion, has_gap_before, rank, floor
  FROM seats JOIN seat_places USING (event_id, id) WHERE event_id = $1 ORDER BY id";
    let rows = SeatRow::find_by_statement(statement(SEATS, [event.0.into()]));
    rows.all(snapshot).await?.into_iter().map(seat).collect()
}

fn seat(row: SeatRow) -> Result<PlannedSeat, StoreError> {
    // Categories count from 1 in the tables.
    let category = usize::try_from(row.category_id - 1);
    let kind = PlaceKind::from_code(row.kind);
    Ok(PlannedSeat {
        section: row.section,
        row: row.row_label,
        number: row.number,
        category: category.map_err(|_| StoreError::Corrupt("a seat of no category"))?,
        accessible: row.accessible,
        x: row.x,
        y: row.y,
        traits: PlaceTraits {
            kind: kind.ok_or(StoreError::Corrupt("a place of no kind"))?,
            is_companion: row.is_companion,
            has_gap_before: row.has_gap_before,
            rank: row.rank,
            floor: row.floor,
        },
    })
}
