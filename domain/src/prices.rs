//! What seats cost: an event's price lists, and the types of ticket in them.
//!
//! An event has one list at a time. A seat is held by the list that the event had when its hold
//! began, and sold by it. So the lists before are kept.
//!
//! Invariant: within a category a number stands for one name for ever. So a ticket that somebody
//! chose from one list is never another in the next.

use std::collections::{BTreeMap, HashMap};

use super::command::MAX_SEATS_PER_REQUEST;
use super::ids::{CategoryId, PriceVersion, Revision};
use super::money::MAX_MINOR_UNITS;
use super::plan::MAX_PRICE_MINOR;
pub use super::plan::{InvalidPrices, MAX_TICKET_TYPES, NewPrices, STANDARD};

/// The most price lists of an event: a new one each minute for two years. All of them are kept.
pub const MAX_PRICE_LISTS: i32 = 1_000_000;

impl PriceVersion {
    /// The list after it; `None` if there may be no more.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        (self.0 < MAX_PRICE_LISTS).then_some(Self(self.0 + 1))
    }

    /// The number of a type that is new in this list, at an index below [`MAX_TICKET_TYPES`].
    /// No other list gives it out.
    fn number(self, index: usize) -> i32 {
        const TYPES: i32 = MAX_TICKET_TYPES as i32;
        const _: () = assert!(MAX_PRICE_LISTS < i32::MAX / TYPES);
        let index = i32::try_from(index).unwrap_or(TYPES).min(TYPES - 1);
        (self.0 - 1) * TYPES + index + 1
    }
}

/// What a seat is sold as.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketName {
    /// Stands for the name within the category.
    pub number: i32,
    /// For people, 1 to [`MAX_LABEL_CHARS`](super::plan::MAX_LABEL_CHARS) characters.
    pub name: String,
}

impl TicketName {
    /// The one type of a category for which nobody has named any.
    #[must_use]
    pub fn standard() -> Self {
        Self { number: 1, name: STANDARD.to_owned() }
    }
}

/// A type of ticket in a price list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TicketType {
    /// What it is.
    pub ticket: TicketName,
    /// What a seat costs as that, in minor units of the event's currency.
    pub price_minor: i64,
}

/// What seats of one order cost together.
pub(super) fn total_minor<'a>(sold: impl Iterator<Item = &'a TicketType>) -> i64 {
    // An order of the most seats at the highest price is told exactly, and far from overflowing:
    // no price in any list is higher, and no request names more seats.
    const _: () = assert!(MAX_PRICE_MINOR * (MAX_SEATS_PER_REQUEST as i64) <= MAX_MINOR_UNITS);
    sold.map(|known| known.price_minor).sum()
}

impl TicketType {
    /// The only one of a category of which no list says anything.
    #[must_use]
    pub fn standard(price_minor: i64) -> Self {
        Self { ticket: TicketName::standard(), price_minor }
    }
}

impl NewPrices {
    /// The types as they are in a list: whoever is of a name that the list before has keeps its
    /// number.
    #[must_use]
    pub fn in_list(&self, version: PriceVersion, before: &[TicketType]) -> Vec<TicketType> {
        let number_of = |(index, (name, _)): (usize, &(String, i64))| {
            let known = before.iter().find(|known| known.ticket.name == *name);
            known.map_or_else(|| version.number(index), |known| known.ticket.number)
        };
        let types = self.types().iter().enumerate().map(|(index, named)| {
            let ticket = TicketName { number: number_of((index, named)), name: named.0.clone() };
            TicketType { ticket, price_minor: named.1 }
        });
        types.collect()
    }

    /// Whether these are the types that a list has.
    fn are(&self, types: &[TicketType]) -> bool {
        let have = types.iter().map(|known| (&known.ticket.name, known.price_minor));
        self.types().iter().map(|(name, price)| (name, *price)).eq(have)
    }
}

/// The types of ticket of each category in the lists that matter at the moment; the first of each
/// is the one that is meant where none is chosen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PriceLists(HashMap<(PriceVersion, CategoryId), Vec<TicketType>>);

impl PriceLists {
    /// Takes in one more type, after those of its category that are there.
    pub fn add(&mut self, version: PriceVersion, category: CategoryId, new: TicketType) {
        self.0.entry((version, category)).or_default().push(new);
    }

    /// The types of a category in a list; none if either is not here.
    #[must_use]
    pub fn types(&self, version: PriceVersion, category: CategoryId) -> &[TicketType] {
        self.0.get(&(version, category)).map_or(&[], Vec::as_slice)
    }

    /// The list that follows one, where some categories have new prices; `None` if these are the
    /// prices that they have.
    pub(super) fn changed(
        &self,
        current: PriceVersion,
        next: PriceVersion,
        wanted: &BTreeMap<CategoryId, NewPrices>,
    ) -> Option<BTreeMap<CategoryId, Vec<TicketType>>> {
        if wanted.iter().all(|(&category, new)| new.are(self.types(current, category))) {
            return None;
        }
        let of_current = self.0.iter().filter(|((version, _), _)| *version == current);
        let types = of_current.map(|(&(_, category), before)| {
            let new = wanted.get(&category).map(|new| new.in_list(next, before));
            (category, new.unwrap_or_else(|| before.clone()))
        });
        Some(types.collect())
    }
}

/// A price list that an event has from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPriceList {
    /// Which.
    pub version: PriceVersion,
    /// Whoever takes hold of a seat after this revision holds it by this list.
    pub after: Revision,
    /// The types of every category.
    pub prices: BTreeMap<CategoryId, Vec<TicketType>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventId;

    fn new(types: &[(&str, i64)]) -> Result<NewPrices, InvalidPrices> {
        NewPrices::new(types.iter().map(|&(name, price)| (name.to_owned(), price)).collect())
    }

    fn numbers(types: &[TicketType]) -> Vec<(&str, i32)> {
        types.iter().map(|known| (known.ticket.name.as_str(), known.ticket.number)).collect()
    }

    #[test]
    fn a_number_that_stood_for_a_name_never_stands_for_another() {
        let list = |version, types: &[(&str, i64)], before: &[TicketType]| {
            new(types).unwrap().in_list(PriceVersion(version), before)
        };
        let first = list(1, &[("Full", 10), ("Reduced", 5)], &[]);
        assert_eq!(numbers(&first), [("Full", 1), ("Reduced", 2)]);
        let second = list(2, &[("Child", 3), ("Full", 12)], &first);
        assert_eq!(numbers(&second), [("Child", 21), ("Full", 1)]);
        let third = list(3, &[("Reduced", 5), ("Child", 3)], &second);
        assert_eq!(numbers(&third), [("Reduced", 41), ("Child", 21)], "back, it is a new one");
        let most: Vec<_> = (0..20).map(|number| (format!("T{number}"), 1)).collect();
        let last = NewPrices::new(most).unwrap().in_list(PriceVersion(MAX_PRICE_LISTS), &third);
        assert_eq!(last.last().unwrap().ticket.number, 20 * MAX_PRICE_LISTS);
        assert_eq!(PriceVersion(MAX_PRICE_LISTS).next(), None);
    }

    #[test]
    fn a_list_has_every_category_and_there_is_none_where_nothing_changes() {
        let category = |serial| CategoryId { event: EventId(1), serial };
        let mut lists = PriceLists::default();
        for (serial, types) in [(1, &[("Full", 10), ("Child", 5)][..]), (2, &[("Full", 7)])] {
            for known in new(types).unwrap().in_list(PriceVersion::FIRST, &[]) {
                lists.add(PriceVersion::FIRST, category(serial), known);
            }
        }
        let changed = |serial, types| {
            let wanted = BTreeMap::from([(category(serial), new(types).unwrap())]);
            lists.changed(PriceVersion::FIRST, PriceVersion(2), &wanted)
        };
        assert_eq!(changed(1, &[("Full", 10), ("Child", 5)]), None);
        let turned = changed(1, &[("Child", 5), ("Full", 10)]).unwrap();
        assert_eq!(numbers(&turned[&category(1)]), [("Child", 2), ("Full", 1)]);
        assert_eq!(turned[&category(2)], lists.types(PriceVersion::FIRST, category(2)));
    }
}
