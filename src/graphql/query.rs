//! Queries.

use async_graphql::{Context, ID, Object, Result};
use futures_util::future::join_all;

use super::argument::Argument;
use super::context::ContextExt as _;
use super::document::Introspected;
use super::error::Fault;
use super::ids::{self, AnyId};
use super::loaders::EventKey;
use super::nullable::nullable;
use super::paging::{self, ConnectionOf, MAX_NODES};
use super::ready_value::ReadyValue;
use super::required::required;
use super::types::{
    AuditLogConnection, AuditLogEntry, Event, EventScope, Node, Order, Seat, SeatFilter, SeatMap,
    SeatPlan, SeatStatuses, Viewer, Webhook, seats_page,
};
use crate::domain::{self, EventId, OrderCode, OrderId, SeatId};
use crate::identity::{self, Role};
use crate::store::reads::EventRecord;
use crate::store::{Store, WebhookId};

/// Everything that can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Query;

/// Everything that can be asked.
#[Object]
impl Query {
    /// Anything by its global id; null where there is nothing, or nothing for the viewer to see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A global id.")] id: Argument<ID>,
    ) -> Option<Result<Node>> {
        nullable(async { find_node(ctx, &id.read()?).await }).await
    }

    /// Up to 100, in the order asked; null for each that does not exist or is not the viewer's to
    /// see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, up to 100.")] ids: Argument<Vec<ID>>,
    ) -> Result<Vec<Option<Result<Node>>>> {
        required(ctx, async {
            let ids = ids.read()?;
            if ids.len() > MAX_NODES {
                return Err(Fault::bad_input(format!("ids has at most {MAX_NODES} values")));
            }
            Ok(join_all(ids.iter().map(|id| nullable(find_node(ctx, id)))).await)
        })
        .await
    }

    /// An order by its code: the viewer's own, or any for SHOP and ADMIN.
    async fn order(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The order's code, as a person types it: in either case, with or without hyphen."
        )]
        code: Argument<String>,
    ) -> Option<Result<Order>> {
        nullable(async { find_order_by_code(ctx, &code.read()?).await }).await
    }

    /// By id or by slug; null if there is no such event.
    async fn event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event's id, or its slug.")] id: Argument<ID>,
    ) -> Option<Result<Event>> {
        nullable(async { find_event_by(ctx, &id.read()?).await }).await
    }

    /// All events, by their start. Those that are being prepared (DRAFT) are for SHOP and ADMIN.
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
            let has_drafts = ctx.viewer().is_some_and(|viewer| viewer.has_role(Role::Shop));
            let look_up =
                async move |store: Store| store.events_page(after, has_drafts, limit).await;
            let events = ctx.look_up(look_up).await?;
            let node = |event: EventRecord| ((event.starts_at, event.id), Event::known(event));
            Ok(Some(page.connection(events, node)))
        })
        .await
    }

    /// What those who manage events have done, newest first. For ADMIN.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<AuditLogConnection>> {
        nullable(async {
            ctx.require(Role::Admin)?;
            let page = paging::AUDIT_LOG.request(first, after.as_deref())?;
            let (after, limit) = (page.after(), page.limit());
            let look_up = async move |store: Store| store.audit_page(after, limit).await;
            let entries = ctx.look_up(look_up).await?;
            Ok(Some(page.connection(entries, |entry| (entry.id, AuditLogEntry(entry)))))
        })
        .await
    }

    /// A seat; null if there is no such seat.
    async fn seat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The seat's id.")] id: Argument<ID>,
    ) -> Option<Result<Seat>> {
        nullable(async {
            match AnyId::decode(&id.read()?) {
                Some(AnyId::Seat(seat)) => find_seat(ctx, seat).await,
                _ => Ok(None),
            }
        })
        .await
    }

    /// An event's seats, in the order of the seat plan.
    async fn seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: Argument<ID>,
        #[graphql(desc = "Which seats; all of them unless said.")] filter: Argument<
            Option<SeatFilter>,
        >,
        #[graphql(desc = "How many, 1 to 1000; 100 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<ConnectionOf<Seat>>> {
        nullable(async {
            let event = ids::event_id(ctx, &event_id.read()?).await?;
            let event = known_event(ctx, event).await?;
            let filter = filter.read()?;
            Ok(Some(seats_page(ctx, &event, filter, first, after.as_deref()).await?))
        })
        .await
    }

    /// Every seat of an event as of one revision: subscribe with seatChanges(since: revision) and
    /// nothing is missed.
    async fn seat_map(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: Argument<ID>,
    ) -> Option<Result<SeatMap>> {
        nullable(async {
            let event = EventScope::new(ids::event_id(ctx, &event_id.read()?).await?);
            Ok(Some(SeatMap::load(ctx, &event).await?))
        })
        .await
    }

    /// Where an event's seats are, what they are called and which category they have: the same for
    /// everybody until its version changes. Asked by GET, it comes with an ETag.
    async fn seat_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: Argument<ID>,
    ) -> Option<Result<SeatPlan>> {
        nullable(async {
            let event = EventScope::new(ids::event_id(ctx, &event_id.read()?).await?);
            Ok(Some(SeatPlan::load(ctx, &event).await?))
        })
        .await
    }

    /// What an event's map shows of its seats now, a letter for each: the subscription of the same
    /// name begins with it.
    async fn seat_statuses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: Argument<ID>,
    ) -> Option<Result<SeatStatuses>> {
        nullable(async {
            let event = ids::event_id(ctx, &event_id.read()?).await?;
            let read = ctx.look_up_map(async move |store| store.seat_letters(event).await).await?;
            Ok(Some(SeatStatuses::whole(&read.ok_or_else(Fault::no_such_event)?)))
        })
        .await
    }

    /// All webhooks, in the order in which they were made; for ADMIN.
    async fn webhooks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Option<Result<ConnectionOf<Webhook>>> {
        nullable(async {
            ctx.require(Role::Admin)?;
            let page = paging::WEBHOOKS.request(first, after.as_deref())?;
            let (after, limit) = (page.after().map(WebhookId), page.limit());
            let look_up = async move |store: Store| store.webhooks_page(after, limit).await;
            let webhooks = ctx.look_up(look_up).await?;
            Ok(Some(page.connection(webhooks, |record| (record.id.0, Webhook(record)))))
        })
        .await
    }

    #[graphql(name = "__introspected", visible = false)]
    async fn introspected(&self, ctx: &Context<'_>) -> Option<Result<ReadyValue>> {
        nullable(async {
            let Some(answers) = ctx.data_opt::<Introspected>() else { return Ok(None) };
            let key = &ctx.item.node.response_key().node;
            Ok(answers.field(key)?.map(ReadyValue))
        })
        .await
    }

    /// Who is asking; null without credentials.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        ctx.viewer().cloned().map(Viewer)
    }
}

async fn find_node(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, Fault> {
    Ok(match AnyId::decode(id) {
        Some(AnyId::Event(event)) => find_event(ctx, event).await?.map(Node::Event),
        Some(AnyId::Seat(seat)) => find_seat(ctx, seat).await?.map(Node::Seat),
        Some(AnyId::Order(order)) => find_order(ctx, order).await?.map(Node::Order),
        Some(AnyId::Category(category)) => {
            let event = EventScope::new(category.event);
            event.find_category(ctx, category).await?.map(Node::Category)
        }
        // A viewer knows their own id, and nobody is told of another's.
        None => {
            let viewer = ctx.viewer().filter(|viewer| ids::viewer_id(&viewer.id) == *id);
            viewer.cloned().map(Viewer).map(Node::Viewer)
        }
    })
}

async fn find_event_by(ctx: &Context<'_>, id_or_slug: &ID) -> Result<Option<Event>, Fault> {
    match ids::find_event_id(ctx, id_or_slug).await? {
        Some(event) => find_event(ctx, event).await,
        None => Ok(None),
    }
}

async fn find_event(ctx: &Context<'_>, event: EventId) -> Result<Option<Event>, Fault> {
    let record = ctx.loader().load_one(EventKey(event)).await?;
    Ok(record.map(|record| Event::known((*record).clone())))
}

async fn known_event(
    ctx: &Context<'_>,
    event: EventId,
) -> Result<std::sync::Arc<EventScope>, Fault> {
    find_event(ctx, event).await?.map(|event| event.scope).ok_or_else(Fault::no_such_event)
}

async fn find_seat(ctx: &Context<'_>, seat: SeatId) -> Result<Option<Seat>, Fault> {
    let record = ctx.loader().load_one(seat).await?;
    Ok(record.map(|record| Seat::read(&EventScope::new(seat.event), (*record).clone())))
}

async fn find_order(ctx: &Context<'_>, order: OrderId) -> Result<Option<Order>, Fault> {
    let Some(viewer) = ctx.viewer() else { return Ok(None) };
    let found = ctx.loader().load_one(order).await?;
    Ok(found.filter(|order| may_see(viewer, order)).map(Order::new))
}

async fn find_order_by_code(ctx: &Context<'_>, code: &str) -> Result<Option<Order>, Fault> {
    let Some(viewer) = ctx.viewer() else { return Ok(None) };
    let Some(code) = OrderCode::read(code) else { return Ok(None) };
    let found = ctx.look_up(async move |store| store.order_by_code(code).await).await?;
    Ok(found.filter(|order| may_see(viewer, order)).map(Order::new))
}

/// Orders are for those who own them, and for the shop that sold them.
fn may_see(viewer: &identity::Viewer, order: &domain::Order) -> bool {
    viewer.has_role(Role::Shop) || order.viewer == viewer.id
}
