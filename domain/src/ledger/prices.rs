//! What seats cost on a ledger.

use std::collections::BTreeMap;

use super::Ledger;
use crate::change::Cause;
use crate::confirmed_by::ConfirmedBy;
use crate::ids::{CategoryId, PriceVersion, SeatId};
use crate::prices::{NewPriceList, NewPrices, TicketType};
use crate::seat::SeatStatus;

/// The list that a seat is held or sold by after a change, where the event has the current one. A
/// hold keeps its list for as long as it lasts, and so does the sale after it.
pub(super) fn list_after(
    cause: Cause,
    current: PriceVersion,
    before: PriceVersion,
) -> PriceVersion {
    match cause.status() {
        SeatStatus::Available => PriceVersion::FIRST,
        SeatStatus::Reserved if cause == Cause::Reserved => current,
        SeatStatus::Reserved | SeatStatus::Confirmed => before,
    }
}

impl Ledger {
    /// What seats of a category cost from now on, by the type of ticket; none if there is no such
    /// category.
    pub(crate) fn ticket_types(&self, category: CategoryId) -> &[TicketType] {
        self.prices.types(self.price_list, category)
    }

    /// What a seat costs whoever holds it, or cost whoever bought it, by the type of ticket; none
    /// if it is not on the ledger.
    pub(crate) fn ticket_types_of(&self, seat: SeatId) -> &[TicketType] {
        let seat = self.seats.get(&seat);
        seat.map_or(&[], |seat| self.prices.types(seat.price_list, seat.category))
    }

    /// Who confirms these seats, by the most that they can cost. A type of ticket is what the buyer
    /// chooses: that one of them is free does not make a seat free.
    pub(crate) fn confirmed_by(&self, seats: &[SeatId]) -> ConfirmedBy {
        let types = seats.iter().flat_map(|&seat| self.ticket_types_of(seat));
        self.terms.confirmed_by.of_prices(types.map(|known| known.price_minor))
    }

    /// Gives categories new prices; whether that changes any. `None` if there may be no more
    /// lists.
    pub(crate) fn set_prices(&mut self, wanted: &BTreeMap<CategoryId, NewPrices>) -> Option<bool> {
        let current = self.price_list;
        // A change that is none needs no list.
        let next = current.next().unwrap_or(current);
        let Some(prices) = self.prices.changed(current, next, wanted) else { return Some(false) };
        if next == current {
            return None;
        }
        for (&category, types) in &prices {
            types.iter().for_each(|known| self.prices.add(next, category, known.clone()));
        }
        self.price_list = next;
        self.closing.new_prices.push(NewPriceList { version: next, after: self.revision, prices });
        Some(true)
    }
}
