//! The rules once more, as plainly as they can be said, to compare with: no states and no ledger,
//! every question is answered by reading the change log from its end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::stories::{refused_until, stories};
use super::world::{
    Answer, Ask, EVENT, NOT_FOR_SALE, SEATS, World, category_of, draw, first_prices, seat, written,
};
use crate::command::{
    Block, Blocked, Claim, Claimed, Confirm, ConfirmRefusal, Confirmed, Extend, ExtendRefusal,
    NotHeldReason, Release, Released, Reserve, ReserveRefusal, Reserved, SeatSet, SetPrices,
    SetPricesRefusal, Transfer, TransferRefusal, Transferred, UnavailableReason, Unblock,
};
use crate::ledger::Terms;
use crate::seat::Seat;
use crate::{
    CategoryId, Cause, Change, ConfirmedBy, EventStatus, Hold, IdempotencyKey, Money, Order,
    OrderId, PriceVersion, Revision, SeatBlock, SeatId, SeatState, SeatStatus, TicketType,
    ViewerId,
};

/// How a seat stands at an instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Stands {
    Missing,
    Free { lapsed: Option<ViewerId> },
    Held { by: ViewerId, until: DateTime<Utc>, is_extended: bool },
    Sold { to: ViewerId, order: OrderId },
}

/// How the seat stands at `now`, going by the log alone.
pub(super) fn stands(log: &[Change], seat: SeatId, now: DateTime<Utc>) -> Stands {
    if seat.event != EVENT || !(1..=SEATS).contains(&seat.serial) {
        return Stands::Missing;
    }
    let Some(last) = log.iter().rev().find(|change| change.seat == seat) else {
        return Stands::Free { lapsed: None };
    };
    let viewer = last.viewer.clone();
    match last.cause {
        Cause::Released => Stands::Free { lapsed: None },
        Cause::Blocked | Cause::Unblocked | Cause::Imported => Stands::Free { lapsed: None },
        Cause::Expired | Cause::Cancelled => Stands::Free { lapsed: Some(viewer) },
        Cause::Confirmed | Cause::Transferred => {
            Stands::Sold { to: viewer, order: last.order.unwrap() }
        }
        Cause::Reserved | Cause::Extended | Cause::Claimed => {
            let (until, is_extended) = (last.expires_at.unwrap(), is_extended(log, seat));
            if until <= now {
                Stands::Free { lapsed: Some(viewer) }
            } else {
                Stands::Held { by: viewer, until, is_extended }
            }
        }
    }
}

/// Whether the last hold on the seat was prolonged, whoever has it by now.
fn is_extended(log: &[Change], seat: SeatId) -> bool {
    let of_seat = log.iter().rev().filter(|change| change.seat == seat);
    let begin = of_seat.skip_while(|change| change.cause == Cause::Claimed);
    begin.map(|change| change.cause).next() == Some(Cause::Extended)
}

/// Whether the seat is offered, going by the log alone.
pub(super) fn is_for_sale(log: &[Change], seat: SeatId) -> bool {
    let said = log.iter().rev().filter(|change| change.seat == seat);
    match said.map(|change| change.cause).find(|cause| [BLOCKED, UNBLOCKED].contains(cause)) {
        Some(cause) => cause == UNBLOCKED,
        None => seat.serial != NOT_FOR_SALE,
    }
}

/// How many seats the viewer holds at `now` and owns.
pub(super) fn holdings(log: &[Change], viewer: &ViewerId, now: DateTime<Utc>) -> u32 {
    let has = |serial: &i32| match stands(log, seat(*serial), now) {
        Stands::Held { by, .. } => by == *viewer,
        Stands::Sold { to, .. } => to == *viewer,
        Stands::Free { .. } | Stands::Missing => false,
    };
    u32::try_from((1..=SEATS).filter(has).count()).unwrap()
}

/// Somebody who paid once is told which order it was; somebody who paid twice is told so.
fn bought_before(ask: &Confirm, order: Order) -> Result<Confirmed, ConfirmRefusal> {
    match &ask.payment_reference {
        Some(other) if order.payment_reference.as_ref() != Some(other) => {
            Err(ConfirmRefusal::AlreadyConfirmed(Box::new(order)))
        }
        _ => Ok(Confirmed { order, created: false }),
    }
}

const BY_ANOTHER: UnavailableReason = UnavailableReason::ReservedByAnother;
const RESERVED: Cause = Cause::Reserved;
const BLOCKED: Cause = Cause::Blocked;
const UNBLOCKED: Cause = Cause::Unblocked;

/// See the module's documentation.
pub(super) struct Oracle {
    terms: Terms,
    untouched: World,
    /// First revisions of holds on seats for which others have asked, and who held them then.
    asked_for: BTreeSet<(Revision, ViewerId)>,
    /// The price lists, and after how many changes each was set.
    lists: Vec<(usize, BTreeMap<CategoryId, Vec<TicketType>>)>,
    pub(super) log: Vec<Change>,
    pub(super) orders: Vec<Order>,
    pub(super) keys: Vec<(ViewerId, IdempotencyKey, OrderId)>,
    pub(super) blocks: BTreeMap<SeatId, (ViewerId, SeatBlock)>,
}

impl Oracle {
    pub(super) fn new(terms: Terms) -> Self {
        let untouched = World::new(terms.clone());
        let asked_for = BTreeSet::new();
        let (log, orders, keys) = (Vec::new(), Vec::new(), Vec::new());
        let first = first_prices().into_iter();
        let first = first.map(|(category, new)| (category, new.in_list(PriceVersion(1), &[])));
        let lists = vec![(0, first.collect())];
        let blocks = BTreeMap::new();
        Self { terms, untouched, asked_for, lists, log, orders, keys, blocks }
    }

    /// What the command has to be answered at `now`.
    pub(super) fn answer(&mut self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        match ask {
            Ask::Reserve(ask) => Answer::Reserve(self.reserve(ask, now)),
            Ask::Confirm(ask) => Answer::Confirm(self.confirm(ask, now)),
            Ask::Release(ask) => Answer::Release(self.release(ask, now)),
            Ask::Extend(ask) => Answer::Extend(self.extend(ask, now)),
            Ask::Claim(ask) => Answer::Claim(self.claim(ask, now)),
            Ask::Transfer(ask) => Answer::Transfer(self.transfer(ask, now)),
            Ask::Block(ask) => Answer::Block(self.block(ask, now)),
            Ask::Unblock(ask) => Answer::Block(self.unblock(ask, now)),
            Ask::Expire(ask) => {
                Answer::Expire(ask.seats.iter().filter(|&&seat| self.expire(seat, now)).count())
            }
            Ask::SetPrices(ask) => Answer::SetPrices(self.set_prices(ask)),
        }
    }

    fn reserve(&mut self, ask: &Reserve, now: DateTime<Utc>) -> Result<Reserved, ReserveRefusal> {
        let seats = ask.seats.as_slice();
        let mine = |seat| match stands(&self.log, seat, now) {
            Stands::Held { by, .. } => by == ask.viewer,
            _ => false,
        };
        let new: Vec<SeatId> = seats.iter().copied().filter(|&seat| !mine(seat)).collect();
        if !new.is_empty() {
            let before = self.terms.sales_open_at.filter(|&opens| now < opens);
            let after = Some(self.terms.sales_close_at).filter(|&closes| closes <= now);
            if before.is_some() || after.is_some() {
                let is_early = before.is_some();
                let status = if is_early { EventStatus::Upcoming } else { EventStatus::Closed };
                let (opens_at, closed_at) = (before, after);
                return Err(ReserveRefusal::SalesClosed { status, opens_at, closed_at });
            }
        }
        let taken = |&seat: &SeatId| {
            let reason = match stands(&self.log, seat, now) {
                Stands::Missing => UnavailableReason::NotFound,
                Stands::Sold { .. } => UnavailableReason::Confirmed,
                Stands::Held { .. } => UnavailableReason::ReservedByAnother,
                Stands::Free { .. } if !is_for_sale(&self.log, seat) => {
                    UnavailableReason::NotForSale
                }
                Stands::Free { .. } => return None,
            };
            Some((seat, reason))
        };
        let taken: Vec<_> = new.iter().filter_map(taken).collect();
        if !taken.is_empty() {
            for (seat, _) in taken.iter().filter(|(_, why)| *why == BY_ANOTHER) {
                let begin = |change: &&Change| change.seat == *seat && change.cause == RESERVED;
                let held_by = self.last(*seat).viewer.clone();
                let begin = self.log.iter().rfind(begin).map(|begin| begin.revision);
                self.asked_for.extend(begin.map(|begin| (begin, held_by)));
            }
            return Err(ReserveRefusal::Unavailable(taken));
        }
        let held = holdings(&self.log, &ask.viewer, now);
        let requested = u32::try_from(new.len()).unwrap();
        if let Some(limit) = self
            .terms
            .max_seats_per_viewer
            .filter(|&limit| requested > 0 && held + requested > limit)
        {
            return Err(ReserveRefusal::LimitExceeded { limit, held, requested });
        }
        let stories = stories(&self.log, &self.asked_for, now);
        let until = refused_until(&stories, &self.terms, &ask.viewer, &new, now);
        if let Some(retry_at) = until.filter(|_| !new.is_empty()) {
            return Err(ReserveRefusal::TooFrequent { retry_at });
        }
        for seat in new {
            self.expire(seat, now);
            self.log(seat, Cause::Reserved, &ask.viewer, now, None);
        }
        Ok(self.held(seats, now))
    }

    /// All of the seats are held.
    fn held(&self, seats: &[SeatId], now: DateTime<Utc>) -> Reserved {
        let holds: Vec<&Change> = seats.iter().map(|&seat| self.last(seat)).collect();
        Reserved {
            expires_at: holds.iter().map(|hold| hold.expires_at.unwrap()).min().unwrap(),
            revision: holds.iter().map(|hold| hold.revision).max().unwrap(),
            seats: self.rows(seats),
            now,
        }
    }

    fn extend(&mut self, ask: &Extend, now: DateTime<Utc>) -> Result<Reserved, ExtendRefusal> {
        let seats = ask.seats.as_slice();
        if self.terms.hold_extension.is_zero() {
            return Err(ExtendRefusal::NotOffered);
        }
        self.check_held(&ask.viewer, &ask.seats, now).map_err(ExtendRefusal::NotHeld)?;
        if seats.iter().any(|&seat| is_extended(&self.log, seat)) {
            return Err(ExtendRefusal::ExtendedBefore);
        }
        for &seat in seats {
            let until = self.last(seat).expires_at.unwrap() + self.terms.hold_extension;
            self.log(seat, Cause::Extended, &ask.viewer, now, None);
            self.log.last_mut().unwrap().expires_at = Some(until);
        }
        Ok(self.held(seats, now))
    }

    fn confirm(&mut self, ask: &Confirm, now: DateTime<Utc>) -> Result<Confirmed, ConfirmRefusal> {
        let seats = ask.seats.as_slice();
        let known =
            self.keys.iter().find(|(viewer, key, _)| *viewer == ask.viewer && *key == ask.key);
        if let Some((_, _, id)) = known {
            let order = self.orders.iter().find(|order| order.id == *id).unwrap().clone();
            if order.seats != seats || !self.is_as_sold(ask, &order) {
                return Err(ConfirmRefusal::KeyReused);
            }
            if order.viewer != ask.viewer && ask.asked_by == ConfirmedBy::Buyer {
                let gone = |&seat: &SeatId| (seat, NotHeldReason::ConfirmedToAnother);
                return Err(ConfirmRefusal::NotHeld(seats.iter().map(gone).collect()));
            }
            return bought_before(ask, order);
        }
        let same = self
            .orders
            .iter()
            .find(|order| order.viewer == ask.viewer && order.seats == seats)
            .cloned();
        let is_repeat = same.as_ref().is_none_or(|order| self.is_as_sold(ask, order));
        let confirmed = match same {
            Some(order) => bought_before(ask, order)?,
            None => {
                self.check_held(&ask.viewer, &ask.seats, now).map_err(ConfirmRefusal::NotHeld)?;
                let sold_as: Vec<_> = seats.iter().map(|&seat| self.ticket(ask, seat)).collect();
                let wrong = seats.iter().zip(&sold_as).filter(|(_, known)| known.is_none());
                let wrong: Vec<_> = wrong.map(|(&seat, _)| seat).collect();
                if !wrong.is_empty() {
                    return Err(ConfirmRefusal::NoSuchTickets(wrong));
                }
                let costs = |&seat: &SeatId| self.types(seat).iter().any(|t| t.price_minor > 0);
                let costs = seats.iter().any(costs);
                let is_left_to_shop = self.terms.confirmed_by == ConfirmedBy::Shop && costs;
                if is_left_to_shop && ask.asked_by != ConfirmedBy::Shop {
                    return Err(ConfirmRefusal::LeftToShop);
                }
                let sum = sold_as.iter().flatten().map(|known| known.price_minor).sum();
                let actual = Money { amount_minor: sum, currency: self.terms.currency.clone() };
                if let Some(expected) = ask.expected_total.clone()
                    && expected != actual
                {
                    return Err(ConfirmRefusal::PriceChanged { expected, actual });
                }
                Confirmed { order: self.sell(ask, now), created: true }
            }
        };
        if is_repeat {
            self.remember(&ask.viewer, &ask.key, confirmed.order.id);
        }
        Ok(confirmed)
    }

    fn remember(&mut self, viewer: &ViewerId, key: &IdempotencyKey, id: OrderId) {
        if self.keys.iter().filter(|(_, _, order)| *order == id).count() < 10 {
            self.keys.push((viewer.clone(), key.clone(), id));
        }
    }

    fn claim(&mut self, ask: &Claim, now: DateTime<Utc>) -> Claimed {
        let mut claimed = Claimed::default();
        for &seat in ask.seats.as_slice() {
            match stands(&self.log, seat, now) {
                _ if ask.guest == ask.viewer => {}
                Stands::Held { by, until, .. } if by == ask.guest => {
                    self.hand_on(seat, Cause::Claimed, &ask.viewer, now);
                    self.log.last_mut().unwrap().expires_at = Some(until);
                    claimed.holds += 1;
                }
                Stands::Sold { to, order } if to == ask.guest && self.is_whole(ask, order) => {
                    self.give(order, &ask.viewer, now);
                    let own = self.keys.iter().filter(|key| key.0 == ask.guest && key.2 == order);
                    let mut own: Vec<_> = own.map(|(_, key, _)| key.clone()).collect();
                    own.sort_by_key(|key| key.as_str().to_owned());
                    for key in own {
                        if !self
                            .keys
                            .iter()
                            .any(|(viewer, known, _)| *viewer == ask.viewer && *known == key)
                        {
                            self.remember(&ask.viewer, &key, order);
                        }
                    }
                    claimed.orders += 1;
                }
                _ => {}
            }
        }
        claimed
    }

    fn is_whole(&self, ask: &Claim, order: OrderId) -> bool {
        let order = self.orders.iter().find(|known| known.id == order).unwrap();
        order.seats.iter().all(|seat| ask.seats.as_slice().contains(seat))
    }

    fn transfer(
        &mut self,
        ask: &Transfer,
        now: DateTime<Utc>,
    ) -> Result<Transferred, TransferRefusal> {
        let known = self.orders.iter().find(|order| order.id == ask.order);
        let known = known.filter(|order| order.seats == ask.seats.as_slice());
        let order = known.ok_or(TransferRefusal::NotFound)?.clone();
        if order.viewer != ask.to {
            if order.viewer != ask.from {
                return Err(TransferRefusal::OwnerChanged(Box::new(order)));
            }
            self.give(ask.order, &ask.to, now);
        }
        let revisions = order.seats.iter().map(|&seat| self.last(seat).revision);
        let revision = revisions.max().unwrap();
        Ok(Transferred { order: Order { viewer: ask.to.clone(), ..order }, revision })
    }

    fn give(&mut self, order: OrderId, to: &ViewerId, now: DateTime<Utc>) {
        let known = self.orders.iter_mut().find(|known| known.id == order).unwrap();
        known.viewer = to.clone();
        for seat in known.seats.clone() {
            self.hand_on(seat, Cause::Transferred, to, now);
            self.log.last_mut().unwrap().order = Some(order);
        }
    }

    fn hand_on(&mut self, seat: SeatId, cause: Cause, to: &ViewerId, now: DateTime<Utc>) {
        let former = self.last(seat).viewer.clone();
        self.log(seat, cause, to, now, None);
        self.log.last_mut().unwrap().former = Some(former);
    }

    /// What a seat costs by the list that was the event's when its last hold began.
    fn types(&self, seat: SeatId) -> &[TicketType] {
        let begin = |change: &Change| change.seat == seat && change.cause == RESERVED;
        let begun = self.log.iter().rposition(begin).unwrap();
        let list = self.lists.iter().rfind(|(set_after, _)| *set_after <= begun);
        &list.unwrap().1[&category_of(seat)]
    }

    fn ticket(&self, ask: &Confirm, seat: SeatId) -> Option<&TicketType> {
        let types = self.types(seat);
        match ask.chosen.get(&seat) {
            Some(chosen) => types.iter().find(|known| {
                known.ticket.number == chosen.number && chosen.category == category_of(seat)
            }),
            None => types.first(),
        }
    }

    fn is_as_sold(&self, ask: &Confirm, order: &Order) -> bool {
        let mut sold = order.seats.iter().zip(&order.tickets);
        sold.all(|(&seat, ticket)| {
            self.ticket(ask, seat).is_some_and(|known| known.ticket == *ticket)
        })
    }

    fn set_prices(&mut self, ask: &SetPrices) -> Result<bool, SetPricesRefusal> {
        if ask.currency != self.terms.currency {
            return Err(SetPricesRefusal::OtherCurrency(self.terms.currency.clone()));
        }
        let mut list = self.lists.last().unwrap().1.clone();
        let unknown = ask.prices.keys().filter(|category| !list.contains_key(category));
        let unknown: Vec<_> = unknown.copied().collect();
        if !unknown.is_empty() {
            return Err(SetPricesRefusal::NoSuchCategories(unknown));
        }
        let version = PriceVersion(i32::try_from(self.lists.len()).unwrap() + 1);
        for (category, new) in &ask.prices {
            let types = list.get_mut(category).unwrap();
            *types = new.in_list(version, types);
        }
        let is_new = list != self.lists.last().unwrap().1;
        if is_new {
            self.lists.push((self.log.len(), list));
        }
        Ok(is_new)
    }

    fn sell(&mut self, ask: &Confirm, now: DateTime<Utc>) -> Order {
        let seats = ask.seats.as_slice();
        let sold = seats.iter().map(|&seat| self.ticket(ask, seat).unwrap().clone());
        let sold: Vec<TicketType> = sold.collect();
        let draw = draw(&ask.viewer, &ask.key);
        let id = OrderId::drawn(EVENT, Revision(self.revision() + 1), draw.salt());
        for &seat in seats {
            self.log(seat, Cause::Confirmed, &ask.viewer, now, Some(id));
        }
        let order = Order {
            id,
            viewer: ask.viewer.clone(),
            code: draw.code(),
            seats: seats.to_vec(),
            prices_minor: sold.iter().map(|known| known.price_minor).collect(),
            total_minor: sold.iter().map(|known| known.price_minor).sum(),
            tickets: sold.into_iter().map(|known| known.ticket).collect(),
            currency: self.terms.currency.clone(),
            payment_reference: ask.payment_reference.clone(),
            confirmed_at: now,
        };
        self.orders.push(order.clone());
        order
    }

    fn release(
        &mut self,
        ask: &Release,
        now: DateTime<Utc>,
    ) -> Result<Released, Vec<(SeatId, NotHeldReason)>> {
        self.check_held(&ask.viewer, &ask.seats, now)?;
        for &seat in ask.seats.as_slice() {
            self.log(seat, Cause::Released, &ask.viewer, now, None);
        }
        Ok(Released {
            seats: self.rows(ask.seats.as_slice()),
            now,
            revision: Revision(self.revision()),
        })
    }

    fn expire(&mut self, seat: SeatId, now: DateTime<Utc>) -> bool {
        let Some(last) = self.log.iter().rfind(|change| change.seat == seat).cloned() else {
            return false;
        };
        let is_due = last.expires_at.is_some_and(|until| until <= now);
        if is_due {
            self.log(seat, Cause::Expired, &last.viewer, now, None);
        }
        is_due
    }

    fn block(
        &mut self,
        ask: &Block,
        now: DateTime<Utc>,
    ) -> Result<Blocked, Vec<(SeatId, UnavailableReason)>> {
        self.check_free(ask.seats.as_slice(), now)?;
        for &seat in ask.seats.as_slice() {
            if is_for_sale(&self.log, seat) {
                self.expire(seat, now);
                self.log(seat, Cause::Blocked, &ask.by, now, None);
            }
            self.blocks.insert(seat, (ask.by.clone(), ask.block.clone()));
        }
        Ok(self.blocked(ask.seats.as_slice(), now))
    }

    fn unblock(
        &mut self,
        ask: &Unblock,
        now: DateTime<Utc>,
    ) -> Result<Blocked, Vec<(SeatId, UnavailableReason)>> {
        let seats = ask.seats.as_slice();
        let is_here = |seat| !matches!(stands(&self.log, seat, now), Stands::Missing);
        let off_sale = |&seat: &SeatId| !is_here(seat) || !is_for_sale(&self.log, seat);
        let to_do: Vec<_> = seats.iter().copied().filter(off_sale).collect();
        self.check_free(&to_do, now)?;
        for seat in to_do {
            self.expire(seat, now);
            self.log(seat, Cause::Unblocked, &ask.by, now, None);
            self.blocks.remove(&seat);
        }
        Ok(self.blocked(seats, now))
    }

    fn check_free(
        &self,
        seats: &[SeatId],
        now: DateTime<Utc>,
    ) -> Result<(), Vec<(SeatId, UnavailableReason)>> {
        let why_not = |&seat: &SeatId| match stands(&self.log, seat, now) {
            Stands::Missing => Some((seat, UnavailableReason::NotFound)),
            Stands::Held { .. } => Some((seat, BY_ANOTHER)),
            Stands::Sold { .. } => Some((seat, UnavailableReason::Confirmed)),
            Stands::Free { .. } => None,
        };
        let in_the_way: Vec<_> = seats.iter().filter_map(why_not).collect();
        if in_the_way.is_empty() { Ok(()) } else { Err(in_the_way) }
    }

    fn blocked(&self, seats: &[SeatId], now: DateTime<Utc>) -> Blocked {
        let seats = self.rows(seats);
        let revision = seats.iter().map(|seat| seat.revision).max().unwrap();
        Blocked { seats, now, revision }
    }

    fn check_held(
        &self,
        viewer: &ViewerId,
        seats: &SeatSet,
        now: DateTime<Utc>,
    ) -> Result<(), Vec<(SeatId, NotHeldReason)>> {
        let why_not = |&seat: &SeatId| {
            let reason = match stands(&self.log, seat, now) {
                Stands::Missing => NotHeldReason::NotFound,
                Stands::Held { by, .. } if by == *viewer => return None,
                Stands::Held { .. } => NotHeldReason::HeldByAnother,
                Stands::Sold { to, .. } if to == *viewer => NotHeldReason::AlreadyConfirmed,
                Stands::Sold { .. } => NotHeldReason::ConfirmedToAnother,
                Stands::Free { lapsed: Some(last) } if last == *viewer => {
                    NotHeldReason::HoldExpired
                }
                Stands::Free { .. } => NotHeldReason::NeverHeld,
            };
            Some((seat, reason))
        };
        let refused: Vec<_> = seats.as_slice().iter().filter_map(why_not).collect();
        if refused.is_empty() { Ok(()) } else { Err(refused) }
    }

    fn log(
        &mut self,
        seat: SeatId,
        cause: Cause,
        viewer: &ViewerId,
        now: DateTime<Utc>,
        order: Option<OrderId>,
    ) {
        let before = self.log.iter().rfind(|change| change.seat == seat);
        let previous = Some(before.map_or(Revision::ZERO, |change| change.revision));
        self.log.push(Change {
            revision: Revision(self.revision() + 1),
            seat,
            previous,
            cause,
            viewer: viewer.clone(),
            expires_at: (cause == Cause::Reserved).then(|| now + self.terms.hold),
            order,
            former: None,
            changed_at: now,
            mark: None,
        });
    }

    fn state(&self, last: &Change) -> SeatState {
        let state = written(last, &SeatState::Available { lapsed: None });
        match state {
            SeatState::Reserved(hold) => {
                let is_extended = is_extended(&self.log, last.seat);
                SeatState::Reserved(Hold { is_extended, ..hold })
            }
            SeatState::Available { .. } | SeatState::Confirmed(_) => state,
        }
    }

    fn revision(&self) -> i64 {
        i64::try_from(self.log.len()).unwrap()
    }

    fn last(&self, seat: SeatId) -> &Change {
        self.log.iter().rfind(|change| change.seat == seat).unwrap()
    }

    /// The price list that a seat is held or sold by after its last change; the first, if it is
    /// free.
    fn list_of(&self, last: &Change) -> PriceVersion {
        if last.cause.status() == SeatStatus::Available {
            return PriceVersion::FIRST;
        }
        let begin = |change: &&Change| change.seat == last.seat && change.cause == RESERVED;
        let begun = self.log.iter().rfind(begin).unwrap().revision.0;
        let begun = usize::try_from(begun).unwrap();
        let list = self.lists.iter().filter(|(set_after, _)| *set_after < begun).count();
        PriceVersion(i32::try_from(list).unwrap())
    }

    fn rows(&self, seats: &[SeatId]) -> Vec<Seat> {
        let row = |&seat: &SeatId| {
            let mut row = self.untouched.seats[&seat].clone();
            row.for_sale = is_for_sale(&self.log, seat);
            if let Some(last) = self.log.iter().rfind(|change| change.seat == seat) {
                row.state = self.state(last);
                row.revision = last.revision;
                row.price_list = self.list_of(last);
            }
            row
        };
        seats.iter().map(row).collect()
    }
}
