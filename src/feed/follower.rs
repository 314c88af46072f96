//! One follower of one event's log: a position that only moves forward.

use std::sync::Arc;
use std::time::Duration;

use super::batch::Batch;
use super::error::FeedError;
use super::kept::Standing;
use super::lost::Lost;
use super::parts::Place;
use super::permit::SubscriptionPermit;
use super::pieces::Piece;
use super::snapshots::SharedSnapshot;
use super::watch::{Found, Watch};
use crate::domain::{EventId, LogPoint, Revision};
use crate::store::Store;

/// How long a follower waits before it asks for another snapshot, where that which it was given is
/// of another history. The reader notices within a second.
const DOUBT: Duration = Duration::from_millis(100);

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
    /// It is yet to be seen whether its position is one of this log: what a client brings back, and
    /// what was read just now, may be of another history.
    Unsettled { position: LogPoint, has_come_back: bool },
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
        (state, rewinds): (FollowerState, u64),
    ) -> Self {
        let place = watch.parts().join();
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
        self.move_to(shared.snapshot.end);
        Ok(shared)
    }

    /// Goes on after this position, at which the log was read.
    pub fn move_to(&mut self, position: LogPoint) {
        self.lagging_at = None;
        self.rewinds = self.watch.rewinds();
        self.state = FollowerState::Unsettled { position, has_come_back: false };
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
        if let FollowerState::Unsettled { position, has_come_back } = self.state {
            // Boxed: it is over soon, and a follower that waits should be small.
            Box::pin(self.settle(position, has_come_back)).await?;
        }
        let (position, has_come_back) = match self.state {
            FollowerState::Lost(why) => return Ok(Step::Lost(why)),
            FollowerState::Unsettled { position, has_come_back } => {
                (position.revision, has_come_back)
            }
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

    /// Sees whether a position is one of this log. If it is not, or cannot be told any more, the
    /// follower has lost it. Safe to cancel.
    async fn settle(&mut self, position: LogPoint, has_come_back: bool) -> Result<(), FeedError> {
        let revision = position.revision;
        let settled =
            if has_come_back { FollowerState::Back(revision) } else { FollowerState::At(revision) };
        if position.mark.is_none() || revision == Revision::ZERO {
            self.state = settled;
            return Ok(());
        }
        self.state = loop {
            // Made before looking, so that what is told after the look wakes us.
            let woken = self.place.woken();
            if self.watch.rewinds() != self.rewinds {
                break FollowerState::Lost(Lost::UnknownRevision);
            }
            match self.watch.standing(position) {
                Standing::Here => break settled,
                Standing::Elsewhere => {
                    if !has_come_back {
                        self.watch.forget_snapshot();
                        self.watch.wake_to_look();
                        tokio::time::sleep(DOUBT).await;
                    }
                    break FollowerState::Lost(Lost::UnknownRevision);
                }
                Standing::Ahead => woken.await,
                Standing::Before => break self.settle_by_log(position, settled).await?,
            }
        };
        Ok(())
    }

    /// The same of a position before what the watch keeps. Where a snapshot is due anyway the log
    /// is not asked.
    async fn settle_by_log(
        &self,
        position: LogPoint,
        settled: FollowerState,
    ) -> Result<FollowerState, FeedError> {
        let revision = position.revision;
        if let Some(Found::TooFar) = self.watch.after(revision, self.rewinds, true) {
            return Ok(FollowerState::Lost(Lost::Lagged));
        }
        let before = Revision(revision.0 - 1);
        Ok(match self.watch.piece_after(before, &self.store).await? {
            Piece::Changes(batch) => {
                let known = LogPoint::ZERO.after(batch.changes().get(..1).unwrap_or_default());
                let is_elsewhere = known.contradicts(position);
                if is_elsewhere { FollowerState::Lost(Lost::UnknownRevision) } else { settled }
            }
            Piece::Missing => FollowerState::Lost(Lost::Pruned),
            Piece::NoRoom => FollowerState::Lost(Lost::Lagged),
        })
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
