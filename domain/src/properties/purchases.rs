//! What a confirmation makes, once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use proptest::prelude::*;

use super::scenario::{
    again, confirm, key, open_terms, reserve, scenarios, seat_sets, set, viewers,
};
use super::world::{Answer, Ask, CURRENCY, Tick, World, total};
use crate::command::{Confirm, ConfirmRefusal, Confirmed, NotHeldReason};
use crate::{
    Cause, Change, ConfirmedBy, IdempotencyKey, Money, Order, PaymentReference, SeatState,
    TicketType, TicketTypeId,
};

/// The order is there already.
fn confirmed_before(order: &Order) -> Answer {
    Answer::Confirm(Ok(Confirmed { order: order.clone(), created: false }))
}

/// The request that made an order under this key, with a payment reference.
fn paid(order: &Order, key: &IdempotencyKey, reference: Option<PaymentReference>) -> Ask {
    Ask::Confirm(Confirm { payment_reference: reference, ..again(order, key) })
}

/// The same request once more.
fn repeat(order: &Order, key: &IdempotencyKey) -> Ask {
    paid(order, key, None)
}

const KEY_REUSED: Answer = Answer::Confirm(Err(ConfirmRefusal::KeyReused));

/// The sale some time later.
fn later(mut world: World, seconds: i64) -> World {
    world.tick(Tick::By(TimeDelta::seconds(seconds)));
    world
}

proptest! {
    #[test]
    fn a_seat_is_in_one_order_exactly_when_it_is_confirmed(scenario in scenarios()) {
        scenario.play(|world| {
            let mut sold = BTreeMap::new();
            for row in world.seats.values() {
                if let SeatState::Confirmed(sale) = &row.state {
                    assert_eq!(world.orders[&sale.order].viewer, sale.viewer);
                    sold.entry(sale.order).or_insert_with(Vec::new).push(row.id);
                }
            }
            let ordered: BTreeMap<_, _> =
                world.orders.iter().map(|(&id, order)| (id, order.seats.clone())).collect();
            assert_eq!(sold, ordered);
        });
    }

    #[test]
    fn an_order_is_the_log_of_its_confirmation_at_the_seats_prices(scenario in scenarios()) {
        let (world, _) = scenario.play(|_| {});
        for order in world.orders.values() {
            let changes: Vec<_> =
                world.log.iter().filter(|change| change.order == Some(order.id)).collect();
            let revisions: Vec<_> = changes.iter().map(|change| change.revision.0).collect();
            prop_assert_eq!(
                revisions,
                (order.id.first_revision().0..=order.last_revision().0).collect::<Vec<_>>()
            );
            prop_assert_eq!(
                changes.iter().map(|change| change.seat).collect::<Vec<_>>(),
                order.seats.clone()
            );
            for change in changes {
                prop_assert_eq!(change.cause, Cause::Confirmed);
                prop_assert_eq!(
                    (&change.viewer, change.changed_at),
                    (&order.viewer, order.confirmed_at)
                );
            }
            prop_assert_eq!(order.total_minor, order.prices_minor.iter().sum::<i64>());
            let lines = order.seats.iter().zip(&order.tickets).zip(&order.prices_minor);
            for ((&seat, ticket), &price_minor) in lines {
                let begin = |change: &&Change| {
                    change.seat == seat && change.cause == Cause::Reserved
                };
                let begun = world.log.iter().rfind(begin).unwrap().revision;
                prop_assert_eq!(world.seats[&seat].price_list, world.list_at(begun));
                let sold_as = TicketType { ticket: ticket.clone(), price_minor };
                prop_assert!(world.types_of(seat).contains(&sold_as), "{:?}", sold_as);
            }
            prop_assert_eq!(&order.currency, &world.terms.currency);
        }
        let codes: BTreeSet<_> = world.orders.values().map(|order| order.code).collect();
        prop_assert_eq!(codes.len(), world.orders.len(), "codes are unique");
    }

    #[test]
    fn the_same_key_and_seats_give_the_same_order_for_ever(
        scenario in scenarios(),
        seconds in 0..1_000_i64,
    ) {
        let (world, _) = scenario.play(|_| {});
        let world = later(world, seconds);
        for ((viewer, key), id) in &world.keys {
            let mut after = world.clone();
            let order = &world.orders[id];
            prop_assert_eq!(&order.viewer, viewer);
            let again = after.book_one(&repeat(order, key));
            prop_assert_eq!(again.answer, confirmed_before(order));
            prop_assert_eq!(&after, &world, "nothing is written");
        }
    }

    #[test]
    fn a_key_stands_for_its_seats_and_no_others(
        scenario in scenarios(),
        others in seat_sets(),
        seconds in 0..30_i64,
    ) {
        let (world, _) = scenario.play(|_| {});
        let world = later(world, seconds);
        for ((viewer, key), id) in &world.keys {
            let seats = &world.orders[id].seats;
            let fewer = seats[1..].to_vec();
            let more = seats.iter().chain(others.as_slice()).copied().collect();
            for other in [others.as_slice().to_vec(), fewer, more] {
                if other.is_empty() || set(other.clone()).as_slice() == seats {
                    continue;
                }
                let mut after = world.clone();
                prop_assert_eq!(
                    after.book_one(&confirm(viewer, &set(other), key)).answer,
                    KEY_REUSED
                );
                prop_assert_eq!(&after, &world, "nothing is written");
            }
        }
    }

    #[test]
    fn a_key_stands_for_its_tickets_and_no_others(scenario in scenarios(), other in 1..100_i32) {
        let (world, _) = scenario.play(|_| {});
        for ((_, key), id) in &world.keys {
            let order = &world.orders[id];
            let asked = again(order, key);
            for (&seat, &known) in &asked.chosen {
                if known.number == other {
                    continue;
                }
                let mut after = world.clone();
                let mut others = asked.clone();
                others.chosen.insert(seat, TicketTypeId { number: other, ..known });
                prop_assert_eq!(after.book_one(&Ask::Confirm(others.clone())).answer, KEY_REUSED);
                let others = Confirm { key: IdempotencyKey::new("new".into()).unwrap(), ..others };
                let answer = after.book_one(&Ask::Confirm(others)).answer;
                prop_assert_eq!(answer, confirmed_before(order), "its seats find it");
                prop_assert_eq!(&after, &world, "nothing is written, the new key neither");
            }
        }
    }

    #[test]
    fn a_new_key_for_the_seats_of_an_order_stands_for_that_order(
        scenario in scenarios(),
        others in seat_sets(),
    ) {
        let (mut world, _) = scenario.play(|_| {});
        let new = key("new");
        // One new key for each viewer: for the last of their orders.
        let last: BTreeMap<_, _> =
            world.orders.values().map(|order| (order.viewer.clone(), order.clone())).collect();
        for (viewer, order) in last {
            let (seats, revision) = (set(order.seats.clone()), world.revision());
            prop_assert_eq!(
                world.book_one(&repeat(&order, &new)).answer,
                confirmed_before(&order)
            );
            prop_assert_eq!(world.revision(), revision, "no seat changes");
            let known = world.keys.get(&(viewer.clone(), new.clone())).copied();
            let was_full = world.keys.values().filter(|known| **known == order.id).count() == 10;
            prop_assert!(known == Some(order.id) || was_full, "ten are remembered, and no more");
            prop_assert_eq!(
                world.book_one(&repeat(&order, &new)).answer,
                confirmed_before(&order)
            );
            if others != seats && known.is_some() {
                prop_assert_eq!(
                    world.book_one(&confirm(&viewer, &others, &new)).answer,
                    KEY_REUSED
                );
            }
        }
    }

    #[test]
    fn a_key_is_its_viewers_own(scenario in scenarios()) {
        let (world, _) = scenario.play(|_| {});
        for ((viewer, key), id) in &world.keys {
            for other in viewers().iter().filter(|other| *other != viewer) {
                if world.keys.contains_key(&(other.clone(), key.clone())) {
                    continue;
                }
                let seats = &world.orders[id].seats;
                let sold =
                    seats.iter().map(|&seat| (seat, NotHeldReason::ConfirmedToAnother)).collect();
                let mut after = world.clone();
                let refused = after.book_one(&confirm(other, &set(seats.clone()), key)).answer;
                prop_assert_eq!(refused, Answer::Confirm(Err(ConfirmRefusal::NotHeld(sold))));
                prop_assert_eq!(&after, &world);
            }
        }
    }

    #[test]
    fn part_of_an_order_cannot_be_bought_again(scenario in scenarios()) {
        let (world, _) = scenario.play(|_| {});
        for order in world.orders.values().filter(|order| order.seats.len() > 1) {
            let part = set(order.seats[1..].to_vec());
            let owned = part
                .as_slice()
                .iter()
                .map(|&seat| (seat, NotHeldReason::AlreadyConfirmed))
                .collect();
            let mut after = world.clone();
            let refused = after.book_one(&confirm(&order.viewer, &part, &key("new"))).answer;
            prop_assert_eq!(refused, Answer::Confirm(Err(ConfirmRefusal::NotHeld(owned))));
            prop_assert_eq!(&after, &world);
        }
    }

    /// Prices are mixed: one seat that costs money makes it the shop's affair, and a seat costs
    /// money if one of its types of ticket does.
    #[test]
    fn nobody_but_the_shop_makes_an_order_of_seats_that_cost_money_unless_the_event_says_buyer(
        scenario in scenarios(),
    ) {
        let (world, decisions) = scenario.play(|_| {});
        for (ask, decision) in &decisions {
            if let (Ask::Confirm(ask), Answer::Confirm(Ok(confirmed))) = (ask, &decision.answer) {
                let types = confirmed.order.seats.iter().flat_map(|&seat| world.types_of(seat));
                let is_free = types.into_iter().all(|known| known.price_minor == 0);
                prop_assert!(
                    !confirmed.created
                        || is_free
                        || ask.asked_by == ConfirmedBy::Shop
                        || world.terms.confirmed_by == ConfirmedBy::Buyer
                );
                prop_assert_eq!(&confirmed.order.viewer, &ask.viewer, "whoever asks");
            }
        }
    }

    #[test]
    fn exactly_one_request_makes_each_order(scenario in scenarios()) {
        let (world, decisions) = scenario.play(|_| {});
        let created = decisions.iter().filter_map(|(_, decision)| match &decision.answer {
            Answer::Confirm(Ok(confirmed)) if confirmed.created => Some(&confirmed.order),
            _ => None,
        });
        let created: Vec<_> = created.collect();
        prop_assert_eq!(created, world.orders.values().collect::<Vec<_>>());
    }

    #[test]
    fn a_second_payment_for_an_order_is_told_and_changes_nothing(scenario in scenarios()) {
        let (world, _) = scenario.play(|_| {});
        let other = PaymentReference::new("other".to_owned());
        for ((_, known), id) in &world.keys {
            let order = &world.orders[id];
            for key in [known, &key("new")] {
                let mut after = world.clone();
                let refused = after.book_one(&paid(order, key, other.clone())).answer;
                let told = ConfirmRefusal::AlreadyConfirmed(Box::new(order.clone()));
                prop_assert_eq!(refused, Answer::Confirm(Err(told)));
                prop_assert_eq!(&after, &world, "nothing is written, the key neither");
                for same in [None, order.payment_reference.clone()] {
                    let again = world.clone().book_one(&paid(order, key, same)).answer;
                    prop_assert_eq!(again, confirmed_before(order));
                }
            }
        }
    }

    #[test]
    fn nothing_is_sold_at_another_price_than_expected(
        seats in seat_sets(),
        difference in prop_oneof![Just(0_i64), -2..2_i64, any::<i64>()],
        currency in prop_oneof![3 => Just(CURRENCY), 1 => Just("USD")],
    ) {
        let (ann, key) = (viewers()[0].clone(), key("k"));
        let mut world = World::new(open_terms(300));
        prop_assume!(!world.book_one(&reserve(&ann, &seats)).answer.is_refusal());
        let before = world.clone();
        let actual = total(&seats);
        let amount_minor = actual.amount_minor.wrapping_add(difference);
        let expected = Money { amount_minor, currency: currency.to_owned() };
        let confirm = Confirm {
            viewer: ann,
            asked_by: ConfirmedBy::Buyer,
            seats: seats.clone(),
            chosen: BTreeMap::new(),
            key,
            payment_reference: None,
            expected_total: Some(expected.clone()),
        };
        let answer = world.book_one(&Ask::Confirm(confirm)).answer;
        if expected == actual {
            prop_assert!(!answer.is_refusal(), "{answer:?}");
        } else {
            let told = ConfirmRefusal::PriceChanged { expected, actual };
            prop_assert_eq!(answer, Answer::Confirm(Err(told)));
            prop_assert_eq!(&world, &before);
        }
    }
}
