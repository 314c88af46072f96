//! Events, their categories, and what they cost.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use tokio::sync::OnceCell;

use super::category::Category;
use super::seat::{Seat, SeatMap};
use super::seats_page::{SeatFilter, seats_page};
use crate::domain::{CategoryId, EventId};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::AnyId;
use crate::graphql::loaders::{CategoriesKey, CountsKey, EventKey};
use crate::graphql::nullable::nullable;
use crate::graphql::paging::ConnectionOf;
use crate::graphql::required::required;
use crate::graphql::scalars::{DateTime, Revision, to_int};
use crate::store::reads::{CategoryRecord, Counts, EventRecord};

/// What objects of one event share within an answer, so that 20,000 seats look their event up once.
#[derive(Debug)]
pub struct EventScope {
    id: EventId,
    record: OnceCell<Arc<EventRecord>>,
    categories: OnceCell<Arc<[CategoryRecord]>>,
}

impl EventScope {
    /// An event of which nothing is known yet.
    pub fn new(id: EventId) -> Arc<Self> {
        Arc::new(Self { id, record: OnceCell::new(), categories: OnceCell::new() })
    }

    /// An event that was just read.
    pub fn known(record: EventRecord) -> Arc<Self> {
        Arc::new(Self {
            id: record.id,
            record: OnceCell::new_with(Some(Arc::new(record))),
            categories: OnceCell::new(),
        })
    }

    /// Which event.
    pub fn id(&self) -> EventId {
        self.id
    }

    async fn record(&self, ctx: &Context<'_>) -> Result<&Arc<EventRecord>, Fault> {
        let load = async || {
            ctx.loader().load_one(EventKey(self.id)).await?.ok_or_else(Fault::no_such_event)
        };
        self.record.get_or_try_init(load).await
    }

    async fn categories(&self, ctx: &Context<'_>) -> Result<&Arc<[CategoryRecord]>, Fault> {
        let load = async || {
            Ok(ctx.loader().load_one(CategoriesKey(self.id)).await?.unwrap_or_else(|| [].into()))
        };
        self.categories.get_or_try_init(load).await
    }

    /// One category and the event's currency.
    pub async fn category(&self, ctx: &Context<'_>, id: CategoryId) -> Result<Category, Fault> {
        let (record, categories) = tokio::try_join!(self.record(ctx), self.categories(ctx))?;
        let category = categories.iter().find(|category| category.id == id);
        let category = category.ok_or_else(|| Fault::internal("a seat's category is missing"))?;
        Ok(Category::new(category, &record.terms.currency))
    }

    /// A category, if the event has it.
    pub async fn find_category(
        &self,
        ctx: &Context<'_>,
        id: CategoryId,
    ) -> Result<Option<Category>, Fault> {
        let categories = self.categories(ctx).await?;
        let Some(category) = categories.iter().find(|category| category.id == id) else {
            return Ok(None);
        };
        Ok(Some(Category::new(category, &self.record(ctx).await?.terms.currency)))
    }
}

/// One sale of one set of seats.
#[derive(Clone, Debug)]
pub struct Event(pub Arc<EventScope>);

impl Event {
    /// An event that was just read.
    pub fn known(record: EventRecord) -> Self {
        Self(EventScope::known(record))
    }
}

/// One sale of one set of seats.
#[Object]
impl Event {
    /// Opaque and stable.
    pub async fn id(&self) -> ID {
        AnyId::Event(self.0.id).encode()
    }

    /// The event's name in addresses: lower-case letters, digits and hyphens.
    async fn slug(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.0.record(ctx).await?.slug.clone()) }).await
    }

    /// The event's name for people.
    async fn name(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.0.record(ctx).await?.name.clone()) }).await
    }

    /// Where it takes place.
    async fn venue(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.0.record(ctx).await?.venue.clone()) }).await
    }

    /// When it starts.
    async fn starts_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        required(ctx, async { Ok(DateTime(self.0.record(ctx).await?.starts_at)) }).await
    }

    /// What the start is said in: a name of the IANA time zone database, for example
    /// `America/New_York`.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.0.record(ctx).await?.time_zone.clone()) }).await
    }

    /// From when seats can be reserved; null: from the start.
    async fn sales_open_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        nullable(async { Ok(self.0.record(ctx).await?.terms.sales_open_at.map(DateTime)) }).await
    }

    /// From when seats can no longer be reserved; null: never. Seats held by then can still be
    /// confirmed.
    async fn sales_close_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        nullable(async { Ok(self.0.record(ctx).await?.terms.sales_close_at.map(DateTime)) }).await
    }

    /// How long a hold lasts, in seconds: 300 unless set.
    async fn hold_seconds(&self, ctx: &Context<'_>) -> Result<i32> {
        required(ctx, async { Ok(to_int(self.0.record(ctx).await?.terms.hold.num_seconds())) })
            .await
    }

    /// The most seats one viewer may hold and own together in this event; null for no limit.
    async fn max_seats_per_viewer(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        nullable(async {
            Ok(self
                .0
                .record(ctx)
                .await?
                .terms
                .max_seats_per_viewer
                .map(|limit| to_int(limit.into())))
        })
        .await
    }

    /// The revision of the event's change log when it was read.
    async fn revision(&self, ctx: &Context<'_>) -> Result<Revision> {
        required(ctx, async { Ok(Revision(self.0.record(ctx).await?.revision)) }).await
    }

    /// How many seats are in which status now. A hold that has run out counts as available.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats count; all of them unless said.")] filter: Argument<
            Option<SeatFilter>,
        >,
    ) -> Result<Availability> {
        required(ctx, async {
            let event = self.0.id;
            let counts = match filter.read()? {
                None => ctx.loader().load_one(CountsKey(event)).await?.unwrap_or_default(),
                Some(filter) => {
                    let filter = filter.check(event)?;
                    ctx.look_up(async move |store| store.counts_of(event, &filter).await).await?
                }
            };
            Ok(counts.into())
        })
        .await
    }

    /// The event's seats, in the order of the seat plan.
    async fn seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats; all of them unless said.")] filter: Argument<
            Option<SeatFilter>,
        >,
        #[graphql(desc = "How many, 1 to 1000; 100 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<ConnectionOf<Seat>>> {
        nullable(async {
            let filter = filter.read()?;
            Ok(Some(seats_page(ctx, &self.0, filter, first, after.as_deref()).await?))
        })
        .await
    }

    /// Every seat as of one revision.
    async fn seat_map(&self, ctx: &Context<'_>) -> Option<Result<SeatMap>> {
        nullable(async { Ok(Some(SeatMap::load(ctx, &self.0).await?)) }).await
    }

    /// The price categories, in the order of the seat plan.
    async fn categories(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        required(ctx, async {
            let (record, categories) =
                tokio::try_join!(self.0.record(ctx), self.0.categories(ctx))?;
            let currency = &record.terms.currency;
            Ok(categories.iter().map(|category| Category::new(category, currency)).collect())
        })
        .await
    }
}

/// How many seats are in which status. Seats that are not for sale and nobody's are in none.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Availability {
    /// Can be reserved now.
    available: i32,
    /// Held by somebody.
    reserved: i32,
    /// Sold.
    confirmed: i32,
}

impl From<Counts> for Availability {
    fn from(counts: Counts) -> Self {
        Self {
            available: to_int(counts.available),
            reserved: to_int(counts.reserved),
            confirmed: to_int(counts.confirmed),
        }
    }
}
