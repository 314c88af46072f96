//! Managing events: making them, changing them, removing them. All need ADMIN.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};

use crate::domain::ViewerId;
use crate::domain::churn::DEFAULT_MAX_SEATS_LET_GO;
use crate::domain::command::UpdateEvent;
use crate::domain::event::{
    DEFAULT_HOLD_SECONDS, DEFAULT_MAX_SEATS_PER_VIEWER, DEFAULT_TIME_ZONE, NewEvent,
};
use crate::domain::event_details::EventChanges;
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids;
use crate::graphql::nullable::nullable;
use crate::graphql::scalars::DateTime;
use crate::graphql::serial::SerialUnion;
use crate::graphql::submit::submit;
use crate::graphql::types::{
    ConfirmedBy, CreateEventResult, DeleteEventResult, EventStatus, UpdateEventResult,
};
use crate::identity::Role;
use crate::store::Store;
use crate::store::catalog::{CatalogError, Deletion, PlanSource};

/// What those do who run a sale.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Events;

/// A new event.
#[derive(Clone, Debug, InputObject)]
pub(super) struct CreateEventInput {
    /// Its name in addresses, which no other event has: 1 to 63 lower-case letters, digits and
    /// hyphens. It never changes.
    slug: String,
    /// Its name for people, 1 to 200 characters.
    name: String,
    /// Where it takes place, 1 to 200 characters.
    venue: String,
    /// When it starts.
    starts_at: DateTime,
    /// What the start is said in: a name of the IANA time zone database. UTC unless said.
    time_zone: Option<String>,
    /// What its prices are in, by its code in ISO 4217; it never changes. Needed without
    /// `planFrom`. With it, it is that event's, and what is said here must be the same.
    currency: Option<String>,
    /// From when seats can be reserved, before the start and the end of sales; at once unless said.
    sales_open_at: Option<DateTime>,
    /// From when seats can no longer be reserved; when the event starts unless said.
    sales_close_at: Option<DateTime>,
    /// How long a hold lasts, in seconds, 1 to 86400; 300 unless said.
    hold_seconds: Option<i32>,
    /// By how much a hold may be prolonged, once, in seconds, 0 to 86400; 0 unless said.
    hold_extension_seconds: Option<i32>,
    /// The most seats one viewer may hold and own together, 1 to 100000; 8 unless said, null for no
    /// limit.
    max_seats_per_viewer: MaybeUndefined<i32>,
    /// The most seats one viewer may let go within ten minutes and still get more, 1 to 1000; 60
    /// unless said, null for no limit.
    max_seats_let_go: MaybeUndefined<i32>,
    /// Who confirms seats that cost money; SHOP unless said.
    confirmed_by: Option<ConfirmedBy>,
    /// The event whose plan is copied, as it is now: its id, or its slug. Places, categories with
    /// their prices and what the map shows come along. All seats are for sale. Without it the event
    /// has no seats yet.
    plan_from: Option<ID>,
}

/// What is to be different of an event. What is not said stays as it is.
#[derive(Clone, Debug, InputObject)]
pub(super) struct UpdateEventInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// Its name for people.
    name: Option<String>,
    /// Where it takes place.
    venue: Option<String>,
    /// When it starts.
    starts_at: Option<DateTime>,
    /// What the start is said in: a name of the IANA time zone database.
    time_zone: Option<String>,
    /// From when seats can be reserved; null: at once.
    sales_open_at: MaybeUndefined<DateTime>,
    /// From when seats can no longer be reserved; null: when the event starts.
    sales_close_at: MaybeUndefined<DateTime>,
    /// How long a hold lasts, in seconds. Holds that are there keep their end.
    hold_seconds: Option<i32>,
    /// By how much a hold may be prolonged from now on, in seconds.
    hold_extension_seconds: Option<i32>,
    /// The most seats one viewer may hold and own together; null: no limit. Whoever has more keeps
    /// them, and gets no more.
    max_seats_per_viewer: MaybeUndefined<i32>,
    /// The most seats one viewer may let go within ten minutes and still get more; null: no limit.
    max_seats_let_go: MaybeUndefined<i32>,
    /// Who confirms seats that cost money.
    confirmed_by: Option<ConfirmedBy>,
    /// Whether a reservation may leave a single free seat between taken ones.
    allows_lone_seats: Option<bool>,
    /// UPCOMING and ON_SALE both publish the event or open its sales again: which of the two it
    /// is then, the sales window says. That is refused once the window is over; give it another end
    /// at the same time. CLOSED closes the sales of a published event. CANCELLED is for any event,
    /// and for ever: nothing can be reserved or confirmed, holds end, orders stay. DRAFT is refused
    /// of an event that was published.
    status: Option<EventStatus>,
}

/// An event to remove.
#[derive(Clone, Debug, InputObject)]
pub(super) struct DeleteEventInput {
    /// The event: its id, or its slug.
    event_id: ID,
}

/// What those do who run a sale.
#[Object]
impl Events {
    /// Makes an event, which is a DRAFT: it is to be prepared, and then published by updateEvent.
    /// For ADMIN.
    async fn create_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is to be.")] input: Argument<CreateEventInput>,
    ) -> Option<Result<SerialUnion<CreateEventResult>>> {
        nullable(Box::pin(async {
            let (by, input) = (ctx.require(Role::Admin)?.id.clone(), input.read()?);
            let created = create(ctx, by, input).await?;
            Ok(Some(SerialUnion(CreateEventResult::new(created)?)))
        }))
        .await
    }

    /// Changes an event, all that is said or nothing. What was granted stays as it was: holds keep
    /// their end, and whoever has more seats than a new limit keeps them. For ADMIN.
    async fn update_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] input: Argument<UpdateEventInput>,
    ) -> Option<Result<SerialUnion<UpdateEventResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Admin)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let update = UpdateEvent { by: asker.id.clone(), changes: input.changes() };
            let outcome = submit(ctx, asker, event, update).await?;
            Ok(Some(SerialUnion(UpdateEventResult::new(event, outcome))))
        }))
        .await
    }

    /// Removes an event of which nothing was ever sold and nothing is held, with all that it has.
    /// Its entries in the audit log stay. For ADMIN.
    async fn delete_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which event.")] input: Argument<DeleteEventInput>,
    ) -> Option<Result<SerialUnion<DeleteEventResult>>> {
        nullable(Box::pin(async {
            let (by, input) = (ctx.require(Role::Admin)?.id.clone(), input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let delete = async move |store: Store| store.delete_event(&by, event).await;
            let deletion = ctx.look_up(delete).await?;
            if let Deletion::Deleted | Deletion::NoSuchEvent = deletion {
                ctx.services().known_events.forget(event);
                ctx.services().slugs.forget(event);
            }
            Ok(Some(SerialUnion(DeleteEventResult::new(event, deletion)?)))
        }))
        .await
    }
}

async fn create(
    ctx: &Context<'_>,
    by: ViewerId,
    input: CreateEventInput,
) -> Result<Result<crate::domain::EventId, CatalogError>, Fault> {
    let plan = match &input.plan_from {
        None => PlanSource::Nowhere { currency: input.currency.clone().unwrap_or_default() },
        Some(event) => PlanSource::Event {
            event: ids::event_id(ctx, event).await?,
            currency: input.currency.clone(),
        },
    };
    let event = input.event();
    // Expected refusals are no errors of the database.
    let create = async move |store: Store| match store.create_draft(&by, &event, &plan).await {
        Err(CatalogError::Store(error)) => Err(error),
        created => Ok(created),
    };
    ctx.look_up(create).await
}

impl CreateEventInput {
    fn event(self) -> NewEvent {
        NewEvent {
            slug: self.slug,
            name: self.name,
            venue: self.venue,
            starts_at: self.starts_at.0,
            time_zone: self.time_zone.unwrap_or_else(|| DEFAULT_TIME_ZONE.to_owned()),
            sales_open_at: self.sales_open_at.map(|at| at.0),
            sales_close_at: self.sales_close_at.map(|at| at.0),
            hold_seconds: self.hold_seconds.map_or(DEFAULT_HOLD_SECONDS, bound),
            hold_extension_seconds: self.hold_extension_seconds.map_or(0, bound),
            max_seats_per_viewer: said(self.max_seats_per_viewer, bound)
                .unwrap_or(Some(DEFAULT_MAX_SEATS_PER_VIEWER)),
            max_seats_let_go: said(self.max_seats_let_go, bound)
                .unwrap_or(Some(DEFAULT_MAX_SEATS_LET_GO)),
            confirmed_by: self.confirmed_by.map(Into::into).unwrap_or_default(),
        }
    }
}

impl UpdateEventInput {
    fn changes(self) -> EventChanges {
        EventChanges {
            name: self.name,
            venue: self.venue,
            starts_at: self.starts_at.map(|at| at.0),
            time_zone: self.time_zone,
            sales_open_at: said(self.sales_open_at, |at| at.0),
            sales_close_at: said(self.sales_close_at, |at| at.0),
            hold_seconds: self.hold_seconds.map(bound),
            hold_extension_seconds: self.hold_extension_seconds.map(bound),
            max_seats_per_viewer: said(self.max_seats_per_viewer, bound),
            max_seats_let_go: said(self.max_seats_let_go, bound),
            confirmed_by: self.confirmed_by.map(Into::into),
            allows_lone_seats: self.allows_lone_seats,
            stage: self.status.map(EventStatus::stage),
        }
    }
}

/// What is beyond every bound stands for what is below zero.
fn bound(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A value that may be cleared; `None` if nothing is said of it.
fn said<T, U>(value: MaybeUndefined<T>, read: impl FnOnce(T) -> U) -> Option<Option<U>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(read(value))),
    }
}
