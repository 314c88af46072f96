//! Everything that speaks SQL about events, seats and orders.
//!
//! [`booking`] is the one place that changes seats: lock, decide, write. [`reads`] serves queries,
//! [`changes`] reads the change log, [`expiry`] finds holds that are due, [`catalog`] brings events
//! in. Each function is one statement or one transaction, and concerns one event wherever it can.
//!
//! Architecture invariant: rows and SeaORM's types stay in here; what goes out are the types of
//! `domain` and the records below.

pub mod booking;
pub mod catalog;
pub mod changes;
mod connect;
mod entity;
mod error;
pub mod expiry;
pub mod reads;
mod rows;
mod sql;

pub use connect::{ConnectError, ConnectSettings, listener, parse_address};
pub use error::StoreError;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::DatabaseConnection;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a map waits for its place before the client is told to come back.
const MAP_PLACE_TIMEOUT: Duration = Duration::from_secs(5);

/// The database, with one pool for bookings, one for what keeps the server going, and one for
/// queries, so that a flood of queries keeps nobody else waiting for a connection. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    bookings: DatabaseConnection,
    reads: DatabaseConnection,
    upkeep: DatabaseConnection,
    statements: Arc<AtomicU64>,
    /// Places for reading whole maps.
    maps: Arc<Semaphore>,
}

impl Store {
    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.upkeep.ping().await.map_err(StoreError::from)
    }

    /// A place for reading a whole map; waits a while for one.
    async fn map_place(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let place = tokio::time::timeout(MAP_PLACE_TIMEOUT, self.maps.acquire()).await;
        place.ok().and_then(Result::ok).ok_or(StoreError::Busy)
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
