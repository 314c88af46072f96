//! Whose turn it is to read.
//!
//! There are as many turns as connections for reading, so whoever has one finds a connection at
//! once. They go round by lane: somebody who asks for a thousand things at a time, or for one that
//! takes long, makes others wait for one of them at most. Whole maps take a turn of their own
//! before, of which there are few.
//!
//! Deliberately absent: the server's own way. What keeps it going has connections of its own.

use std::task::Poll;
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;

use super::error::StoreError;
use crate::account::Account;
use crate::metrics::Histogram;
use crate::turns::{Full, Turn, Turnstile};

/// Whole maps and snapshots read at a time: each keeps a core busy, and 20,000 seats take some
/// 20 MB until they are encoded.
const MAPS_AT_ONCE: usize = 4;

/// How long somebody waits for a turn before they are told to come back. Longer than any healthy
/// statement, shorter than a person's patience.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads that may wait for their turn: more than are carried out while somebody is ready to wait. A
/// single account may have half of them.
const MOST_WAITING: usize = 16_384;

/// Maps that may wait for their turn, likewise.
const MOST_MAPS_WAITING: usize = 1024;

/// Who waits for a turn to read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ReadLane {
    /// Somebody who asks for themselves.
    Account(Account),
    /// All who ask for things by key, which are looked up together.
    Keys,
    /// All who ask for counts of whole events, which are counted together.
    Counts,
    /// All who are given the same map or snapshot.
    Maps,
}

/// A turn to read. When this is dropped, it is somebody else's.
pub type ReadTurn = Turn<ReadLane>;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct ReadTurns {
    reads: Turnstile<ReadLane>,
    maps: Turnstile<ReadLane>,
    /// How long somebody waited for a turn who had none at once.
    pub(super) waits: Histogram,
    /// How often somebody was told to come back.
    pub(super) refused: Counter,
}

/// A turn to read a whole map, and the turn to read that goes with it.
pub(super) type MapTurns = (ReadTurn, ReadTurn);

impl ReadTurns {
    /// As many as there are connections.
    pub(super) fn of(connections: u32) -> Self {
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Self {
            reads: Turnstile::new(connections, MOST_WAITING),
            maps: Turnstile::new(MAPS_AT_ONCE, MOST_MAPS_WAITING),
            waits: Histogram::seconds(),
            refused: Counter::default(),
        }
    }

    /// How many wait for a turn to read a whole map.
    pub(super) fn waiting_maps(&self) -> usize {
        self.maps.waiting()
    }

    /// How many wait for a turn to read.
    pub(super) fn waiting(&self) -> usize {
        self.reads.waiting()
    }

    /// Waits for a turn to read.
    pub(super) async fn read(&self, lane: ReadLane) -> Result<ReadTurn, StoreError> {
        self.in_time(self.reads.turn(lane)).await
    }

    /// Waits for a turn to read a whole map, and then for one to read.
    pub(super) async fn map(&self, lane: ReadLane) -> Result<MapTurns, StoreError> {
        let map = self.in_time(self.maps.turn(lane.clone())).await?;
        Ok((map, self.read(lane).await?))
    }

    async fn in_time(
        &self,
        turn: impl Future<Output = Result<ReadTurn, Full>>,
    ) -> Result<ReadTurn, StoreError> {
        let mut turn = std::pin::pin!(turn);
        // Nearly always there is one at once.
        let turn = match futures_util::poll!(turn.as_mut()) {
            Poll::Ready(turn) => turn.ok(),
            Poll::Pending => {
                let began = Instant::now();
                let turn = tokio::time::timeout(TURN_TIMEOUT, turn).await;
                self.waits.observe(began.elapsed());
                turn.ok().and_then(Result::ok)
            }
        };
        turn.ok_or_else(|| {
            self.refused.inc();
            StoreError::Busy
        })
    }
}
