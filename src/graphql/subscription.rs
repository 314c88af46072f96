//! Subscriptions: a follower of the event's change log, told in the contract's words.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription as SubscriptionRoot};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};

use super::context::ContextExt as _;
use super::delivery::{Delivery, ResumeAfter};
use super::error::Fault;
use super::ids::{self, AnyId};
use super::scalars;
use super::types::{
    EventScope, MyReservations, Order, Seat, SeatChanges, SeatSnapshot, SeatStreamItem,
};
use crate::domain::{Cause, Change, Revision, SeatId, ViewerId};
use crate::feed::{FeedError, Follower, Start, Step, apart};
use crate::identity::Role;
use crate::store::Store;
use crate::store::reads::ViewerState;

/// The argument of `seatChanges` that says where its stream begins.
pub(super) const SINCE: &str = "since";

/// Everything that can be watched.
#[derive(Clone, Copy, Debug)]
pub struct Subscription;

/// Everything that can be watched.
#[SubscriptionRoot]
impl Subscription {
    /// One event's seats, live, in revision order, with no gap and no repeat. Without `since`: a
    /// SeatSnapshot first. With `since`: the changes after it, or a SeatSnapshot that says why not.
    async fn seat_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: ID,
        #[graphql(
            desc = "The revision that the client has already: that of a map, a mutation, or the \
                last frame."
        )]
        since: Option<scalars::Revision>,
    ) -> Result<BoxStream<'static, Result<SeatStreamItem>>> {
        let delivery = ctx.data_opt::<Delivery>();
        if let Some(Delivery::Render(item)) = delivery {
            let item = item.clone();
            return Ok(stream::once(async { Ok(item) }).boxed());
        }
        let event = ids::event_id(ctx, &event_id).await?;
        let resumed = ctx.data_opt::<ResumeAfter>().map(|resume| resume.0);
        let start = resumed.or(since.map(|since| since.0)).map_or(Start::Live, Start::After);
        let feed = &ctx.services().feed;
        let is_known = ctx.viewer().is_some();
        let follower = feed.follow(event, start, is_known).await.map_err(Fault::from)?;
        if let Some(Delivery::HandOver(handed)) = delivery {
            handed.leave(follower);
            return Ok(stream::empty().boxed());
        }
        let items = stream::try_unfold(follower, |mut follower| async move {
            let item = next_item(&mut follower).await?;
            Ok(Some((item, follower)))
        });
        Ok(items.boxed())
    }

    /// The viewer's own holds and orders in one event, as they are granted, run out or are
    /// confirmed. The first item comes at once; each further one after something of it has changed.
    async fn my_reservations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: ID,
    ) -> Result<impl Stream<Item = Result<MyReservations>> + use<>> {
        let viewer = ctx.require(Role::Buyer)?.id.clone();
        let event = ids::event_id(ctx, &event_id).await?;
        let feed = &ctx.services().feed;
        let follower = feed.follow(event, Start::Live, true).await.map_err(Fault::from)?;
        let watcher = ReservationWatcher::new(follower, ctx.services().store.clone(), viewer);
        Ok(stream::try_unfold(watcher, |mut watcher| async move {
            let item = watcher.next().await?;
            Ok(Some((item, watcher)))
        }))
    }
}

/// The follower's next step in the contract's words. Where it has lost its position, that is a
/// snapshot, from which it goes on.
async fn next_item(follower: &mut Follower) -> Result<SeatStreamItem, Fault> {
    match follower.next().await? {
        Step::Changes(batch) => Ok(SeatStreamItem::Changes(SeatChanges(batch))),
        Step::Lost(why) => {
            let snapshot = Arc::clone(&follower.snapshot().await?.snapshot);
            Ok(SeatStreamItem::Snapshot(SeatSnapshot { snapshot, reason: why.into() }))
        }
    }
}

/// One viewer's holds and orders. The log says when to look and what has run out; the database says
/// what there is.
struct ReservationWatcher {
    follower: Follower,
    store: Store,
    viewer: ViewerId,
    /// What was told last, and the revision it was true for.
    held: BTreeSet<SeatId>,
    told: Revision,
    /// Told as run out although the change was not seen.
    expired_in_gap: BTreeSet<SeatId>,
}

impl ReservationWatcher {
    fn new(follower: Follower, store: Store, viewer: ViewerId) -> Self {
        let (held, expired_in_gap) = (BTreeSet::new(), BTreeSet::new());
        Self { follower, store, viewer, held, told: Revision::ZERO, expired_in_gap }
    }

    /// The next item, when there is something new to tell.
    async fn next(&mut self) -> Result<MyReservations, Fault> {
        loop {
            match self.follower.next().await? {
                Step::Lost(_) => {
                    let state = self.look().await?;
                    self.follower.move_to(state.revision);
                    return self.tell_after_a_gap(state).await;
                }
                Step::Changes(batch) => {
                    let (news, expired) = self.news_in(batch.changes());
                    if news {
                        let state = self.look().await?;
                        return Ok(self.tell(state, expired));
                    }
                }
            }
        }
    }

    /// Whether these changes bring anything that was not told yet, and which of the viewer's holds
    /// ran out in them. What was looked up may be ahead of the log as it was followed so far; but
    /// what ran out is only in the log.
    fn news_in(&mut self, changes: &[Change]) -> (bool, Vec<SeatId>) {
        let mut expired = Vec::new();
        let mut news = false;
        for change in changes.iter().filter(|change| change.viewer == self.viewer) {
            let told_after_gap =
                change.cause == Cause::Expired && self.expired_in_gap.remove(&change.seat);
            if change.cause == Cause::Expired && !told_after_gap {
                expired.push(change.seat);
            }
            news |= change.revision > self.told && !told_after_gap;
        }
        (news || !expired.is_empty(), expired)
    }

    async fn look(&self) -> Result<ViewerState, Fault> {
        let (store, event, viewer) =
            (self.store.clone(), self.follower.event(), self.viewer.clone());
        let state = apart(async move { store.viewer_state(event, &viewer).await }).await?;
        Ok(state.ok_or(FeedError::NoSuchEvent)?)
    }

    fn tell(&mut self, state: ViewerState, expired: Vec<SeatId>) -> MyReservations {
        self.told = state.revision;
        self.held = state.held.iter().map(|record| record.seat.id).collect();
        let scope = EventScope::new(self.follower.event());
        MyReservations {
            revision: scalars::Revision(state.revision),
            held: state.held.into_iter().map(|record| Seat::read(&scope, record)).collect(),
            orders: state.orders.into_iter().map(Order::new).collect(),
            expired: expired.into_iter().map(|seat| AnyId::Seat(seat).encode()).collect(),
        }
    }

    /// The log was not followed without a gap: which of the seats told as held have run out is
    /// looked up.
    async fn tell_after_a_gap(&mut self, state: ViewerState) -> Result<MyReservations, Fault> {
        let held: BTreeSet<_> = state.held.iter().map(|record| record.seat.id).collect();
        let gone: Vec<_> = self.held.difference(&held).copied().collect();
        let (store, event, viewer) =
            (self.store.clone(), self.follower.event(), self.viewer.clone());
        let lapsed = apart(async move { store.lapsed_seats(event, &viewer, &gone).await }).await?;
        // The change itself may still come: it was told already.
        self.expired_in_gap = lapsed.iter().copied().collect();
        Ok(self.tell(state, lapsed))
    }
}
