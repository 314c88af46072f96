//! `grand-arena import`

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use super::error::{CommandError, sentence};
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::domain::ConfirmedBy;
use crate::domain::churn::DEFAULT_MAX_SEATS_LET_GO;
use crate::domain::event::{
    DEFAULT_HOLD_SECONDS, DEFAULT_MAX_SEATS_PER_VIEWER, DEFAULT_TIME_ZONE, NewEvent,
};
use crate::{graphql, import};

#[derive(Debug, Args)]
pub(super) struct ImportArguments {
    /// The CSV file, in UTF-8, with a header line.
    file: PathBuf,
    /// The event's name in addresses: lower-case letters, digits and hyphens.
    #[arg(long, value_name = "SLUG")]
    event: String,
    /// The event's name for people.
    #[arg(long)]
    name: String,
    /// Where it takes place.
    #[arg(long)]
    venue: String,
    /// When it starts, as 2026-12-31T20:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    starts_at: DateTime<Utc>,
    /// The time zone that its start is said in, as America/New_York: a name of the IANA database.
    #[arg(long, value_name = "ZONE", default_value = DEFAULT_TIME_ZONE)]
    time_zone: String,
    /// From when seats can be reserved, as 2026-12-01T10:00:00Z; at once unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_open_at: Option<DateTime<Utc>>,
    /// From when seats can no longer be reserved; when it starts unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts, in seconds, 1 to 86400.
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_HOLD_SECONDS)]
    hold_seconds: u32,
    /// By how much a hold may be prolonged, once, while its holder pays, in seconds, up to 86400;
    /// not at all unless said.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    hold_extension_seconds: u32,
    /// The most seats one viewer may hold and own together, 1 to 100000, or `none` for no limit.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_LIMIT)]
    max_seats_per_viewer: Limit,
    /// The most seats one viewer may let go in ten minutes and still get more, 1 to 1000, or `none`
    /// for no limit.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_LET_GO)]
    max_seats_let_go: Limit,
    /// Who confirms seats that cost money: the buyer, or the shop's own server after payment.
    #[arg(long, value_name = "WHO", default_value = "shop")]
    confirmed_by: WhoConfirms,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// So many seats, or any number of them.
#[derive(Clone, Copy, Debug)]
struct Limit(Option<u32>);

const DEFAULT_LIMIT: Limit = Limit(Some(DEFAULT_MAX_SEATS_PER_VIEWER));
const DEFAULT_LET_GO: Limit = Limit(Some(DEFAULT_MAX_SEATS_LET_GO));

/// How no limit is said.
const NO_LIMIT: &str = "none";

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == NO_LIMIT {
            return Ok(Self(None));
        }
        let number = text.parse().map_err(|_| format!("write a number, or `{NO_LIMIT}`"))?;
        Ok(Self(Some(number)))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => number.fmt(f),
            None => NO_LIMIT.fmt(f),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhoConfirms {
    Buyer,
    Shop,
}

impl From<WhoConfirms> for ConfirmedBy {
    fn from(who: WhoConfirms) -> Self {
        match who {
            WhoConfirms::Buyer => Self::Buyer,
            WhoConfirms::Shop => Self::Shop,
        }
    }
}

/// Brings in an event, all of it or nothing.
pub(super) async fn bring_in(arguments: ImportArguments) -> Result<(), CommandError> {
    let file = File::open(&arguments.file).map_err(|error| {
        CommandError::Import(format!("{} cannot be read: {error}", arguments.file.display()))
    })?;
    let plan = import::parse(file).map_err(|error| {
        CommandError::Import(format!("{}: {}", arguments.file.display(), sentence(&error)))
    })?;
    let event = NewEvent {
        slug: arguments.event,
        name: arguments.name,
        venue: arguments.venue,
        starts_at: arguments.starts_at,
        time_zone: arguments.time_zone,
        sales_open_at: arguments.sales_open_at,
        sales_close_at: arguments.sales_close_at,
        hold_seconds: arguments.hold_seconds,
        hold_extension_seconds: arguments.hold_extension_seconds,
        max_seats_per_viewer: arguments.max_seats_per_viewer.0,
        max_seats_let_go: arguments.max_seats_let_go.0,
        confirmed_by: arguments.confirmed_by.into(),
    };
    event.check().map_err(|error| CommandError::Import(sentence(&error)))?;
    let database = Database::open_beside(&arguments.database).await?;
    let id = with_store(&arguments.database, database, async |store| {
        store.migrate().await.map_err(DatabaseError::from)?;
        let created = store.create_event(&event, &plan).await;
        created.map_err(|error| CommandError::Import(sentence(&error)))
    })
    .await?;
    let id = graphql::ids::AnyId::Event(id).encode();
    writeln!(
        io::stdout(),
        "{}: brought in, seats: {}, id: {}",
        event.slug,
        plan.seats().len(),
        *id
    )?;
    Ok(())
}
