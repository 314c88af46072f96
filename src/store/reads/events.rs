//! Events, their categories, and how many of their seats are in which status.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, Select,
};

use super::seats::{PASSES_FILTER, SeatFilter};
use crate::domain::ledger::Terms;
use crate::domain::prices::PriceLists;
use crate::domain::{
    CategoryId, EventId, EventStage, EventStatus, PriceVersion, Revision, TicketType,
};
use crate::store::entity::event;
use crate::store::error::StoreError;
use crate::store::numbers::{AVAILABLE, CONFIRMED, RESERVED};
use crate::store::pools::Store;
use crate::store::prices::{TICKET_COLUMNS, TICKETS_OF_LISTS, TicketRow, read_prices};
use crate::store::rows::TermsRow;
use crate::store::sql::{bigints, statement};

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
    /// What the start is said in: a name of the IANA time zone database.
    pub time_zone: String,
    /// Its conditions of sale.
    pub terms: Terms,
    /// The revision of its change log.
    pub revision: Revision,
    /// Grows with every change of the event that is none of a seat.
    pub version: i64,
    /// When it was read, by the database's clock.
    pub read_at: DateTime<Utc>,
}

/// An event's row, and when it was read.
#[derive(FromQueryResult)]
struct EventRow {
    #[sea_orm(nested)]
    event: event::Model,
    read_at: DateTime<Utc>,
}

impl EventRecord {
    /// What the event was when it was read.
    pub fn status(&self) -> EventStatus {
        self.terms.status(self.read_at)
    }
}

impl TryFrom<EventRow> for EventRecord {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        let EventRow { event: row, read_at } = row;
        let terms = TermsRow {
            stage: row.stage,
            sales_open_at: row.sales_open_at,
            sales_close_at: row.sales_close_at.unwrap_or(row.starts_at),
            hold_seconds: row.hold_seconds,
            hold_extension_seconds: row.hold_extension_seconds,
            max_seats_per_viewer: row.max_seats_per_viewer,
            max_seats_let_go: row.max_seats_let_go,
            allows_lone_seats: row.allows_lone_seats,
            confirmed_by: row.confirmed_by,
            currency: row.currency,
        };
        Ok(Self {
            id: EventId(row.id),
            terms: terms.try_into()?,
            slug: row.slug,
            name: row.name,
            venue: row.venue,
            starts_at: row.starts_at,
            time_zone: row.time_zone,
            revision: Revision(row.revision),
            version: row.version,
            read_at,
        })
    }
}

/// A price category.
#[derive(Clone, Debug)]
pub struct CategoryRecord {
    /// Which category.
    pub id: CategoryId,
    /// Its name for people.
    pub name: String,
    /// What a seat of it costs as each type of ticket there is; never empty, and the first is
    /// the one that is meant where none is chosen.
    pub ticket_types: Vec<TicketType>,
    /// `#rrggbb`, for maps.
    pub color: Option<String>,
}

/// How many seats are in which status. Free seats that are not for sale are in none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Can be reserved now.
    pub available: i64,
    /// Held.
    pub reserved: i64,
    /// Sold.
    pub confirmed: i64,
}

impl CategoryRecord {
    /// What a seat of it costs where no type of ticket is chosen, in minor units of the event's
    /// currency.
    #[must_use]
    pub fn price_minor(&self) -> i64 {
        self.ticket_types.first().map_or(0, |first| first.price_minor)
    }
}

impl Store {
    /// The events with these ids, in no particular order; ids that name nothing are left out.
    pub async fn events(&self, ids: &[EventId]) -> Result<Vec<EventRecord>, StoreError> {
        let rows = events().filter(event::Column::Id.eq_any(ids.iter().map(|id| id.0)));
        let rows = rows.into_model::<EventRow>().all(&self.reads).await?;
        rows.into_iter().map(EventRecord::try_from).collect()
    }

    /// An event, read with what keeps the server going; `None` if there is none such.
    pub async fn event_for_upkeep(&self, id: EventId) -> Result<Option<EventRecord>, StoreError> {
        let row = events().filter(event::Column::Id.eq(id.0));
        let row = row.into_model::<EventRow>().one(&self.upkeep).await?;
        row.map(EventRecord::try_from).transpose()
    }

    /// The same, for those who keep what they read, looked up apart ([`Store::apart`]).
    pub async fn event_now(&self, event: EventId) -> Result<Option<EventRecord>, StoreError> {
        let store = self.clone();
        self.apart(async move { store.event_for_upkeep(event).await }).await
    }

    /// Which event has this slug.
    pub async fn event_id_by_slug(&self, slug: &str) -> Result<Option<EventId>, StoreError> {
        let query = statement("SELECT event_id FROM event_slugs WHERE slug = $1", [slug.into()]);
        let row = self.reads.query_one_raw(query).await?;
        row.map(|row| Ok(EventId(row.try_get_by_index(0)?))).transpose()
    }

    /// The event with this slug.
    pub async fn event_by_slug(&self, slug: &str) -> Result<Option<EventRecord>, StoreError> {
        const BY_SLUG: &str = "SELECT events.*, statement_timestamp() AS read_at
  FROM event_slugs JOIN events ON events.id = event_id WHERE event_slugs.slug = $1";
        let query = statement(BY_SLUG, [slug.into()]);
        let row = EventRow::find_by_statement(query).one(&self.reads).await?;
        row.map(EventRecord::try_from).transpose()
    }

    /// The events after a position, by their start; with those that are being prepared or without.
    pub async fn events_page(
        &self,
        after: Option<(DateTime<Utc>, EventId)>,
        has_drafts: bool,
        limit: u64,
    ) -> Result<Vec<EventRecord>, StoreError> {
        use sea_orm::sea_query::ExprTrait;
        let mut rows = events()
            .order_by_asc(event::Column::StartsAt)
            .order_by_asc(event::Column::Id)
            .limit(limit);
        if let Some((starts_at, id)) = after {
            let key =
                Expr::tuple([Expr::col(event::Column::StartsAt), Expr::col(event::Column::Id)]);
            rows = rows.filter(key.gt(Expr::tuple([Expr::val(starts_at), Expr::val(id.0)])));
        }
        if !has_drafts {
            rows = rows.filter(event::Column::Stage.ne(EventStage::Draft.code()));
        }
        let rows = rows.into_model::<EventRow>().all(&self.reads).await?;
        rows.into_iter().map(EventRecord::try_from).collect()
    }

    /// The price categories of these events, each event's in the order of its plan.
    pub async fn categories(
        &self,
        events: &[EventId],
    ) -> Result<HashMap<EventId, Vec<CategoryRecord>>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            category: String,
            color: Option<String>,
            #[sea_orm(nested)]
            ticket: TicketRow,
        }
        const CATEGORIES: &str = formatcp!(
            "SELECT category, color, {TICKET_COLUMNS}
  FROM (SELECT id AS event_id, price_version FROM events WHERE id = ANY ($1)) AS list
{TICKETS_OF_LISTS}"
        );
        let query = statement(CATEGORIES, [bigints(events.iter().map(|id| id.0))]);
        let mut categories: HashMap<_, Vec<CategoryRecord>> = HashMap::new();
        for row in Row::find_by_statement(query).all(&self.reads).await? {
            let id = row.ticket.category();
            let of_event = categories.entry(id.event).or_default();
            let ticket = row.ticket.into_type();
            match of_event.last_mut().filter(|last| last.id == id) {
                Some(category) => category.ticket_types.push(ticket),
                None => of_event.push(CategoryRecord {
                    id,
                    name: row.category,
                    ticket_types: vec![ticket],
                    color: row.color,
                }),
            }
        }
        Ok(categories)
    }

    /// These price lists of events, which seats are held by.
    pub async fn price_lists(
        &self,
        lists: &[(EventId, PriceVersion)],
    ) -> Result<PriceLists, StoreError> {
        read_prices(&self.reads, lists.iter().copied()).await
    }

    /// How many of an event's seats that pass the filter are in which status now.
    pub async fn counts_of(
        &self,
        event: EventId,
        filter: &SeatFilter,
    ) -> Result<Counts, StoreError> {
        const COUNTS_OF: &str = formatcp!(
            "SELECT {COUNTS}
  FROM seats JOIN seat_places USING (event_id, id) WHERE event_id = $1 AND {PASSES_FILTER}"
        );
        // Each section by itself: else all seats of the event may be read for a few of them.
        const COUNTS_OF_SECTIONS: &str = formatcp!(
            "SELECT COALESCE(sum(available), 0)::bigint, COALESCE(sum(reserved), 0)::bigint,
       COALESCE(sum(confirmed), 0)::bigint
  FROM UNNEST($5::text[]) AS named (section)
 CROSS JOIN LATERAL (SELECT {COUNTS}
          FROM seat_places JOIN seats USING (event_id, id)
         WHERE event_id = $1 AND seat_places.section = named.section AND {PASSES_FILTER}
       ) AS of_section"
        );
        let [status, categories, accessible] = filter.values();
        let values = [event.0.into(), status, categories, accessible];
        let query = match filter.sections() {
            None => statement(COUNTS_OF, values),
            Some(sections) => statement(COUNTS_OF_SECTIONS, values.into_iter().chain([sections])),
        };
        let row = self.reads.query_one_raw(query).await?;
        row.map_or(Ok(Counts::default()), |row| counts_at(&row, 0))
    }

    /// How many seats of these events are in which status now.
    pub async fn counts(&self, events: &[EventId]) -> Result<HashMap<EventId, Counts>, StoreError> {
        const COUNTS_OF_EVENTS: &str = formatcp!(
            "SELECT event_id, {COUNTS} FROM seats WHERE event_id = ANY ($1) GROUP BY event_id"
        );
        let query = statement(COUNTS_OF_EVENTS, [bigints(events.iter().map(|id| id.0))]);
        let rows = self.reads.query_all_raw(query).await?;
        let counts =
            |row: &QueryResult| Ok((EventId(row.try_get_by_index(0)?), counts_at(row, 1)?));
        rows.iter().map(counts).collect()
    }
}

/// All events, with the time.
fn events() -> Select<event::Entity> {
    event::Entity::find().expr_as(Expr::cust("statement_timestamp()"), "read_at")
}

/// Columns that count seats as of now.
const COUNTS: &str = formatcp!(
    "
       count(*) FILTER (
           WHERE for_sale AND (status = {AVAILABLE} OR expires_at <= statement_timestamp()))
           AS available,
       count(*) FILTER (WHERE status = {RESERVED} AND expires_at > statement_timestamp())
           AS reserved,
       count(*) FILTER (WHERE status = {CONFIRMED}) AS confirmed"
);

/// The counts in a row whose columns they are, from an index on.
fn counts_at(row: &QueryResult, first: usize) -> Result<Counts, StoreError> {
    Ok(Counts {
        available: row.try_get_by_index(first)?,
        reserved: row.try_get_by_index(first + 1)?,
        confirmed: row.try_get_by_index(first + 2)?,
    })
}
