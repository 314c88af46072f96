//! Queries.

use async_graphql::{Context, ID, InputObject, Object, Result};

use super::context::ContextExt as _;
use super::document::Introspected;
use super::error::Fault;
use super::ids::{self, AnyId};
use super::loaders::EventKey;
use super::nullable::nullable;
use super::paging::{self, ConnectionOf};
use super::ready_value::ReadyValue;
use super::types::{Event, EventScope, Node, Order, Seat, SeatMap, SeatStatus, Viewer};
use crate::domain::event::is_slug;
use crate::domain::{EventId, OrderId, SeatId};
use crate::identity::Role;
use crate::store::Store;
use crate::store::reads::{self, EventRecord, SeatRecord};

/// The most values in one list of a filter: more than any venue has sections.
const MAX_FILTER_VALUES: usize = 1000;

/// Everything that can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Query;

/// Which seats to list. A part that is left out does not restrict.
#[derive(Clone, Debug, Default, InputObject)]
pub(super) struct SeatFilter {
    /// With this status now.
    status: Option<SeatStatus>,
    /// In one of these sections, up to 1000.
    sections: Option<Vec<String>>,
    /// In one of these categories, up to 1000.
    category_ids: Option<Vec<ID>>,
    /// Accessible, or not.
    accessible: Option<bool>,
}

/// Everything that can be asked.
#[Object]
impl Query {
    /// Anything by its global id; null where there is nothing, or nothing for the viewer to see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id.")] id: ID,
    ) -> Option<Result<Node>> {
        nullable(find_node(ctx, &id)).await
    }

    /// By id or by slug; null if there is no such event.
    async fn event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event's id, or its slug.")] id: ID,
    ) -> Option<Result<Event>> {
        nullable(find_event_by(ctx, &id)).await
    }

    /// All events, by their start.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<ConnectionOf<Event>>> {
        nullable(async {
            let page = paging::EVENTS.request(first, after.as_deref())?;
            let limit = page.limit().unsigned_abs();
            let after = page.after();
            let events =
                ctx.look_up(async move |store| store.events_page(after, limit).await).await?;
            let node = |event: EventRecord| ((event.starts_at, event.id), Event::known(event));
            Ok(Some(page.connection(events, node)))
        })
        .await
    }

    /// A seat; null if there is no such seat.
    async fn seat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The seat's id.")] id: ID,
    ) -> Option<Result<Seat>> {
        nullable(async { find_seat(ctx, ids::seat_id("id", &id)?).await }).await
    }

    /// An event's seats, in the order of the seat plan.
    async fn seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] event_id: ID,
        #[graphql(desc = "Which seats; all of them unless said.")] filter: Option<SeatFilter>,
        #[graphql(desc = "How many, 1 to 1000; 100 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<ConnectionOf<Seat>>> {
        nullable(async {
            let event = ids::event_id("eventId", &event_id)?;
            let page = paging::SEATS.request(first, after.as_deref())?;
            let filter = filter.unwrap_or_default().check(event)?;
            let scope = known_event(ctx, event).await?;
            let (after, limit) = (page.after().unwrap_or_default(), page.limit());
            let look_up =
                async move |store: Store| store.seats_page(event, &filter, after, limit).await;
            let seats = ctx.look_up(look_up).await?;
            let node = |record: SeatRecord| (record.seat.id.serial, Seat::read(&scope, record));
            Ok(Some(page.connection(seats, node)))
        })
        .await
    }

    /// Every seat of an event as of one revision: subscribe with seatChanges(since: revision) and
    /// nothing is missed.
    async fn seat_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] event_id: ID,
    ) -> Option<Result<SeatMap>> {
        nullable(async {
            let event = ids::event_id("eventId", &event_id)?;
            let map = ctx.look_up(async move |store| store.seat_map(event).await).await?;
            let map = map.ok_or_else(Fault::no_such_event)?;
            Ok(Some(SeatMap::new(EventScope::new(event), map)))
        })
        .await
    }

    #[graphql(name = "__introspected", visible = false)]
    async fn introspected(&self, ctx: &Context<'_>) -> ReadyValue {
        let answers = ctx.data_opt::<Introspected>();
        ReadyValue(answers.map(|all| all.field(&ctx.item.node.response_key().node)))
    }

    /// Who is asking; null without credentials.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        ctx.viewer().cloned().map(Viewer)
    }
}

impl SeatFilter {
    fn check(self, event: EventId) -> Result<reads::SeatFilter, Fault> {
        let too_many = |name: &str| {
            Fault::bad_input(format!("filter.{name} has at most {MAX_FILTER_VALUES} values"))
        };
        if self.sections.as_ref().is_some_and(|names| names.len() > MAX_FILTER_VALUES) {
            return Err(too_many("sections"));
        }
        if self.category_ids.as_ref().is_some_and(|ids| ids.len() > MAX_FILTER_VALUES) {
            return Err(too_many("categoryIds"));
        }
        // A name with control characters names no section (and PostgreSQL could not be asked for
        // one with a NUL).
        let sections = self.sections.map(|names| {
            names.into_iter().filter(|name| !name.chars().any(char::is_control)).collect()
        });
        let decode = |id: &ID| ids::category_id("filter.categoryIds", id);
        let categories = self
            .category_ids
            .map(|ids| ids.iter().map(decode).collect::<Result<Vec<_>, _>>())
            .transpose()?;
        // Another event's category is none of this event's seats'.
        let categories = categories
            .map(|all| all.into_iter().filter(|category| category.event == event).collect());
        let status = self.status.map(Into::into);
        Ok(reads::SeatFilter { status, sections, categories, accessible: self.accessible })
    }
}

async fn find_node(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, Fault> {
    Ok(match AnyId::decode(id) {
        Some(AnyId::Event(event)) => find_event(ctx, event).await?.map(Node::Event),
        Some(AnyId::Seat(seat)) => find_seat(ctx, seat).await?.map(Node::Seat),
        Some(AnyId::Order(order)) => find_order(ctx, order).await?.map(Node::Order),
        Some(AnyId::Category(_)) | None => None,
    })
}

async fn find_event_by(ctx: &Context<'_>, id_or_slug: &ID) -> Result<Option<Event>, Fault> {
    if let Some(AnyId::Event(event)) = AnyId::decode(id_or_slug) {
        return find_event(ctx, event).await;
    }
    if !is_slug(id_or_slug) {
        return Ok(None);
    }
    let slug = id_or_slug.to_string();
    let record = ctx.look_up(async move |store| store.event_by_slug(&slug).await).await?;
    Ok(record.map(Event::known))
}

async fn find_event(ctx: &Context<'_>, event: EventId) -> Result<Option<Event>, Fault> {
    let record = ctx.loader().load_one(EventKey(event)).await?;
    Ok(record.map(|record| Event::known((*record).clone())))
}

async fn known_event(
    ctx: &Context<'_>,
    event: EventId,
) -> Result<std::sync::Arc<EventScope>, Fault> {
    find_event(ctx, event).await?.map(|event| event.0).ok_or_else(Fault::no_such_event)
}

async fn find_seat(ctx: &Context<'_>, seat: SeatId) -> Result<Option<Seat>, Fault> {
    let record = ctx.loader().load_one(seat).await?;
    Ok(record.map(|record| Seat::read(&EventScope::new(seat.event), (*record).clone())))
}

/// Orders are for those who placed them, and for those who manage events.
async fn find_order(ctx: &Context<'_>, order: OrderId) -> Result<Option<Order>, Fault> {
    let Some(viewer) = ctx.viewer() else { return Ok(None) };
    let found = ctx.loader().load_one(order).await?;
    Ok(found
        .filter(|order| viewer.has_role(Role::Admin) || order.viewer == viewer.id)
        .map(Order::new))
}
