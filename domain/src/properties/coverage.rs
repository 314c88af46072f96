//! The properties would hold of sales in which nothing happens: the random ones are not such.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::scenario::scenarios;
use super::world::{Answer, Decision, World};
use crate::command::{ConfirmRefusal, ExtendRefusal, ReserveRefusal, SetPricesRefusal};
use crate::{Cause, Change};

/// Sales looked at; every kind of event has to happen in them at least once for every ten sales.
const SALES: usize = 200;

/// All there is to be met with.
const KINDS: [&str; 45] = [
    "reserve: granted",
    "reserve: granted again",
    "reserve: a hold that ran out is taken over",
    "reserve: ReservedByAnother",
    "reserve: Confirmed",
    "reserve: NotForSale",
    "reserve: NotFound",
    "reserve: limit exceeded",
    "reserve: sales closed",
    "reserve: too frequent",
    "confirm: sold",
    "confirm: sold several seats",
    "confirm: left to the shop",
    "confirm: replayed",
    "confirm: the same seats under a new key",
    "confirm: the same seats under a key that is not remembered",
    "confirm: key reused",
    "confirm: another payment reference",
    "confirm: another payment reference under a new key",
    "confirm: another price",
    "confirm: no such ticket",
    "confirm: sold as a ticket that was chosen",
    "confirm: sold at a list of before",
    "not held: HoldExpired",
    "not held: HeldByAnother",
    "not held: NeverHeld",
    "not held: ConfirmedToAnother",
    "not held: AlreadyConfirmed",
    "not held: NotFound",
    "release: free again",
    "extend: prolonged",
    "extend: not offered",
    "extend: prolonged before",
    "prices: changed",
    "prices: as they were",
    "prices: no such category",
    "prices: another currency",
    "expire: some were due",
    "expire: nothing was due",
    "block: changed",
    "block: nothing to do",
    "block: a hold that ran out is ended",
    "block: ReservedByAnother",
    "block: Confirmed",
    "block: NotFound",
];

fn kinds(decision: &Decision) -> Vec<String> {
    let one = |kind: &str| vec![kind.to_owned()];
    let is_change = !decision.changes.is_empty();
    match &decision.answer {
        Answer::Reserve(Ok(_)) if has_taken_over(&decision.changes) => {
            one("reserve: a hold that ran out is taken over")
        }
        Answer::Reserve(Ok(_)) => {
            one(if is_change { "reserve: granted" } else { "reserve: granted again" })
        }
        Answer::Reserve(Err(ReserveRefusal::Unavailable(seats))) => {
            seats.iter().map(|(_, reason)| format!("reserve: {reason:?}")).collect()
        }
        Answer::Reserve(Err(ReserveRefusal::LimitExceeded { .. })) => {
            one("reserve: limit exceeded")
        }
        Answer::Reserve(Err(ReserveRefusal::SalesClosed { .. })) => one("reserve: sales closed"),
        Answer::Reserve(Err(ReserveRefusal::TooFrequent { .. })) => one("reserve: too frequent"),
        Answer::Reserve(Err(ReserveRefusal::LeftAlone(_))) => one("reserve: left alone"),
        Answer::Claim(_) | Answer::Transfer(_) => one("something changes hands"),
        Answer::Extend(Ok(_)) => one("extend: prolonged"),
        Answer::Extend(Err(ExtendRefusal::NotOffered)) => one("extend: not offered"),
        Answer::Extend(Err(ExtendRefusal::ExtendedBefore)) => one("extend: prolonged before"),
        Answer::Confirm(Ok(confirmed)) if !confirmed.created => {
            one(match (decision.is_known_key, decision.is_kept_key) {
                (true, _) => "confirm: replayed",
                (false, true) => "confirm: the same seats under a new key",
                (false, false) => "confirm: the same seats under a key that is not remembered",
            })
        }
        Answer::Confirm(Ok(confirmed)) if confirmed.order.seats.len() > 1 => {
            one("confirm: sold several seats")
        }
        Answer::Confirm(Ok(_)) => one("confirm: sold"),
        Answer::Confirm(Err(ConfirmRefusal::NoSuchTickets(_))) => one("confirm: no such ticket"),
        Answer::SetPrices(set) => one(kind_of_prices(set)),
        Answer::Confirm(Err(ConfirmRefusal::KeyReused)) => one("confirm: key reused"),
        Answer::Confirm(Err(ConfirmRefusal::PriceChanged { .. })) => one("confirm: another price"),
        Answer::Confirm(Err(ConfirmRefusal::LeftToShop)) => one("confirm: left to the shop"),
        Answer::Confirm(Err(ConfirmRefusal::AlreadyConfirmed(_))) => {
            one(if decision.is_known_key {
                "confirm: another payment reference"
            } else {
                "confirm: another payment reference under a new key"
            })
        }
        Answer::Confirm(Err(ConfirmRefusal::NotHeld(seats)))
        | Answer::Release(Err(seats))
        | Answer::Extend(Err(ExtendRefusal::NotHeld(seats))) => {
            seats.iter().map(|(_, reason)| format!("not held: {reason:?}")).collect()
        }
        Answer::Block(Ok(_)) => one(block_kind(&decision.changes)),
        Answer::Block(Err(seats)) => {
            seats.iter().map(|(_, reason)| format!("block: {reason:?}")).collect()
        }
        Answer::Release(Ok(_)) => one("release: free again"),
        Answer::Expire(ended) => {
            one(if *ended > 0 { "expire: some were due" } else { "expire: nothing was due" })
        }
    }
}

fn kind_of_prices(set: &Result<bool, SetPricesRefusal>) -> &'static str {
    match set {
        Ok(true) => "prices: changed",
        Ok(false) => "prices: as they were",
        Err(SetPricesRefusal::NoSuchCategories(_)) => "prices: no such category",
        Err(SetPricesRefusal::OtherCurrency(_)) => "prices: another currency",
        Err(SetPricesRefusal::TooManyLists) => "prices: too many lists",
    }
}

/// What of prices is seen of orders.
fn sold(world: &World) -> Vec<String> {
    let mut kinds = Vec::new();
    for order in world.orders.values() {
        let mut tickets = order.seats.iter().zip(&order.tickets);
        if tickets.any(|(&seat, ticket)| world.types_of(seat)[0].ticket != *ticket) {
            kinds.push("confirm: sold as a ticket that was chosen".to_owned());
        }
        let list = world.list_at(order.id.first_revision());
        if order.seats.iter().any(|seat| world.seats[seat].price_list < list) {
            kinds.push("confirm: sold at a list of before".to_owned());
        }
    }
    kinds
}

fn block_kind(changes: &[Change]) -> &'static str {
    match changes {
        [] => "block: nothing to do",
        changes if has_taken_over(changes) => "block: a hold that ran out is ended",
        _ => "block: changed",
    }
}

fn has_taken_over(changes: &[Change]) -> bool {
    changes.iter().any(|change| change.cause == Cause::Expired)
}

#[test]
fn the_random_sales_meet_with_everything_that_can_happen() {
    let mut met = BTreeMap::<String, usize>::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..SALES {
        let scenario = scenarios().new_tree(&mut runner).unwrap().current();
        let (world, decisions) = scenario.play(|_| {});
        let made = decisions.iter().flat_map(|(_, decision)| kinds(decision));
        for kind in made.chain(sold(&world)) {
            *met.entry(kind).or_default() += 1;
        }
    }
    let seldom: Vec<_> = KINDS
        .iter()
        .filter(|kind| met.get(**kind).is_none_or(|count| count * 10 < SALES))
        .collect();
    assert!(seldom.is_empty(), "{seldom:?} happen too seldom: {met:#?}");
    let unknown: Vec<_> = met.keys().filter(|kind| !KINDS.contains(&kind.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not expected to happen");
}
