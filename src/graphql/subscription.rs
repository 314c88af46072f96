//! Subscriptions: a follower of the event's change log, told in the contract's words.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription as SubscriptionRoot};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};

use super::context::ContextExt as _;
use super::delivery::{Delivery, LiveFollower, LiveItem, ResumeAfter};
use super::error::Fault;
use super::ids::{self, AnyId};
use super::log_cursor;
use super::scalars;
use super::submit::require_event;
use super::types::{
    Event, EventScope, MyReservations, Order, Seat, SeatChanges, SeatSnapshot, SeatStatuses,
    SeatStreamItem,
};
use super::viewer_states::{SharedState, Wanted};
use crate::domain::{Cause, Change, LogPoint, Revision, SeatId};
use crate::feed::{FeedError, Follower, Start, Step, ViewerFollower, ViewerStep};
use crate::identity::Role;
use crate::store::Store;
use crate::store::reads::ViewerState;

/// The arguments of `seatChanges` that say where its stream begins.
pub(super) const POSITION: [&str; 2] = ["since", "after"];

/// Everything that can be watched.
#[derive(Clone, Copy, Debug)]
pub struct Subscription;

/// Everything that can be watched.
#[SubscriptionRoot]
impl Subscription {
    /// One event's seats, live, in revision order, with no gap and no repeat. Without `since`: a
    /// SeatSnapshot first. With `since`: the changes after it, or a SeatSnapshot that says why not.
    /// Clients that keep what they fold pass `after`: it also tells whether the database was put
    /// back meanwhile and has given the revision to another change.
    async fn seat_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: ID,
        #[graphql(
            desc = "The revision that the client has already: that of a map, a mutation, or the \
                last frame."
        )]
        since: Option<scalars::Revision>,
        #[graphql(
            desc = "The `cursor` of the last frame or map that the client has. It counts where \
                `since` is given as well."
        )]
        after: Option<String>,
    ) -> Result<BoxStream<'static, Result<SeatStreamItem>>> {
        let delivery = ctx.data_opt::<Delivery>();
        if let Some(Delivery::Render(LiveItem::Changes(item))) = delivery {
            let item = item.clone();
            return Ok(stream::once(async { Ok(item) }).boxed());
        }
        let after = after.map(|after| log_cursor::decode(&after).ok_or_else(Fault::no_cursor));
        let after = after.transpose()?;
        let event = ids::event_id(ctx, &event_id).await?;
        require_event(ctx, event).await?;
        let resumed = ctx.data_opt::<ResumeAfter>().map(|resume| resume.0).or(after);
        let since = since.map(|since| LogPoint::unmarked(since.0));
        let start = resumed.or(since).map_or(Start::Live, Start::After);
        let feed = &ctx.services().feed;
        let is_known = ctx.viewer().is_some();
        let follower = feed.follow(event, start, is_known).await.map_err(Fault::from)?;
        if let Some(Delivery::HandOver(handed)) = delivery {
            handed.leave(LiveFollower::Changes(follower));
            return Ok(stream::empty().boxed());
        }
        let items = stream::try_unfold(follower, |mut follower| async move {
            let item = next_item(&mut follower).await?;
            Ok(Some((item, follower)))
        });
        Ok(items.boxed())
    }

    /// An event's map for many eyes. The first frame is whole; a later one has what differs from
    /// the frame before it, or is whole again where that is shorter. States that came and went
    /// between two frames are left out; the last frame is always the truth. What it costs is
    /// bounded: at most 30 frames a second, fewer the more there is to do, and none larger than a
    /// whole one.
    async fn seat_statuses(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: ID,
    ) -> Result<BoxStream<'static, Result<Option<SeatStatuses>>>> {
        let delivery = ctx.data_opt::<Delivery>();
        if let Some(Delivery::Render(LiveItem::Statuses(item))) = delivery {
            let item = item.clone();
            return Ok(stream::once(async { Ok(Some(item)) }).boxed());
        }
        let event = ids::event_id(ctx, &event_id).await?;
        require_event(ctx, event).await?;
        let is_known = ctx.viewer().is_some();
        let follower = ctx.services().feed.follow_statuses(event, is_known).await;
        let follower = follower.map_err(Fault::from)?;
        if let Some(Delivery::HandOver(handed)) = delivery {
            handed.leave(LiveFollower::Statuses(follower));
            return Ok(stream::empty().boxed());
        }
        let items = stream::try_unfold(follower, |mut follower| async move {
            let statuses = follower.next().await.map_err(Fault::from)?;
            Ok(Some((Some(SeatStatuses::from(&statuses)), follower)))
        });
        Ok(items.boxed())
    }

    /// An event itself, at once and whenever it is another: its terms, its status, its prices, its
    /// plan. What becomes of its seats is for the other streams.
    async fn event_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: ID,
    ) -> Result<BoxStream<'static, Result<Option<Event>>>> {
        let event = ids::event_id(ctx, &event_id).await?;
        require_event(ctx, event).await?;
        let is_known = ctx.viewer().is_some();
        let follower = ctx.services().feed.follow_event(event, is_known).map_err(Fault::from)?;
        let items = stream::try_unfold(follower, |mut follower| async move {
            let record = follower.next().await.map_err(Fault::from)?;
            Ok(Some((Some(Event::known((*record).clone())), follower)))
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
        require_event(ctx, event).await?;
        let services = ctx.services();
        let following = services.feed.follow_viewer(event, viewer.clone());
        let follower = following.await.map_err(Fault::from)?;
        let shared = services.viewer_states.of(&services.store, event, viewer);
        let watcher = ReservationWatcher::new(follower, services.store.clone(), shared);
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
    follower: ViewerFollower,
    store: Store,
    shared: Arc<SharedState>,
    /// What was told last.
    told: Option<Arc<ViewerState>>,
    /// Told as run out although the change was not seen.
    expired_in_gap: BTreeSet<SeatId>,
}

impl ReservationWatcher {
    fn new(follower: ViewerFollower, store: Store, shared: Arc<SharedState>) -> Self {
        Self { follower, store, shared, told: None, expired_in_gap: BTreeSet::new() }
    }

    /// The next item, when there is something new to tell.
    async fn next(&mut self) -> Result<MyReservations, Fault> {
        loop {
            match self.follower.next().await {
                ViewerStep::Gap => {
                    let state = self.look(Wanted::Now).await?;
                    self.follower.move_to(state.revision);
                    return self.tell_after_a_gap(state).await;
                }
                ViewerStep::Changes(changes) => {
                    if let Some((newest, expired)) = self.news_in(&changes) {
                        let state = self.look(Wanted::AtLeast(newest)).await?;
                        return Ok(self.tell(state, expired));
                    }
                }
            }
        }
    }

    /// If these changes of the viewer bring anything that was not told yet: the revision of the
    /// last, and which holds ran out in them. What was looked up may be ahead of the log as it was
    /// followed so far; but what ran out is only in the log.
    fn news_in(&mut self, changes: &[Change]) -> Option<(Revision, Vec<SeatId>)> {
        let told = self.told.as_ref().map_or(Revision::ZERO, |state| state.revision);
        let (mut expired, mut newest, mut is_news) = (Vec::new(), told, false);
        for change in changes {
            let is_over = matches!(change.cause, Cause::Expired | Cause::Cancelled);
            let told_after_gap = is_over && self.expired_in_gap.remove(&change.seat);
            if is_over && !told_after_gap {
                expired.push(change.seat);
            }
            is_news |= change.revision > told && !told_after_gap;
            newest = newest.max(change.revision);
        }
        (is_news || !expired.is_empty()).then_some((newest, expired))
    }

    async fn look(&self, wanted: Wanted) -> Result<Arc<ViewerState>, Fault> {
        Ok(self.shared.look(wanted).await?.ok_or(FeedError::NoSuchEvent)?)
    }

    fn tell(&mut self, state: Arc<ViewerState>, expired: Vec<SeatId>) -> MyReservations {
        let scope = EventScope::new(self.shared.event());
        let held = state.held.iter().map(|record| Seat::read(&scope, record.clone())).collect();
        let item = MyReservations {
            revision: scalars::Revision(state.revision),
            held,
            orders: state.orders.iter().cloned().map(Order::new).collect(),
            expired: expired.into_iter().map(|seat| AnyId::Seat(seat).encode()).collect(),
        };
        self.told = Some(state);
        item
    }

    /// The log was not followed without a gap: which of the seats told as held have run out is
    /// looked up.
    async fn tell_after_a_gap(&mut self, state: Arc<ViewerState>) -> Result<MyReservations, Fault> {
        let held: BTreeSet<_> = state.held.iter().map(|record| record.seat.id).collect();
        let told = self.told.iter().flat_map(|told| &told.held).map(|record| record.seat.id);
        let gone: Vec<_> = told.filter(|seat| !held.contains(seat)).collect();
        let (store, shared) = (self.store.clone(), Arc::clone(&self.shared));
        let lapsed =
            async move { store.lapsed_seats(shared.event(), shared.viewer(), &gone).await };
        let lapsed = self.store.look_up_in_turn(self.shared.lane(), lapsed).await?;
        // The change itself may still come: it was told already.
        self.expired_in_gap = lapsed.iter().copied().collect();
        Ok(self.tell(state, lapsed))
    }
}
