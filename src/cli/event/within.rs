//! What all of these commands need: the database, the event that is named, and who asks.

use std::io::{self, Write as _};

use crate::cli::error::CommandError;
use crate::cli::with_store::with_store;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::domain::{EventId, ViewerId};
use crate::store::Store;

/// Works on the database, with its tables as they have to be.
pub(super) async fn within(
    settings: &DatabaseSettings,
    work: impl AsyncFnOnce(&Store) -> Result<String, CommandError>,
) -> Result<(), CommandError> {
    let database = Database::open_existing(settings).await?;
    let said = with_store(settings, database, async |store| {
        store.check_migrated().await.map_err(DatabaseError::from)?;
        work(store).await
    })
    .await?;
    io::stdout().write_all(said.as_bytes())?;
    Ok(())
}

pub(super) async fn named(store: &Store, slug: &str) -> Result<EventId, CommandError> {
    store.event_id_by_slug(slug).await?.ok_or_else(|| nothing_named(slug))
}

pub(super) fn nothing_named(slug: &str) -> CommandError {
    CommandError::Event(format!("there is no event with the slug \"{slug}\""))
}

/// Who does it, as far as the system says.
pub(super) fn actor() -> Result<ViewerId, CommandError> {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten();
    let name = user.map_or_else(|| nix::unistd::getuid().to_string(), |user| user.name);
    ViewerId::new(&format!("cli:{name}")).map_err(|error| CommandError::Usage(error.to_string()))
}
