//! The way from a resolver to the desk.

use async_graphql::Context;

use super::context::ContextExt as _;
use super::error::Fault;
use super::loaders::EventKey;
use crate::account::{Account, Permit};
use crate::desk::DeskError;
use crate::domain::EventId;
use crate::domain::command::Command;
use crate::identity::{Asker, Viewer};

/// Has a command of a viewer decided, in turn with those of others, as far as the viewer's share
/// goes. Of events that are not there the desk never hears.
pub(super) async fn submit<C: Command>(
    ctx: &Context<'_>,
    viewer: &Viewer,
    event: EventId,
    command: C,
) -> Result<C::Outcome, Fault> {
    require_event(ctx, event).await?;
    let (services, account) = (ctx.services(), Account::Viewer(viewer.id.clone()));
    let counted = ctx.data_opt::<Asker>().and_then(Asker::counted);
    let permit = counted.map_or_else(|| Ok(Permit::default()), |it| services.shares.book(&it))?;
    let outcome = services.desk.submit(account, permit, event, command).await;
    if let Err(DeskError::NoSuchEvent) = outcome {
        services.known_events.forget(event);
    }
    Ok(outcome?)
}

/// Whether there is an event that an id names. It is looked up until it was found once.
///
/// # Errors
///
/// If there is none.
pub(super) async fn require_event(ctx: &Context<'_>, event: EventId) -> Result<(), Fault> {
    let known = &ctx.services().known_events;
    if !known.contains(event) {
        ctx.loader().load_one(EventKey(event)).await?.ok_or_else(Fault::no_such_event)?;
        known.keep(event);
    }
    Ok(())
}
