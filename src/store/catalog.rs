//! Bringing events in: an event with its seat plan, all of it or nothing. And removing them.

mod delete;
mod draft;

use const_format::formatcp;
use sea_orm::{ConnectionTrait, Statement};

use super::error::StoreError;
use super::pools::Store;
use super::prices::{MAX_OLD_PRICE_MINOR, write_first_list};
use super::rows::to_row;
use super::sql::{bigints, bools, doubles, ints, smallints, statement, texts};

use crate::domain::event::{NewEvent, NewEventError};
use crate::domain::plan::{CURRENCY_RULE, PlannedSeat, PlannedShape, SeatPlan};
use crate::domain::{EventId, EventStage};
use crate::store::pool::Transaction;

pub use delete::Deletion;
pub use draft::PlanSource;

/// Why an event was not created.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Something about it is out of bounds.
    #[error(transparent)]
    Invalid(#[from] NewEventError),
    /// Another event goes by this name.
    #[error("there is already an event with the slug \"{0}\"")]
    SlugTaken(String),
    /// See [`is_currency`](crate::domain::plan::is_currency).
    #[error("the currency must be {CURRENCY_RULE}")]
    Currency,
    /// The plan is priced in another one.
    #[error("the plan that is copied is priced in {0}")]
    OtherCurrency(String),
    /// There is no event whose plan could be copied.
    #[error("there is no event whose plan could be copied")]
    NoPlan,
    /// The database could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sea_orm::DbErr> for CatalogError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Creates an event with its seats, in one transaction.
    pub async fn create_event(
        &self,
        event: &NewEvent,
        plan: &SeatPlan,
    ) -> Result<EventId, CatalogError> {
        self.create_event_telling(event, plan, &mut |_| {}).await
    }

    /// The same, and tells of the seats while they are written: how many more there are.
    pub async fn create_event_telling(
        &self,
        event: &NewEvent,
        plan: &SeatPlan,
        tell: &mut (dyn FnMut(usize) + Send),
    ) -> Result<EventId, CatalogError> {
        event.check()?;
        let mut transaction = self.reads.begin().await?;
        transaction.be_patient();
        let (currency, stage) = (plan.currency(), EventStage::Published);
        let focal_point = plan.drawing().focal_point;
        let focal_point = focal_point.map(|point| (point.x, point.y));
        let id = insert_event(&transaction, event, (currency, stage, focal_point)).await?;
        if !take_slug(&transaction, &event.slug, id).await? {
            transaction.rollback().await?;
            return Err(CatalogError::SlugTaken(event.slug.clone()));
        }
        insert_plan(&transaction, id, plan, tell).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// Gives an event its slug; false if it is another's.
async fn take_slug(
    transaction: &Transaction,
    slug: &str,
    event: EventId,
) -> Result<bool, StoreError> {
    const TAKE: &str = "INSERT INTO event_slugs (slug, event_id) VALUES ($1, $2)
    ON CONFLICT (slug) DO NOTHING";
    let taken = transaction.execute_raw(statement(TAKE, [slug.into(), event.0.into()])).await?;
    Ok(taken.rows_affected() > 0)
}

async fn insert_event(
    transaction: &Transaction,
    event: &NewEvent,
    (currency, stage, focal_point): (&str, EventStage, Option<(f64, f64)>),
) -> Result<EventId, StoreError> {
    const INSERT: &str = "
INSERT INTO events (slug, name, venue, starts_at, time_zone, sales_open_at, sales_close_at,
                    hold_seconds, hold_extension_seconds, max_seats_per_viewer,
                    max_seats_let_go, confirmed_by, currency, stage, focal_x, focal_y)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id";
    let insert = statement(
        INSERT,
        [
            event.slug.as_str().into(),
            event.name.trim().into(),
            event.venue.trim().into(),
            event.starts_at.into(),
            event.time_zone.as_str().into(),
            event.sales_open_at.into(),
            event.sales_close_at.into(),
            to_row(event.hold_seconds).into(),
            to_row(event.hold_extension_seconds).into(),
            event.max_seats_per_viewer.map(to_row).into(),
            event.max_seats_let_go.map(to_row).into(),
            event.confirmed_by.code().into(),
            currency.into(),
            stage.code().into(),
            focal_point.map(|point| point.0).into(),
            focal_point.map(|point| point.1).into(),
        ],
    );
    let row = transaction
        .query_one_raw(insert)
        .await?
        .ok_or(StoreError::Corrupt("an insert without a row"))?;
    Ok(EventId(row.try_get_by_index(0)?))
}

/// Seats that are written by one statement: what it takes of both sides' memory is a few megabytes,
/// and there is something to tell meanwhile.
const SEATS_A_STATEMENT: usize = 10_000;

/// NaN stands for an unknown coordinate, -1 for no rank, an empty text for no floor: a plan has
/// none of these. Ids go on after `$2`.
const INSERT_LOCATIONS: &str = "
INSERT INTO seat_places (event_id, id, section, row_label, number, accessible, x, y,
                         kind, is_companion, has_gap_before, rank, floor)
SELECT $1, $2 + place, section, row_label, number, accessible, NULLIF(x, 'NaN'), NULLIF(y, 'NaN'),
       kind, is_companion, has_gap_before, NULLIF(rank, -1), NULLIF(floor, '')
  FROM UNNEST($3::text[], $4::text[], $5::text[], $6::boolean[], $7::float8[], $8::float8[],
              $9::smallint[], $10::boolean[], $11::boolean[], $12::integer[], $13::text[])
       WITH ORDINALITY AS location (section, row_label, number, accessible, x, y,
                                    kind, is_companion, has_gap_before, rank, floor, place)";

const INSERT_SEATS: &str = "
INSERT INTO seats (event_id, id, category_id)
SELECT $1, $2 + place, category_id
  FROM UNNEST($3::integer[]) WITH ORDINALITY AS seat (category_id, place)";

/// An empty text stands for none, as with seats.
const INSERT_SHAPE: &str = "
INSERT INTO plan_shapes (event_id, id, kind, label, floor, points)
VALUES ($1, $2, $3, NULLIF($4, ''), NULLIF($5, ''), $6)";

/// An empty colour stands for none.
const INSERT_CATEGORIES: &str = formatcp!(
    "
INSERT INTO categories (event_id, id, name, amount_minor, price_minor, color)
SELECT $1, id, name, amount_minor,
       CASE WHEN amount_minor <= {MAX_OLD_PRICE_MINOR} THEN amount_minor END, NULLIF(color, '')
  FROM UNNEST($2::text[], $3::bigint[], $4::text[])
       WITH ORDINALITY AS category (name, amount_minor, color, id)"
);

async fn insert_plan(
    transaction: &Transaction,
    event: EventId,
    plan: &SeatPlan,
    tell: &mut (dyn FnMut(usize) + Send),
) -> Result<(), StoreError> {
    let categories = plan.categories();
    let insert_categories = statement(
        INSERT_CATEGORIES,
        [
            event.0.into(),
            texts(categories.iter().map(|category| category.name.as_str())),
            bigints(categories.iter().map(|category| category.prices.default_minor())),
            texts(categories.iter().map(|category| category.color.as_deref().unwrap_or_default())),
        ],
    );
    transaction.execute_raw(insert_categories).await?;
    write_first_list(transaction, event, categories.iter().map(|it| &it.prices)).await?;
    for (index, shape) in plan.drawing().shapes.iter().enumerate() {
        transaction.execute_raw(insert_shape(event, index, shape)).await?;
    }
    for (index, seats) in plan.seats().chunks(SEATS_A_STATEMENT).enumerate() {
        let before = row_number(index * SEATS_A_STATEMENT);
        for insert in insert_seats(event, before, seats) {
            transaction.execute_raw(insert).await?;
        }
        tell(seats.len());
    }
    Ok(())
}

/// Where these seats are and that they are free, of an event that has so many before them.
fn insert_seats(event: EventId, before: i32, seats: &[PlannedSeat]) -> [Statement; 2] {
    let locations = statement(
        INSERT_LOCATIONS,
        [
            event.0.into(),
            before.into(),
            texts(seats.iter().map(|seat| seat.section.as_str())),
            texts(seats.iter().map(|seat| seat.row.as_str())),
            texts(seats.iter().map(|seat| seat.number.as_str())),
            bools(seats.iter().map(|seat| seat.accessible)),
            doubles(seats.iter().map(|seat| seat.x.unwrap_or(f64::NAN))),
            doubles(seats.iter().map(|seat| seat.y.unwrap_or(f64::NAN))),
            smallints(seats.iter().map(|seat| seat.traits.kind.code())),
            bools(seats.iter().map(|seat| seat.traits.is_companion)),
            bools(seats.iter().map(|seat| seat.traits.has_gap_before)),
            ints(seats.iter().map(|seat| seat.traits.rank.unwrap_or(-1))),
            texts(seats.iter().map(|seat| seat.traits.floor.as_deref().unwrap_or_default())),
        ],
    );
    // Categories count from 1 in the tables.
    let categories = ints(seats.iter().map(|seat| row_number(seat.category + 1)));
    [locations, statement(INSERT_SEATS, [event.0.into(), before.into(), categories])]
}

fn insert_shape(event: EventId, index: usize, shape: &PlannedShape) -> Statement {
    statement(
        INSERT_SHAPE,
        [
            event.0.into(),
            row_number(index + 1).into(),
            shape.kind.code().into(),
            shape.label.as_deref().unwrap_or_default().into(),
            shape.floor.as_deref().unwrap_or_default().into(),
            doubles(shape.points.iter().flat_map(|point| [point.x, point.y])),
        ],
    )
}

/// Plans are far smaller than what a row's number can count.
fn row_number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
