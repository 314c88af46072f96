//! What is asked of an event: its facts, its seats and their prices.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::category::Category;
use super::event::Event;
use super::event_orders::{OrderFilter, orders_page};
use super::event_status::EventStatus;
use super::order::Order;
use super::sales_summary::{SalesSpan, SalesSummary};
use super::seat::{Seat, SeatMap};
use super::seats_page::{SeatFilter, seats_page};
use crate::domain;
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::ids::AnyId;
use crate::graphql::loaders::CountsKey;
use crate::graphql::nullable::nullable;
use crate::graphql::paging::ConnectionOf;
use crate::graphql::required::required;
use crate::graphql::scalars::{DateTime, Revision, to_int};
use crate::store::reads::Counts;

/// One sale of one set of seats.
#[Object]
impl Event {
    /// Opaque and stable.
    pub async fn id(&self) -> ID {
        AnyId::Event(self.scope.id()).encode()
    }

    /// The event's name in addresses: lower-case letters, digits and hyphens.
    async fn slug(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.scope.record(ctx).await?.slug.clone()) }).await
    }

    /// The event's name for people.
    async fn name(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.scope.record(ctx).await?.name.clone()) }).await
    }

    /// Where it takes place.
    async fn venue(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.scope.record(ctx).await?.venue.clone()) }).await
    }

    /// When it starts.
    async fn starts_at(&self, ctx: &Context<'_>) -> Result<DateTime> {
        required(ctx, async { Ok(DateTime(self.scope.record(ctx).await?.starts_at)) }).await
    }

    /// What the start is said in: a name of the IANA time zone database, for example
    /// `America/New_York`.
    async fn time_zone(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, async { Ok(self.scope.record(ctx).await?.time_zone.clone()) }).await
    }

    /// How far along it is: what the organiser has decided, and what follows from the sales window
    /// at the time it was read.
    async fn status(&self, ctx: &Context<'_>) -> Result<EventStatus> {
        required(ctx, async { Ok(self.scope.record(ctx).await?.status().into()) }).await
    }

    /// Grows with every change of the event that is none of a seat: its terms, its status by the
    /// organiser, its prices, its plan. eventChanges tells of it.
    async fn version(&self, ctx: &Context<'_>) -> Result<i32> {
        required(ctx, async { Ok(to_int(self.scope.record(ctx).await?.version)) }).await
    }

    /// From when seats can be reserved; null: at once.
    async fn sales_open_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        nullable(async { Ok(self.scope.record(ctx).await?.terms.sales_open_at.map(DateTime)) })
            .await
    }

    /// From when seats can no longer be reserved: when the event starts, unless said otherwise.
    /// Seats held by then can still be confirmed.
    async fn sales_close_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime>> {
        nullable(async { Ok(Some(DateTime(self.scope.record(ctx).await?.terms.sales_close_at))) })
            .await
    }

    /// How long a hold lasts, in seconds: 300 unless set.
    async fn hold_seconds(&self, ctx: &Context<'_>) -> Result<i32> {
        required(ctx, async { Ok(to_int(self.scope.record(ctx).await?.terms.hold.num_seconds())) })
            .await
    }

    /// By how much a hold may be prolonged, once, while its holder pays, in seconds; 0: not at all.
    async fn hold_extension_seconds(&self, ctx: &Context<'_>) -> Result<i32> {
        required(ctx, async {
            let extension = self.scope.record(ctx).await?.terms.hold_extension;
            Ok(to_int(extension.num_seconds()))
        })
        .await
    }

    /// The most seats one viewer may hold and own together in this event: 8 unless set; null for no
    /// limit.
    async fn max_seats_per_viewer(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        nullable(async {
            Ok(self
                .scope
                .record(ctx)
                .await?
                .terms
                .max_seats_per_viewer
                .map(|limit| to_int(limit.into())))
        })
        .await
    }

    /// Whether a reservation may leave a single free seat between taken ones, or between a taken
    /// one and an aisle or the row's end. If not, reserveSeats refuses with LoneSeatLeft.
    async fn allows_lone_seats(&self, ctx: &Context<'_>) -> Result<bool> {
        required(ctx, async { Ok(self.scope.record(ctx).await?.terms.allows_lone_seats) }).await
    }

    /// Who may confirm. SHOP (the shop's own server, after payment) where a seat costs money,
    /// unless the event says BUYER. What costs nothing its holder may confirm in either case. A
    /// confirmation that is the shop's affair is refused to a buyer with FORBIDDEN.
    async fn confirmed_by(&self, ctx: &Context<'_>) -> Result<ConfirmedBy> {
        required(ctx, async {
            let (record, categories) =
                tokio::try_join!(self.scope.record(ctx), self.scope.categories(ctx))?;
            let types = categories.iter().flat_map(|category| &category.ticket_types);
            let prices = types.map(|known| known.price_minor);
            Ok(record.terms.confirmed_by.of_prices(prices).into())
        })
        .await
    }

    /// The revision of the event's change log when it was read.
    async fn revision(&self, ctx: &Context<'_>) -> Result<Revision> {
        required(ctx, async { Ok(Revision(self.scope.record(ctx).await?.revision)) }).await
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
            let event = self.scope.id();
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
            Ok(Some(seats_page(ctx, &self.scope, filter, first, after.as_deref()).await?))
        })
        .await
    }

    /// Every seat as of one revision.
    async fn seat_map(&self, ctx: &Context<'_>) -> Option<Result<SeatMap>> {
        nullable(async { Ok(Some(SeatMap::load(ctx, &self.scope).await?)) }).await
    }

    /// The event's orders, newest first: for SHOP and ADMIN.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which orders; all of them unless said.")] filter: Argument<
            Option<OrderFilter>,
        >,
        #[graphql(desc = "How many, 1 to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<ConnectionOf<Order>>> {
        nullable(async {
            let filter = filter.read()?;
            Ok(Some(orders_page(ctx, &self.scope, filter, first, after.as_deref()).await?))
        })
        .await
    }

    /// What the event has sold: for SHOP and ADMIN.
    async fn sales_summary(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "By what sales are counted over time.",
            default_with = "SalesSpan::Day.into()"
        )]
        by: Argument<SalesSpan>,
    ) -> Option<Result<SalesSummary>> {
        nullable(async {
            let by = by.read()?.into();
            Ok(Some(SalesSummary::load(ctx, &self.scope, by).await?))
        })
        .await
    }

    /// The price categories, in the order of the seat plan.
    async fn categories(&self, ctx: &Context<'_>) -> Result<Vec<Category>> {
        required(ctx, async {
            let (record, categories) =
                tokio::try_join!(self.scope.record(ctx), self.scope.categories(ctx))?;
            let currency = &record.terms.currency;
            Ok(categories.iter().map(|category| Category::new(category, currency)).collect())
        })
        .await
    }
}

/// Who may confirm seats that cost money.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::ConfirmedBy")]
pub enum ConfirmedBy {
    /// The viewer who holds them.
    Buyer,
    /// The shop's own server, after payment: a token with the role SHOP, and the viewer's id.
    Shop,
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
