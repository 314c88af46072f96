//! Confirming, and passing on, in a simulated sale.

use torture::history::{
    Answer, Cause, ConfirmLine, DbMicros, OrderId, OrderLine, OrderRow, OrderSeen, Outcome,
    Refusal, SeatNo,
};

use super::db::{Db, Said, State};
use crate::bugs::Bug;

/// A purchase that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Purchase {
    pub(crate) lines: Vec<ConfirmLine>,
    pub(crate) key: String,
    pub(crate) by_shop: bool,
    pub(crate) payment_reference: Option<String>,
    pub(crate) expected_total: Option<i64>,
}

impl Purchase {
    fn seats(&self) -> Vec<SeatNo> {
        let seats: Vec<SeatNo> = self.lines.iter().map(|line| line.seat).collect();
        super::taking::sorted(&seats)
    }
}

impl Db {
    pub(crate) fn confirm(&mut self, viewer: &str, asked: &Purchase, now: DbMicros) -> Outcome {
        let seats = asked.seats();
        let key = (viewer.to_owned(), asked.key.clone());
        let known = self.keys.get(&key).and_then(|id| self.order(id)).cloned();
        if let Some(order) = known {
            let is_other = seats_of(&order) != seats || !self.has_tickets_of(&order, asked);
            let can_buy = |no: &SeatNo| {
                self.seats.get(no).is_some_and(|seat| seat.holder(now) == Some(viewer))
            };
            let is_good = is_other && seats.iter().all(can_buy) && !self.is_cancelled();
            if is_other && self.plant.strikes(Bug::KeyAnswersAnother) {
                return self.confirmed(&order, false);
            }
            if is_good && let Some(bought) = self.buy_by(Bug::KeyIgnored, viewer, asked, now) {
                return bought;
            }
            if is_other {
                return Outcome::Refused(Refusal::IdempotencyKeyReused);
            }
            if order.viewer == viewer
                && let Some(bought) = self.buy_by(Bug::SoldAgain, viewer, asked, now)
            {
                return bought;
            }
            if order.viewer != viewer
                && !asked.by_shop
                && let Some(refused) = self.not_held(viewer, &seats, now)
            {
                return refused;
            }
            return self.made_before(&order, asked);
        }
        if let Some(order) = self.order_of_exactly(viewer, &seats) {
            let is_repeat = self.has_tickets_of(&order, asked);
            let outcome = self.made_before(&order, asked);
            if is_repeat && matches!(outcome, Outcome::Answered(_)) {
                self.keys.insert(key, order.id);
            }
            return outcome;
        }
        if let Some(refused) = self.not_held(viewer, &seats, now) {
            return refused;
        }
        self.buy(viewer, asked, now)
    }

    /// Buys, if that is the bug, and nothing else is in the way.
    fn buy_by(
        &mut self,
        bug: Bug,
        viewer: &str,
        asked: &Purchase,
        now: DbMicros,
    ) -> Option<Outcome> {
        if !self.plant.could_strike(bug) {
            return None;
        }
        let outcome = self.buy(viewer, asked, now);
        let is_done = matches!(outcome, Outcome::Answered(_));
        (is_done && self.plant.strikes(bug)).then_some(outcome)
    }

    fn made_before(&self, order: &OrderRow, asked: &Purchase) -> Outcome {
        if asked.payment_reference.is_some() && asked.payment_reference != order.payment_reference {
            return Outcome::Refused(Refusal::AlreadyConfirmed(seen(order)));
        }
        self.confirmed(order, false)
    }

    fn confirmed(&self, order: &OrderRow, created: bool) -> Outcome {
        let last = self
            .log
            .iter()
            .rev()
            .find(|row| row.cause == Cause::Confirmed && row.order.as_ref() == Some(&order.id));
        let revision = last.map_or(self.revision, |row| row.revision);
        Outcome::Answered(Answer::Confirmed { order: seen(order), created, revision })
    }

    fn order_of_exactly(&self, viewer: &str, seats: &[SeatNo]) -> Option<OrderRow> {
        let (owner, order) = self.seats.get(seats.first()?)?.owner()?;
        let order = self.order(order)?;
        (owner == viewer && seats_of(order) == seats).then(|| order.clone())
    }

    fn ticket_of(&self, no: SeatNo, asked: &Purchase) -> Option<(String, i64)> {
        let seat = self.seats.get(&no)?;
        let line = asked.lines.iter().find(|line| line.seat == no)?;
        let types = self.prices(seat);
        match &line.ticket {
            Some(name) => types.iter().find(|known| known.0 == *name).cloned(),
            None => types.first().cloned(),
        }
    }

    fn has_tickets_of(&self, order: &OrderRow, asked: &Purchase) -> bool {
        order.lines.iter().all(|line| {
            let chosen = asked.lines.iter().find(|asked| asked.seat == line.seat);
            match chosen.and_then(|chosen| chosen.ticket.as_ref()) {
                Some(name) => *name == line.ticket,
                None => {
                    let first = self.seats.get(&line.seat).and_then(|it| self.prices(it).first());
                    first.is_some_and(|first| first.0 == line.ticket)
                }
            }
        })
    }

    /// Sells the seats, if what they cost is no bar.
    fn buy(&mut self, viewer: &str, asked: &Purchase, now: DbMicros) -> Outcome {
        let seats = asked.seats();
        let is_missing = |no: &SeatNo| self.ticket_of(*no, asked).is_none();
        let missing: Vec<SeatNo> = seats.iter().copied().filter(is_missing).collect();
        if !missing.is_empty() {
            return Outcome::Refused(Refusal::TicketTypeUnavailable(missing));
        }
        let costs = |no: &SeatNo| self.prices(&self.seats[no]).iter().any(|known| known.1 > 0);
        if !asked.by_shop && !self.terms.buyers_confirm && seats.iter().any(costs) {
            return Outcome::Refused(Refusal::LeftToShop);
        }
        let lines: Vec<OrderLine> = seats
            .iter()
            .filter_map(|&seat| {
                let (ticket, amount_minor) = self.ticket_of(seat, asked)?;
                Some(OrderLine { seat, ticket, amount_minor })
            })
            .collect();
        let actual = lines.iter().map(|line| line.amount_minor).sum();
        if let Some(expected) = asked.expected_total.filter(|&expected| expected != actual) {
            return Outcome::Refused(Refusal::PriceChanged { expected, actual });
        }
        self.sell(viewer, asked, lines, now)
    }

    fn sell(
        &mut self,
        viewer: &str,
        asked: &Purchase,
        mut lines: Vec<OrderLine>,
        now: DbMicros,
    ) -> Outcome {
        let mut id: OrderId = format!("{}-{:08x}", self.revision + 1, self.rng.u32(..));
        let mut code = format!("{:010X}", self.rng.u64(..1 << 40));
        if let Some(other) = self.orders.last() {
            if self.plant.strikes(Bug::OrderIdTwice) {
                id = other.id.clone();
            }
            if self.plant.strikes(Bug::CodeTwice) {
                code = other.code.clone();
            }
        }
        for line in &lines {
            let said = Said { order: Some(id.clone()), ..Said::of(Cause::Confirmed, viewer) };
            let state = State::Sold { viewer: viewer.to_owned(), order: id.clone() };
            self.change(line.seat, state, said, now);
        }
        self.price_anew(&mut lines);
        let mut total: i64 = lines.iter().map(|line| line.amount_minor).sum();
        if self.plant.strikes(Bug::WrongTotal) {
            total += 1;
        }
        let order = OrderRow {
            event: self.event,
            id: id.clone(),
            code,
            viewer: viewer.to_owned(),
            lines,
            total_minor: total,
            payment_reference: asked.payment_reference.clone(),
            confirmed_at: now,
        };
        self.orders.push(order.clone());
        let key = (viewer.to_owned(), asked.key.clone());
        if !self.plant.strikes(Bug::KeyForgotten) {
            self.keys.insert(key, id);
        }
        self.confirmed(&order, true)
    }

    /// The prices of today, where the bug is that these count.
    fn price_anew(&mut self, lines: &mut [OrderLine]) {
        let Some(today) = self.lists.last() else { return };
        for line in lines {
            let category = &self.seats[&line.seat].category;
            let types = today.get(category).map_or(&[][..], Vec::as_slice);
            let price = types.iter().find(|known| known.0 == line.ticket).map(|known| known.1);
            if let Some(price) = price.filter(|&price| price != line.amount_minor)
                && self.plant.strikes(Bug::PriceUnderHold)
            {
                line.amount_minor = price;
            }
        }
    }

    pub(crate) fn transfer(
        &mut self,
        viewer: &str,
        (order, to, by_admin): (&str, &str, bool),
        now: DbMicros,
    ) -> Outcome {
        let owner = self.order(order).map(|order| order.viewer.clone());
        let may = owner.as_deref().is_some_and(|owner| by_admin || owner == viewer);
        let strikes = owner.is_some() && owner.as_deref() != Some(to);
        if !(may || strikes && self.plant.strikes(Bug::TransferByStranger)) {
            return Outcome::Refused(Refusal::OrderNotFound);
        }
        if owner.as_deref() != Some(to) {
            self.hand_over(order, to, now);
        }
        let Some(order) = self.order(order) else {
            return Outcome::Refused(Refusal::OrderNotFound);
        };
        let seats = order.lines.iter().map(|line| self.seats[&line.seat].revision);
        let revision = seats.max().unwrap_or(0);
        Outcome::Answered(Answer::Transferred { order: seen(order), revision })
    }

    pub(crate) fn claim(&mut self, viewer: &str, guest: &str, now: DbMicros) -> Outcome {
        let seats: Vec<SeatNo> = self.seats.keys().copied().filter(|_| viewer != guest).collect();
        for no in seats {
            match self.seats[&no].state.clone() {
                State::Held { viewer: holder, until, is_extended }
                    if holder == guest && now < until =>
                {
                    let is_long = now + 500_000 < until;
                    if is_long && self.plant.strikes(Bug::ClaimLeavesBehind) {
                        continue;
                    }
                    let said = Said { expires_at: Some(until), ..Said::of(Cause::Claimed, viewer) };
                    let state = State::Held { viewer: viewer.to_owned(), until, is_extended };
                    self.change(no, state, said, now);
                }
                State::Sold { viewer: owner, order } if owner == guest => {
                    self.hand_over(&order, viewer, now);
                    self.copy_keys(&order, guest, viewer);
                }
                _ => {}
            }
        }
        Outcome::Answered(Answer::Claimed)
    }

    fn copy_keys(&mut self, order: &str, from: &str, to: &str) {
        let of = self.keys.iter().filter(|((viewer, _), id)| viewer == from && *id == order);
        let keys: Vec<String> = of.map(|((_, key), _)| key.clone()).collect();
        for key in keys {
            self.keys.entry((to.to_owned(), key)).or_insert_with(|| order.to_owned());
        }
    }
}

fn seats_of(order: &OrderRow) -> Vec<SeatNo> {
    order.lines.iter().map(|line| line.seat).collect()
}

pub(crate) fn seen(order: &OrderRow) -> OrderSeen {
    OrderSeen {
        id: order.id.clone(),
        code: order.code.clone(),
        viewer: Some(order.viewer.clone()),
        lines: order.lines.clone(),
        total_minor: order.total_minor,
        payment_reference: order.payment_reference.clone(),
    }
}
