//! One follower of one event's log: a position that only moves forward.

use std::sync::Arc;

use super::batch::Batch;
use super::error::FeedError;
use super::lost::Lost;
use super::parts::Place;
use super::permit::SubscriptionPermit;
use super::pieces::Piece;
use super::snapshots::SharedSnapshot;
use super::watch::{Found, Watch};
use crate::domain::{EventId, Revision};
use crate::store::Store;

/// What comes next for a follower.
#[derive(Clone, Debug)]
pub enum Step {
    /// Changes; the first one follows the follower's position.
    Changes(Batch),
    /// The follower cannot be brought further change by change: take a snapshot and
    /// [`Follower::move_to`] its revision.
    Lost(Lost),
}

/// See the module's documentation. Ends its watch when it is the last one.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    watch: Arc<Watch>,
    place: Place,
    /// The server itself needs none.
    permit: Option<SubscriptionPermit>,
    state: FollowerState,
    /// The rewinds of the log that it knows of.
    rewinds: u64,
    /// Where it stood when it lost its position: a snapshot must not take it back.
    lagging_at: Option<Revision>,
}

/// Where a follower stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum FollowerState {
    /// It has to be moved before it can follow.
    Lost(Lost),
    /// It has come back, and has not been told anything yet.
    Back(Revision),
    /// It has been told of everything up to here.
    At(Revision),
}

impl Follower {
    pub(super) fn new(
        store: Store,
        watch: Arc<Watch>,
        permit: Option<SubscriptionPermit>,
        state: FollowerState,
    ) -> Self {
        let (place, rewinds) = (watch.parts().join(), watch.rewinds());
        Self { store, place, rewinds, watch, permit, state, lagging_at: None }
    }

    /// The event.
    pub fn event(&self) -> EventId {
        self.watch.event()
    }

    /// A snapshot to go on from, after which the follower is moved there. Shared with others who
    /// need one now.
    pub async fn snapshot(&mut self) -> Result<Arc<SharedSnapshot>, FeedError> {
        let at_least = self.lagging_at.unwrap_or_default();
        let shared = self.watch.snapshot(at_least, &self.store).await?;
        let shared = shared.ok_or(FeedError::NoSuchEvent)?;
        self.move_to(shared.snapshot.revision);
        Ok(shared)
    }

    /// Goes on after this revision, which the log has reached.
    pub fn move_to(&mut self, revision: Revision) {
        self.lagging_at = None;
        self.rewinds = self.watch.rewinds();
        self.state = FollowerState::At(revision);
    }

    /// What comes next; waits for it if need be. Safe to cancel: the position moves only with what
    /// is returned.
    ///
    /// # Errors
    ///
    /// Only while catching up, when the log cannot be read.
    pub async fn next(&mut self) -> Result<Step, FeedError> {
        let step = self.step().await?;
        if let (Step::Lost(why), Some(permit)) = (&step, &self.permit) {
            permit.following.lost(*why);
        }
        Ok(step)
    }

    async fn step(&mut self) -> Result<Step, FeedError> {
        let (position, has_come_back) = match self.state {
            FollowerState::Lost(why) => return Ok(Step::Lost(why)),
            FollowerState::Back(position) => (position, true),
            FollowerState::At(position) => (position, false),
        };
        match self.found(position, has_come_back).await {
            Found::Rewound => {
                self.state = FollowerState::Lost(Lost::UnknownRevision);
                Ok(Step::Lost(Lost::UnknownRevision))
            }
            Found::TooFar => Ok(self.lose(position, Lost::Lagged)),
            Found::Next(batch) => Ok(self.go_on(batch)),
            // Boxed: it is rare, and a follower that waits should be small.
            Found::TooOld => Box::pin(self.catch_up(position)).await,
        }
    }

    /// What there is after a position, once it is its turn to be told: what is new is not looked at
    /// before.
    async fn found(&self, position: Revision, has_come_back: bool) -> Found {
        let mut is_its_turn = has_come_back;
        loop {
            // Made before looking, so that what is told after the look wakes us.
            let woken = self.place.woken();
            if (is_its_turn || self.place.told() != position.0)
                && let Some(found) = self.watch.after(position, self.rewinds, has_come_back)
            {
                return found;
            }
            woken.await;
            is_its_turn = true;
        }
    }

    /// Is given a piece of the log, which the watch no longer keeps.
    async fn catch_up(&mut self, position: Revision) -> Result<Step, FeedError> {
        Ok(match self.watch.piece_after(position, &self.store).await? {
            Piece::Changes(batch) => self.go_on(batch),
            Piece::Missing => self.lose(position, Lost::Pruned),
            // A snapshot is shared.
            Piece::NoRoom => self.lose(position, Lost::Lagged),
        })
    }

    fn go_on(&mut self, batch: Batch) -> Step {
        self.state = FollowerState::At(batch.to());
        Step::Changes(batch)
    }

    fn lose(&mut self, position: Revision, why: Lost) -> Step {
        self.state = FollowerState::Lost(why);
        self.lagging_at = Some(position);
        Step::Lost(why)
    }
}
