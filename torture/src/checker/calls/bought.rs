//! Confirmations.

use super::{Calls, Facts, same_seats};
use crate::checker::tables::priced_by;
use crate::checker::violation::{Kind, Pointer};
use crate::checker::window::Window;
use crate::history::{Call, Command, ConfirmLine, OrderLine, OrderSeen, Revision, SeatNo};

/// What was bought, and what was answered.
pub(super) struct Bought<'h> {
    pub(super) lines: &'h [ConfirmLine],
    pub(super) by_shop: bool,
    pub(super) order: &'h OrderSeen,
    pub(super) created: bool,
}

/// An order was made under a key.
#[derive(Clone, Copy)]
pub(super) struct KeyUsed<'h> {
    order: &'h str,
    call: &'h Call,
}

impl<'h> Calls<'h, '_> {
    /// The seats are in an order of the viewer.
    pub(super) fn bought(
        &mut self,
        call: &'h Call,
        window: &Window,
        bought: &Bought<'h>,
        revision: Revision,
    ) -> Option<Revision> {
        let Bought { order, created, .. } = *bought;
        if !self.is_there(call, window, revision) {
            return None;
        }
        let Some(sold) = self.facts.book.orders.get(order.id.as_str()) else {
            let what = format!("was answered with order {}, which the log does not have", order.id);
            return self.wrong(Kind::OrderLost, call, &what);
        };
        let (first, last) = (sold.first, sold.last);
        let asked: Vec<SeatNo> = bought.lines.iter().map(|line| line.seat).collect();
        if !same_seats(&asked, &sold.seats) {
            let what = format!(
                "asked for seats {asked:?}, and order {} is of {:?} in the log",
                order.id, sold.seats
            );
            return self.wrong(Kind::OrderOther, call, &what);
        }
        if revision != last {
            let what = format!("was answered with revision {revision}, and the sale is {last}");
            return self.wrong(Kind::AnswerWrong, call, &what);
        }
        if created && sold.buyer != call.viewer {
            let what = format!("made order {}, which {} has bought", order.id, sold.buyer);
            return self.wrong(Kind::OrderOther, call, &what);
        }
        self.check_key(call, bought);
        self.check_request(call, bought);
        if created {
            let rows: Vec<Revision> = (first..=last).collect();
            self.make(call, window, &rows).then_some(())?;
            return self.seen(call, order, window.from.max(revision));
        }
        let owners: Vec<Revision> = sold.owners.iter().map(|owner| owner.0).collect();
        let position = window.first(self.facts.history, owners, |position, _| {
            last <= position
                && (bought.by_shop || sold.owner(position) == Some(call.viewer.as_str()))
        });
        // The sale itself may lie within the call.
        let position = position.or((window.from < last).then_some(last));
        let Some(position) = position else {
            let what = format!("was told of order {}, which was not the viewer's", order.id);
            return self.wrong(Kind::OrderOther, call, &what);
        };
        self.seen(call, order, position)
    }

    /// Whether a key buys once. A key under which an order was made stands for it for a day at
    /// least. One under which an order was only found may not be remembered.
    fn check_key(&mut self, call: &'h Call, bought: &Bought<'h>) {
        let Command::Confirm { key, .. } = &call.command else { return };
        let Bought { order, created, .. } = *bought;
        let known = self.keys.get(&(call.viewer.as_str(), key.as_str())).copied();
        if let Some(before) = known
            && before.order != order.id
            && (created || before.call.end < call.start)
        {
            let sentence = format!(
                "{} bought orders {} and {} under the key {key}",
                call.viewer, before.order, order.id
            );
            let entries = vec![Pointer::Call(before.call.id), Pointer::Call(call.id)];
            self.findings.add(Kind::KeyTwice, entries, sentence);
        }
        if created {
            self.keys.insert((&call.viewer, key), KeyUsed { order: &order.id, call });
        }
    }

    /// Whether the order is what was asked for, beside its seats.
    fn check_request(&mut self, call: &Call, bought: &Bought<'_>) {
        let Command::Confirm { payment_reference, expected_total, .. } = &call.command else {
            return;
        };
        let order = bought.order;
        let is_paid_otherwise = payment_reference.is_some() || bought.created;
        if is_paid_otherwise && order.payment_reference != *payment_reference {
            let what = format!(
                "paid with {payment_reference:?}, and the order has {:?}",
                order.payment_reference
            );
            self.wrong(Kind::OrderOther, call, &what);
        }
        let expected = expected_total.filter(|_| bought.created);
        if expected.is_some_and(|expected| expected != order.total_minor) {
            let what = format!("was to cost {expected:?}, and costs {}", order.total_minor);
            self.wrong(Kind::PriceWrong, call, &what);
        }
        // What was bought before is answered whatever the types of ticket are now.
        for line in bought.lines.iter().filter(|_| bought.created) {
            let sold = order.lines.iter().find(|sold| sold.seat == line.seat);
            let chosen = line.ticket.as_ref();
            if let (Some(sold), None) = (sold, chosen)
                && !self.may_be_first(order, sold)
            {
                let what = format!("chose no type for seat {}, and has {sold:?}", line.seat);
                self.wrong(Kind::OrderOther, call, &what);
            }
            if sold.zip(chosen).is_some_and(|(sold, chosen)| sold.ticket != *chosen) {
                let what = format!("chose {chosen:?} for seat {}, and has {sold:?}", line.seat);
                self.wrong(Kind::OrderOther, call, &what);
            }
        }
    }

    /// Whether a seat was sold as the type of ticket that is meant where none is chosen.
    fn may_be_first(&self, order: &OrderSeen, line: &OrderLine) -> bool {
        let Facts { book, prices, .. } = self.facts;
        let Some(sold) = book.orders.get(order.id.as_str()) else { return true };
        let Some((category, since)) = priced_by(book, line.seat, sold.first, sold.last) else {
            return true;
        };
        let firsts = prices.after(category, None, since - 1);
        firsts.iter().any(|&(name, _)| name == line.ticket)
    }
}
