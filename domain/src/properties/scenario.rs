//! Random sales: what is asked, by whom, when, and what shares a ledger.
//!
//! Commands come in short runs of one viewer with one set of seats: reserve, confirm, confirm
//! again. So much of what is asked succeeds; and there are few seats, viewers and keys, so that
//! they get in each other's way.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::world::{
    Ask, CURRENCY, Decision, EVENT, FREE_TICKET, NEVER, NOT_FOR_SALE, SEATS, Tick, World, category,
    category_of, seat, start, total,
};
use crate::churn::DEFAULT_MAX_SEATS_LET_GO;
use crate::command::{
    Block, Confirm, Expire, Extend, Release, Reserve, SeatSet, SetPrices, Unblock,
};
use crate::ledger::Terms;
use crate::prices::NewPrices;
use crate::{
    BlockReason, CategoryId, ConfirmedBy, EventId, EventStage, IdempotencyKey, Money, Order,
    PaymentReference, SeatBlock, SeatId, TicketTypeId, ViewerId,
};

/// A sale from beginning to end.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) terms: Terms,
    pub(super) steps: Vec<Step>,
}

/// A command, and what the clock does before it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// `None`: it shares the ledger of the command before it, and so its instant.
    pub(super) tick: Option<Tick>,
    pub(super) ask: Ask,
}

impl Scenario {
    /// Plays it on a new world, as batched, calling `after` after each ledger.
    pub(super) fn play(&self, mut after: impl FnMut(&World)) -> (World, Vec<(&Ask, Decision)>) {
        let mut world = World::new(self.terms.clone());
        let mut decisions = Vec::new();
        for batch in self.steps.chunk_by(|_, next| next.tick.is_none()) {
            world.tick(batch[0].tick.unwrap_or(Tick::Still));
            let asks: Vec<&Ask> = batch.iter().map(|step| &step.ask).collect();
            let answers = world.book(&asks);
            decisions.extend(asks.into_iter().zip(answers));
            after(&world);
        }
        (world, decisions)
    }

    /// The same commands at the same instants, with a ledger for each.
    pub(super) fn one_by_one(&self) -> Self {
        let alone =
            |step: &Step| Step { tick: step.tick.or(Some(Tick::Still)), ask: step.ask.clone() };
        Self { terms: self.terms.clone(), steps: self.steps.iter().map(alone).collect() }
    }
}

pub(super) fn viewers() -> [ViewerId; 3] {
    ["ann", "ben", "eve"].map(|name| ViewerId::new(name).unwrap())
}

pub(super) fn viewer(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

pub(super) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::new(text.to_owned()).unwrap()
}

pub(super) fn set(seats: impl IntoIterator<Item = SeatId>) -> SeatSet {
    SeatSet::new(seats.into_iter().collect()).unwrap()
}

pub(super) fn reserve(viewer: &ViewerId, seats: &SeatSet) -> Ask {
    Ask::Reserve(Reserve { viewer: viewer.clone(), seats: seats.clone() })
}

pub(super) fn release(viewer: &ViewerId, seats: &SeatSet) -> Ask {
    Ask::Release(Release { viewer: viewer.clone(), seats: seats.clone() })
}

pub(super) fn extend(viewer: &ViewerId, seats: &SeatSet) -> Ask {
    Ask::Extend(Extend { viewer: viewer.clone(), seats: seats.clone() })
}

pub(super) fn confirm(viewer: &ViewerId, seats: &SeatSet, key: &IdempotencyKey) -> Ask {
    Ask::Confirm(purchase(viewer, seats, key, BTreeMap::new()))
}

fn purchase(
    viewer: &ViewerId,
    seats: &SeatSet,
    key: &IdempotencyKey,
    chosen: BTreeMap<SeatId, TicketTypeId>,
) -> Confirm {
    Confirm {
        viewer: viewer.clone(),
        asked_by: ConfirmedBy::Buyer,
        seats: seats.clone(),
        chosen,
        key: key.clone(),
        payment_reference: None,
        expected_total: None,
    }
}

/// The purchase that made an order once more, by whom it was.
pub(super) fn again(order: &Order, key: &IdempotencyKey) -> Confirm {
    let chosen = order.seats.iter().zip(&order.tickets).map(|(&seat, ticket)| {
        (seat, TicketTypeId { category: category_of(seat), number: ticket.number })
    });
    let chosen = chosen.collect();
    purchase(&order.viewer, &set(order.seats.clone()), key, chosen)
}

pub(super) fn expire(seats: impl IntoIterator<Item = SeatId>) -> Ask {
    Ask::Expire(Expire { seats: seats.into_iter().collect(), looks_ahead: true })
}

/// An event without a limit that sells at any time, to buyers who confirm by themselves.
pub(super) fn open_terms(hold_seconds: i64) -> Terms {
    Terms {
        stage: EventStage::Published,
        sales_open_at: None,
        sales_close_at: NEVER,
        hold: TimeDelta::seconds(hold_seconds),
        hold_extension: TimeDelta::zero(),
        max_seats_per_viewer: None,
        max_seats_let_go: Some(DEFAULT_MAX_SEATS_LET_GO),
        allows_lone_seats: true,
        confirmed_by: ConfirmedBy::Buyer,
        currency: CURRENCY.to_owned(),
    }
}

/// Any sale; now and then its clock steps back.
pub(super) fn scenarios() -> impl Strategy<Value = Scenario> {
    scenarios_with(prop_oneof![9 => ticks_forward(), 1 => (-5_000_000..0_i64).prop_map(by)].boxed())
}

/// Sales whose clock never steps back.
pub(super) fn scenarios_forward() -> impl Strategy<Value = Scenario> {
    scenarios_with(ticks_forward().boxed())
}

fn scenarios_with(ticks: BoxedStrategy<Tick>) -> impl Strategy<Value = Scenario> {
    let runs = prop_oneof![
        12 => runs(ticks),
        1 => many_keys(),
        2 => clinging(),
        2 => repriced(),
        1 => blocked_in_time(),
    ];
    (terms(), vec(runs, 1..20))
        .prop_map(|(terms, runs)| Scenario { terms, steps: runs.into_iter().flatten().collect() })
}

fn by(micros: i64) -> Tick {
    Tick::By(TimeDelta::microseconds(micros))
}

/// Onto an expiry, right before it, right after it, onto an edge of the sales window, or anywhere.
fn ticks_forward() -> impl Strategy<Value = Tick> {
    let from_expiry = |micros| Tick::FirstExpiry(TimeDelta::microseconds(micros));
    prop_oneof![
        3 => Just(Tick::Still),
        3 => (0..15_000_000_i64).prop_map(by),
        2 => Just(from_expiry(0)),
        1 => select(vec![-1, 1]).prop_map(from_expiry),
        1 => Just(Tick::SalesEdge),
        1 => select(vec![-1, 0, 1]).prop_map(|micros| {
            Tick::Forgotten(TimeDelta::microseconds(micros))
        }),
    ]
}

fn terms() -> impl Strategy<Value = Terms> {
    let instants =
        |seconds: std::ops::Range<i64>| seconds.prop_map(|at| start() + TimeDelta::seconds(at));
    let opens = prop_oneof![4 => Just(None), 1 => instants(-5..20).prop_map(Some)];
    let closes = prop_oneof![4 => Just(NEVER), 1 => instants(20..90)];
    let extension = prop_oneof![1 => Just(0), 2 => 1..20_i64].prop_map(TimeDelta::seconds);
    let let_go = prop_oneof![
        2 => Just(None),
        1 => (1..=4_u32).prop_map(Some),
        2 => Just(Some(DEFAULT_MAX_SEATS_LET_GO)),
    ];
    let holds = (1..20_i64, extension, prop::option::of(1..=5_u32), let_go);
    (opens, closes, holds, one_or_the_other()).prop_map(
        |(opens, closes, (hold, hold_extension, limit, max_seats_let_go), confirmed_by)| Terms {
            stage: EventStage::Published,
            sales_open_at: opens,
            sales_close_at: closes,
            hold_extension,
            max_seats_per_viewer: limit,
            max_seats_let_go,
            allows_lone_seats: true,
            confirmed_by,
            ..open_terms(hold)
        },
    )
}

fn one_or_the_other() -> impl Strategy<Value = ConfirmedBy> {
    prop_oneof![2 => Just(ConfirmedBy::Buyer), 1 => Just(ConfirmedBy::Shop)]
}

/// One to three neighbouring seats; seldom one that is not for sale, does not exist or is of
/// another event.
pub(super) fn seat_sets() -> impl Strategy<Value = SeatSet> {
    let neighbours = |firsts: std::ops::RangeInclusive<i32>| {
        (firsts, 1..=3).prop_map(|(first, count)| (first..first + count).map(seat).collect())
    };
    let foreign = (1..=SEATS)
        .prop_map(|serial| vec![seat(serial), SeatId { event: EventId(EVENT.0 + 1), serial }]);
    prop_oneof![16 => neighbours(1..=NOT_FOR_SALE - 3), 2 => neighbours(1..=SEATS), 1 => foreign]
        .prop_map(|seats: Vec<SeatId>| set(seats))
}

fn keys() -> impl Strategy<Value = IdempotencyKey> {
    select(vec!["k1", "k2", "k3", "k4", "k5", "k6"]).prop_map(key)
}

fn references() -> impl Strategy<Value = Option<PaymentReference>> {
    prop::option::of("[a-d]").prop_map(|text| text.and_then(PaymentReference::new))
}

/// Mostly none, or what the seats cost; now and then one minor unit more, or another currency.
fn expected_totals() -> impl Strategy<Value = fn(&SeatSet) -> Option<Money>> {
    let more = |seats: &SeatSet| {
        let total = total(seats);
        Some(Money { amount_minor: total.amount_minor + 1, ..total })
    };
    let elsewhere = |seats: &SeatSet| Some(Money { currency: "USD".to_owned(), ..total(seats) });
    prop_oneof![
        6 => Just((|_| None) as fn(&SeatSet) -> Option<Money>),
        3 => Just((|seats| Some(total(seats))) as fn(&SeatSet) -> Option<Money>),
        1 => Just(more as fn(&SeatSet) -> Option<Money>),
        1 => Just(elsewhere as fn(&SeatSet) -> Option<Money>),
    ]
}

/// For the first of some seats, or for all, a type of ticket that there may be or not; mostly none
/// is chosen.
fn choices(seats: SeatSet) -> impl Strategy<Value = (SeatSet, BTreeMap<SeatId, TicketTypeId>)> {
    let number = prop_oneof![1 => Just(1), 8 => Just(2), 1 => select(vec![21, 22, 41, 61, 62])];
    let number = prop::option::weighted(0.4, number);
    (number, any::<bool>()).prop_map(move |(number, is_for_all)| {
        let count = if is_for_all { seats.as_slice().len() } else { 1 };
        let chosen = seats.as_slice().iter().take(count);
        let of = |seat| TicketTypeId { category: category_of(seat), number: number.unwrap_or(0) };
        let chosen = chosen.filter(|_| number.is_some()).map(|&seat| (seat, of(seat)));
        (seats.clone(), chosen.collect())
    })
}

/// Prices of one or two categories; now and then of one that there is not, or in another currency.
fn new_prices() -> impl Strategy<Value = Ask> {
    let price = select(vec![0, 4_900]);
    let types = (prop_oneof![4 => Just("Full"), 1 => Just("Group")], price, any::<bool>())
        .prop_map(|(name, price, is_free_for_some)| {
            let free = is_free_for_some.then(|| (FREE_TICKET.to_owned(), 0));
            NewPrices::new([(name.to_owned(), price)].into_iter().chain(free).collect()).unwrap()
        });
    let categories = prop_oneof![8 => 1..=3, 1 => Just(4)].prop_map(category);
    let currency = prop_oneof![6 => Just(CURRENCY), 1 => Just("USD")];
    (btree_map(categories, types, 1..=2), currency).prop_map(
        |(prices, currency): (BTreeMap<CategoryId, _>, _)| {
            let (by, currency) = (viewer("adm"), currency.to_owned());
            Ask::SetPrices(SetPrices { by, prices, currency })
        },
    )
}

fn ticks_between(ticks: BoxedStrategy<Tick>) -> impl Strategy<Value = Option<Tick>> {
    prop_oneof![3 => Just(None), 2 => ticks.prop_map(Some)]
}

/// A few commands, mostly of one viewer with one set of seats and one key, mostly a reservation
/// first.
fn runs(ticks: BoxedStrategy<Tick>) -> impl Strategy<Value = Vec<Step>> {
    (select(viewers().to_vec()), seat_sets(), keys()).prop_flat_map(move |(viewer, seats, key)| {
        let first = reserve(&viewer, &seats);
        let viewer = prop_oneof![8 => Just(viewer), 1 => select(viewers().to_vec())];
        let seats = prop_oneof![8 => Just(seats), 1 => seat_sets()];
        let key = prop_oneof![3 => Just(key), 1 => keys()];
        let any = asks(viewer.boxed(), seats.boxed(), key.boxed()).boxed();
        let step = |ask: BoxedStrategy<Ask>| {
            (ticks_between(ticks.clone()), ask).prop_map(|(tick, ask)| Step { tick, ask })
        };
        let first = step(prop_oneof![3 => Just(first), 1 => any.clone()].boxed());
        (first, vec(step(any), 0..9))
            .prop_map(|(first, rest)| std::iter::once(first).chain(rest).collect())
    })
}

/// A viewer who takes a seat again and again and may prolong the hold, and sometimes somebody else
/// who asks for it.
fn clinging() -> impl Strategy<Value = Vec<Step>> {
    let seats = (1..NOT_FOR_SALE).prop_map(|serial| set([seat(serial)]));
    let [viewer, other] = [viewers()[0].clone(), viewers()[1].clone()];
    let seconds = |seconds| Some(Tick::By(TimeDelta::seconds(seconds)));
    let at_its_end = Some(Tick::FirstExpiry(TimeDelta::zero()));
    (seats, vec((any::<bool>(), any::<bool>(), 0..5_i64, 0..3), 3..7)).prop_map(
        move |(seats, rounds)| {
            let mut steps = Vec::new();
            for (is_asked_for, runs_out, pause, prolonged) in rounds {
                steps.push(Step { tick: seconds(pause), ask: reserve(&viewer, &seats) });
                if is_asked_for {
                    steps.push(Step { tick: seconds(0), ask: reserve(&other, &seats) });
                }
                for _ in 0..prolonged {
                    steps.push(Step { tick: None, ask: extend(&viewer, &seats) });
                }
                let end = if runs_out {
                    Step { tick: at_its_end, ask: expire(seats.as_slice().to_vec()) }
                } else {
                    Step { tick: seconds(pause), ask: release(&viewer, &seats) }
                };
                steps.push(end);
            }
            steps
        },
    )
}

/// A purchase of one seat whose price is set while it is held, and the same again, with another
/// payment reference; and under another key.
fn repriced() -> impl Strategy<Value = Vec<Step>> {
    let seats = (1..NOT_FOR_SALE).prop_map(|serial| set([seat(serial)]));
    let viewer = viewers()[2].clone();
    let keys = (keys(), keys());
    (seats.prop_flat_map(choices), vec(new_prices(), 1..3), keys, references()).prop_map(
        move |((seats, chosen), prices, (key, other), payment_reference)| {
            let first = purchase(&viewer, &seats, &key, chosen);
            let second = Confirm { payment_reference, ..first.clone() };
            let third = Confirm { key: other, ..second.clone() };
            let confirms = [first, second, third].map(Ask::Confirm);
            let asks = std::iter::once(reserve(&viewer, &seats)).chain(prices).chain(confirms);
            asks.map(|ask| Step { tick: None, ask }).collect()
        },
    )
}

/// Somebody holds seats until the hold runs out, and somebody else blocks them, for a while.
fn blocked_in_time() -> impl Strategy<Value = Vec<Step>> {
    (select(viewers().to_vec()), seat_sets()).prop_flat_map(|(viewer, seats)| {
        let first = Step { tick: None, ask: reserve(&viewer, &seats) };
        let end = prop_oneof![1 => Just(-1), 3 => Just(0)].prop_map(TimeDelta::microseconds);
        let block = (end, block(viewers()[2].clone(), seats.clone()));
        let unblock = Ask::Unblock(Unblock { by: viewers()[1].clone(), seats, why: None });
        let unblock = Step { tick: None, ask: unblock };
        block.prop_map(move |(end, ask)| {
            let block = Step { tick: Some(Tick::FirstExpiry(end)), ask };
            vec![first.clone(), block.clone(), block, unblock.clone(), unblock.clone()]
        })
    })
}

/// One purchase under more keys than an order remembers, all at one instant.
fn many_keys() -> impl Strategy<Value = Vec<Step>> {
    (select(viewers().to_vec()), seat_sets(), 10..14_u32).prop_map(|(viewer, seats, keys)| {
        let confirm = |number| Confirm {
            viewer: viewer.clone(),
            asked_by: ConfirmedBy::Shop,
            seats: seats.clone(),
            chosen: BTreeMap::new(),
            key: key(&format!("m{number:x}")),
            payment_reference: None,
            expected_total: None,
        };
        let confirms = (0..keys).map(|number| Ask::Confirm(confirm(number)));
        let asks = std::iter::once(reserve(&viewer, &seats)).chain(confirms);
        asks.map(|ask| Step { tick: None, ask }).collect()
    })
}

fn asks(
    viewer: BoxedStrategy<ViewerId>,
    seats: BoxedStrategy<SeatSet>,
    key: BoxedStrategy<IdempotencyKey>,
) -> impl Strategy<Value = Ask> {
    let reserve =
        (viewer.clone(), seats.clone()).prop_map(|(viewer, seats)| reserve(&viewer, &seats));
    let release =
        (viewer.clone(), seats.clone()).prop_map(|(viewer, seats)| release(&viewer, &seats));
    let extend =
        (viewer.clone(), seats.clone()).prop_map(|(viewer, seats)| extend(&viewer, &seats));
    let blocks = (viewer.clone(), seats.clone()).prop_flat_map(|(by, seats)| blocks(by, seats));
    let tickets = seats.prop_flat_map(choices);
    let confirm = (viewer, one_or_the_other(), tickets, key, references(), expected_totals());
    let confirm = confirm.prop_map(
        |(viewer, asked_by, (seats, chosen), key, payment_reference, expected_total)| {
            let expected_total = expected_total(&seats);
            Ask::Confirm(Confirm {
                viewer,
                asked_by,
                seats,
                chosen,
                key,
                payment_reference,
                expected_total,
            })
        },
    );
    prop_oneof![
        6 => reserve, 8 => confirm, 2 => release, 2 => extend, 4 => expires(), 1 => new_prices(),
        2 => blocks,
    ]
}

/// Seats go off sale, mostly to come back: there is little to sell.
fn blocks(by: ViewerId, seats: SeatSet) -> impl Strategy<Value = Ask> {
    let unblock = Ask::Unblock(Unblock { by: by.clone(), seats: seats.clone(), why: None });
    prop_oneof![1 => block(by, seats), 2 => Just(unblock)]
}

fn block(by: ViewerId, seats: SeatSet) -> impl Strategy<Value = Ask> {
    let reasons = select(vec![BlockReason::House, BlockReason::Kill]);
    (reasons, prop::option::of("[a-c]")).prop_map(move |(reason, label)| {
        let block = SeatBlock { reason, label };
        Ask::Block(Block { by: by.clone(), seats: seats.clone(), block })
    })
}

/// Lists of any seats, also such as do not exist: some of them may be due.
fn expires() -> impl Strategy<Value = Ask> {
    vec(1..=SEATS + 1, 0..6).prop_map(|serials| expire(serials.into_iter().map(seat)))
}
