//! `grand-arena event block` and `unblock`: seats named as a plan names them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::output::OutputArguments;
use super::within::{actor, named, nothing_named, within};
use crate::cli::error::CommandError;
use crate::domain::command::{
    Block, Blocked, Command, MAX_SEATS_PER_BLOCK, SeatSet, UnavailableReason, Unblock,
};
use crate::domain::plan::{LABEL_RULE, label, place_key};
use crate::domain::{BlockReason, EventId, SeatBlock, SeatId, ViewerId};
use crate::store::Store;

/// The most seats in the way that are named.
const NAMED: usize = 20;

#[derive(Debug, Args)]
pub(super) struct SeatsArguments {
    /// The event's slug.
    #[arg(value_name = "SLUG")]
    event: String,
    /// The section; all of its seats unless a row is named.
    #[arg(long, value_name = "NAME")]
    section: String,
    /// The row; all of its seats unless some are named.
    #[arg(long, value_name = "NAME")]
    row: Option<String>,
    /// A seat of the row; may be said several times.
    #[arg(long, value_name = "NUMBER", requires = "row")]
    seat: Vec<String>,
    /// Why. Of unblock the audit log alone says it.
    #[arg(long, value_enum, default_value = "other")]
    reason: Reason,
    /// For whom or what, in words. Of unblock the audit log alone says it.
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// Kept by the house: guests, staff, the police.
    House,
    /// Given to a sponsor.
    Sponsor,
    /// Cannot be used: no view, broken, or in the way of a camera.
    Kill,
    /// Anything else.
    Other,
}

impl From<Reason> for BlockReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::House => Self::House,
            Reason::Sponsor => Self::Sponsor,
            Reason::Kill => Self::Kill,
            Reason::Other => Self::Other,
        }
    }
}

/// Takes seats off sale, all of them or none.
pub(super) async fn block(arguments: SeatsArguments) -> Result<(), CommandError> {
    change(arguments, "blocked", |by, seats, block| Block { by, seats, block }).await
}

/// Puts seats on sale again, all of them or none.
pub(super) async fn unblock(arguments: SeatsArguments) -> Result<(), CommandError> {
    let command = |by, seats, why| Unblock { by, seats, why: Some(why) };
    change(arguments, "unblocked", command).await
}

async fn change<C>(
    arguments: SeatsArguments,
    done: &str,
    command: impl FnOnce(ViewerId, SeatSet, SeatBlock) -> C,
) -> Result<(), CommandError>
where
    C: Command<Outcome = Result<Blocked, Vec<(SeatId, UnavailableReason)>>>,
{
    let why = SeatBlock { reason: arguments.reason.into(), label: read_label(&arguments)? };
    within(&arguments.output.database, async |store| {
        let id = named(store, &arguments.event).await?;
        let places = chosen(store, id, &arguments).await?;
        let seats = SeatSet::of_up_to(MAX_SEATS_PER_BLOCK, places.keys().copied().collect());
        let seats = seats.map_err(|_| wrong_number(places.len()))?;
        let outcome = store.book_alone(id, command(actor()?, seats, why)).await?;
        let outcome = outcome.ok_or_else(|| nothing_named(&arguments.event))?;
        let blocked = outcome.map_err(|in_the_way| refused(&in_the_way, &places))?;
        let (seats, revision) = (blocked.seats.len(), blocked.revision);
        if arguments.output.json {
            return Ok(format!("{:#}\n", json!({ "seats": seats, "revision": revision.0 })));
        }
        let what = if seats == 1 { "1 seat is".to_owned() } else { format!("{seats} seats are") };
        Ok(format!("{what} {done}\n"))
    })
    .await
}

fn read_label(arguments: &SeatsArguments) -> Result<Option<String>, CommandError> {
    let read = |text: &String| {
        let label = label(text).map(Cow::into_owned);
        label.ok_or_else(|| CommandError::Usage(format!("--label must have {LABEL_RULE}")))
    };
    arguments.label.as_ref().map(read).transpose()
}

/// The seats that are meant, and what people call them.
async fn chosen(
    store: &Store,
    event: EventId,
    arguments: &SeatsArguments,
) -> Result<BTreeMap<SeatId, String>, CommandError> {
    let map = store.seat_map(event).await?.ok_or_else(|| nothing_named(&arguments.event))?;
    let is = |wanted: &str, name: &str| place_key(wanted) == place_key(name);
    let seats = map.seats.into_iter().filter_map(|record| {
        let place = &record.location;
        let is_meant = is(&arguments.section, &place.section)
            && arguments.row.as_ref().is_none_or(|row| is(row, &place.row))
            && (arguments.seat.is_empty()
                || arguments.seat.iter().any(|number| is(number, &place.number)));
        let name = || format!("row {}, seat {}", place.row, place.number);
        is_meant.then(|| (record.seat.id, name()))
    });
    let seats: BTreeMap<SeatId, String> = seats.collect();
    if seats.is_empty() || seats.len() < arguments.seat.len() {
        let what = "not all of these seats are in the plan; look at `grand-arena export`";
        return Err(CommandError::Event(what.to_owned()));
    }
    Ok(seats)
}

fn wrong_number(seats: usize) -> CommandError {
    let most = MAX_SEATS_PER_BLOCK;
    CommandError::Event(format!("these are {seats} seats, and {most} go at a time; name a row"))
}

fn refused(
    in_the_way: &[(SeatId, UnavailableReason)],
    places: &BTreeMap<SeatId, String>,
) -> CommandError {
    let why = |reason: UnavailableReason| match reason {
        UnavailableReason::ReservedByAnother => "held",
        UnavailableReason::Confirmed => "sold",
        UnavailableReason::NotForSale | UnavailableReason::NotFound => "not there",
    };
    let line = |(seat, reason): &(SeatId, UnavailableReason)| {
        let name = places.get(seat).map_or("a seat", String::as_str);
        format!("{name} is {}", why(*reason))
    };
    let lines: Vec<_> = in_the_way.iter().take(NAMED).map(line).collect();
    let more = in_the_way.len() - lines.len();
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    CommandError::Event(format!("nothing was changed: {}{more}", lines.join("; ")))
}
