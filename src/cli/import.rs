//! `grand-arena import`

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;

use super::error::{CommandError, sentence};
use super::export::read_venue;
use super::limit::{Limit, WhoConfirms};
use super::progress::Progress;
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::domain::EventId;
use crate::domain::event::NewEvent;
use crate::domain::plan::SeatPlan;
use crate::graphql;
use crate::import::{EventTerms, ImportError, Venue, Venues};
use crate::store::Store;
use crate::store::catalog::CatalogError;
use crate::store::reads::VenueRecord;

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The files: CSV with a header line, which is one event, or JSON as docs/venue-format.md has
    /// it, with one event or several. Both in UTF-8.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The event's name in addresses: lower-case letters, digits and hyphens. This and what follows
    /// is needed where the file does not say it, and goes before what it says.
    #[arg(long, value_name = "SLUG")]
    event: Option<String>,
    /// The event's name for people.
    #[arg(long)]
    name: Option<String>,
    /// Where it takes place.
    #[arg(long)]
    venue: Option<String>,
    /// When it starts, as 2026-12-31T20:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    starts_at: Option<DateTime<Utc>>,
    /// The time zone that its start is said in, as America/New_York: a name of the IANA database.
    /// UTC unless said.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// From when seats can be reserved, as 2026-12-01T10:00:00Z; at once unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_open_at: Option<DateTime<Utc>>,
    /// From when seats can no longer be reserved; when it starts unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts, in seconds, 1 to 86400; 300 unless said.
    #[arg(long, value_name = "SECONDS")]
    hold_seconds: Option<u32>,
    /// By how much a hold may be prolonged, once, while its holder pays, in seconds, up to 86400;
    /// not at all unless said.
    #[arg(long, value_name = "SECONDS")]
    hold_extension_seconds: Option<u32>,
    /// The most seats one viewer may hold and own together, 1 to 100000, or `none` for no limit; 8
    /// unless said.
    #[arg(long, value_name = "NUMBER")]
    max_seats_per_viewer: Option<Limit>,
    /// The most seats one viewer may let go in ten minutes and still get more, 1 to 1000, or `none`
    /// for no limit; 60 unless said.
    #[arg(long, value_name = "NUMBER")]
    max_seats_let_go: Option<Limit>,
    /// Who confirms seats that cost money: the buyer, or the shop's own server after payment; the
    /// shop unless said.
    #[arg(long, value_name = "WHO")]
    confirmed_by: Option<WhoConfirms>,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl ImportArguments {
    /// What is said of the event, before what the file says.
    fn terms(&self) -> EventTerms {
        EventTerms {
            slug: self.event.clone(),
            name: self.name.clone(),
            venue: self.venue.clone(),
            starts_at: self.starts_at,
            time_zone: self.time_zone.clone(),
            sales_open_at: self.sales_open_at,
            sales_close_at: self.sales_close_at,
            hold_seconds: self.hold_seconds,
            hold_extension_seconds: self.hold_extension_seconds,
            max_seats_per_viewer: self.max_seats_per_viewer.map(|limit| limit.0),
            max_seats_let_go: self.max_seats_let_go.map(|limit| limit.0),
            confirmed_by: self.confirmed_by.map(Into::into),
        }
    }
}

/// An event of a file, and how many seats it has.
struct Found {
    slug: String,
    seats: usize,
}

/// Brings in the events of all files, each of them whole or not at all. First all of them are
/// looked at, so that nothing is brought in where something is wrong with one.
pub(super) async fn bring_in(arguments: ImportArguments) -> Result<(), CommandError> {
    let terms = arguments.terms();
    let found = look_at_all(&arguments.files, &terms)?;
    let seats = found.iter().map(|event| event.seats).sum();
    let database = Database::open_beside(&arguments.database).await?;
    with_store(&arguments.database, database, async |store| {
        store.migrate().await.map_err(DatabaseError::from)?;
        let mut progress = Progress::of(seats);
        let mut refused = 0;
        for file in &arguments.files {
            let mut venues = Some(open(file)?);
            while let Some(venue) = next_in_turn(file, &mut venues).await? {
                let event = event_of(file, venue.terms, &terms)?;
                let outcome = bring_in_one(store, &event, &venue.plan, &mut progress).await?;
                refused += usize::from(matches!(outcome, Outcome::Refused(_)));
                progress.say(&format!("{}: {outcome}", event.slug))?;
            }
        }
        progress.end();
        match (refused, found.len()) {
            (0, _) => Ok(()),
            (1, 1) => Err(CommandError::Import("nothing was brought in".to_owned())),
            (refused, all) => Err(CommandError::Import(format!(
                "{refused} of {all} events were not brought in; all others are there"
            ))),
        }
    })
    .await
}

/// What became of an event.
enum Outcome {
    Created { seats: usize, id: EventId },
    IsThere { seats: usize, has_these_terms: bool },
    Refused(&'static str),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created { seats, id } => {
                let id = graphql::ids::AnyId::Event(*id).encode();
                write!(f, "brought in, seats: {seats}, id: {}", *id)
            }
            Self::IsThere { seats, has_these_terms } => {
                write!(f, "left as it is: it is there with this plan, seats: {seats}")?;
                if *has_these_terms {
                    return Ok(());
                }
                f.write_str("; its terms are others, and an import does not change them")
            }
            Self::Refused(difference) => write!(
                f,
                "not brought in: there is an event of this name whose {difference}; give this one \
                    another name with --event, or export that one to see what it has"
            ),
        }
    }
}

async fn bring_in_one(
    store: &Store,
    event: &NewEvent,
    plan: &SeatPlan,
    progress: &mut Progress,
) -> Result<Outcome, CommandError> {
    let seats = plan.seats().len();
    match store.create_event_telling(event, plan, &mut |more| progress.advance(more)).await {
        Ok(id) => Ok(Outcome::Created { seats, id }),
        Err(CatalogError::SlugTaken(_)) => {
            progress.advance(seats);
            let there = match store.event_id_by_slug(&event.slug).await? {
                Some(id) => read_venue(store, id, &event.slug).await?,
                None => None,
            };
            Ok(match there {
                Some(there) => compared(&there, event, plan),
                // Somebody has taken it away in this moment.
                None => Outcome::Refused("plan is not known"),
            })
        }
        Err(error) => Err(CommandError::Import(sentence(&error))),
    }
}

/// What is there of an event that is to be brought in.
fn compared(there: &VenueRecord, event: &NewEvent, plan: &SeatPlan) -> Outcome {
    let difference = if there.plan == *plan {
        let has_these_terms = there.event == *event;
        return Outcome::IsThere { seats: plan.seats().len(), has_these_terms };
    } else if there.plan.seats().len() != plan.seats().len() {
        "number of seats is another"
    } else if there.plan.seats() != plan.seats() {
        "seats are others"
    } else if there.plan.drawing() != plan.drawing() {
        "stage, outlines or labels are others"
    } else {
        "categories or prices are others"
    };
    Outcome::Refused(difference)
}

/// Reads all files to their ends, and keeps of them what their events are called.
fn look_at_all(files: &[PathBuf], terms: &EventTerms) -> Result<Vec<Found>, CommandError> {
    let mut found: Vec<Found> = Vec::new();
    for file in files {
        let mut venues = open(file)?;
        while let Some(venue) = next(file, &mut venues)? {
            let NewEvent { slug, .. } = event_of(file, venue.terms, terms)?;
            if found.iter().any(|event| event.slug == slug) {
                let why = if terms.slug.is_some() {
                    "--event names one event, and there are several"
                } else {
                    "an event is there twice in what is to be brought in"
                };
                return Err(CommandError::Import(format!("{}: {slug}: {why}", file.display())));
            }
            found.push(Found { slug, seats: venue.plan.seats().len() });
        }
    }
    Ok(found)
}

/// The event that a file means, with what was said beside it.
fn event_of(file: &Path, said: EventTerms, terms: &EventTerms) -> Result<NewEvent, CommandError> {
    let refused = |why: String| CommandError::Import(format!("{}: {why}", file.display()));
    let event = terms.clone().or(said).event().map_err(|missing| {
        let flags = missing.iter().map(|name| match *name {
            "slug" => "--event",
            "name" => "--name",
            "venue" => "--venue",
            _ => "--starts-at",
        });
        let flags: Vec<_> = flags.collect();
        refused(format!(
            "the file does not say all of the event's terms: give {}",
            flags.join(", ")
        ))
    })?;
    event.check().map_err(|error| refused(format!("{}: {}", event.slug, sentence(&error))))?;
    Ok(event)
}

type OpenFile = Venues<BufReader<File>>;

fn open(file: &Path) -> Result<OpenFile, CommandError> {
    let opened = File::open(file).map_err(|error| {
        CommandError::Import(format!("{} cannot be read: {error}", file.display()))
    })?;
    Venues::open(opened).map_err(|error| refusal(file, &error))
}

fn next(file: &Path, venues: &mut OpenFile) -> Result<Option<Venue>, CommandError> {
    venues.read_next().map_err(|error| refusal(file, &error))
}

/// The same where others wait for their turn on this thread: large files take seconds.
async fn next_in_turn(
    file: &Path,
    venues: &mut Option<OpenFile>,
) -> Result<Option<Venue>, CommandError> {
    let Some(mut open) = venues.take() else { return Ok(None) };
    let read = tokio::task::spawn_blocking(move || (open.read_next(), open)).await;
    let (venue, open) = read.map_err(io::Error::other)?;
    *venues = Some(open);
    venue.map_err(|error| refusal(file, &error))
}

fn refusal(file: &Path, error: &ImportError) -> CommandError {
    CommandError::Import(format!("{}: {}", file.display(), sentence(error)))
}
