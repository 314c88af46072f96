//! The database as the rest of the server holds it: pools of connections, one for each kind of
//! work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::PgPool;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::StoreError;

/// Whole maps and snapshots read at a time: each keeps a core busy, and 20,000 seats take some
/// 20 MB until they are encoded.
const MAPS_AT_ONCE: usize = 4;

/// How long a map waits for its permit before the client is told to come back.
const MAP_PERMIT_TIMEOUT: Duration = Duration::from_secs(5);

/// The database. Cheap to clone.
///
/// Bookings, queries, and what keeps the server going have pools of their own. So a flood of one
/// kind keeps no other waiting for a connection.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) bookings: DatabaseConnection,
    pub(super) reads: DatabaseConnection,
    pub(super) upkeep: DatabaseConnection,
    statements: Arc<AtomicU64>,
    map_permits: Arc<Semaphore>,
}

impl Store {
    pub(super) fn new(bookings: PgPool, reads: PgPool, upkeep: PgPool) -> Self {
        let statements = Arc::new(AtomicU64::new(0));
        let connection = |pool| {
            let mut connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
            let statements = Arc::clone(&statements);
            connection.set_metric_callback(move |_| {
                statements.fetch_add(1, Ordering::Relaxed);
            });
            connection
        };
        Self {
            bookings: connection(bookings),
            reads: connection(reads),
            upkeep: connection(upkeep),
            statements: Arc::clone(&statements),
            map_permits: Arc::new(Semaphore::new(MAPS_AT_ONCE)),
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.upkeep.ping().await.map_err(StoreError::from)
    }

    /// A permit for reading a whole map; waits a while for one.
    pub(super) async fn map_permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let permit = tokio::time::timeout(MAP_PERMIT_TIMEOUT, self.map_permits.acquire()).await;
        permit.ok().and_then(Result::ok).ok_or(StoreError::Busy)
    }

    /// How many statements were carried out so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Closes the pools, once what is under way has finished.
    pub async fn close(self) {
        // Closing again what is closed already is all that can go wrong.
        let _ = tokio::join!(self.bookings.close(), self.reads.close(), self.upkeep.close());
    }
}
