//! Transfers and claims.

use super::Calls;
use crate::checker::book::State;
use crate::checker::violation::{Kind, Pointer};
use crate::checker::window::Window;
use crate::history::{Call, Command, OrderSeen, Revision, SeatNo};

impl<'h> Calls<'h, '_> {
    /// An order is another viewer's.
    pub(super) fn transferred(
        &mut self,
        call: &'h Call,
        window: &Window,
        seen: &'h OrderSeen,
        revision: Revision,
    ) -> Option<Revision> {
        let Command::Transfer { order, to, by_admin } = &call.command else { return None };
        if !self.is_there(call, window, revision) {
            return None;
        }
        let Some(sold) = self.facts.book.orders.get(order.as_str()) else {
            let what = format!("passed on order {order}, which the log does not have");
            return self.wrong(Kind::OrderLost, call, &what);
        };
        let seats = sold.seats.iter();
        let last = |position| {
            let last =
                |&seat: &SeatNo| self.facts.book.seat(seat, position).map(|seat| seat.revision);
            seats.clone().filter_map(last).max()
        };
        let position = window.from.max(revision);
        if seen.id != *order || sold.owner(position) != Some(to) || last(position) != Some(revision)
        {
            let was = sold.owner(revision) == Some(to) && last(revision) == Some(revision);
            let kind = if was { Kind::AnswerStale } else { Kind::AnswerLost };
            let what = format!(
                "gave order {} to {to} as of revision {revision}, and at {position} it is {:?}",
                seen.id,
                sold.owner(position)
            );
            return self.wrong(kind, call, &what);
        }
        let given = sold.owners.partition_point(|&(since, _)| since <= revision);
        let former = given.checked_sub(2).map(|index| sold.owners[index].1);
        let is_new = window.from < revision;
        if is_new && !by_admin && former.is_some_and(|former| former != call.viewer) {
            let what = format!("passed on order {order}, which was {former:?}'s");
            return self.wrong(Kind::OwnerChange, call, &what);
        }
        self.seen(call, seen, position)
    }

    /// What a guest had is the viewer's, or nobody's.
    pub(super) fn claimed(
        &mut self,
        call: &'h Call,
        window: &Window,
        guest: &'h str,
    ) -> Option<Revision> {
        if guest == call.viewer {
            return None;
        }
        let book = self.facts.book;
        let seats = book.moves(guest, window.from).iter().map(|made| made.seat);
        let mut position = window.from;
        for seat in super::sorted(&seats.collect::<Vec<_>>()) {
            let Some(moment) = book.seat(seat, window.from) else { continue };
            let may_stay = match moment.state {
                State::Held(hold) if hold.viewer == guest => hold.until <= window.latest,
                State::Sold { viewer, .. } if viewer == guest => false,
                _ => continue,
            };
            let span = (window.from, window.until);
            match book.seat_changes([seat], span).first() {
                // A hold that was over by then is nobody's to claim; its end may be logged later.
                _ if may_stay => {}
                Some(&changed) => position = position.max(changed),
                None => {
                    let sentence = format!(
                        "{} claimed what {guest} has, and seat {seat} stayed {guest}'s",
                        call.viewer
                    );
                    let entries = vec![Pointer::Call(call.id), Pointer::Seat(seat)];
                    self.findings.add(Kind::ClaimIncomplete, entries, sentence);
                }
            }
        }
        Some(position)
    }
}
