//! One event in memory: the tables, and a `book` as `store::booking` is against PostgreSQL. It
//! opens a ledger with exactly what the commands say they need, and writes what it closes with.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::churn::{LetGo, Run, WINDOW};
use crate::command::{
    Block, Blocked, Claim, Claimed, Command, Confirm, ConfirmRefusal, Confirmed, Expire, Extend,
    ExtendRefusal, Needs, NotHeldReason, Release, Released, Reserve, ReserveRefusal, Reserved,
    SeatSet, SetPrices, SetPricesRefusal, Transfer, TransferRefusal, Transferred,
    UnavailableReason, Unblock,
};
use crate::ledger::{Closing, Ledger, NewKey, Offer, Opening, Terms};
use crate::plan::MAX_PRICE_MINOR;
use crate::prices::{NewPrices, PriceLists};
use crate::seat::Seat;
use crate::{
    CategoryId, Cause, Change, EventId, Hold, IdempotencyKey, KeySlots, Money, Order, OrderDraw,
    OrderId, PriceVersion, Revision, Sale, SeatBlock, SeatId, SeatState, TicketType, ViewerId,
};

/// Later than anything that happens.
pub(super) const NEVER: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;

/// The event that all of this is about.
pub(super) const EVENT: EventId = EventId(7);
/// The event has the seats 1 to this.
pub(super) const SEATS: i32 = 10;
/// The one seat that is not offered.
pub(super) const NOT_FOR_SALE: i32 = 10;
/// What a seat costs in each of the categories 1, 2, 3, in minor units, before anybody sets prices.
const PRICES: [i64; 3] = [0, 4_900, MAX_PRICE_MINOR];
/// A type of ticket that costs nothing, of categories that cost money.
pub(super) const FREE_TICKET: &str = "Child";

/// What all of it is paid in.
pub(super) const CURRENCY: &str = "EUR";

/// When the world begins.
pub(super) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// A seat of the event.
pub(super) fn seat(serial: i32) -> SeatId {
    SeatId { event: EVENT, serial }
}

/// One of the event's categories, if the number is 1 to 3.
pub(super) fn category(serial: i32) -> CategoryId {
    CategoryId { event: EVENT, serial }
}

/// The category of a seat.
pub(super) fn category_of(seat: SeatId) -> CategoryId {
    category(seat.serial % 3 + 1)
}

/// The prices that the event begins with.
pub(super) fn first_prices() -> BTreeMap<CategoryId, NewPrices> {
    let named = |(serial, price)| {
        let mut types = vec![("Full".to_owned(), price)];
        if price > 0 {
            types.push((FREE_TICKET.to_owned(), 0));
        }
        (category(serial), NewPrices::new(types).unwrap())
    };
    (1..).zip(PRICES).map(named).collect()
}

/// What the seat costs before anybody sets prices, if no type of ticket is chosen.
pub(super) fn price(seat: SeatId) -> i64 {
    PRICES[usize::try_from(seat.serial % 3).unwrap()]
}

/// What the seats cost together; those that do not exist cost nothing.
pub(super) fn total(seats: &SeatSet) -> Money {
    let is_here = |seat: &&SeatId| seat.event == EVENT && (1..=SEATS).contains(&seat.serial);
    let prices = seats.as_slice().iter().filter(is_here).map(|&seat| price(seat));
    Money { amount_minor: prices.sum(), currency: CURRENCY.to_owned() }
}

/// The code that the order of this purchase gets: another for each, and the same in whatever batch.
pub(super) fn draw(viewer: &ViewerId, key: &IdempotencyKey) -> OrderDraw {
    let text = [viewer.as_str(), key.as_str()].concat();
    assert!(text.len() <= 6, "six bytes fit the 50 bits of a code");
    let bits = text.bytes().fold(0, |bits, byte| bits << 8 | u128::from(byte));
    OrderDraw(bits | bits << (u128::BITS - u32::BITS))
}

/// Any command.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Reserve(Reserve),
    Confirm(Confirm),
    Release(Release),
    Extend(Extend),
    Claim(Claim),
    Transfer(Transfer),
    Expire(Expire),
    SetPrices(SetPrices),
    Block(Block),
    Unblock(Unblock),
}

/// Any command's outcome.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Answer {
    Reserve(Result<Reserved, ReserveRefusal>),
    Confirm(Result<Confirmed, ConfirmRefusal>),
    Release(Result<Released, Vec<(SeatId, NotHeldReason)>>),
    Extend(Result<Reserved, ExtendRefusal>),
    Claim(Claimed),
    Transfer(Result<Transferred, TransferRefusal>),
    Expire(usize),
    SetPrices(Result<bool, SetPricesRefusal>),
    Block(Result<Blocked, Vec<(SeatId, UnavailableReason)>>),
}

impl Ask {
    pub(super) fn needs(&self) -> Needs<'_> {
        match self {
            Self::Reserve(reserve) => reserve.needs(),
            Self::Confirm(confirm) => confirm.needs(),
            Self::Release(release) => release.needs(),
            Self::Extend(extend) => extend.needs(),
            Self::Claim(claim) => claim.needs(),
            Self::Transfer(transfer) => transfer.needs(),
            Self::Expire(expire) => expire.needs(),
            Self::SetPrices(set) => set.needs(),
            Self::Block(block) => block.needs(),
            Self::Unblock(unblock) => unblock.needs(),
        }
    }

    fn decide(&self, ledger: &mut Ledger) -> Answer {
        match self {
            Self::Reserve(reserve) => Answer::Reserve(reserve.decide(ledger)),
            Self::Confirm(confirm) => Answer::Confirm(confirm.decide(ledger)),
            Self::Release(release) => Answer::Release(release.decide(ledger)),
            Self::Extend(extend) => Answer::Extend(extend.decide(ledger)),
            Self::Claim(claim) => Answer::Claim(claim.decide(ledger)),
            Self::Transfer(transfer) => Answer::Transfer(transfer.decide(ledger)),
            Self::Expire(expire) => Answer::Expire(expire.decide(ledger)),
            Self::SetPrices(set) => Answer::SetPrices(set.decide(ledger)),
            Self::Block(block) => Answer::Block(block.decide(ledger)),
            Self::Unblock(unblock) => Answer::Block(unblock.decide(ledger)),
        }
    }
}

impl Answer {
    pub(super) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Reserve(Err(_))
                | Self::Confirm(Err(_))
                | Self::Release(Err(_))
                | Self::Extend(Err(_))
                | Self::Transfer(Err(_))
                | Self::SetPrices(Err(_))
                | Self::Block(Err(_))
        )
    }
}

/// What became of a command.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Decision {
    /// The answer it got.
    pub(super) answer: Answer,
    /// As of which instant.
    pub(super) now: DateTime<Utc>,
    /// The event's revision when its turn came.
    pub(super) before: Revision,
    /// Whether its key stood for an order by then.
    pub(super) is_known_key: bool,
    /// Whether it does by now.
    pub(super) is_kept_key: bool,
    /// The changes that this command made and no other.
    pub(super) changes: Vec<Change>,
}

/// How the clock moves between two ledgers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tick {
    /// Not at all.
    Still,
    /// By this much; backwards after a failover.
    By(TimeDelta),
    /// To where the first of the holds still ahead runs out, or that far from there.
    FirstExpiry(TimeDelta),
    /// To where sales open or close, whichever is ahead.
    SalesEdge,
    /// To where the first of the seats let go is forgotten, or that far from there.
    Forgotten(TimeDelta),
}

/// See the module's documentation.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct World {
    pub(super) terms: Terms,
    pub(super) now: DateTime<Utc>,
    pub(super) seats: BTreeMap<SeatId, Seat>,
    pub(super) log: Vec<Change>,
    pub(super) orders: BTreeMap<OrderId, Order>,
    pub(super) prices: BTreeMap<SeatId, i64>,
    /// What there is in the price lists that the event has had.
    pub(super) lists: BTreeMap<(PriceVersion, CategoryId), Vec<TicketType>>,
    /// For each list but the first, after which revision it is the event's.
    pub(super) raised: Vec<Revision>,
    pub(super) keys: HashMap<(ViewerId, IdempotencyKey), OrderId>,
    pub(super) let_go: BTreeMap<(ViewerId, DateTime<Utc>), u32>,
    pub(super) runs: BTreeMap<SeatId, Run>,
    pub(super) churn_until: Option<DateTime<Utc>>,
    /// Which of an order's slots for keys are taken.
    pub(super) key_slots: BTreeMap<OrderId, BTreeSet<i16>>,
    /// Why seats are off sale.
    pub(super) blocks: BTreeMap<SeatId, (ViewerId, SeatBlock)>,
}

impl World {
    /// An event of which nothing is sold yet.
    pub(super) fn new(terms: Terms) -> Self {
        let untouched = |id: SeatId| Seat {
            id,
            category: category_of(id),
            for_sale: id.serial != NOT_FOR_SALE,
            state: SeatState::Available { lapsed: None },
            revision: Revision::ZERO,
            price_list: PriceVersion::FIRST,
        };
        let list = |(category, new): (CategoryId, NewPrices)| {
            let first = PriceVersion::FIRST;
            ((first, category), new.in_list(first, &[]))
        };
        Self {
            terms,
            now: start(),
            seats: (1..=SEATS).map(|serial| (seat(serial), untouched(seat(serial)))).collect(),
            log: Vec::new(),
            orders: BTreeMap::new(),
            prices: BTreeMap::new(),
            lists: first_prices().into_iter().map(list).collect(),
            raised: Vec::new(),
            keys: HashMap::new(),
            let_go: BTreeMap::new(),
            runs: BTreeMap::new(),
            churn_until: None,
            key_slots: BTreeMap::new(),
            blocks: BTreeMap::new(),
        }
    }

    /// Moves the clock.
    pub(super) fn tick(&mut self, tick: Tick) {
        let first = self.seats.values().filter_map(|seat| seat.state.expires_at(self.now)).min();
        self.now = match tick {
            Tick::Still => self.now,
            Tick::By(delta) => self.now + delta,
            Tick::FirstExpiry(delta) => first.map_or(self.now, |first| first + delta),
            Tick::SalesEdge => self.next_sales_edge().unwrap_or(self.now),
            Tick::Forgotten(delta) => self.next_forgotten().map_or(self.now, |at| at + delta),
        }
    }

    fn next_sales_edge(&self) -> Option<DateTime<Utc>> {
        let edges = [self.terms.sales_open_at, Some(self.terms.sales_close_at)];
        edges.into_iter().flatten().find(|&edge| self.now < edge && edge < NEVER)
    }

    fn next_forgotten(&self) -> Option<DateTime<Utc>> {
        let forgotten = self.let_go.keys().map(|&(_, at)| at + WINDOW);
        forgotten.filter(|&at| self.now < at).min()
    }

    /// The event's revision.
    pub(super) fn revision(&self) -> Revision {
        self.log.last().map_or(Revision::ZERO, |change| change.revision)
    }

    /// The event's price list when a change had this revision.
    pub(super) fn list_at(&self, revision: Revision) -> PriceVersion {
        let raised = self.raised.iter().filter(|&&after| after < revision).count();
        PriceVersion(1 + i32::try_from(raised).unwrap())
    }

    /// What a seat costs, or cost, by the type of ticket, going by its row.
    pub(super) fn types_of(&self, seat: SeatId) -> &[TicketType] {
        &self.lists[&(self.seats[&seat].price_list, category_of(seat))]
    }

    /// The seats that the viewer holds now.
    pub(super) fn held_by(&self, viewer: &ViewerId) -> Vec<SeatId> {
        let is_held = |seat: &&Seat| match &seat.state {
            SeatState::Reserved(hold) => hold.viewer == *viewer && self.now < hold.expires_at,
            SeatState::Available { .. } | SeatState::Confirmed(_) => false,
        };
        self.seats.values().filter(is_held).map(|seat| seat.id).collect()
    }

    /// Books one command in a ledger of its own.
    pub(super) fn book_one(&mut self, ask: &Ask) -> Decision {
        self.book(std::slice::from_ref(&ask)).remove(0)
    }

    /// Decides the commands on one ledger and writes the result.
    pub(super) fn book(&mut self, asks: &[&Ask]) -> Vec<Decision> {
        let mut ledger = Ledger::open(self.opening(asks));
        let decide = |ask: &&Ask| {
            let before = ledger.revision();
            let is_known = |ledger: &Ledger| {
                let purchase = ask.needs().purchase;
                purchase.is_some_and(|(viewer, key)| ledger.order_of_key(viewer, key).is_some())
            };
            let is_known_key = is_known(&ledger);
            let answer = ask.decide(&mut ledger);
            (before, is_known_key, answer, is_known(&ledger), ledger.revision())
        };
        let answers: Vec<_> = asks.iter().map(decide).collect();
        let left: Vec<Seat> =
            self.seats.keys().filter_map(|&id| ledger.seat(id)).cloned().collect();
        let closing = ledger.close();
        let changes = closing.changes.clone();
        self.keep(closing);
        for seat in left {
            assert_eq!(
                seat, self.seats[&seat.id],
                "the ledger leaves a seat otherwise than its last change says"
            );
        }
        let changes_of = |before, after| {
            changes
                .iter()
                .filter(|change| before < change.revision && change.revision <= after)
                .cloned()
                .collect()
        };
        let decision = |(before, is_known_key, answer, is_kept_key, after)| Decision {
            answer,
            now: self.now,
            before,
            is_known_key,
            is_kept_key,
            changes: changes_of(before, after),
        };
        answers.into_iter().map(decision).collect()
    }

    /// What the store reads for these commands, and nothing else.
    pub(super) fn opening(&self, asks: &[&Ask]) -> Opening {
        let needs: Vec<_> = asks.iter().map(|ask| ask.needs()).collect();
        let named: BTreeSet<SeatId> = needs.iter().flat_map(|needs| needs.seats).copied().collect();
        let seats: Vec<Seat> = named.iter().filter_map(|id| self.seats.get(id)).cloned().collect();
        let purchases: Vec<_> = needs.iter().filter_map(|needs| needs.purchase).collect();
        let limited = self.terms.max_seats_per_viewer.is_some();
        let counted = needs.iter().filter_map(|needs| needs.holdings_of).filter(|_| limited);
        let sold = seats.iter().filter_map(|seat| match &seat.state {
            SeatState::Confirmed(sale) => Some(sale.order),
            SeatState::Available { .. } | SeatState::Reserved(_) => None,
        });
        let sold: Vec<OrderId> = sold.collect();
        let asked = self.keys_at_hand(&needs, &sold).into_iter();
        let keys: HashMap<_, _> =
            asked.filter_map(|asked| self.keys.get(&asked).map(|&order| (asked, order))).collect();
        let draws = purchases.iter().map(|&(viewer, key)| {
            let draw = draw(viewer, key);
            ((viewer.clone(), key.clone()), draw)
        });
        let draws = draws.collect();
        let (let_go, runs) = self.churn(&needs);
        let is_new = |&(viewer, key): &(&ViewerId, &IdempotencyKey)| {
            !keys.contains_key(&(viewer.clone(), key.clone()))
        };
        let is_claimed = needs.iter().any(|needs| needs.hand_over.is_some());
        let named = sold.iter().filter(|_| is_claimed || purchases.iter().any(is_new));
        let taken = |id| KeySlots::taken(self.key_slots[id].iter().copied());
        let key_slots = named.map(|id| (*id, taken(id))).collect();
        let known: BTreeSet<OrderId> = keys.values().copied().chain(sold).collect();
        let mut orders = Vec::new();
        if is_claimed || !purchases.is_empty() {
            orders = known.iter().map(|id| self.orders[id].clone()).collect();
        }
        let price_list = self.list_at(Revision::MAX);
        let mut prices = PriceLists::default();
        if needs.iter().any(|needs| needs.purchase.is_some() || needs.prices) {
            let of_seats = seats.iter().map(|seat| seat.price_list);
            let lists: BTreeSet<_> = of_seats.chain([price_list]).collect();
            for (&(list, category), types) in &self.lists {
                let types = types.iter().filter(|_| lists.contains(&list));
                types.for_each(|known| prices.add(list, category, known.clone()));
            }
        }
        Opening {
            event: EVENT,
            terms: self.terms.clone(),
            details: None,
            revision: self.revision(),
            now: self.now,
            holdings: counted
                .map(|viewer| (viewer.clone(), self.holdings(viewer)))
                .filter(|(_, n)| *n > 0)
                .collect(),
            let_go,
            runs,
            seats,
            price_list,
            prices,
            keys,
            key_slots,
            draws,
            orders,
            plan: None,
        }
    }

    /// The keys of purchases; and where orders are claimed, the guest's keys for orders at hand,
    /// and each of these keys of whoever claims.
    fn keys_at_hand(
        &self,
        needs: &[Needs<'_>],
        sold: &[OrderId],
    ) -> HashSet<(ViewerId, IdempotencyKey)> {
        let purchases = needs.iter().filter_map(|needs| needs.purchase);
        let purchases: Vec<_> =
            purchases.map(|(viewer, key)| (viewer.clone(), key.clone())).collect();
        let mut at_hand: HashSet<_> = purchases.iter().cloned().collect();
        for hand_over in needs.iter().filter_map(|needs| needs.hand_over) {
            let Some(guest) = hand_over.keys_of else { continue };
            let known = self.keys.iter().filter(|(_, order)| sold.contains(order));
            let own = known.map(|(key, _)| key).chain(&purchases);
            for (viewer, key) in own.filter(|(viewer, _)| viewer == guest) {
                at_hand.insert((viewer.clone(), key.clone()));
                at_hand.insert((hand_over.to.clone(), key.clone()));
            }
        }
        at_hand
    }

    /// As the store reads: only where it may matter.
    fn churn(&self, needs: &[Needs<'_>]) -> (HashMap<ViewerId, LetGo>, HashMap<SeatId, Run>) {
        let (mut let_go, mut runs) = (HashMap::<ViewerId, LetGo>::new(), HashMap::new());
        let Some(max) = self.terms.max_seats_let_go else { return (let_go, runs) };
        let max = usize::try_from(max).unwrap();
        let lapsed = self.lapsed();
        if lapsed.is_empty() && !self.terms.may_be_churning(self.churn_until, self.now) {
            return (let_go, runs);
        }
        for viewer in needs.iter().filter_map(|needs| needs.holdings_of) {
            let own = let_go.entry(viewer.clone()).insert_entry(LetGo::default()).into_mut();
            let logged = self.let_go.iter().map(|((whose, at), &seats)| (whose, *at, seats));
            let of_viewer = logged.rev().filter(|(whose, ..)| *whose == viewer).take(max + 1);
            of_viewer.for_each(|(_, at, seats)| own.add(at, seats));
            let due = lapsed.iter().filter(|hold| hold.viewer == *viewer);
            due.for_each(|hold| own.add(hold.expires_at, 1));
        }
        let alone = needs.iter().filter(|needs| needs.purchase.is_none());
        let named = alone.flat_map(|needs| needs.seats);
        runs.extend(named.filter_map(|id| Some((*id, self.runs.get(id)?.clone()))));
        (let_go, runs)
    }

    /// Holds that have run out, and whose end is not logged.
    fn lapsed(&self) -> Vec<&Hold> {
        let lapsed = self.seats.values().filter_map(|seat| match &seat.state {
            SeatState::Reserved(hold) => (!hold.is_live(self.now)).then_some(hold),
            SeatState::Available { .. } | SeatState::Confirmed(_) => None,
        });
        lapsed.collect()
    }

    /// As the store counts: what is confirmed, and what is held and has not run out.
    fn holdings(&self, viewer: &ViewerId) -> u32 {
        let counts = |seat: &&Seat| match &seat.state {
            SeatState::Available { .. } => false,
            SeatState::Reserved(hold) => hold.viewer == *viewer && hold.expires_at > self.now,
            SeatState::Confirmed(sale) => sale.viewer == *viewer,
        };
        u32::try_from(self.seats.values().filter(counts).count()).unwrap()
    }

    /// Writes log rows, seats as their last change leaves them, orders and keys; refuses what the
    /// tables' primary keys would refuse.
    pub(super) fn keep(&mut self, mut closing: Closing) {
        assert_eq!(closing.changes.len(), closing.price_lists.len(), "each change has its list");
        for (change, &list) in closing.changes.iter().zip(&closing.price_lists) {
            let row = self.seats.get_mut(&change.seat).unwrap();
            row.state = written(change, &row.state);
            row.revision = change.revision;
            row.price_list = list;
        }
        for (id, offer) in std::mem::take(&mut closing.offers) {
            self.seats.get_mut(&id).unwrap().for_sale = offer == Offer::ForSale;
            match offer {
                Offer::ForSale => drop(self.blocks.remove(&id)),
                Offer::Blocked(by, block) => drop(self.blocks.insert(id, (by, block))),
            }
        }
        self.churn_until = self.churn_until.max(closing.churn_until());
        for new in closing.new_prices {
            self.raised.push(new.after);
            assert_eq!(new.version, self.list_at(Revision::MAX), "one list after the other");
            let types = new.prices.into_iter();
            self.lists.extend(types.map(|(category, types)| ((new.version, category), types)));
        }
        self.log.extend(closing.changes);
        for (let_go, seats) in closing.let_go {
            *self.let_go.entry(let_go).or_default() += seats;
        }
        self.runs.extend(closing.runs);
        for order in closing.orders {
            let prices = &order.prices_minor;
            assert_eq!(order.seats.len(), prices.len(), "every seat of an order has a price");
            assert_eq!(order.seats.len(), order.tickets.len(), "and is sold as something");
            assert!(self.orders.values().all(|known| known.code != order.code), "a code is new");
            for (&seat, &price) in order.seats.iter().zip(prices) {
                assert_eq!(self.prices.insert(seat, price), None, "{seat:?} is in two orders");
            }
            let id = order.id;
            assert_eq!(self.orders.insert(id, order), None, "an order is written once");
        }
        for NewKey { viewer, key, order, slot } in closing.keys {
            assert!(self.orders.contains_key(&order), "a key stands for an order");
            assert!((1..=10).contains(&slot), "an order has ten slots");
            let slots = self.key_slots.entry(order).or_default();
            assert!(slots.insert(slot), "a slot is taken once");
            assert_eq!(self.keys.insert((viewer, key), order), None, "a key is written once");
        }
        for (id, owner) in closing.owners {
            self.orders.get_mut(&id).unwrap().viewer = owner;
        }
    }
}

/// What `WRITE_CHANGES` makes of a seat.
pub(super) fn written(change: &Change, before: &SeatState) -> SeatState {
    let viewer = change.viewer.clone();
    let was_extended = matches!(before, SeatState::Reserved(hold) if hold.is_extended);
    match change.cause {
        Cause::Reserved | Cause::Extended | Cause::Claimed => SeatState::Reserved(Hold {
            viewer,
            expires_at: change.expires_at.unwrap(),
            is_extended: match change.cause {
                Cause::Claimed => was_extended,
                cause => cause == Cause::Extended,
            },
        }),
        Cause::Released => SeatState::Available { lapsed: None },
        Cause::Blocked | Cause::Unblocked | Cause::Imported => {
            SeatState::Available { lapsed: None }
        }
        Cause::Expired | Cause::Cancelled => SeatState::Available { lapsed: Some(viewer) },
        Cause::Confirmed | Cause::Transferred => {
            SeatState::Confirmed(Sale { viewer, order: change.order.unwrap() })
        }
    }
}
