//! `grand-arena export`

use std::io;

use clap::{Args, ValueEnum};

use super::error::CommandError;
use super::export_orders;
use super::orders::find_event;
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// The event: its id or slug.
    event: String,
    /// Every order of the event, a line for each seat in CSV.
    #[arg(long, required = true)]
    orders: bool,
    /// As what it is written, to standard output.
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

/// Writes an event.
pub(super) async fn write_out(arguments: ExportArguments) -> Result<(), CommandError> {
    let database = Database::open_existing(&arguments.database).await?;
    with_store(&arguments.database, database, async |store| {
        store.check_migrated().await.map_err(DatabaseError::from)?;
        let event = find_event(store, &arguments.event).await?;
        let is_csv = matches!(arguments.format, Format::Csv);
        export_orders::write(store, event, is_csv, &mut io::stdout().lock()).await
    })
    .await
}
