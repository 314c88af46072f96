//! Commands on a ledger, one rule a test. Their properties are in `properties`.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::ledger::{Ledger, Opening, Terms};
use crate::prices::{NewPrices, PriceLists};
use crate::seat::{Hold, Sale, Seat, SeatState};
use crate::{
    CategoryId, Change, ConfirmedBy, EventId, EventStage, EventStatus, IdempotencyKey, Money,
    OrderDraw, OrderId, PriceVersion, Revision, SeatId, TicketName, TicketType, TicketTypeId,
    ViewerId,
};

const EVENT: EventId = EventId(1);
const FREE: CategoryId = CategoryId { event: EVENT, serial: 2 };

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn id(serial: i32) -> SeatId {
    SeatId { event: EVENT, serial }
}

fn viewer(name: &str) -> ViewerId {
    ViewerId::new(name).unwrap()
}

fn key() -> IdempotencyKey {
    IdempotencyKey::new("k".to_owned()).unwrap()
}

fn free() -> SeatState {
    SeatState::Available { lapsed: None }
}

fn held_by(name: &str, until: DateTime<Utc>) -> SeatState {
    SeatState::Reserved(Hold { viewer: viewer(name), expires_at: until, is_extended: false })
}

fn sold_to(name: &str) -> SeatState {
    SeatState::Confirmed(Sale { viewer: viewer(name), order: OrderId { event: EVENT, number: 1 } })
}

fn opening(states: impl IntoIterator<Item = SeatState>) -> Opening {
    let category = CategoryId { event: EVENT, serial: 1 };
    let row = |(serial, state)| Seat {
        id: id(serial),
        category,
        for_sale: true,
        state,
        revision: Revision::ZERO,
        price_list: PriceVersion::FIRST,
    };
    Opening {
        event: EVENT,
        terms: Terms {
            stage: EventStage::Published,
            sales_open_at: None,
            sales_close_at: DateTime::<Utc>::MAX_UTC,
            hold: TimeDelta::seconds(300),
            hold_extension: TimeDelta::zero(),
            max_seats_per_viewer: None,
            max_seats_let_go: None,
            allows_lone_seats: true,
            confirmed_by: ConfirmedBy::Buyer,
            currency: "EUR".to_owned(),
        },
        details: None,
        revision: Revision(100),
        now: now(),
        seats: (1..).zip(states).map(row).collect(),
        price_list: PriceVersion::FIRST,
        prices: prices(&[(category, &[4_900])]),
        holdings: HashMap::new(),
        let_go: HashMap::new(),
        runs: HashMap::new(),
        keys: HashMap::new(),
        key_slots: HashMap::new(),
        draws: HashMap::from([((viewer("ann"), key()), OrderDraw(1))]),
        orders: Vec::new(),
        plan: None,
    }
}

/// The first list: of each category its types of ticket, by what they cost.
fn prices(categories: &[(CategoryId, &[i64])]) -> PriceLists {
    let mut lists = PriceLists::default();
    for &(category, prices) in categories {
        for (number, &price_minor) in (1..).zip(prices) {
            let ticket = TicketName { number, name: format!("T{number}") };
            lists.add(PriceVersion::FIRST, category, TicketType { ticket, price_minor });
        }
    }
    lists
}

fn reserve(name: &str, serials: &[i32]) -> Reserve {
    Reserve { viewer: viewer(name), seats: seats(serials) }
}

/// Ann's purchase, asked for by herself or by the shop.
fn confirm(asked_by: ConfirmedBy, serials: &[i32]) -> Confirm {
    Confirm {
        viewer: viewer("ann"),
        asked_by,
        seats: seats(serials),
        chosen: BTreeMap::new(),
        key: key(),
        payment_reference: None,
        expected_total: None,
    }
}

/// Seats as types of ticket of their one category.
fn chosen(tickets: &[(i32, i32)]) -> BTreeMap<SeatId, TicketTypeId> {
    let category = CategoryId { event: EVENT, serial: 1 };
    let of = |&(seat, number)| (id(seat), TicketTypeId { category, number });
    tickets.iter().map(of).collect()
}

fn seats(serials: &[i32]) -> SeatSet {
    SeatSet::new(serials.iter().copied().map(id).collect()).unwrap()
}

#[test]
fn a_request_names_1_to_100_different_seats_in_any_order() {
    assert_eq!(seats(&[3, 1, 3, 2]).as_slice(), [id(1), id(2), id(3)]);
    let count = |range: std::ops::RangeInclusive<i32>| SeatSet::new(range.map(id).collect());
    assert!(count(1..=100).is_ok());
    assert_eq!(count(1..=101), Err(InvalidSeatSet));
    assert_eq!(SeatSet::new(vec![]), Err(InvalidSeatSet));
    assert!(
        SeatSet::new((1..=100).chain(1..=100).map(id).collect()).is_ok(),
        "a seat named twice counts once"
    );
}

#[test]
fn a_held_seat_cannot_be_reserved_by_another_viewer() {
    let mut ledger = Ledger::open(opening([free()]));
    assert!(reserve("ann", &[1]).decide(&mut ledger).is_ok());
    let refusal = reserve("ben", &[1]).decide(&mut ledger).unwrap_err();
    assert_eq!(
        refusal,
        ReserveRefusal::Unavailable(vec![(id(1), UnavailableReason::ReservedByAnother)])
    );
    assert_eq!(ledger.close().changes.len(), 1);
}

#[test]
fn a_refusal_names_every_seat_in_the_way_and_no_other() {
    let later = now() + TimeDelta::seconds(1);
    let states = [
        free(),
        held_by("ann", later),
        held_by("ben", later),
        sold_to("ann"),
        free(),
        held_by("ben", now()),
    ];
    let mut opening = opening(states);
    opening.seats[4].for_sale = false;
    let mut ledger = Ledger::open(opening);
    let refusal = reserve("ann", &[1, 2, 3, 4, 5, 6, 7]).decide(&mut ledger).unwrap_err();
    let in_the_way = vec![
        (id(3), UnavailableReason::ReservedByAnother),
        (id(4), UnavailableReason::Confirmed),
        (id(5), UnavailableReason::NotForSale),
        (id(7), UnavailableReason::NotFound),
    ];
    assert_eq!(refusal, ReserveRefusal::Unavailable(in_the_way));
    assert!(ledger.close().is_empty(), "not even the expiry of seat 6 is logged");
}

#[test]
fn a_seat_that_one_holds_stays_ones_own_when_it_is_taken_off_sale() {
    let until = now() + TimeDelta::seconds(1);
    let mut opening = opening([held_by("ann", until)]);
    opening.seats[0].for_sale = false;
    let mut ledger = Ledger::open(opening);
    assert_eq!(reserve("ann", &[1]).decide(&mut ledger).unwrap().expires_at, until);
    assert_eq!(
        confirm(ConfirmedBy::Buyer, &[1]).decide(&mut ledger).unwrap().order.total_minor,
        4_900
    );
}

#[test]
fn the_limit_counts_what_one_holds_and_owns_and_only_what_is_asked_for_anew() {
    let mut opening = opening([held_by("ann", now() + TimeDelta::seconds(1)), free(), free()]);
    opening.terms.max_seats_per_viewer = Some(3);
    opening.holdings = HashMap::from([(viewer("ann"), 2)]);
    let mut ledger = Ledger::open(opening);
    let exceeded = ReserveRefusal::LimitExceeded { limit: 3, held: 2, requested: 2 };
    assert_eq!(reserve("ann", &[1, 2, 3]).decide(&mut ledger), Err(exceeded));
    assert!(reserve("ann", &[1, 2]).decide(&mut ledger).is_ok());
    let exceeded = ReserveRefusal::LimitExceeded { limit: 3, held: 3, requested: 1 };
    assert_eq!(reserve("ann", &[3]).decide(&mut ledger), Err(exceeded));
}

#[test]
fn sales_open_at_their_first_instant_and_close_at_their_last() {
    let second = TimeDelta::seconds(1);
    let decide = |opens_at: Option<DateTime<Utc>>, closes_at: DateTime<Utc>| {
        let mut opening = opening([free()]);
        (opening.terms.sales_open_at, opening.terms.sales_close_at) = (opens_at, closes_at);
        reserve("ann", &[1]).decide(&mut Ledger::open(opening)).map(|granted| granted.revision)
    };
    assert_eq!(decide(Some(now()), now() + second), Ok(Revision(101)));
    let soon = ReserveRefusal::SalesClosed {
        status: EventStatus::Upcoming,
        opens_at: Some(now() + second),
        closed_at: None,
    };
    assert_eq!(decide(Some(now() + second), now() + second * 2), Err(soon));
    let over = ReserveRefusal::SalesClosed {
        status: EventStatus::Closed,
        opens_at: None,
        closed_at: Some(now()),
    };
    assert_eq!(decide(Some(now() - second), now()), Err(over));
}

#[test]
fn the_shop_alone_confirms_what_costs_money_unless_the_event_says_buyer() {
    use ConfirmedBy::{Buyer, Shop};
    // The first seat costs money, the second nothing.
    let decide = |says: ConfirmedBy, asked_by: ConfirmedBy, serials: &[i32]| {
        let held = || held_by("ann", now() + TimeDelta::seconds(1));
        let mut opening = opening([held(), held()]);
        opening.terms.confirmed_by = says;
        opening.seats[1].category = FREE;
        let category = opening.seats[0].category;
        opening.prices = prices(&[(category, &[4_900]), (FREE, &[0])]);
        let mut ledger = Ledger::open(opening);
        let outcome = confirm(asked_by, serials).decide(&mut ledger);
        (outcome.map(|confirmed| confirmed.order.viewer), ledger.close().changes.len())
    };
    let sold = |count| (Ok(viewer("ann")), count);
    let refused = || (Err(ConfirmRefusal::LeftToShop), 0);
    assert_eq!(decide(Shop, Buyer, &[1]), refused());
    assert_eq!(decide(Shop, Buyer, &[1, 2]), refused(), "one of them costs money");
    assert_eq!(decide(Shop, Buyer, &[2]), sold(1));
    assert_eq!(decide(Shop, Shop, &[1, 2]), sold(2));
    assert_eq!(decide(Buyer, Buyer, &[1, 2]), sold(2));
    assert_eq!(decide(Buyer, Shop, &[1]), sold(1));
}

#[test]
fn an_order_of_the_shops_making_is_the_viewers_to_find_again() {
    let mut opening = opening([held_by("ann", now() + TimeDelta::seconds(1))]);
    opening.terms.confirmed_by = ConfirmedBy::Shop;
    let mut ledger = Ledger::open(opening);
    let made = confirm(ConfirmedBy::Shop, &[1]).decide(&mut ledger).unwrap();
    assert!(made.created);
    let again = confirm(ConfirmedBy::Buyer, &[1]).decide(&mut ledger).unwrap();
    assert_eq!((again.created, again.order), (false, made.order));
}

/// The eleventh is answered as the others are; what it might be used for later is all that is
/// lost.
#[test]
fn an_order_remembers_ten_keys_and_answers_any() {
    let key = |number: usize| IdempotencyKey::new(format!("k{number}")).unwrap();
    let mut opening = opening([free(), free()]);
    let purchases = (1..=12).map(|number| (viewer("ann"), key(number)));
    opening.draws = purchases.map(|purchase| (purchase, OrderDraw(2))).collect();
    let mut ledger = Ledger::open(opening);
    assert!(reserve("ann", &[1, 2]).decide(&mut ledger).is_ok());
    let confirm = |number, serials: &[i32]| Confirm {
        key: key(number),
        ..confirm(ConfirmedBy::Buyer, serials)
    };
    let orders: Vec<_> =
        (1..=12).map(|number| confirm(number, &[1]).decide(&mut ledger).unwrap().order).collect();
    assert!(orders.iter().all(|order| *order == orders[0]));
    let reused = Err(ConfirmRefusal::KeyReused);
    assert_eq!(confirm(10, &[2]).decide(&mut ledger), reused, "a key that is remembered");
    assert!(confirm(11, &[2]).decide(&mut ledger).unwrap().created, "one that is not");
    let slots = ledger.close().keys.into_iter().map(|new| (new.key, new.slot));
    let expected = (1..=10).map(|number| (key(number), i16::try_from(number).unwrap()));
    assert_eq!(slots.collect::<Vec<_>>(), expected.chain([(key(11), 1)]).collect::<Vec<_>>());
}

/// The buyer chooses the ticket: were it by that who confirms, nobody would pay.
#[test]
fn a_free_ticket_for_a_seat_that_costs_money_is_the_shops_to_confirm() {
    let mut opening = opening([held_by("ann", now() + TimeDelta::seconds(1))]);
    opening.terms.confirmed_by = ConfirmedBy::Shop;
    opening.prices = prices(&[(opening.seats[0].category, &[4_900, 0])]);
    let mut ledger = Ledger::open(opening);
    let free = |asked_by| Confirm { chosen: chosen(&[(1, 2)]), ..confirm(asked_by, &[1]) };
    let refused = free(ConfirmedBy::Buyer).decide(&mut ledger);
    assert_eq!(refused, Err(ConfirmRefusal::LeftToShop));
    let elsewhere = TicketTypeId { category: FREE, number: 2 };
    let elsewhere = Confirm { chosen: [(id(1), elsewhere)].into(), ..free(ConfirmedBy::Shop) };
    let missing = ConfirmRefusal::NoSuchTickets(vec![id(1)]);
    assert_eq!(elsewhere.decide(&mut ledger), Err(missing), "of another category");
    let sold = free(ConfirmedBy::Shop).decide(&mut ledger).unwrap().order;
    assert_eq!((sold.total_minor, sold.tickets[0].number), (0, 2));
}

#[test]
fn nothing_is_sold_as_a_ticket_that_the_seats_list_does_not_have() {
    let until = now() + TimeDelta::seconds(1);
    let mut opening = opening([held_by("ann", until), held_by("ann", until)]);
    opening.prices = prices(&[(opening.seats[0].category, &[4_900, 2_900])]);
    let mut ledger = Ledger::open(opening);
    let chosen = chosen(&[(1, 2), (2, 3)]);
    let confirm = Confirm { chosen, ..confirm(ConfirmedBy::Buyer, &[1, 2]) };
    let missing = vec![id(2)];
    assert_eq!(confirm.decide(&mut ledger), Err(ConfirmRefusal::NoSuchTickets(missing)));
    assert!(ledger.close().is_empty());
}

/// All of it in one batch: at no instant but this one.
#[test]
fn a_seat_costs_what_it_did_when_its_hold_began() {
    let mut opening = opening([free(), free(), free()]);
    opening.terms.hold_extension = TimeDelta::seconds(60);
    let category = opening.seats[0].category;
    let mut ledger = Ledger::open(opening);
    let set = |price| SetPrices {
        by: viewer("eve"),
        prices: BTreeMap::from([(category, NewPrices::plain(price).unwrap())]),
        currency: "EUR".to_owned(),
    };
    assert!(reserve("ann", &[1, 3]).decide(&mut ledger).is_ok());
    assert_eq!(set(5_900).decide(&mut ledger), Ok(true));
    assert_eq!(set(5_900).decide(&mut ledger), Ok(false), "that is what it costs");
    assert!(reserve("ann", &[2]).decide(&mut ledger).is_ok());
    let extend = Extend { viewer: viewer("ann"), seats: seats(&[1]) };
    assert!(extend.decide(&mut ledger).is_ok());
    let release = Release { viewer: viewer("ann"), seats: seats(&[3]) };
    assert!(release.decide(&mut ledger).is_ok());
    assert!(reserve("ann", &[3]).decide(&mut ledger).is_ok());
    let sold = confirm(ConfirmedBy::Buyer, &[1, 2, 3]).decide(&mut ledger).unwrap().order;
    assert_eq!(sold.prices_minor, [4_900, 5_900, 5_900]);
    let closing = ledger.close();
    assert_eq!(closing.new_prices.len(), 1);
    assert_eq!(
        (closing.new_prices[0].version, closing.new_prices[0].after),
        (PriceVersion(2), Revision(102))
    );
    let lists: Vec<_> = closing.price_lists.iter().map(|list| list.0).collect();
    assert_eq!(lists, [1, 1, 2, 1, 1, 2, 1, 2, 2], "of each change");
}

#[test]
fn an_order_of_the_most_seats_at_the_highest_price_is_told_exactly() {
    let until = now() + TimeDelta::seconds(1);
    let mut opening = opening((0..100).map(|_| held_by("ann", until)));
    let most = crate::plan::MAX_PRICE_MINOR;
    opening.prices = prices(&[(opening.seats[0].category, &[most])]);
    let all: Vec<i32> = (1..=100).collect();
    let total = Money { amount_minor: 100 * most, currency: "EUR".to_owned() };
    let confirm = Confirm { expected_total: Some(total), ..confirm(ConfirmedBy::Buyer, &all) };
    let sold = confirm.decide(&mut Ledger::open(opening)).unwrap().order;
    assert_eq!(sold.total_minor, 100_000_000_000_000);
}

/// A hold of so many seconds was granted at `now`. So many have passed, and the clock was put back
/// by so many: when that is, and what becomes of the hold.
fn after_the_clock_was_put_back(
    length: i64,
    passed: i64,
    back: i64,
) -> (DateTime<Utc>, Vec<Change>) {
    let length = TimeDelta::seconds(length);
    let mut opening = opening([held_by("ann", now() + length)]);
    opening.now = now() + TimeDelta::seconds(passed - back);
    let mut ledger = Ledger::open(opening);
    let far = |revision| FarHold { seat: id(1), revision: Revision(revision), length };
    assert_eq!(Shorten::new(vec![far(7)]).decide(&mut ledger), 0, "it has changed since");
    Shorten::new(vec![far(0), FarHold { seat: id(9), ..far(0) }]).decide(&mut ledger);
    (ledger.now(), ledger.close().changes)
}

proptest! {
    #[test]
    fn a_hold_whose_clock_was_put_back_lasts_as_long_again_at_most(
        (length, passed) in (1..100_000_i64, 0..100_000_i64),
        back in 0..10_000_000_i64,
    ) {
        let (now, changes) = after_the_clock_was_put_back(length, passed, back);
        let is_far = back > passed;
        prop_assert_eq!(changes.len(), usize::from(is_far), "no other is touched");
        for change in changes {
            let until = change.expires_at.unwrap();
            prop_assert_eq!(until, now + TimeDelta::seconds(length));
            let before = held_by("ann", super::tests::now() + TimeDelta::seconds(length));
            prop_assert!(change.may_follow(&before));
            let after = change.state(Some(&before)).unwrap();
            let gone = SeatState::Available { lapsed: Some(viewer("ann")) };
            prop_assert_eq!(after.clone().as_of(until), gone);
            // It may change hands and be bought like any other.
            let order = OrderId { event: EVENT, number: 1 };
            prop_assert!(after.clone().confirm(order, now).is_ok());
            prop_assert!(after.extend(TimeDelta::seconds(1), now).is_err(), "once is all there is");
        }
    }
}
