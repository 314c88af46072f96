//! Confirming seats: all of them are sold to the viewer, in one order, or none.

use std::collections::BTreeMap;

use super::decide::{Command, Needs};
use super::held::{NotHeldReason, all_held_by};
use super::seat_set::SeatSet;
use crate::confirmed_by::ConfirmedBy;
use crate::ids::{SeatId, TicketTypeId, ViewerId};
use crate::ledger::Ledger;
use crate::money::Money;
use crate::order::{IdempotencyKey, Order, PaymentReference};
use crate::prices::{TicketType, total_minor};
use crate::seat::SeatState;

/// Sells all of the seats to the viewer who holds them, once for each idempotency key.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// Who buys.
    pub viewer: ViewerId,
    /// Who asks: the viewer, or the shop for them.
    pub asked_by: ConfirmedBy,
    /// Which seats.
    pub seats: SeatSet,
    /// As which type of ticket of its category; of seats that are not here, the first.
    pub chosen: BTreeMap<SeatId, TicketTypeId>,
    /// Names this purchase of the viewer, whoever asks.
    pub key: IdempotencyKey,
    /// Kept with the order.
    pub payment_reference: Option<PaymentReference>,
    /// What the seats must cost together, if the buyer was told.
    pub expected_total: Option<Money>,
}

/// The seats are sold to the viewer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmed {
    /// The order they are in.
    pub order: Order,
    /// Whether this request made it, and not one before.
    pub created: bool,
}

/// Why the seats were not sold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfirmRefusal {
    /// Some seats are not the viewer's to buy: every one of them, with its reason.
    NotHeld(Vec<(SeatId, NotHeldReason)>),
    /// The key stands for other seats, or for the same as other types of ticket.
    KeyReused,
    /// The seats cost money, and confirming those is the shop's affair.
    LeftToShop,
    /// The price lists that these seats are held by have no such type of ticket.
    NoSuchTickets(Vec<SeatId>),
    /// They cost something else than expected.
    PriceChanged {
        /// As the request says.
        expected: Money,
        /// What they cost.
        actual: Money,
    },
    /// They are in this order of the viewer, which has another payment reference: one of the two
    /// payments is too much.
    AlreadyConfirmed(Box<Order>),
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
            if order.seats != self.seats.as_slice() || !self.has_tickets_of(order, ledger) {
                return Err(ConfirmRefusal::KeyReused);
            }
            // It was passed on since. It is no longer for its buyer's eyes; but the shop asks
            // whether this purchase came about.
            if order.viewer != self.viewer && self.asked_by == ConfirmedBy::Buyer {
                all_held_by(&self.viewer, &self.seats, ledger).map_err(ConfirmRefusal::NotHeld)?;
            }
            return self.made_before(order.clone());
        }
        if let Some(order) = self.order_of_exactly_these(ledger).cloned() {
            // As other types of ticket it is no repeat: the key does not stand for the order.
            let is_repeat = self.has_tickets_of(&order, ledger);
            let outcome = self.made_before(order)?;
            if is_repeat {
                ledger.remember_key(&self.viewer, &self.key, outcome.order.id);
            }
            return Ok(outcome);
        }
        all_held_by(&self.viewer, &self.seats, ledger).map_err(ConfirmRefusal::NotHeld)?;
        let sold = self.tickets(ledger).map_err(ConfirmRefusal::NoSuchTickets)?;
        self.check_asker(ledger)?;
        self.check_total(ledger, &sold)?;
        let order = ledger
            .confirm(&sold, &self.viewer, &self.key, self.payment_reference.as_ref())
            .expect("each of these seats was seen to be held by the viewer on this ledger");
        Ok(Confirmed { order: order.clone(), created: true })
    }

    /// An order is this request's own where an attempt before had made it, down to its random code,
    /// and nobody knew whether that was written.
    fn decided_again(first: Self::Outcome, again: Self::Outcome) -> Self::Outcome {
        match (first, again) {
            (Ok(first), Ok(again)) if first.order == again.order => {
                Ok(Confirmed { created: first.created || again.created, order: again.order })
            }
            (_, again) => again,
        }
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

    /// The answer where the seats are in this order already. It costs what it did: the total that
    /// is expected now is of no concern to it.
    fn made_before(&self, order: Order) -> Result<Confirmed, ConfirmRefusal> {
        if self.payment_reference.is_some() && self.payment_reference != order.payment_reference {
            return Err(ConfirmRefusal::AlreadyConfirmed(Box::new(order)));
        }
        Ok(Confirmed { order, created: false })
    }

    /// A shop may do what a buyer may.
    fn check_asker(&self, ledger: &Ledger) -> Result<(), ConfirmRefusal> {
        match (self.asked_by, ledger.confirmed_by(self.seats.as_slice())) {
            (ConfirmedBy::Shop, _) | (ConfirmedBy::Buyer, ConfirmedBy::Buyer) => Ok(()),
            (ConfirmedBy::Buyer, ConfirmedBy::Shop) => Err(ConfirmRefusal::LeftToShop),
        }
    }

    /// Whether an order of these seats has them as the types of ticket that are asked for. Where
    /// none is named, the first is meant of the list that the seat was sold by.
    fn has_tickets_of(&self, order: &Order, ledger: &Ledger) -> bool {
        let mut sold = order.seats.iter().zip(&order.tickets);
        sold.all(|(seat, ticket)| self.number(*seat, ledger) == Some(ticket.number))
    }

    /// Which type of ticket of its category a seat is asked for as; `None` if it is of another
    /// category.
    fn number(&self, seat: SeatId, ledger: &Ledger) -> Option<i32> {
        let Some(chosen) = self.chosen.get(&seat) else {
            return Some(ledger.ticket_types_of(seat).first()?.ticket.number);
        };
        (chosen.category == ledger.seat(seat)?.category).then_some(chosen.number)
    }

    /// Each seat with what it is to be sold as; or those that cannot be sold as what was chosen.
    fn tickets(&self, ledger: &Ledger) -> Result<Vec<(SeatId, TicketType)>, Vec<SeatId>> {
        let (mut sold, mut missing) = (Vec::new(), Vec::new());
        for &seat in self.seats.as_slice() {
            let number = self.number(seat, ledger);
            let mut types = ledger.ticket_types_of(seat).iter();
            match types.find(|known| Some(known.ticket.number) == number) {
                Some(known) => sold.push((seat, known.clone())),
                None => missing.push(seat),
            }
        }
        if missing.is_empty() { Ok(sold) } else { Err(missing) }
    }

    fn check_total(
        &self,
        ledger: &Ledger,
        sold: &[(SeatId, TicketType)],
    ) -> Result<(), ConfirmRefusal> {
        let Some(expected) = &self.expected_total else { return Ok(()) };
        let amount_minor = total_minor(sold.iter().map(|(_, known)| known));
        let actual = Money { amount_minor, currency: ledger.terms().currency.clone() };
        if *expected == actual {
            return Ok(());
        }
        Err(ConfirmRefusal::PriceChanged { expected: expected.clone(), actual })
    }
}
