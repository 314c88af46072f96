//! One event's books, open for a moment: the locked rows of the event and the seats that the
//! commands at hand name, as of one instant. Commands are applied one after another, each seeing
//! what the one before it did; every seat change gets the next revision. What comes out is what the
//! store has to write.
//!
//! Invariant: the changes written down have consecutive revisions, and each is a legal transition
//! of its seat. A hold that has run out is never overwritten silently: its expiry is logged first.

mod amend;
mod best;
mod hand_over;
mod offers;
mod plan;
mod prices;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::audit::AuditEntry;
use super::best::Seating;
use super::change::{Cause, Change};
use super::churn::{LetGo, Run, WINDOW};
use super::event_details::EventDetails;
use super::ids::{EventId, Mark, OrderId, PriceVersion, Revision, SeatId, ViewerId};
use super::key_slots::KeySlots;
use super::log_point::LogPoint;
use super::order::{IdempotencyKey, Order, PaymentReference};
use super::order_code::OrderDraw;
use super::prices::{NewPriceList, PriceLists, TicketType, total_minor};
use super::seat::{Hold, IllegalTransition, Seat, SeatState};
use super::stage::EventStage;
use best::Chosen;

pub use super::terms::{GrantTerms, Terms};
pub use amend::PastTerms;
pub use offers::Offer;
pub use plan::{OpenPlan, PlaceChange, PlanChange};

/// What the store read for the commands at hand, all of it after the locks were held.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Which event.
    pub event: EventId,
    /// Its conditions of sale.
    pub terms: Terms,
    /// Everything about it; needed where that is to change.
    pub details: Option<EventDetails>,
    /// Its revision so far.
    pub revision: Revision,
    /// The database's clock, read after the locks were held.
    pub now: DateTime<Utc>,
    /// The locked seats. A seat that is not here does not exist.
    pub seats: Vec<Seat>,
    /// The price list that seats are held by from now on.
    pub price_list: PriceVersion,
    /// That list and those that the locked seats are held or sold by; needed where something is
    /// bought, or prices are set.
    pub prices: PriceLists,
    /// How many seats each viewer at hand holds (at `now`) and owns; needed only where there is a
    /// limit.
    pub holdings: HashMap<ViewerId, u32>,
    /// The seats that each viewer at hand has let go, with those whose hold has run out at `now`
    /// and whose end is not logged. As far as it may matter; needed only where an event minds.
    pub let_go: HashMap<ViewerId, LetGo>,
    /// Who has let which of the locked seats go last; the same.
    pub runs: HashMap<SeatId, Run>,
    /// Which orders the idempotency keys at hand stand for; and of guests whose orders are claimed,
    /// all that stand for these orders, with the same keys of whoever claims them.
    pub keys: HashMap<(ViewerId, IdempotencyKey), OrderId>,
    /// Which slots for keys are taken, of the orders that one of the keys at hand may come to
    /// stand for. Of one that is not here, only the first is.
    pub key_slots: HashMap<OrderId, KeySlots>,
    /// What is drawn for the order that each of the purchases at hand may make.
    pub draws: HashMap<(ViewerId, IdempotencyKey), OrderDraw>,
    /// The orders that the keys and the confirmed seats at hand belong to.
    pub orders: Vec<Order>,
    /// What of the plan goes by the names at hand; needed only where seats are to come in.
    pub plan: Option<OpenPlan>,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Ledger {
    event: EventId,
    terms: Terms,
    details: Option<EventDetails>,
    revision: Revision,
    now: DateTime<Utc>,
    seats: HashMap<SeatId, Seat>,
    price_list: PriceVersion,
    prices: PriceLists,
    holdings: HashMap<ViewerId, u32>,
    let_go: HashMap<ViewerId, LetGo>,
    runs: HashMap<SeatId, Run>,
    keys: HashMap<(ViewerId, IdempotencyKey), OrderId>,
    key_slots: HashMap<OrderId, KeySlots>,
    draws: HashMap<(ViewerId, IdempotencyKey), OrderDraw>,
    orders: HashMap<OrderId, Order>,
    seating: Option<Seating>,
    chosen: Option<Chosen>,
    plan: Option<OpenPlan>,
    closing: Closing,
}

/// What the store has to write. Nothing, if every command was refused or changed nothing.
#[derive(Debug, Default)]
pub struct Closing {
    /// New rows of the change log, consecutive from the revision the ledger opened with.
    pub changes: Vec<Change>,
    /// For each of these changes, the price list that the seat is held or sold by after it.
    pub price_lists: Vec<PriceVersion>,
    /// New price lists, ascending.
    pub new_prices: Vec<NewPriceList>,
    /// New orders.
    pub orders: Vec<Order>,
    /// New idempotency keys.
    pub keys: Vec<NewKey>,
    /// Orders that have another owner.
    pub owners: BTreeMap<OrderId, ViewerId>,
    /// How many seats were let go, by whom and when; where the event minds.
    pub let_go: BTreeMap<(ViewerId, DateTime<Utc>), u32>,
    /// The runs of seats that were let go, or asked for; where the event minds.
    pub runs: BTreeMap<SeatId, Run>,
    /// The event, if it is another from now on.
    pub details: Option<EventDetails>,
    /// The terms that held until then, oldest first, where others than these were granted by.
    pub past_terms: Vec<PastTerms>,
    /// The seats that went off sale or on sale, as the last command about each leaves it.
    pub offers: BTreeMap<SeatId, Offer>,
    /// What is new in the plan. Where anything is, seats are in the log with it.
    pub plan: PlanChange,
    /// What the audit log is to say.
    pub audit: Vec<AuditEntry>,
}

/// An idempotency key that stands for an order from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKey {
    /// Whose key it is.
    pub viewer: ViewerId,
    /// The key.
    pub key: IdempotencyKey,
    /// What it stands for.
    pub order: OrderId,
    /// Which of the order's slots it takes; see [`KeySlots`].
    pub slot: i16,
}

/// What the log says of a change beside its place and time.
struct Entry<'a> {
    cause: Cause,
    viewer: &'a ViewerId,
    expires_at: Option<DateTime<Utc>>,
    order: Option<OrderId>,
    former: Option<&'a ViewerId>,
}

impl<'a> Entry<'a> {
    /// Of a change that leaves neither a hold nor a sale, nor comes of one.
    fn of(cause: Cause, viewer: &'a ViewerId) -> Self {
        Self { cause, viewer, expires_at: None, order: None, former: None }
    }
}

impl Closing {
    /// Gives all changes the mark that they are written with.
    pub fn mark(&mut self, mark: Mark) {
        self.changes.iter_mut().for_each(|change| change.mark = Some(mark));
    }

    /// The event's revision afterwards, if anything changed.
    pub fn revision(&self) -> Option<Revision> {
        self.changes.last().map(|change| change.revision)
    }

    /// Where the event's log ends afterwards; at its beginning, if nothing changed.
    pub fn end(&self) -> LogPoint {
        LogPoint::ZERO.after(&self.changes)
    }

    /// The first instant at which a hold granted here runs out; early where that hold is gone again
    /// already.
    pub fn earliest_expiry(&self) -> Option<DateTime<Utc>> {
        self.changes.iter().filter_map(|change| change.expires_at).min()
    }

    /// Until when it counts at most that seats were let go here.
    pub fn churn_until(&self) -> Option<DateTime<Utc>> {
        self.let_go.keys().map(|&(_, at)| at + WINDOW).max()
    }

    /// Whether something of the event changes that is none of a seat: those who follow it are told.
    pub fn changes_event(&self) -> bool {
        self.details.is_some() || !self.new_prices.is_empty() || !self.plan.places.is_empty()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
            && self.keys.is_empty()
            && self.runs.is_empty()
            && self.new_prices.is_empty()
            && self.offers.is_empty()
            && self.audit.is_empty()
            && !self.changes_event()
    }
}

impl Ledger {
    /// Opens the books.
    pub fn open(opening: Opening) -> Self {
        let Opening { event, terms, details, revision, now, seats, holdings, .. } = opening;
        let Opening { price_list, prices, let_go, runs, keys, key_slots, .. } = opening;
        let Opening { draws, orders, plan, .. } = opening;
        Self {
            event,
            terms,
            details,
            revision,
            now,
            seats: seats.into_iter().map(|seat| (seat.id, seat)).collect(),
            price_list,
            prices,
            holdings,
            let_go,
            runs,
            keys,
            key_slots,
            draws,
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            seating: None,
            chosen: None,
            plan,
            closing: Closing::default(),
        }
    }

    /// Closes the books: what is to be written. A seat's new state follows from its last change.
    pub fn close(self) -> Closing {
        self.closing
    }

    /// The one instant as of which everything is decided.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The event's conditions of sale.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The event's revision, counting what was decided so far.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// A seat as the commands before left it; `None` if the event has no such seat.
    pub fn seat(&self, id: SeatId) -> Option<&Seat> {
        self.seats.get(&id)
    }

    /// How many seats the viewer holds and owns. Counted only where the event has a limit.
    pub fn holdings(&self, viewer: &ViewerId) -> u32 {
        self.holdings.get(viewer).copied().unwrap_or(0)
    }

    /// From when the viewer may take these free seats, if not now: see [`churn`](super::churn).
    pub fn refused_until(&self, viewer: &ViewerId, seats: &[SeatId]) -> Option<DateTime<Utc>> {
        let max = self.terms.max_seats_let_go?;
        let own = |&seat: &SeatId| self.run(seat).filter(|run| run.viewer == *viewer);
        let runs = seats.iter().filter_map(own);
        let let_go = self.let_go.get(viewer).and_then(|let_go| let_go.refused_until(max, self.now));
        runs.filter_map(|run| run.refused_until(self.terms.hold, self.now)).chain(let_go).max()
    }

    /// The run that has ended last on a seat, although its end may not be logged.
    fn run(&self, seat: SeatId) -> Option<Cow<'_, Run>> {
        let known = self.runs.get(&seat);
        match &self.seats.get(&seat)?.state {
            SeatState::Reserved(hold) if !hold.is_live(self.now) => {
                let length = self.terms.length_of(hold);
                Some(Cow::Owned(Run::after(known, hold, length, hold.expires_at)))
            }
            _ => known.map(Cow::Borrowed),
        }
    }

    /// The order that the viewer's key stands for.
    pub fn order_of_key(&self, viewer: &ViewerId, key: &IdempotencyKey) -> Option<&Order> {
        // A tuple of references cannot look up a tuple of owned values; both clones are cheap
        // beside the transaction.
        let order = self.keys.get(&(viewer.clone(), key.clone()))?;
        self.orders.get(order)
    }

    /// An order that a confirmed seat at hand belongs to.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(&id)
    }

    /// Grants a hold from now for as long as the event's terms say.
    pub(super) fn reserve(
        &mut self,
        id: SeatId,
        viewer: &ViewerId,
    ) -> Result<(), IllegalTransition> {
        let until = self.now + self.terms.hold;
        let hold = Hold { viewer: viewer.clone(), expires_at: until, is_extended: false };
        let expires_at = Some(until);
        self.settle(id);
        self.change(
            id,
            |state| state.reserve(hold),
            Entry { expires_at, ..Entry::of(Cause::Reserved, viewer) },
        )?;
        *self.holdings.entry(viewer.clone()).or_default() += 1;
        Ok(())
    }

    /// Gives a held seat back.
    pub(super) fn release(
        &mut self,
        id: SeatId,
        viewer: &ViewerId,
    ) -> Result<(), IllegalTransition> {
        let now = self.now;
        let hold = self.hold(id).ok_or(IllegalTransition)?;
        self.change(id, |state| state.release(now), Entry::of(Cause::Released, viewer))?;
        if self.terms.max_seats_let_go.is_some() {
            self.let_go.entry(viewer.clone()).or_default().add(now, 1);
        }
        self.note_let_go(id, &hold, now);
        if let Some(count) = self.holdings.get_mut(viewer) {
            *count = count.saturating_sub(1);
        }
        Ok(())
    }

    /// Prolongs a live hold, which must not have been prolonged, by what the event's terms say.
    pub(super) fn extend(
        &mut self,
        id: SeatId,
        viewer: &ViewerId,
    ) -> Result<(), IllegalTransition> {
        let (now, by) = (self.now, self.terms.hold_extension);
        let expires_at = self.hold(id).map(|hold| hold.expires_at + by);
        let entry = Entry { expires_at, ..Entry::of(Cause::Extended, viewer) };
        self.change(id, |state| state.extend(by, now), entry)
    }

    /// Has a live hold last for so long from now, where it would end later.
    pub(super) fn shorten(
        &mut self,
        id: SeatId,
        length: TimeDelta,
    ) -> Result<(), IllegalTransition> {
        let (now, until) = (self.now, self.now + length);
        let holder = self.hold(id).ok_or(IllegalTransition)?.viewer;
        let entry = Entry { expires_at: Some(until), ..Entry::of(Cause::Extended, &holder) };
        self.change(id, |state| state.shorten(until, now), entry)
    }

    /// Has the audit log say something, if what is decided is written.
    pub fn note(&mut self, entry: AuditEntry) {
        self.closing.audit.push(entry);
    }

    /// How a seat stands now: a hold that is over is gone, whether or not its end is logged. `None`
    /// if the event has no such seat.
    pub fn standing(&self, id: SeatId) -> Option<SeatState> {
        let state = self.seats.get(&id)?.state.clone().as_of(self.now);
        Some(if self.is_cancelled() { state.clone().cancel().unwrap_or(state) } else { state })
    }

    /// Whether the event does not take place: no hold on a seat of it counts.
    fn is_cancelled(&self) -> bool {
        self.terms.stage == EventStage::Cancelled
    }

    /// Logs the end of a hold that is over; true if there was one.
    pub(super) fn settle(&mut self, id: SeatId) -> bool {
        let now = self.now;
        let Some(hold) = self.hold(id) else { return false };
        if hold.is_live(now) {
            let entry = Entry::of(Cause::Cancelled, &hold.viewer);
            return self.is_cancelled() && self.change(id, SeatState::cancel, entry).is_ok();
        }
        let entry = Entry::of(Cause::Expired, &hold.viewer);
        let is_settled = self.change(id, |state| Ok(state.as_of(now)), entry).is_ok();
        self.note_let_go(id, &hold, hold.expires_at);
        is_settled
    }

    /// The hold on a seat as it was last written, live or not.
    fn hold(&self, id: SeatId) -> Option<Hold> {
        match &self.seats.get(&id)?.state {
            SeatState::Reserved(hold) => Some(hold.clone()),
            SeatState::Available { .. } | SeatState::Confirmed(_) => None,
        }
    }

    /// Writes down that a hold was let go, if the event minds.
    fn note_let_go(&mut self, id: SeatId, hold: &Hold, at: DateTime<Utc>) {
        if self.terms.max_seats_let_go.is_none() {
            return;
        }
        let run = Run::after(self.runs.get(&id), hold, self.terms.length_of(hold), at);
        self.runs.insert(id, run.clone());
        self.closing.runs.insert(id, run);
        *self.closing.let_go.entry((hold.viewer.clone(), at)).or_default() += 1;
    }

    /// Writes down that somebody else asked for a seat, if it is held, and its holder has had it
    /// before in the same run: once for each run.
    pub(super) fn note_asked_for(&mut self, id: SeatId) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        let holder = self.seats.get(&id).and_then(|seat| seat.state.viewer(self.now));
        if holder == Some(&run.viewer) && !run.is_asked_for {
            run.is_asked_for = true;
            self.closing.runs.insert(id, run.clone());
        }
    }

    /// Sells held seats in one order. All of them must be held, live, by the viewer.
    pub(super) fn confirm(
        &mut self,
        seats: &[(SeatId, TicketType)],
        viewer: &ViewerId,
        key: &IdempotencyKey,
        payment_reference: Option<&PaymentReference>,
    ) -> Result<&Order, IllegalTransition> {
        let now = self.now;
        let draw = self.draws.get(&(viewer.clone(), key.clone())).copied();
        let draw = draw.ok_or(IllegalTransition)?;
        let id = OrderId::drawn(self.event, self.revision.next(), draw.salt());
        for &(seat, _) in seats {
            let entry = Entry { order: Some(id), ..Entry::of(Cause::Confirmed, viewer) };
            self.change(seat, |state| state.confirm(id, now), entry)?;
        }
        let sold = || seats.iter().map(|(_, as_type)| as_type);
        let order = Order {
            id,
            viewer: viewer.clone(),
            code: draw.code(),
            seats: seats.iter().map(|&(seat, _)| seat).collect(),
            prices_minor: sold().map(|as_type| as_type.price_minor).collect(),
            tickets: sold().map(|as_type| as_type.ticket.clone()).collect(),
            total_minor: total_minor(sold()),
            currency: self.terms.currency.clone(),
            payment_reference: payment_reference.cloned(),
            confirmed_at: now,
        };
        self.closing.orders.push(order.clone());
        self.keep_key(viewer, key, id, KeySlots::FIRST);
        Ok(self.orders.entry(id).or_insert(order))
    }

    /// Lets a new key stand for an order that is there already, if the order has a slot for it.
    pub(super) fn remember_key(&mut self, viewer: &ViewerId, key: &IdempotencyKey, order: OrderId) {
        let slots = self.key_slots.entry(order).or_insert(KeySlots::NEW);
        if let Some(slot) = slots.take() {
            self.keep_key(viewer, key, order, slot);
        }
    }

    fn keep_key(&mut self, viewer: &ViewerId, key: &IdempotencyKey, order: OrderId, slot: i16) {
        self.keys.insert((viewer.clone(), key.clone()), order);
        let (viewer, key) = (viewer.clone(), key.clone());
        self.closing.keys.push(NewKey { viewer, key, order, slot });
    }

    /// Replaces a seat's state and logs the change under the next revision.
    fn change(
        &mut self,
        id: SeatId,
        transition: impl FnOnce(SeatState) -> Result<SeatState, IllegalTransition>,
        entry: Entry<'_>,
    ) -> Result<(), IllegalTransition> {
        let seat = self.seats.get_mut(&id).ok_or(IllegalTransition)?;
        let next = transition(seat.state.clone())?;
        self.revision = self.revision.next();
        seat.state = next;
        seat.price_list = prices::list_after(entry.cause, self.price_list, seat.price_list);
        self.closing.price_lists.push(seat.price_list);
        seat.for_sale = entry.cause.for_sale().unwrap_or(seat.for_sale);
        let previous = std::mem::replace(&mut seat.revision, self.revision);
        if let Some(seating) = &mut self.seating {
            seating.put(id, &seat.state, seat.for_sale);
        }
        self.closing.changes.push(Change {
            revision: self.revision,
            seat: id,
            previous: Some(previous),
            cause: entry.cause,
            viewer: entry.viewer.clone(),
            expires_at: entry.expires_at,
            order: entry.order,
            former: entry.former.cloned(),
            changed_at: self.now,
            mark: None,
        });
        Ok(())
    }
}
