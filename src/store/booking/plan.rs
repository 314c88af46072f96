//! The plan of an event into which seats are brought: read for that, and written.
//!
//! The event's row is locked. So nobody else changes its plan or its seats, and the clock may have
//! been read before.

use std::collections::{BTreeSet, HashMap, HashSet};

use const_format::formatcp;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};

use crate::domain::ledger::{Closing, OpenPlan, PlaceChange};
use crate::domain::plan::{
    CategoryName, FloorName, PlaceFacts, PlaceKind, PlaceName, PlaceTraits, PlanPart, RowName,
    SectionName,
};
use crate::domain::seat::Seat;
use crate::domain::{CategoryId, EventId, SeatId};
use crate::store::entity::seat;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::prices::MAX_OLD_PRICE_MINOR;
use crate::store::sql::{bigints, bools, doubles, ints, smallints, statement, texts};

/// The event's sections, each by one step through the index.
const SECTIONS: &str = "
WITH RECURSIVE known (section) AS (
    (SELECT section FROM seat_places WHERE event_id = $1 ORDER BY section LIMIT 1)
    UNION ALL
    SELECT (SELECT section FROM seat_places WHERE event_id = $1 AND section > known.section
             ORDER BY section LIMIT 1) FROM known WHERE section IS NOT NULL
)
SELECT section FROM known WHERE section IS NOT NULL";

/// The places of some sections.
const PLACES: &str = "
SELECT id, section, row_label, number, accessible, x, y, kind, is_companion, has_gap_before, rank,
       floor
  FROM seat_places WHERE event_id = $1 AND section = ANY ($2) ORDER BY id";

/// The event's floors. Looked for only where seats are to come onto one.
const FLOORS: &str = "
SELECT floor FROM seat_places WHERE event_id = $1 AND floor IS NOT NULL
 UNION SELECT floor FROM plan_shapes WHERE event_id = $1 AND floor IS NOT NULL";

const HEAD: &str = "
SELECT plan_version, (SELECT COALESCE(max(id), 0) FROM seats WHERE event_id = $1)
  FROM events WHERE id = $1";

#[derive(FromQueryResult)]
struct PlaceRow {
    id: i32,
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

impl PlaceRow {
    fn facts(self) -> Result<PlaceFacts, StoreError> {
        let traits = PlaceTraits {
            kind: PlaceKind::from_code(self.kind).ok_or(StoreError::Corrupt("a kind of place"))?,
            is_companion: self.is_companion,
            has_gap_before: self.has_gap_before,
            rank: self.rank,
            floor: self.floor,
        };
        Ok(PlaceFacts { accessible: self.accessible, x: self.x, y: self.y, traits })
    }
}

/// Reads what of the plan goes by the names of these parts, and locks those seats, ascending;
/// nothing, if there are no parts.
///
/// Names are compared here, not by the database. So all seats are read of the sections that are
/// named; of which sections there are, each once.
pub(super) async fn read_plan(
    transaction: &Transaction,
    event: EventId,
    parts: &[&PlanPart],
) -> Result<(Option<OpenPlan>, Vec<Seat>), StoreError> {
    if parts.is_empty() {
        return Ok((None, Vec::new()));
    }
    let planned = || parts.iter().flat_map(|part| part.seats());
    let head = transaction.query_one_raw(statement(HEAD, [event.0.into()])).await?;
    let head = head.ok_or(StoreError::Corrupt("an event that is gone while it is locked"))?;
    let wanted: HashSet<_> = planned().map(|seat| SectionName::of(&seat.section)).collect();
    let known = transaction.query_all_raw(statement(SECTIONS, [event.0.into()])).await?;
    let known: Vec<String> =
        known.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let named = known.iter().filter(|section| wanted.contains(&SectionName::of(section)));
    let query = statement(PLACES, [event.0.into(), texts(named.map(String::as_str))]);
    let names: HashSet<_> = planned().map(|seat| seat.name()).collect();
    let (mut places, mut sections, mut rows) = (HashMap::new(), HashMap::new(), HashMap::new());
    for row in PlaceRow::find_by_statement(query).all(transaction).await? {
        let section = SectionName::of(&row.section);
        sections.entry(section).or_insert_with(|| row.section.clone());
        let name = RowName::of(&row.section, &row.row_label);
        rows.entry(name).or_insert_with(|| row.row_label.clone());
        let name = PlaceName::of(&row.section, &row.row_label, &row.number);
        // An earlier version may have let two look alike: the first is meant.
        if names.contains(&name) && !places.contains_key(&name) {
            let id = SeatId { event, serial: row.id };
            places.insert(name, (id, row.facts()?));
        }
    }
    let mut floors = HashMap::new();
    if planned().any(|seat| seat.traits.floor.is_some()) {
        for row in transaction.query_all_raw(statement(FLOORS, [event.0.into()])).await? {
            let floor: String = row.try_get_by_index(0)?;
            floors.insert(FloorName::of(&floor), floor);
        }
    }
    let seats = lock_seats(transaction, event, places.values().map(|(id, _)| id.serial)).await?;
    let categories = read_categories(transaction, event).await?;
    let (version, last_seat) = (head.try_get_by_index(0)?, head.try_get_by_index(1)?);
    let plan = OpenPlan { version, last_seat, categories, places, sections, rows, floors };
    Ok((Some(plan), seats))
}

async fn lock_seats(
    transaction: &Transaction,
    event: EventId,
    serials: impl Iterator<Item = i32>,
) -> Result<Vec<Seat>, StoreError> {
    let serials: BTreeSet<i32> = serials.collect();
    let rows = seat::Entity::find()
        .filter(seat::Column::EventId.eq(event.0))
        .filter(seat::Column::Id.eq_any(serials))
        .order_by_asc(seat::Column::Id)
        .lock_exclusive();
    rows.all(transaction).await?.into_iter().map(Seat::try_from).collect()
}

async fn read_categories(
    transaction: &Transaction,
    event: EventId,
) -> Result<Vec<(CategoryId, CategoryName)>, StoreError> {
    const CATEGORIES: &str = "SELECT id, name FROM categories WHERE event_id = $1 ORDER BY id";
    let rows = transaction.query_all_raw(statement(CATEGORIES, [event.0.into()])).await?;
    let category = |row: &sea_orm::QueryResult| {
        let id = CategoryId { event, serial: row.try_get_by_index(0)? };
        let name: String = row.try_get_by_index(1)?;
        Ok((id, CategoryName::of(&name)))
    };
    rows.iter().map(category).collect()
}

/// An empty colour stands for none.
const WRITE_CATEGORIES: &str = formatcp!(
    "
INSERT INTO categories (event_id, id, name, amount_minor, price_minor, color)
SELECT $1, id, name, amount_minor,
       CASE WHEN amount_minor <= {MAX_OLD_PRICE_MINOR} THEN amount_minor END, NULLIF(color, '')
  FROM UNNEST($2::integer[], $3::text[], $4::bigint[], $5::text[])
       AS category (id, name, amount_minor, color)"
);

/// Places that are there keep their labels. NaN stands for an unknown coordinate, -1 for no rank,
/// an empty text for no floor: a plan has none of these.
const WRITE_PLACES: &str = "
INSERT INTO seat_places AS place (event_id, id, section, row_label, number, accessible, x, y,
                                  kind, is_companion, has_gap_before, rank, floor)
SELECT $1, id, section, row_label, number, accessible, NULLIF(x, 'NaN'), NULLIF(y, 'NaN'),
       kind, is_companion, has_gap_before, NULLIF(rank, -1), NULLIF(floor, '')
  FROM UNNEST($2::integer[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::float8[],
              $8::float8[], $9::smallint[], $10::boolean[], $11::boolean[], $12::integer[],
              $13::text[])
       AS planned (id, section, row_label, number, accessible, x, y, kind, is_companion,
                   has_gap_before, rank, floor)
ON CONFLICT (event_id, id) DO UPDATE SET
    accessible = EXCLUDED.accessible, x = EXCLUDED.x, y = EXCLUDED.y, kind = EXCLUDED.kind,
    is_companion = EXCLUDED.is_companion, has_gap_before = EXCLUDED.has_gap_before,
    rank = EXCLUDED.rank, floor = EXCLUDED.floor";

/// The seats with their categories, and that the plan is another one. What else becomes of them,
/// their changes say.
const WRITE_SEATS: &str = "
WITH planned AS (
    INSERT INTO seats (event_id, id, category_id)
    SELECT $1, id, category_id FROM UNNEST($2::integer[], $3::integer[]) AS seat (id, category_id)
    ON CONFLICT (event_id, id) DO UPDATE SET category_id = EXCLUDED.category_id
)
UPDATE events SET plan_version = plan_version + 1 WHERE id = $1";

/// Writes what is new in the plan; before the changes of the seats, which have to be there.
pub(super) async fn write_plan(
    transaction: &Transaction,
    event: EventId,
    closing: &Closing,
) -> Result<(), StoreError> {
    let categories = || closing.plan.categories.iter();
    let write_categories = statement(
        WRITE_CATEGORIES,
        [
            event.0.into(),
            ints(categories().map(|(id, _)| id.serial)),
            texts(categories().map(|(_, category)| category.name.as_str())),
            bigints(categories().map(|(_, category)| category.prices.default_minor())),
            texts(categories().map(|(_, planned)| planned.color.as_deref().unwrap_or_default())),
        ],
    );
    let places = || closing.plan.places.values();
    let planned = || places().map(|place| &place.seat);
    let ids = || ints(closing.plan.places.keys().map(|seat| seat.serial));
    let write_places = statement(
        WRITE_PLACES,
        [
            event.0.into(),
            ids(),
            texts(planned().map(|seat| seat.section.as_str())),
            texts(planned().map(|seat| seat.row.as_str())),
            texts(planned().map(|seat| seat.number.as_str())),
            bools(planned().map(|seat| seat.accessible)),
            doubles(planned().map(|seat| seat.x.unwrap_or(f64::NAN))),
            doubles(planned().map(|seat| seat.y.unwrap_or(f64::NAN))),
            smallints(planned().map(|seat| seat.traits.kind.code())),
            bools(planned().map(|seat| seat.traits.is_companion)),
            bools(planned().map(|seat| seat.traits.has_gap_before)),
            ints(planned().map(|seat| seat.traits.rank.unwrap_or(-1))),
            texts(planned().map(|seat| seat.traits.floor.as_deref().unwrap_or_default())),
        ],
    );
    let category = |place: &PlaceChange| place.category.serial;
    let write_seats = statement(WRITE_SEATS, [event.0.into(), ids(), ints(places().map(category))]);
    for write in [write_categories, write_places, write_seats] {
        transaction.execute_raw(write).await?;
    }
    Ok(())
}
