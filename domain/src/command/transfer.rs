//! Passing an order on: its seats stay sold, and are somebody else's.
//!
//! A limit is no bar. It says how many seats a viewer may take from the sale, and these were taken
//! by whoever passes them on. They count for the new owner, who may take less from now on.

use super::decide::{Command, HandOver, Needs};
use super::seat_set::SeatSet;
use crate::audit::{AuditAction, AuditEntry};
use crate::ids::{OrderId, Revision, ViewerId};
use crate::ledger::Ledger;
use crate::order::Order;

/// Makes an order another viewer's, if it is still whose it was when somebody looked.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// Which order.
    pub order: OrderId,
    /// Its seats, which never change.
    pub seats: SeatSet,
    /// Whose it was when somebody looked.
    pub from: ViewerId,
    /// Whose it shall be.
    pub to: ViewerId,
    /// Who manages events and does it for the owner, which the audit log says.
    pub managed_by: Option<ViewerId>,
}

/// The order is the new owner's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transferred {
    /// The order as it is now.
    pub order: Order,
    /// The revision that shows it.
    pub revision: Revision,
}

/// Why the order was left as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransferRefusal {
    /// There is no such order.
    NotFound,
    /// Somebody was faster: it is another viewer's by now.
    OwnerChanged(Box<Order>),
}

impl Command for Transfer {
    type Outcome = Result<Transferred, TransferRefusal>;

    fn needs(&self) -> Needs<'_> {
        let hand_over = HandOver { keys_of: None, to: &self.to };
        Needs { seats: self.seats.as_slice(), hand_over: Some(hand_over), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        let order = ledger.order(self.order);
        let order = order.filter(|order| order.seats == self.seats.as_slice());
        let order = order.ok_or(TransferRefusal::NotFound)?;
        if order.viewer != self.to {
            if order.viewer != self.from {
                return Err(TransferRefusal::OwnerChanged(Box::new(order.clone())));
            }
            let code = order.code.to_string();
            ledger.hand_over(self.order, &self.to).map_err(|_| TransferRefusal::NotFound)?;
            if let Some(actor) = &self.managed_by {
                let name = |viewer: &ViewerId| Some(viewer.as_str().to_owned());
                let entry = AuditEntry::new(actor, AuditAction::TransferOrder);
                let entry = entry.with_change("toViewerId", name(&self.from), name(&self.to));
                ledger.note(entry.with("code", code));
            }
        }
        let order = ledger.order(self.order).ok_or(TransferRefusal::NotFound)?.clone();
        let seats = order.seats.iter().filter_map(|&seat| ledger.seat(seat));
        let revision = seats.map(|seat| seat.revision).max().unwrap_or_default();
        Ok(Transferred { order, revision })
    }
}
