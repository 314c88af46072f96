//! `grand-arena distribute`: the tables of a database of Citus, spread by event.

use std::io::{self, Write as _};

use super::error::CommandError;
use super::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};

/// Brings the tables up to date, and distributes those that are not.
pub(super) async fn distribute(settings: DatabaseSettings) -> Result<(), CommandError> {
    let database = Database::open_beside(&settings).await?;
    with_store(&settings, database, async |store| {
        store.migrate().await.map_err(DatabaseError::from)?;
        let mut number = 0;
        let mut tell = |table: &'static str| {
            number += 1;
            // Who has closed standard output does not want to know.
            let _ = writeln!(io::stdout(), "{table}");
        };
        store.distribute(&mut tell).await?;
        let _ = writeln!(io::stdout(), "Tables that are newly distributed: {number}");
        Ok(())
    })
    .await
}
