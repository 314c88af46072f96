//! What was read of one's own, and how old maps are. What maps show is in
//! [`maps`](crate::checker::maps).

use super::Calls;
use crate::checker::violation::Kind;
use crate::checker::window::Window;
use crate::history::{Call, Command, Held, OrderSeen, Revision, Stage};

impl<'h> Calls<'h, '_> {
    /// A whole map.
    pub(super) fn read_map(
        &mut self,
        call: &'h Call,
        window: &Window,
        revision: Revision,
    ) -> Option<Revision> {
        if !self.is_there(call, window, revision) {
            return None;
        }
        if revision < window.from {
            let what = format!(
                "was given revision {revision}, when {} was known before it began",
                window.from
            );
            return self.wrong(Kind::ReadStale, call, &what);
        }
        Some(revision)
    }

    /// What the viewer holds.
    pub(super) fn read_mine(
        &mut self,
        call: &'h Call,
        window: &Window,
        held: &[Held],
    ) -> Option<Revision> {
        let window = window.of_read();
        let book = self.facts.book;
        // By a clock that was put back holds are told to end earlier than they were granted until.
        let is_moved = !self.facts.clock.is_steady();
        // Of what is cancelled the holds are over at once, whoever logs that.
        let stages = self.facts.terms.stage.during(call.start, call.end);
        let is_cancelled = stages.contains(&&Stage::Cancelled);
        let mut held: Vec<_> = held.iter().map(|hold| (hold.seat, hold.expires_at)).collect();
        held.sort_unstable();
        // Holds that others prolong or take over are moves of the viewer as well.
        let changes = book.viewer_changes(&call.viewer, (window.from, window.until));
        let position = window.first(self.facts.history, changes, |position, instants| {
            let holds = book.holds(&call.viewer, position);
            let is_told = |seat| held.binary_search_by_key(&seat, |hold| hold.0);
            let all_true = holds.iter().all(|&(seat, hold)| match is_told(seat) {
                Ok(index) => {
                    let is_end = held[index].1 == hold.until;
                    (is_end || is_moved) && instants.live(hold.until)
                }
                Err(_) => is_cancelled || instants.over(hold.until),
            });
            let told = holds.iter().filter(|&&(seat, _)| is_told(seat).is_ok()).count();
            all_true && told == held.len()
        });
        position.or_else(|| {
            let what = format!(
                "was told that they hold {held:?}, which is true at no revision from {} to {}; at \
                 first they hold {:?}",
                window.from,
                window.until,
                book.holds(&call.viewer, window.from)
            );
            self.wrong(Kind::ReadWrong, call, &what)
        })
    }

    /// An order, or that there is none for the viewer.
    pub(super) fn read_order(
        &mut self,
        call: &'h Call,
        window: &Window,
        seen: Option<&'h OrderSeen>,
    ) -> Option<Revision> {
        let Command::ReadOrder { order, by_admin } = &call.command else { return None };
        let window = window.of_read();
        let Some(seen) = seen else {
            let position = self.first_without(call, &window, order, *by_admin);
            return position.or_else(|| {
                let what = format!("did not find order {order}, which was theirs all the time");
                self.wrong(Kind::OrderLost, call, &what)
            });
        };
        if seen.id != *order {
            let what = format!("asked for order {order}, and was told of {}", seen.id);
            return self.wrong(Kind::OrderOther, call, &what);
        }
        let Some(sold) = self.facts.book.orders.get(order.as_str()) else {
            let what = format!("saw order {order}, which the log does not have");
            return self.wrong(Kind::OrderLost, call, &what);
        };
        let owners = sold.owners.iter().map(|owner| owner.0).chain([sold.last]).collect();
        let position = window.first(self.facts.history, owners, |position, _| {
            let owner = sold.owner(position).filter(|_| sold.last <= position);
            let is_seen = seen.viewer.as_deref().is_none_or(|viewer| owner == Some(viewer));
            owner.is_some() && is_seen && (*by_admin || owner == Some(call.viewer.as_str()))
        });
        let Some(position) = position else {
            let what = format!(
                "saw order {order} of {:?}, which is so at no revision from {} to {}",
                seen.viewer, window.from, window.until
            );
            return self.wrong(Kind::ReadWrong, call, &what);
        };
        self.seen(call, seen, position)
    }

    /// The first position at which an order was not there for whoever asks.
    pub(super) fn first_without(
        &self,
        call: &Call,
        window: &Window,
        order: &str,
        by_admin: bool,
    ) -> Option<Revision> {
        let Some(sold) = self.facts.book.orders.get(order) else { return Some(window.from) };
        let owners = sold.owners.iter().map(|owner| owner.0).chain([sold.last]).collect();
        window.first(self.facts.history, owners, |position, _| {
            let is_there = sold.last <= position;
            !is_there || !by_admin && sold.owner(position) != Some(call.viewer.as_str())
        })
    }
}
