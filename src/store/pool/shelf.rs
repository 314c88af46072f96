//! The connections of a pool that nobody uses.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connection::Connection;
use super::reach::Reach;
use crate::store::counts::{StatementCounts, UnderWay};

/// A connection that has lain idle for longer is asked whether it still lives before it is used;
/// the others have just answered.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// A connection is closed when it has lain idle for so long, so that a rush's connections do not
/// stay; and when it is so old, whatever PostgreSQL has cached for it.
const IDLE_FOR: Duration = Duration::from_mins(10);
const OLD_AFTER: Duration = Duration::from_mins(30);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Shelf {
    reach: Arc<Reach>,
    /// The one that was used last is last.
    idle: Mutex<Vec<Connection>>,
    is_closed: AtomicBool,
    counts: StatementCounts,
}

impl Shelf {
    /// An empty one. What is carried out on its connections is counted there.
    pub(super) fn new(reach: Arc<Reach>, counts: StatementCounts) -> Self {
        Self { reach, idle: Mutex::default(), is_closed: false.into(), counts }
    }

    pub(super) fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// A statement begins.
    pub(super) fn begin_statement(&self, sql: &str) -> UnderWay {
        UnderWay::begin(sql)
    }

    /// It has ended.
    pub(super) fn end_statement(&self, under_way: UnderWay, has_failed: bool) {
        self.counts.ended(under_way, has_failed);
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.idle().len()
    }

    /// The connection that was used last, of those that may be used.
    pub(super) fn take(&self) -> Option<Connection> {
        loop {
            let connection = self.idle().pop()?;
            if self.may_stay(&connection) {
                return Some(connection);
            }
            connection.close();
        }
    }

    /// Keeps a connection for whoever comes next.
    pub(super) fn put_back(&self, connection: Connection) {
        if !self.may_stay(&connection) {
            connection.close();
            return;
        }
        let mut idle = self.idle();
        idle.push(connection);
        let is_surplus = idle.first().is_some_and(|oldest| oldest.heard.elapsed() > IDLE_FOR);
        let surplus = is_surplus.then(|| idle.remove(0));
        drop(idle);
        surplus.into_iter().for_each(Connection::close);
    }

    /// Takes all, and keeps none any more.
    pub(super) fn close(&self) -> Vec<Connection> {
        self.is_closed.store(true, Ordering::Relaxed);
        std::mem::take(&mut *self.idle())
    }

    /// Whether it has to be asked whether it lives before it is used.
    pub(super) fn must_ask(&self, connection: &Connection) -> bool {
        connection.heard.elapsed() > TRUSTED_FOR || self.reach.is_doubted(connection.heard)
    }

    /// Whether it may have broken since it was last heard of, although it is in use.
    pub(super) fn is_doubtful(&self, connection: &Connection) -> bool {
        !self.reach.is_trusted(connection.opened) || self.reach.is_doubted(connection.heard)
    }

    fn may_stay(&self, connection: &Connection) -> bool {
        let is_young = connection.opened.elapsed() < OLD_AFTER;
        let is_closed = self.is_closed.load(Ordering::Relaxed);
        is_young && !is_closed && self.reach.is_trusted(connection.opened)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
