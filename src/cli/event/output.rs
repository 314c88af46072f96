//! How to say it, and where the database is.

use clap::Args;

use crate::config::DatabaseSettings;

/// How to say it, and where the database is.
#[derive(Debug, Args)]
pub(super) struct OutputArguments {
    /// JSON instead of a table.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) database: DatabaseSettings,
}
