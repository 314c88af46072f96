//! What queries read. Each function is one statement (or one read-only snapshot), so that what it
//! returns belongs together: a map and its revision, a viewer's seats and orders.
//!
//! A hold that has run out is told apart by the reader: records carry the stored state and `now`,
//! the database's clock at the statement, and [`SeatState`](crate::domain::SeatState) answers for
//! an instant.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::{
    AccessMode, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IsolationLevel,
    QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use super::entity::{event, seat};
use super::rows::TermsRow;
use super::sql::{bigints, ints, statement, texts};
use super::{Store, StoreError, rows};
use crate::domain::ledger::Terms;
use crate::domain::seat::Seat;
use crate::domain::{
    CategoryId, EventId, Order, OrderId, PaymentReference, Revision, SeatId, SeatStatus, ViewerId,
};

/// An event as stored.
#[derive(Clone, Debug)]
pub struct EventRecord {
    /// Which event.
    pub id: EventId,
    /// Its name in addresses.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Where it takes place.
    pub venue: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// Its conditions of sale.
    pub terms: Terms,
    /// The revision of its change log.
    pub revision: Revision,
}

impl From<event::Model> for EventRecord {
    fn from(row: event::Model) -> Self {
        let terms = TermsRow {
            sales_open_at: row.sales_open_at,
            sales_close_at: row.sales_close_at,
            hold_seconds: row.hold_seconds,
            max_seats_per_viewer: row.max_seats_per_viewer,
            currency: row.currency,
        };
        Self {
            id: EventId(row.id),
            terms: terms.into(),
            slug: row.slug,
            name: row.name,
            venue: row.venue,
            starts_at: row.starts_at,
            revision: Revision(row.revision),
        }
    }
}

/// A price category.
#[derive(Clone, Debug)]
pub struct CategoryRecord {
    /// Which category.
    pub id: CategoryId,
    /// Its name for people.
    pub name: String,
    /// What a seat of it costs, in minor units of the event's currency.
    pub price_minor: i32,
    /// `#rrggbb`, for maps.
    pub color: Option<String>,
}

/// Where a seat is. Never changes after the import.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Place {
    /// Section or block.
    pub section: String,
    /// Row within the section.
    #[sea_orm(from_alias = "row_label")]
    pub row: String,
    /// Number within the row.
    pub number: String,
    /// Whether a wheelchair fits.
    pub accessible: bool,
    /// Coordinates on the venue's map, in the plan's own units.
    pub x: Option<f64>,
    /// See `x`.
    pub y: Option<f64>,
}

/// A seat, where it is, and when it was looked at.
#[derive(Clone, Debug)]
pub struct SeatRecord {
    /// The seat as stored.
    pub seat: Seat,
    /// Where it is; shared with every copy of this record.
    pub place: Arc<Place>,
    /// The database's clock when it was read.
    pub now: DateTime<Utc>,
}

/// Every seat of an event as of one revision.
#[derive(Clone, Debug)]
pub struct SeatMapRecord {
    /// The revision that all of it is true for.
    pub revision: Revision,
    /// The database's clock when it was read.
    pub now: DateTime<Utc>,
    /// The seats, ascending.
    pub seats: Vec<SeatRecord>,
}

/// Every seat's public state as of one revision.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The revision that all of it is true for.
    pub revision: Revision,
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
    /// When its hold ends, if it was held.
    pub expires_at: Option<DateTime<Utc>>,
    /// The revision of its last change.
    pub revision: Revision,
}

/// How many seats are in which status, seats that are not for sale left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Can be reserved now.
    pub available: i64,
    /// Held.
    pub reserved: i64,
    /// Sold.
    pub confirmed: i64,
}

/// Which seats to list. A part that is `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct SeatFilter {
    /// With this status now.
    pub status: Option<SeatStatus>,
    /// In one of these sections.
    pub sections: Option<Vec<String>>,
    /// In one of these categories.
    pub categories: Option<Vec<CategoryId>>,
    /// Accessible, or not.
    pub accessible: Option<bool>,
}

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

/// A position among a viewer's orders: later orders come first.
pub type OrderCursor = (DateTime<Utc>, OrderId);

/// The columns of a [`SeatRow`]; a macro, so that statements are put together when this is
/// compiled.
macro_rules! seat_columns {
    () => {
        "seats.*, section, row_label, number, accessible, x, y, statement_timestamp() AS now"
    };
}

/// The columns of an [`OrderRow`].
macro_rules! order_columns {
    () => {
        "orders.*, (SELECT array_agg(seat_id ORDER BY seat_id) FROM order_seats
          WHERE order_seats.event_id = orders.event_id AND order_id = orders.id) AS seats"
    };
}

#[derive(FromQueryResult)]
struct SeatRow {
    #[sea_orm(nested)]
    seat: seat::Model,
    #[sea_orm(nested)]
    place: Place,
    now: DateTime<Utc>,
}

impl TryFrom<SeatRow> for SeatRecord {
    type Error = StoreError;

    fn try_from(row: SeatRow) -> Result<Self, StoreError> {
        Ok(Self { seat: Seat::try_from(row.seat)?, place: Arc::new(row.place), now: row.now })
    }
}

impl Store {
    /// The events with these ids, in no particular order; ids that name nothing are left out.
    pub async fn events(&self, ids: &[EventId]) -> Result<Vec<EventRecord>, StoreError> {
        let rows =
            event::Entity::find().filter(event::Column::Id.eq_any(ids.iter().map(|id| id.0)));
        Ok(rows.all(&self.reads).await?.into_iter().map(EventRecord::from).collect())
    }

    /// The event with this slug.
    pub async fn event_by_slug(&self, slug: &str) -> Result<Option<EventRecord>, StoreError> {
        let query = statement(
            "SELECT events.* FROM event_slugs JOIN events ON events.id = event_id WHERE \
                event_slugs.slug = $1",
            [slug.into()],
        );
        Ok(event::Model::find_by_statement(query).one(&self.reads).await?.map(EventRecord::from))
    }

    /// The events after a position, by their start.
    pub async fn events_page(
        &self,
        after: Option<(DateTime<Utc>, EventId)>,
        limit: u64,
    ) -> Result<Vec<EventRecord>, StoreError> {
        use sea_orm::sea_query::{Expr, ExprTrait};
        let mut rows = event::Entity::find()
            .order_by_asc(event::Column::StartsAt)
            .order_by_asc(event::Column::Id)
            .limit(limit);
        if let Some((starts_at, id)) = after {
            let key =
                Expr::tuple([Expr::col(event::Column::StartsAt), Expr::col(event::Column::Id)]);
            rows = rows.filter(key.gt(Expr::tuple([Expr::val(starts_at), Expr::val(id.0)])));
        }
        Ok(rows.all(&self.reads).await?.into_iter().map(EventRecord::from).collect())
    }

    /// The price categories of these events, each event's in the order of its plan.
    pub async fn categories(
        &self,
        events: &[EventId],
    ) -> Result<HashMap<EventId, Vec<CategoryRecord>>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            event_id: i64,
            id: i32,
            name: String,
            price_minor: i32,
            color: Option<String>,
        }
        let query = statement(
            "SELECT * FROM categories WHERE event_id = ANY ($1) ORDER BY event_id, id",
            [bigints(events.iter().map(|id| id.0))],
        );
        let mut categories: HashMap<_, Vec<_>> = HashMap::new();
        for row in Row::find_by_statement(query).all(&self.reads).await? {
            let event = EventId(row.event_id);
            let id = CategoryId { event, serial: row.id };
            let Row { name, price_minor, color, .. } = row;
            categories.entry(event).or_default().push(CategoryRecord {
                id,
                name,
                price_minor,
                color,
            });
        }
        Ok(categories)
    }

    /// How many seats of these events are in which status now.
    pub async fn counts(&self, events: &[EventId]) -> Result<HashMap<EventId, Counts>, StoreError> {
        let query = statement(
            "SELECT event_id,
                    count(*) FILTER (WHERE for_sale AND (status = 0 OR expires_at <= \
                    statement_timestamp())),
                    count(*) FILTER (WHERE status = 1 AND expires_at > statement_timestamp()),
                    count(*) FILTER (WHERE status = 2)
               FROM seats WHERE event_id = ANY ($1) GROUP BY event_id",
            [bigints(events.iter().map(|id| id.0))],
        );
        let rows = self.reads.query_all_raw(query).await?;
        rows.iter()
            .map(|row| {
                let counts = Counts {
                    available: row.try_get_by_index(1)?,
                    reserved: row.try_get_by_index(2)?,
                    confirmed: row.try_get_by_index(3)?,
                };
                Ok((EventId(row.try_get_by_index(0)?), counts))
            })
            .collect()
    }

    /// The seats with these ids, in no particular order; ids that name nothing are left out.
    pub async fn seats(&self, ids: &[SeatId]) -> Result<Vec<SeatRecord>, StoreError> {
        let query = statement(
            concat!(
                "SELECT ",
                seat_columns!(),
                " FROM UNNEST($1::bigint[], $2::integer[]) AS wanted (event_id, id)
                 JOIN seats USING (event_id, id) JOIN seat_places USING (event_id, id)"
            ),
            [bigints(ids.iter().map(|id| id.event.0)), ints(ids.iter().map(|id| id.serial))],
        );
        seat_records(SeatRow::find_by_statement(query).all(&self.reads).await?)
    }

    /// The seats of an event that pass the filter, after a serial number, ascending.
    pub async fn seats_page(
        &self,
        event: EventId,
        filter: &SeatFilter,
        after: i32,
        limit: i64,
    ) -> Result<Vec<SeatRecord>, StoreError> {
        let status = filter.status.map(|status| match status {
            SeatStatus::Available => rows::AVAILABLE,
            SeatStatus::Reserved => rows::RESERVED,
            SeatStatus::Confirmed => rows::CONFIRMED,
        });
        let sections =
            filter.sections.as_ref().map(|names| texts(names.iter().map(String::as_str)));
        let categories = filter.categories.as_ref().map(|ids| ints(ids.iter().map(|id| id.serial)));
        let query = statement(
            concat!(
                "SELECT ",
                seat_columns!(),
                " FROM seats JOIN seat_places USING (event_id, id)
                  WHERE event_id = $1 AND id > $2
                    AND ($3 IS NULL OR $3 = CASE WHEN expires_at <= statement_timestamp() THEN 0 \
                    ELSE status END)
                    AND ($4::text[] IS NULL OR section = ANY ($4))
                    AND ($5::integer[] IS NULL OR category_id = ANY ($5))
                    AND ($6::boolean IS NULL OR accessible = $6)
                  ORDER BY id LIMIT $7"
            ),
            [
                event.0.into(),
                after.into(),
                status.into(),
                sections.unwrap_or(Value::Array(ArrayType::String, None)),
                categories.unwrap_or(Value::Array(ArrayType::Int, None)),
                filter.accessible.into(),
                limit.into(),
            ],
        );
        seat_records(SeatRow::find_by_statement(query).all(&self.reads).await?)
    }

    /// Every seat of an event, and the revision that this is true for; `None` if there is no such
    /// event.
    pub async fn seat_map(&self, event: EventId) -> Result<Option<SeatMapRecord>, StoreError> {
        let _place = self.map_place().await?;
        let snapshot = self.read_snapshot().await?;
        let Some((revision, now)) = revision_and_clock(&snapshot, event).await? else {
            return Ok(None);
        };
        let query = statement(
            concat!(
                "SELECT ",
                seat_columns!(),
                " FROM seats JOIN seat_places USING (event_id, id)
                  WHERE event_id = $1 ORDER BY id"
            ),
            [event.0.into()],
        );
        let seats = seat_records(SeatRow::find_by_statement(query).all(&snapshot).await?)?;
        snapshot.commit().await?;
        Ok(Some(SeatMapRecord { revision, now, seats }))
    }

    /// Every seat's public state, and the revision that this is true for; `None` if there is no
    /// such event.
    pub async fn snapshot(&self, event: EventId) -> Result<Option<Snapshot>, StoreError> {
        let _place = self.map_place().await?;
        let snapshot = self.read_snapshot().await?;
        let Some((revision, now)) = revision_and_clock(&snapshot, event).await? else {
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
        Ok(Some(Snapshot { revision, seats }))
    }

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
        let query = statement(
            concat!(
                "SELECT ",
                order_columns!(),
                " FROM orders WHERE viewer = $1 AND event_id = $2 ORDER BY id"
            ),
            [viewer.as_str().into(), event.0.into()],
        );
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
        let query = statement(
            "SELECT id FROM seats WHERE event_id = $1 AND id = ANY ($2)
                AND (lapsed_viewer = $3 OR (viewer = $3 AND expires_at <= statement_timestamp())) \
                ORDER BY id",
            [event.0.into(), ints(seats.iter().map(|seat| seat.serial)), viewer.as_str().into()],
        );
        let rows = self.reads.query_all_raw(query).await?;
        rows.iter().map(|row| Ok(SeatId { event, serial: row.try_get_by_index(0)? })).collect()
    }

    /// The orders with these ids, in no particular order; ids that name nothing are left out.
    pub async fn orders(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        let mut of_event: HashMap<EventId, BTreeSet<OrderId>> = HashMap::new();
        for &id in ids {
            of_event.entry(id.event).or_default().insert(id);
        }
        let mut found = Vec::with_capacity(ids.len());
        for (event, ids) in of_event {
            found.extend(orders(&self.reads, event, ids).await?);
        }
        Ok(found)
    }

    /// A viewer's orders after a position, newest first.
    pub async fn orders_page(
        &self,
        viewer: &ViewerId,
        after: Option<OrderCursor>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        let query = statement(
            concat!(
                "SELECT ",
                order_columns!(),
                " FROM orders
                  WHERE viewer = $1 AND ($2::timestamptz IS NULL OR (confirmed_at, event_id, id) \
                  < ($2, $3, $4))
                  ORDER BY confirmed_at DESC, event_id DESC, id DESC LIMIT $5"
            ),
            [
                viewer.as_str().into(),
                after.map(|(at, _)| at).into(),
                after.map(|(_, id)| id.event.0).into(),
                after.map(|(_, id)| id.first.0).into(),
                limit.into(),
            ],
        );
        order_records(OrderRow::find_by_statement(query).all(&self.reads).await?)
    }

    /// Everything read in it is true for one instant.
    async fn read_snapshot(&self) -> Result<sea_orm::DatabaseTransaction, StoreError> {
        let config = (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly));
        Ok(self.reads.begin_with_config(config.0, config.1).await?)
    }
}

/// The orders of one event with these ids, ascending; ids that name nothing are left out.
pub(super) async fn orders(
    connection: &impl ConnectionTrait,
    event: EventId,
    ids: impl IntoIterator<Item = OrderId>,
) -> Result<Vec<Order>, StoreError> {
    let ids: Vec<i64> = ids.into_iter().map(|id| id.first.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = statement(
        concat!(
            "SELECT ",
            order_columns!(),
            " FROM orders WHERE event_id = $1 AND id = ANY ($2) ORDER BY id"
        ),
        [event.0.into(), bigints(ids)],
    );
    order_records(OrderRow::find_by_statement(query).all(connection).await?)
}

#[derive(FromQueryResult)]
struct OrderRow {
    event_id: i64,
    id: i64,
    viewer: String,
    total_minor: i64,
    currency: String,
    payment_reference: Option<String>,
    confirmed_at: DateTime<Utc>,
    seats: Vec<i32>,
}

fn order_records(rows: Vec<OrderRow>) -> Result<Vec<Order>, StoreError> {
    rows.into_iter()
        .map(|row| {
            let event = EventId(row.event_id);
            let reference = row.payment_reference.map(|text| {
                PaymentReference::new(text).ok_or(StoreError::Corrupt("a payment reference"))
            });
            Ok(Order {
                id: OrderId { event, first: Revision(row.id) },
                viewer: rows::viewer_from_row(&row.viewer)?,
                seats: row.seats.into_iter().map(|serial| SeatId { event, serial }).collect(),
                total_minor: row.total_minor,
                currency: row.currency,
                payment_reference: reference.transpose()?,
                confirmed_at: row.confirmed_at,
            })
        })
        .collect()
}

fn seat_records(rows: Vec<SeatRow>) -> Result<Vec<SeatRecord>, StoreError> {
    rows.into_iter().map(SeatRecord::try_from).collect()
}

fn public_state(row: seat::Model, now: DateTime<Utc>) -> Result<PublicState, StoreError> {
    let seat = Seat::try_from(row)?;
    Ok(PublicState {
        seat: seat.id,
        status: seat.state.status(now),
        expires_at: seat.state.expires_at(now),
        revision: seat.revision,
    })
}

async fn revision_and_clock(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<(Revision, DateTime<Utc>)>, StoreError> {
    let query = statement(
        "SELECT revision, statement_timestamp() FROM events WHERE id = $1",
        [event.0.into()],
    );
    let row = connection.query_one_raw(query).await?;
    row.map(|row| Ok((Revision(row.try_get_by_index(0)?), row.try_get_by_index(1)?))).transpose()
}

async fn held_seats(
    connection: &impl ConnectionTrait,
    event: EventId,
    viewer: &ViewerId,
) -> Result<Vec<SeatRecord>, StoreError> {
    let query = statement(
        concat!(
            "SELECT ",
            seat_columns!(),
            " FROM seats JOIN seat_places USING (event_id, id)
              WHERE event_id = $1 AND viewer = $2 AND expires_at > statement_timestamp() ORDER BY \
              id"
        ),
        [event.0.into(), viewer.as_str().into()],
    );
    seat_records(SeatRow::find_by_statement(query).all(connection).await?)
}
