//! Commands that work on the database beside running servers.

use tokio::signal::unix::{SignalKind, signal};

use super::error::CommandError;
use crate::config::DatabaseSettings;
use crate::database::{Database, DatabaseError};
use crate::store::Store;

/// Connects to a database, has the work done, and closes everything again, whatever becomes of it;
/// also where somebody interrupts it.
pub(super) async fn with_store<T>(
    settings: &DatabaseSettings,
    database: Database,
    work: impl AsyncFnOnce(&Store) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let working = async {
        let store = database.connect(settings).await.map_err(DatabaseError::from)?;
        let worked = work(&store).await;
        store.close().await;
        worked
    };
    let worked = tokio::select! {
        worked = working => worked,
        _ = interrupted.recv() => Err(CommandError::Interrupted),
        _ = terminated.recv() => Err(CommandError::Interrupted),
    };
    let closed = database.close().await;
    let worked = worked?;
    closed?;
    Ok(worked)
}
