//! Refusals of confirmations that are about what seats cost, and of prolongations.

use super::refused::named;
use super::{Calls, sorted};
use crate::checker::book::State;
use crate::checker::window::Window;
use crate::history::{Call, Command, ConfirmLine, OrderSeen, Revision, SeatNo};

impl<'h> Calls<'h, '_> {
    /// The seats have no such type of ticket.
    pub(super) fn no_such_tickets(
        &mut self,
        call: &'h Call,
        window: &Window,
        lines: &[ConfirmLine],
        refused: &[SeatNo],
    ) -> Option<Revision> {
        let may_lack = |seat: &SeatNo, position| {
            let ticket = lines.iter().find(|line| line.seat == *seat)?.ticket.as_ref()?;
            let (category, since) = self.priced_by(*seat, position)?;
            let Some(category) = category else { return Some(true) };
            Some(self.facts.prices.may_lack(category, ticket, since - 1))
        };
        let position = self.first_held(call, window, |position| {
            refused.iter().all(|seat| may_lack(seat, position) == Some(true))
        });
        position.or_else(|| self.untrue(call, window, refused, "there were such types of ticket"))
    }

    /// The seats cost something else than expected.
    pub(super) fn price_changed(
        &mut self,
        call: &'h Call,
        window: &Window,
        (expected, actual): (i64, i64),
    ) -> Option<Revision> {
        let Command::Confirm { lines, expected_total, .. } = &call.command else { return None };
        if *expected_total != Some(expected) || expected == actual {
            return self.untrue(call, window, &[], "it is as expected");
        }
        let position = self.first_held(call, window, |position| {
            let costs = lines.iter().map(|line| self.bounds(line, position));
            let costs: Option<Vec<_>> = costs.collect();
            costs.is_none_or(|costs| {
                let least: i64 = costs.iter().map(|cost| cost.0).sum();
                let most: i64 = costs.iter().map(|cost| cost.1).sum();
                (least..=most).contains(&actual)
            })
        });
        position
            .or_else(|| self.untrue(call, window, &named(&call.command), "they never cost that"))
    }

    /// The least and the most that a seat may cost; `None` where that is not known.
    fn bounds(&self, line: &ConfirmLine, position: Revision) -> Option<(i64, i64)> {
        let (category, since) = self.priced_by(line.seat, position)?;
        let costs = self.facts.prices.after(category?, line.ticket.as_deref(), since - 1);
        let amounts = || costs.iter().map(|&(_, amount)| amount);
        Some((amounts().min()?, amounts().max()?))
    }

    /// The category of a seat that is held, and the revision by which it was taken.
    fn priced_by(&self, seat: SeatNo, position: Revision) -> Option<(Option<&'h str>, Revision)> {
        let moment = self.facts.book.seat(seat, position)?;
        match moment.state {
            State::Held(hold) => Some((moment.category, hold.since)),
            State::Free { .. } | State::Sold { .. } => None,
        }
    }

    /// They are in an order that was paid otherwise.
    pub(super) fn already_confirmed(
        &mut self,
        call: &'h Call,
        window: &Window,
        seen: &'h OrderSeen,
        paid: Option<&str>,
    ) -> Option<Revision> {
        let seats: Vec<SeatNo> = seen.lines.iter().map(|line| line.seat).collect();
        let is_other = paid.is_some() && seen.payment_reference.as_deref() != paid;
        if !is_other || sorted(&seats) != sorted(&named(&call.command)) {
            return self.untrue(call, window, &seats, "the order has the same payment, or others");
        }
        self.seen_in(call, window, seen)
    }

    /// They cost money, and the shop confirms.
    pub(super) fn left_to_shop(&mut self, call: &'h Call, window: &Window) -> Option<Revision> {
        let Command::Confirm { by_shop, .. } = &call.command else { return None };
        let buyers = self.facts.terms.buyers_confirm.during(call.start, call.end);
        if *by_shop || !buyers.contains(&&false) {
            return self.untrue(call, window, &[], "the viewer may confirm");
        }
        let seats = named(&call.command);
        let position = self.first_held(call, window, |position| {
            seats.iter().any(|&seat| match self.priced_by(seat, position) {
                Some((Some(category), since)) => {
                    self.facts.prices.may_cost_money(category, since - 1)
                }
                Some((None, _)) => true,
                None => false,
            })
        });
        position.or_else(|| self.untrue(call, window, &seats, "they cost nothing"))
    }

    /// No prolongation is offered, or one of the holds was prolonged.
    pub(super) fn extension_refused(
        &mut self,
        call: &'h Call,
        window: &Window,
        seats: &[SeatNo],
    ) -> Option<Revision> {
        let offered = self.facts.terms.extension_seconds.during(call.start, call.end);
        if offered.contains(&&0) {
            return Some(window.from);
        }
        let position = self.first_held(call, window, |position| {
            seats.iter().any(|&seat| {
                let state = self.facts.book.seat(seat, position).map(|seat| seat.state);
                matches!(state, Some(State::Held(hold)) if hold.is_extended)
            })
        });
        position.or_else(|| self.untrue(call, window, seats, "no hold was prolonged before"))
    }

    /// The first position at which the viewer holds what the call names, and something else is so.
    fn first_held(
        &self,
        call: &Call,
        window: &Window,
        is_so: impl Fn(Revision) -> bool,
    ) -> Option<Revision> {
        let seats = sorted(&named(&call.command));
        let span = (window.from, window.until);
        let changes = self.facts.book.seat_changes(seats.iter().copied(), span);
        window.first(self.facts.history, changes, |position, instants| {
            self.holds_all(&call.viewer, &seats, position, instants) && is_so(position)
        })
    }
}
