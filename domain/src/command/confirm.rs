//! Confirming seats: all of them are sold to the viewer, in one order, or none.

use super::decide::{Command, Needs};
use super::held::{NotHeldReason, all_held_by};
use super::seat_set::SeatSet;
use crate::ids::{SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::order::{IdempotencyKey, Order, PaymentReference};
use crate::seat::SeatState;

/// Sells all of the seats to the viewer who holds them, once for each idempotency key.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// Who buys.
    pub viewer: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
    /// Names this purchase.
    pub key: IdempotencyKey,
    /// Kept with the order.
    pub payment_reference: Option<PaymentReference>,
}

/// The seats are sold to the viewer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmed {
    /// The order they are in.
    pub order: Order,
    /// Whether the key was seen before.
    pub replayed: bool,
}

/// Why the seats were not sold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfirmRefusal {
    /// Some seats are not the viewer's to buy: every one of them, with its reason.
    NotHeld(Vec<(SeatId, NotHeldReason)>),
    /// The key stands for another set of seats.
    KeyReused,
}

impl Command for Confirm {
    type Outcome = Result<Confirmed, ConfirmRefusal>;

    fn needs(&self) -> Needs<'_> {
        Needs {
            seats: self.seats.as_slice(),
            purchase: Some((&self.viewer, &self.key)),
            ..Needs::default()
        }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        if let Some(order) = ledger.order_of_key(&self.viewer, &self.key) {
            return if order.seats == self.seats.as_slice() {
                Ok(Confirmed { order: order.clone(), replayed: true })
            } else {
                Err(ConfirmRefusal::KeyReused)
            };
        }
        if let Some(order) = self.order_of_exactly_these(ledger).cloned() {
            ledger.remember_key(&self.viewer, &self.key, order.id);
            return Ok(Confirmed { order, replayed: false });
        }
        all_held_by(&self.viewer, &self.seats, ledger).map_err(ConfirmRefusal::NotHeld)?;
        let order = ledger
            .confirm(
                self.seats.as_slice(),
                &self.viewer,
                &self.key,
                self.payment_reference.as_ref(),
            )
            .expect("each of these seats was seen to be held by the viewer on this ledger");
        Ok(Confirmed { order: order.clone(), replayed: false })
    }
}

impl Confirm {
    /// The viewer's order of exactly these seats, if they are in one.
    fn order_of_exactly_these<'a>(&self, ledger: &'a Ledger) -> Option<&'a Order> {
        let first = ledger.seat(*self.seats.as_slice().first()?)?;
        let SeatState::Confirmed(sale) = &first.state else { return None };
        let order = ledger.order(sale.order)?;
        (order.viewer == self.viewer && order.seats == self.seats.as_slice()).then_some(order)
    }
}
