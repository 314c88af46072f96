//! The database as the rest of the server holds it: pools of connections, one for each kind of
//! work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::PgPool;
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};
use tokio::runtime::Handle;

use super::counts::{StatementCounts, StoreCounts};
use super::error::StoreError;
use super::read_turns::ReadTurns;
use super::seatings::Seatings;
use crate::memory::Allowance;

/// The database. Cheap to clone.
///
/// Bookings, queries, and what keeps the server going have pools of their own. So a flood of one
/// kind keeps no other waiting for a connection. Within queries, whoever asks has their turns
/// (see [`ReadLane`](super::ReadLane)).
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) bookings: DatabaseConnection,
    pub(super) reads: DatabaseConnection,
    pub(super) upkeep: DatabaseConnection,
    statements: Arc<AtomicU64>,
    pub(super) counts: Arc<StoreCounts>,
    pub(super) read_turns: Arc<ReadTurns>,
    /// What the best seats are chosen on.
    pub(super) seatings: Arc<Seatings>,
    /// Where the connections for reading are served, whoever asks.
    pub(super) runtime: Handle,
}

impl Store {
    /// The runtime is the one that this is called on.
    pub(super) fn new(bookings: PgPool, reads: PgPool, upkeep: PgPool) -> Self {
        let read_turns = Arc::new(ReadTurns::of(reads.options().get_max_connections()));
        let statements = Arc::new(AtomicU64::new(0));
        let counts = StoreCounts::default();
        let connection = |pool, counts: &StatementCounts| {
            let mut connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
            let (statements, counts) = (Arc::clone(&statements), counts.clone());
            connection.set_metric_callback(move |carried_out| {
                statements.fetch_add(1, Ordering::Relaxed);
                counts.carried_out(carried_out);
            });
            connection
        };
        Self {
            bookings: connection(bookings, &counts.bookings),
            reads: connection(reads, &counts.reads),
            upkeep: connection(upkeep, &counts.upkeep),
            counts: Arc::new(counts),
            statements: Arc::clone(&statements),
            read_turns,
            seatings: Arc::default(),
            runtime: Handle::current(),
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

    /// How many statements were carried out so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// What its seatings may take, and do.
    pub fn seatings_allowance(&self) -> &Arc<Allowance> {
        self.seatings.allowance()
    }

    /// Closes the pools, once what is under way has finished.
    pub async fn close(self) {
        // Closing again what is closed already is all that can go wrong.
        let _ = tokio::join!(self.bookings.close(), self.reads.close(), self.upkeep.close());
    }
}
