//! `grand-arena export`

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};

use super::error::{CommandError, sentence};
use super::export_orders;
use super::orders::{find_event, no_event};
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::domain::EventId;
use crate::import::{written_as_csv, written_as_json};
use crate::store::Store;
use crate::store::reads::VenueRecord;

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// The event: its id or slug.
    event: String,
    /// Every order of the event instead of its plan, a line for each seat in CSV.
    #[arg(long)]
    orders: bool,
    /// As what it is written, to standard output. Of a plan, JSON has all of it and the event's
    /// terms, CSV the seats alone.
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    format: Format,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Json,
    Csv,
}

/// Writes an event as an import takes it, or its orders.
pub(super) async fn write_out(arguments: ExportArguments) -> Result<(), CommandError> {
    let database = Database::open_existing(&arguments.database).await?.to_look();
    with_store(&arguments.database, database, async |store| {
        store.check_migrated().await.map_err(DatabaseError::from)?;
        let event = find_event(store, &arguments.event).await?;
        if arguments.orders {
            let is_csv = matches!(arguments.format, Format::Csv);
            return export_orders::write(store, event, is_csv, &mut io::stdout().lock()).await;
        }
        let venue = read_venue(store, event, &arguments.event).await?;
        let venue = venue.ok_or_else(|| no_event(&arguments.event))?;
        write_venue(&venue, arguments.format)
    })
    .await
}

fn write_venue(venue: &VenueRecord, format: Format) -> Result<(), CommandError> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => {
            out.write_all(written_as_json(Some(&venue.event), &venue.plan).as_bytes())?;
        }
        Format::Csv => {
            let (bytes, is_all) = written_as_csv(&venue.plan)?;
            out.write_all(&bytes)?;
            if !is_all {
                let what = "the stage, outlines, labels, the focal point and types of ticket are \
                            left out: CSV has no place for them; JSON has";
                let _ = writeln!(io::stderr(), "grand-arena: {what}");
            }
        }
    }
    Ok(out.flush()?)
}

/// An event with its plan, if it is there; `named` is what people call it.
pub(super) async fn read_venue(
    store: &Store,
    event: EventId,
    named: &str,
) -> Result<Option<VenueRecord>, CommandError> {
    let venue = store.venue(event).await;
    venue.map_err(|error| CommandError::Import(format!("{named}: {}", sentence(&error))))
}
