//! One follower of one event's log: a position that only moves forward.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, watch};

use super::apart::apart;
use super::batch::{Batch, MAX_BATCH_CHANGES, bytes};
use super::error::FeedError;
use super::watch::{Found, SharedSnapshot, Watch};
use crate::domain::{EventId, Revision};
use crate::store::Store;

/// Changes read from the log at a time by a follower that catches up.
const CATCH_UP_AT_ONCE: usize = MAX_BATCH_CHANGES;

/// What comes next for a follower.
#[derive(Clone, Debug)]
pub enum Step {
    /// Changes; the first one follows the follower's position.
    Changes(Batch),
    /// The follower cannot be brought further change by change: take a snapshot and
    /// [`Follower::move_to`] its revision.
    Lost(Lost),
}

/// Why a follower cannot be brought further change by change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// It has not said where it stands.
    NoPosition,
    /// Its position lies in the future: it must come from another database, or from one since
    /// restored from a backup.
    UnknownRevision,
    /// The changes after its position are no longer in the log.
    Pruned,
    /// It has followed live and fell too far behind.
    Lagged,
}

/// One of the followers that this server has room for; given back when dropped.
#[derive(Debug)]
pub(super) struct SubscriptionPermit {
    pub(super) _of_all: OwnedSemaphorePermit,
    pub(super) _of_strangers: Option<OwnedSemaphorePermit>,
}

/// See the module's documentation. Ends its watch when it is the last one.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    watch: Arc<Watch>,
    head: watch::Receiver<Revision>,
    /// The server itself needs none.
    _permit: Option<SubscriptionPermit>,
    state: FollowerState,
    /// The rewinds of the log that it knows of.
    rewinds: u64,
    /// Where a follower stood that was live and has lost its position: a snapshot must not take it
    /// back.
    lagging_at: Option<Revision>,
}

/// Where a follower stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum FollowerState {
    /// It has to be moved before it can follow.
    Lost(Lost),
    /// It reads the log, on its way to what the watch keeps.
    CatchingUp(Revision),
    /// It has read from what the watch keeps.
    Live(Revision),
}

impl Follower {
    pub(super) fn new(
        store: Store,
        watch: Arc<Watch>,
        permit: Option<SubscriptionPermit>,
        state: FollowerState,
    ) -> Self {
        let (head, rewinds) = (watch.head(), watch.rewinds());
        Self { store, head, rewinds, watch, _permit: permit, state, lagging_at: None }
    }

    /// The event.
    pub fn event(&self) -> EventId {
        self.watch.event()
    }

    /// A snapshot to go on from, after which the follower is moved there. Shared with others who
    /// need one now.
    pub async fn snapshot(&mut self) -> Result<Arc<SharedSnapshot>, FeedError> {
        let at_least = self.lagging_at.unwrap_or_default();
        let (watch, store) = (Arc::clone(&self.watch), self.store.clone());
        let shared = apart(async move { watch.snapshot(&store, at_least).await }).await?;
        let shared = shared.ok_or(FeedError::NoSuchEvent)?;
        self.move_to(shared.snapshot.revision);
        Ok(shared)
    }

    /// Goes on after this revision, which the log has reached.
    pub fn move_to(&mut self, revision: Revision) {
        self.lagging_at = None;
        self.rewinds = self.watch.rewinds();
        self.state = FollowerState::CatchingUp(revision);
    }

    /// What comes next; waits for it if need be. Safe to cancel: the position moves only with what
    /// is returned.
    ///
    /// # Errors
    ///
    /// Only while catching up, when the log cannot be read.
    pub async fn next(&mut self) -> Result<Step, FeedError> {
        loop {
            let position = match self.state {
                FollowerState::Lost(why) => return Ok(Step::Lost(why)),
                FollowerState::CatchingUp(position) | FollowerState::Live(position) => position,
            };
            // Marked as seen before looking, so that what comes after the look wakes us.
            self.head.borrow_and_update();
            match self.watch.after(position, self.rewinds) {
                Found::Rewound => {
                    self.state = FollowerState::Lost(Lost::UnknownRevision);
                    return Ok(Step::Lost(Lost::UnknownRevision));
                }
                Found::Next(batch) => {
                    self.state = FollowerState::Live(batch.to());
                    return Ok(Step::Changes(batch));
                }
                // Boxed: it is rare, and a follower that waits should be small.
                Found::TooOld => return Box::pin(self.catch_up(position)).await,
                // The sender lives in the watch that we hold: it is never gone.
                Found::Nothing => {
                    let _ = self.head.changed().await;
                }
            }
        }
    }

    /// Reads the log from a position that the watch no longer keeps.
    async fn catch_up(&mut self, position: Revision) -> Result<Step, FeedError> {
        let (store, event) = (self.store.clone(), self.event());
        if let FollowerState::Live(_) = self.state {
            let extent = apart(async move { store.log_extent(event).await })
                .await?
                .ok_or(FeedError::NoSuchEvent)?;
            let why = if position < extent.pruned { Lost::Pruned } else { Lost::Lagged };
            self.state = FollowerState::Lost(why);
            self.lagging_at = Some(position);
            return Ok(Step::Lost(why));
        }
        let bounds = self.watch.bounds().clone();
        let allowance = Arc::clone(&bounds.changes);
        // Counted before it is waited for: a socket that does not read does not wait.
        let found = apart(async move {
            let changes = store.changes_after(event, position, CATCH_UP_AT_ONCE).await?;
            Ok(allowance.charge(bytes(&changes)).map(|charge| (changes, charge)))
        });
        let Ok((changes, charge)) = found.await? else {
            // There is no room for them; a snapshot is shared.
            self.state = FollowerState::Lost(Lost::Lagged);
            self.lagging_at = Some(position);
            return Ok(Step::Lost(Lost::Lagged));
        };
        let batch = Batch::new(changes, charge, &bounds.frames);
        match batch.filter(|batch| batch.from() == position.next()) {
            Some(batch) => {
                self.state = FollowerState::CatchingUp(batch.to());
                Ok(Step::Changes(batch))
            }
            None => {
                self.state = FollowerState::Lost(Lost::Pruned);
                Ok(Step::Lost(Lost::Pruned))
            }
        }
    }
}
