//! Everything that speaks SQL about events, seats and orders.
//!
//! [`booking`] is the one place that changes seats: lock, decide, write. [`reads`] serves queries, [`changes`] reads
//! the change log, [`expiry`] finds holds that are due, [`catalog`] brings events in. Each function is one statement
//! or one transaction, and concerns one event wherever it can.
//!
//! Architecture invariant: rows and SeaORM's types stay in here; what goes out are the types of `domain` and the
//! records below.

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

use sea_orm::DatabaseConnection;

/// The database, with one pool for bookings and one for everything else, so that a flood of map queries cannot keep
/// bookings waiting for a connection. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    bookings: DatabaseConnection,
    reads: DatabaseConnection,
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.reads.ping().await.map_err(StoreError::from)
    }

    /// How many statements were carried out so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Closes both pools, once what is under way has finished.
    pub async fn close(self) {
        // Closing again what is closed already is all that can go wrong.
        let _ = tokio::join!(self.bookings.close(), self.reads.close());
    }
}
