//! Seats and the map.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, Enum, ID, Object, Result};
use chrono::{DateTime as Instant, Utc};

use super::category::Category;
use super::event::Event;
use super::event_scope::EventScope;
use super::seat_block::SeatBlock;
use super::seat_history::{SeatHistoryConnection, history};
use super::ticket_type::TicketType;
use crate::domain;
use crate::domain::{CategoryId, SeatId};
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::AnyId;
use crate::graphql::loaders::BlockKey;
use crate::graphql::loaders::PriceListKey;
use crate::graphql::log_cursor;
use crate::graphql::nullable::nullable;
use crate::graphql::required::required;
use crate::graphql::scalars::{DateTime, Revision};
use crate::graphql::serial::SerialList;
use crate::store::reads::{SeatLocation, SeatMapRecord, SeatRecord};

/// What everybody may know of a seat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::SeatStatus")]
pub enum SeatStatus {
    /// Free. A hold that has run out reads so at once.
    Available,
    /// Held by somebody for a limited time.
    Reserved,
    /// Sold.
    Confirmed,
}

/// A seat as of the moment it was read.
#[derive(Clone, Debug)]
pub struct Seat {
    event: Arc<EventScope>,
    seat: domain::seat::Seat,
    /// Known where the seat was read for this answer; a mutation's answer looks it up once it is
    /// asked for.
    location: OnceLock<Arc<SeatLocation>>,
    now: Instant<Utc>,
}

impl Seat {
    /// A seat that was read with its location.
    pub fn read(event: &Arc<EventScope>, record: SeatRecord) -> Self {
        Self {
            event: Arc::clone(event),
            seat: record.seat,
            location: record.location.into(),
            now: record.now,
        }
    }

    /// A seat that was decided on at `now`.
    pub fn decided(event: &Arc<EventScope>, seat: domain::seat::Seat, now: Instant<Utc>) -> Self {
        Self { event: Arc::clone(event), seat, location: OnceLock::new(), now }
    }

    /// Seats that were read, in the order of `ids`; those that are not there are left out.
    pub async fn load(
        ctx: &Context<'_>,
        event: &Arc<EventScope>,
        ids: &[SeatId],
    ) -> Result<Vec<Self>, Fault> {
        let found = ctx.loader().load_many(ids.iter().copied()).await?;
        Ok(ids
            .iter()
            .filter_map(|id| found.get(id))
            .map(|record| Self::read(event, (**record).clone()))
            .collect())
    }

    /// Which category it has.
    pub(super) fn category_id(&self) -> CategoryId {
        self.seat.category
    }

    /// The types of ticket by which whoever asks may buy it.
    async fn priced(&self, ctx: &Context<'_>) -> Result<Vec<TicketType>, Fault> {
        let (list, category) = (self.seat.price_list, self.seat.category);
        let is_held = self.seat.state.expires_at(self.now).is_some() && self.is_of_viewer(ctx);
        if !is_held {
            return Ok(self.event.category(ctx, category).await?.ticket_types());
        }
        let currency = &self.event.record(ctx).await?.terms.currency;
        let prices = ctx.loader().load_one(PriceListKey(category.event, list)).await?;
        let prices = prices.ok_or_else(|| Fault::internal("a price list is missing"))?;
        Ok(TicketType::list(category, prices.types(list, category), currency))
    }

    fn is_of_viewer(&self, ctx: &Context<'_>) -> bool {
        ctx.viewer().is_some_and(|viewer| self.seat.state.viewer(self.now) == Some(&viewer.id))
    }

    async fn location<T>(
        &self,
        ctx: &Context<'_>,
        part: impl FnOnce(&SeatLocation) -> T,
    ) -> Result<T, Fault> {
        if let Some(location) = self.location.get() {
            return Ok(part(location));
        }
        let record = ctx.loader().load_one(self.seat.id).await?;
        let record = record.ok_or_else(|| Fault::internal("a seat has lost its location"))?;
        Ok(part(self.location.get_or_init(|| Arc::clone(&record.location))))
    }
}

/// A seat as of the moment it was read.
#[Object(serial)]
impl Seat {
    /// Opaque and stable.
    pub async fn id(&self) -> ID {
        AnyId::Seat(self.seat.id).encode()
    }

    /// The event it belongs to.
    async fn event(&self) -> Event {
        Arc::clone(&self.event).into()
    }

    /// Section or block.
    async fn section(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, self.location(ctx, |location| location.section.clone())).await
    }

    /// Row within the section.
    async fn row(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, self.location(ctx, |location| location.row.clone())).await
    }

    /// Number within the row; not always a number.
    async fn number(&self, ctx: &Context<'_>) -> Result<String> {
        required(ctx, self.location(ctx, |location| location.number.clone())).await
    }

    /// What a person reads, and a screen reader says: 'Section 101, row C, seat 14'.
    async fn label(&self, ctx: &Context<'_>) -> Result<String> {
        let label = |at: &SeatLocation| {
            format!("Section {}, row {}, seat {}", at.section, at.row, at.number)
        };
        required(ctx, self.location(ctx, label)).await
    }

    /// What it costs.
    async fn category(&self, ctx: &Context<'_>) -> Result<Category> {
        required(ctx, self.event.category(ctx, self.seat.category)).await
    }

    /// What it can be sold as, and at which price; the first where a buyer chooses none. A seat
    /// that the viewer holds costs what it did when the hold began, any other what its category
    /// does.
    async fn ticket_types(&self, ctx: &Context<'_>) -> Result<Vec<TicketType>> {
        required(ctx, self.priced(ctx)).await
    }

    /// Whether a wheelchair fits.
    async fn accessible(&self, ctx: &Context<'_>) -> Result<bool> {
        required(ctx, self.location(ctx, |location| location.accessible)).await
    }

    /// Whether it is offered at all.
    async fn for_sale(&self) -> bool {
        self.seat.for_sale
    }

    /// Why it is not, if somebody has said so: for SHOP and ADMIN; null for others.
    async fn block(&self, ctx: &Context<'_>) -> Option<Result<SeatBlock>> {
        if self.seat.for_sale || !ctx.sells() {
            return None;
        }
        nullable(async {
            let block = ctx.loader().load_one(BlockKey(self.seat.id)).await?;
            Ok(block.as_deref().map(SeatBlock::from))
        })
        .await
    }

    /// What has happened to it, the newest first: for SHOP and ADMIN; null for others.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<SeatHistoryConnection>> {
        nullable(history(ctx, &self.seat, first, after.as_deref())).await
    }

    /// Where it is on the venue's map, in the seat plan's own units; x grows to the right.
    async fn x(&self, ctx: &Context<'_>) -> Option<Result<f64>> {
        nullable(self.location(ctx, |location| location.x)).await
    }

    /// Where it is on the venue's map, in the seat plan's own units; y grows downwards.
    async fn y(&self, ctx: &Context<'_>) -> Option<Result<f64>> {
        nullable(self.location(ctx, |location| location.y)).await
    }

    /// As of now: a hold that has run out reads AVAILABLE, whether or not the cleaner has been by.
    async fn status(&self) -> SeatStatus {
        self.seat.state.status(self.now).into()
    }

    /// When the viewer's hold on it ends; null unless the viewer holds it.
    async fn reservation_expires_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let ends = self.seat.state.expires_at(self.now).map(DateTime);
        ends.filter(|_| self.is_of_viewer(ctx))
    }

    /// Whether the viewer holds or owns it. Nobody learns who else does.
    async fn held_by_me(&self, ctx: &Context<'_>) -> bool {
        self.is_of_viewer(ctx)
    }

    /// The revision of its last change; 0 if it never changed.
    async fn revision(&self) -> Revision {
        Revision(self.seat.revision)
    }
}

/// Every seat of an event as of one revision.
#[derive(Clone, Debug)]
pub struct SeatMap {
    event: Arc<EventScope>,
    map: Arc<SeatMapRecord>,
}

impl SeatMap {
    /// An event's map, read now; without its seats where nobody asks for them.
    ///
    /// # Errors
    ///
    /// If there is no such event.
    pub async fn load(ctx: &Context<'_>, event: &Arc<EventScope>) -> Result<Self, Fault> {
        let id = event.id();
        let map = if ctx.look_ahead().field(SEATS).exists() {
            ctx.look_up_map(async move |store| store.seat_map(id).await).await?
        } else {
            ctx.look_up(async move |store| store.seat_map_head(id).await).await?
        };
        let map = Arc::new(map.ok_or_else(Fault::no_such_event)?);
        Ok(Self { event: Arc::clone(event), map })
    }
}

/// The field that has the seats.
const SEATS: &str = "seats";

/// Every seat of an event as of one revision.
#[Object(serial)]
impl SeatMap {
    /// The event.
    async fn event(&self) -> Event {
        Arc::clone(&self.event).into()
    }

    /// The revision that the whole map is true for.
    async fn revision(&self) -> Revision {
        Revision(self.map.end.revision)
    }

    /// The place in the log that this is true for: pass it as `after` to seatChanges to go on from
    /// here.
    async fn cursor(&self) -> String {
        log_cursor::encode(self.map.end)
    }

    /// The server's clock when the map was read: what countdowns should go by.
    async fn server_time(&self) -> DateTime {
        DateTime(self.map.now)
    }

    /// Every seat, in the order of the seat plan.
    async fn seats(&self) -> SerialList<Seat> {
        // Side by side, all of 200,000 would wait for their categories, with all their fields.
        let seat = |record: &SeatRecord| Seat::read(&self.event, record.clone());
        SerialList(self.map.seats.iter().map(seat).collect())
    }
}
