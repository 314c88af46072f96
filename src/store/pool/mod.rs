//! Connections to the database, kept for whoever needs one next.
//!
//! | | |
//! |---|---|
//! | `address` | one host or several |
//! | `connection` | one, and what is known of it |
//! | `reach` | new connections, outages, which of the old ones are believed |
//! | `shelf` | the connections that nobody uses |
//! | `lease` | a connection in use, and the limits of its statements |
//! | `transaction` | one that has begun |
//!
//! Invariants: there are never more connections than a pool may have. What is put back has been
//! heard of: no statement is under way on it, and no transaction is open. It goes to whoever comes
//! first, and the one that was used last is taken first.
//!
//! The pool is our own and not the driver's. That waits without a limit for the answer of a dead
//! connection. It asks each that is put back whether it lives, and knows one host.

mod address;
mod connection;
mod lease;
mod reach;
mod shelf;
mod transaction;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement,
};
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub use self::address::Address;
pub(super) use self::address::NoAddress;
use self::connection::Connection;
use self::lease::Lease;
pub(super) use self::reach::{Reach, is_away};
use self::shelf::Shelf;
pub(super) use self::transaction::Transaction;
use super::counts::StatementCounts;

/// How long to wait for a free connection before answering that the database is busy. Longer than
/// any healthy statement, shorter than a person's patience.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct Pool(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    name: &'static str,
    most: u32,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    shelf: Arc<Shelf>,
}

/// How a pool is used at the moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolState {
    /// What its connections are called in PostgreSQL.
    pub name: &'static str,
    /// Connections that it may have.
    pub most: usize,
    /// Connections in use, or being opened or closed.
    pub used: usize,
    /// Connections that nobody uses.
    pub idle: usize,
    /// How many wait for one.
    pub waiting: usize,
}

impl Pool {
    /// A pool without connections yet.
    pub(super) fn new(
        name: &'static str,
        most: u32,
        reach: Arc<Reach>,
        counted: (Arc<AtomicU64>, StatementCounts),
    ) -> Self {
        let permits = usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(permits));
        let (waiting, shelf) = (AtomicUsize::new(0), Arc::new(Shelf::new(reach, counted)));
        Self(Arc::new(Shared { name, most, permits, waiting, shelf }))
    }

    pub(super) fn state(&self) -> PoolState {
        let (most, free) = (self.0.most as usize, self.0.permits.available_permits());
        let waiting = self.0.waiting.load(Ordering::Relaxed);
        PoolState {
            name: self.0.name,
            most,
            used: most.saturating_sub(free),
            idle: self.0.shelf.len(),
            waiting,
        }
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<Transaction, DbErr> {
        Transaction::begin(self.lease().await?, "BEGIN").await
    }

    /// Begins one in which everything read is true for one instant.
    pub(super) async fn begin_snapshot(&self) -> Result<Transaction, DbErr> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Transaction::begin(self.lease().await?, BEGIN).await
    }

    /// Closes everything, once what is under way has finished.
    pub(super) async fn close(&self) {
        let all = self.0.permits.acquire_many(self.0.most).await;
        self.0.permits.close();
        drop(all);
        for connection in self.0.shelf.close() {
            connection.goodbye().await;
        }
    }

    /// A connection that answers, as far as can be known without asking each.
    async fn lease(&self) -> Result<Lease, DbErr> {
        let leased = timeout(ACQUIRE_TIMEOUT, self.wait_for_lease()).await;
        leased.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    async fn wait_for_lease(&self) -> Result<Lease, DbErr> {
        let closed = |_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        let waiting = Waiting::new(&self.0.waiting);
        let mut permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(closed)?;
        drop(waiting);
        let shelf = &self.0.shelf;
        while let Some(connection) = shelf.take() {
            let must_ask = shelf.must_ask(&connection);
            let mut lease = Lease::new(Arc::clone(shelf), connection, permit);
            if !must_ask || lease.lives().await {
                return Ok(lease);
            }
            permit = match lease.into_permit() {
                Some(permit) => permit,
                None => Arc::clone(&self.0.permits).acquire_owned().await.map_err(closed)?,
            };
        }
        // Seldom, and large: it is not carried along by all who find a connection.
        let opened = Box::pin(shelf.reach().connect(self.0.name)).await;
        let raw = opened.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error)))?;
        Ok(Lease::new(Arc::clone(shelf), Connection::new(raw), permit))
    }
}

/// Somebody who waits, for as long as this is there.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.lease().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.lease().await?.execute_text(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.lease().await?.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.lease().await?.query_all(statement).await
    }
}
