//! Taking along what a guest holds and owns: whoever signs in keeps it.
//!
//! A limit is no bar. What is claimed was taken from the sale already, by the same person. It
//! counts for them from now on, so that they may take less, and none of it is lost.

use super::decide::{Command, HandOver, Needs};
use super::seat_set::SeatSet;
use crate::ids::{OrderId, SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::seat::SeatState;

/// Makes those of the seats that a guest holds, and the orders that they are in, another viewer's.
/// The list may be stale: each seat is looked at again. An order is claimed with all of its seats
/// or not at all.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose they were when somebody looked.
    pub guest: ViewerId,
    /// Who has signed in.
    pub viewer: ViewerId,
    /// Seats that the guest held or owned when somebody looked.
    pub seats: SeatSet,
}

/// What was taken along.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Claimed {
    /// How many holds.
    pub holds: usize,
    /// How many orders.
    pub orders: usize,
}

impl Command for Claim {
    type Outcome = Claimed;

    fn needs(&self) -> Needs<'_> {
        let hand_over = HandOver { keys_of: Some(&self.guest), to: &self.viewer };
        Needs { seats: self.seats.as_slice(), hand_over: Some(hand_over), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Claimed {
        let mut claimed = Claimed::default();
        if self.guest == self.viewer {
            return claimed;
        }
        for &id in self.seats.as_slice() {
            match self.of_guest(ledger, id) {
                Some(None) => {
                    let is_claimed = ledger.claim(id, &self.viewer).is_ok();
                    claimed.holds += usize::from(is_claimed);
                }
                Some(Some(order)) => {
                    let is_claimed = self.names_all_of(ledger, order)
                        && ledger.hand_over(order, &self.viewer).is_ok();
                    if is_claimed {
                        ledger.copy_keys(order, &self.guest, &self.viewer);
                    }
                    claimed.orders += usize::from(is_claimed);
                }
                None => {}
            }
        }
        claimed
    }

    /// What an attempt before has taken along was taken along.
    fn decided_again(first: Claimed, again: Claimed) -> Claimed {
        if again == Claimed::default() { first } else { again }
    }
}

impl Claim {
    /// Whether the whole order is named, whatever else is on the ledger.
    fn names_all_of(&self, ledger: &Ledger, order: OrderId) -> bool {
        let named = self.seats.as_slice();
        let order = ledger.order(order);
        order.is_some_and(|order| order.seats.iter().all(|seat| named.binary_search(seat).is_ok()))
    }

    /// Whether the seat is the guest's now; and if it is sold, in which order.
    fn of_guest(&self, ledger: &Ledger, id: SeatId) -> Option<Option<OrderId>> {
        match &ledger.seat(id)?.state {
            SeatState::Reserved(hold) if hold.viewer == self.guest => {
                hold.is_live(ledger.now()).then_some(None)
            }
            SeatState::Confirmed(sale) if sale.viewer == self.guest => Some(Some(sale.order)),
            SeatState::Available { .. } | SeatState::Reserved(_) | SeatState::Confirmed(_) => None,
        }
    }
}
