//! `myReservations`: what a viewer holds and owns, whenever that has changed.

use super::Told;
use crate::checker::calls::Facts;
use crate::checker::maps::{Times, times_of_frame};
use crate::checker::violation::Kind;
use crate::history::{DbMicros, Frame, Held, OrderSeen, Revision, StreamItem};

/// An item of the stream.
struct Item<'h> {
    revision: Revision,
    held: &'h [Held],
    orders: &'h [OrderSeen],
}

pub(super) fn check(facts: &Facts<'_, '_>, frames: &[&Frame], viewer: &str, told: &mut Told<'_>) {
    let mut last: Option<Item<'_>> = None;
    for frame in frames {
        match &frame.item {
            StreamItem::Subscribed(_) => last = None,
            StreamItem::Mine { revision, held, orders, .. } => {
                let item = Item { revision: *revision, held, orders };
                if facts.origins.latest_at(frame.at) < item.revision {
                    let what = format!("was told of {revision} before that was there");
                    told.add(Kind::FrameEarly, frame, &what);
                }
                if last.as_ref().is_some_and(|last| item.revision < last.revision) {
                    let what = format!("was told of {revision} after a later one");
                    told.add(Kind::FrameReordered, frame, &what);
                }
                let times = times_of_frame(facts, frame.at);
                if let Some(what) = item.wrong_at(facts, viewer, item.revision, times) {
                    told.add(Kind::FrameWrong, frame, &what);
                }
                last = Some(item);
            }
            StreamItem::Settled => {
                let revision = facts.history.last();
                let read_at = facts.history.end.map_or(DbMicros::MAX, |end| end.read_at);
                let times = times_of_frame(facts, frame.at);
                let times = Times { until: read_at, ..times };
                let what = match &last {
                    Some(item) => item.wrong_at(facts, viewer, revision, times),
                    None => Some("has been told nothing".to_owned()),
                };
                if let Some(what) = what {
                    told.add(Kind::StreamBehind, frame, &format!("in the end {what}"));
                }
            }
            StreamItem::Lost => {}
            item => told.add(Kind::FrameWrong, frame, &format!("was sent {item:?}")),
        }
    }
}

impl Item<'_> {
    /// What of it is not so at a revision.
    fn wrong_at(
        &self,
        facts: &Facts<'_, '_>,
        viewer: &str,
        revision: Revision,
        times: Times,
    ) -> Option<String> {
        let holds = facts.book.holds(viewer, revision);
        for told in self.held {
            let hold = holds.iter().find(|(seat, _)| *seat == told.seat);
            let is_true = hold
                .is_some_and(|(_, hold)| hold.until == told.expires_at && times.from < hold.until);
            if !is_true {
                return Some(format!("of {viewer} has {told:?} held; at {revision}: {hold:?}"));
            }
        }
        let missing = holds.iter().find(|(seat, hold)| {
            let may_be_over = hold.until <= times.until || times.may_be_cancelled;
            !may_be_over && self.held.iter().all(|told| told.seat != *seat)
        });
        if let Some((seat, hold)) = missing {
            return Some(format!("of {viewer} lacks seat {seat}, held until {}", hold.until));
        }
        self.wrong_orders(facts, viewer, revision)
    }

    fn wrong_orders(
        &self,
        facts: &Facts<'_, '_>,
        viewer: &str,
        revision: Revision,
    ) -> Option<String> {
        let owner = |order: &str| {
            let sold = facts.book.orders.get(order).filter(|sold| sold.last <= revision)?;
            sold.owner(revision)
        };
        let mut seats = 0;
        for order in self.orders {
            if owner(&order.id) != Some(viewer) {
                return Some(format!("of {viewer} has order {}, not theirs", order.id));
            }
            seats += order.lines.len();
        }
        let (_, owned) = facts.book.counts(viewer, revision);
        (seats != owned)
            .then(|| format!("of {viewer} has orders of {seats} seats; at {revision}: {owned}"))
    }
}
