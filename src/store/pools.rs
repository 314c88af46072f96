//! The database as the rest of the server holds it: pools of connections, one for each kind of
//! work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;

use super::counts::{StatementCounts, StoreCounts};
use super::pool::{Pool, PoolState, Reach};
use super::read_turns::ReadTurns;
use super::seatings::Seatings;
use crate::memory::Allowance;

/// Connections for what keeps the server going: the feed, the cleaner, the pruner, readiness. Few,
/// each for a moment; their own, so that no flood of queries can hold them up.
const UPKEEP_CONNECTIONS: u32 = 3;

/// The database. Cheap to clone.
///
/// Bookings, queries, and what keeps the server going have pools of their own. So a flood of one
/// kind keeps no other waiting for a connection. Within queries, whoever asks has their turns
/// (see [`ReadLane`](super::ReadLane)).
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) bookings: Pool,
    pub(super) reads: Pool,
    pub(super) upkeep: Pool,
    pub(super) reach: Arc<Reach>,
    statements: Arc<AtomicU64>,
    pub(super) counts: Arc<StoreCounts>,
    pub(super) read_turns: Arc<ReadTurns>,
    /// What the best seats are chosen on.
    pub(super) seatings: Arc<Seatings>,
    /// Where the connections for reading are served, whoever asks.
    pub(super) runtime: Handle,
}

impl Store {
    /// So many connections at most for bookings, and for queries. The runtime is the one that this
    /// is called on.
    pub(super) fn new(reach: Arc<Reach>, bookings: u32, reads: u32) -> Self {
        let statements = Arc::new(AtomicU64::new(0));
        let counts = StoreCounts::default();
        let pool = |name, most, counts: &StatementCounts| {
            let counted = (Arc::clone(&statements), counts.clone());
            Pool::new(name, most, Arc::clone(&reach), counted)
        };
        Self {
            bookings: pool("grand-arena bookings", bookings, &counts.bookings),
            reads: pool("grand-arena reads", reads, &counts.reads),
            upkeep: pool("grand-arena upkeep", UPKEEP_CONNECTIONS, &counts.upkeep),
            counts: Arc::new(counts),
            reach,
            statements,
            read_turns: Arc::new(ReadTurns::of(reads)),
            seatings: Arc::default(),
            runtime: Handle::current(),
        }
    }

    /// How many statements were carried out so far.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How many statements have got no answer in time so far.
    pub fn missed_statements(&self) -> u64 {
        self.reach.missed()
    }

    /// For how long no new connection can be had, if that is so.
    pub fn outage(&self) -> Option<Duration> {
        self.reach.outage()
    }

    /// How the pools are used.
    pub fn pool_states(&self) -> [PoolState; 3] {
        [self.bookings.state(), self.reads.state(), self.upkeep.state()]
    }

    /// What its seatings may take, and do.
    pub fn seatings_allowance(&self) -> &Arc<Allowance> {
        self.seatings.allowance()
    }

    /// Closes the pools, once what is under way has finished.
    pub async fn close(self) {
        tokio::join!(self.bookings.close(), self.reads.close(), self.upkeep.close());
        self.reach.close();
    }
}
