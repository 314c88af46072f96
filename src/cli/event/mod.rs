//! `grand-arena event`: what the API's mutations do with events, from the shell.
//!
//! By the same rules: each change is a command on the event's ledger, under its lock, beside
//! running servers, which hear of it. Each is in the audit log, as done by `cli:` and the user.

mod block;
mod output;
mod show;
mod terms;
mod within;

use clap::{Args, Subcommand};

use self::block::{SeatsArguments, block, unblock};
use self::output::OutputArguments;
use self::show::{list, show};
use self::terms::{CreateArguments, TermArguments};
use self::within::{actor, named, nothing_named, within};
use super::error::{CommandError, sentence};
use super::orders::{self, OrdersArguments};
use crate::domain::EventStage;
use crate::domain::command::UpdateEvent;
use crate::domain::event_details::EventChanges;
use crate::store::catalog::PlanSource;

#[derive(Debug, Args)]
pub(super) struct EventArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists all events by their start, drafts as well.
    List(OutputArguments),
    /// Shows everything about an event.
    Show(NamedArguments),
    /// Makes an event, which is a draft.
    Create(CreateArguments),
    /// Changes an event: what is not said stays. Holds that are there keep their end.
    Update(UpdateArguments),
    /// Publishes an event, or opens its sales again: it is on sale within its sales window.
    Open(NamedArguments),
    /// Closes the sales of an event. What is held can still be confirmed.
    Close(NamedArguments),
    /// Cancels an event, for ever: nothing can be reserved or confirmed, holds end, orders stay.
    Cancel(NamedArguments),
    /// Takes seats off sale, all that are named or none; held and sold ones are in the way.
    Block(SeatsArguments),
    /// Puts seats on sale again.
    Unblock(SeatsArguments),
    /// Lists an event's orders, newest first.
    Orders(OrdersArguments),
}

#[derive(Debug, Args)]
struct NamedArguments {
    /// The event's slug.
    #[arg(value_name = "SLUG")]
    event: String,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Args)]
struct UpdateArguments {
    #[command(flatten)]
    named: NamedArguments,
    #[command(flatten)]
    terms: TermArguments,
}

/// Does what is asked with an event.
pub(super) async fn manage(arguments: EventArguments) -> Result<(), CommandError> {
    match arguments.action {
        Action::List(output) => {
            within(&output.database, async |store| list(store, output.json).await).await
        }
        Action::Show(NamedArguments { event, output }) => {
            within(&output.database, async |store| {
                let id = named(store, &event).await?;
                show(store, id, output.json).await
            })
            .await
        }
        Action::Create(arguments) => create(arguments).await,
        Action::Update(UpdateArguments { named, terms }) => update(named, terms.changes()).await,
        Action::Open(named) => to(named, EventStage::Published).await,
        Action::Close(named) => to(named, EventStage::Closed).await,
        Action::Cancel(named) => to(named, EventStage::Cancelled).await,
        Action::Block(arguments) => block(arguments).await,
        Action::Unblock(arguments) => unblock(arguments).await,
        Action::Orders(arguments) => orders::list(arguments).await,
    }
}

async fn to(named: NamedArguments, stage: EventStage) -> Result<(), CommandError> {
    update(named, EventChanges { stage: Some(stage), ..EventChanges::default() }).await
}

async fn update(arguments: NamedArguments, changes: EventChanges) -> Result<(), CommandError> {
    let NamedArguments { event, output } = arguments;
    within(&output.database, async |store| {
        let (id, by) = (named(store, &event).await?, actor()?);
        let outcome = store.book_alone(id, UpdateEvent { by, changes }).await?;
        let outcome = outcome.ok_or_else(|| nothing_named(&event))?;
        outcome.map_err(|refusal| CommandError::Event(refusal.to_string()))?;
        show(store, id, output.json).await
    })
    .await
}

async fn create(arguments: CreateArguments) -> Result<(), CommandError> {
    let event = arguments.event();
    let CreateArguments { plan_from, currency, output, .. } = arguments;
    within(&output.database, async |store| {
        let plan = match plan_from {
            Some(source) => PlanSource::Event { event: named(store, &source).await?, currency },
            None => PlanSource::Nowhere { currency: currency.unwrap_or_default() },
        };
        let created = store.create_draft(&actor()?, &event, &plan).await;
        let id = created.map_err(|error| CommandError::Event(sentence(&error)))?;
        show(store, id, output.json).await
    })
    .await
}
