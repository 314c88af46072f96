//! Orders as clients saw them, beside those in the table.

use super::{Calls, sorted};
use crate::checker::violation::Kind;
use crate::history::{Call, OrderSeen, Revision, SeatNo};

impl<'h> Calls<'h, '_> {
    /// The position, if the order is at it as the client was told.
    pub(super) fn seen(
        &mut self,
        call: &'h Call,
        seen: &'h OrderSeen,
        position: Revision,
    ) -> Option<Revision> {
        if let Some((kind, what)) = self.difference(seen, position) {
            return self.wrong(kind, call, &what);
        }
        Some(position)
    }

    /// What is different of an order in the end, or at a position.
    pub(super) fn difference(
        &self,
        seen: &OrderSeen,
        position: Revision,
    ) -> Option<(Kind, String)> {
        let id = &seen.id;
        let Some(sold) = self.facts.book.orders.get(id.as_str()) else {
            return Some((Kind::OrderLost, format!("saw order {id}, which the log does not have")));
        };
        let Some(row) = self.orders.get(id.as_str()) else {
            return Some((Kind::OrderLost, format!("saw order {id}, which is not in the table")));
        };
        let seats: Vec<SeatNo> = seen.lines.iter().map(|line| line.seat).collect();
        if sorted(&seats) != sorted(&sold.seats) {
            let what = format!("saw order {id} of seats {seats:?}, and it is {:?}", sold.seats);
            return Some((Kind::OrderOther, what));
        }
        if seen.code != row.code {
            let what = format!("saw order {id} as {}, and it is {}", seen.code, row.code);
            return Some((Kind::OrderOther, what));
        }
        if seen.payment_reference != row.payment_reference {
            let what = format!(
                "saw order {id} paid by {:?}, and it is {:?}",
                seen.payment_reference, row.payment_reference
            );
            return Some((Kind::OrderOther, what));
        }
        if seen.lines != row.lines || seen.total_minor != row.total_minor {
            let what = format!(
                "saw order {id} with {:?}, {} in all, and it is {:?}, {}",
                seen.lines, seen.total_minor, row.lines, row.total_minor
            );
            return Some((Kind::PriceWrong, what));
        }
        let owner = sold.owner(position);
        if seen.viewer.is_some() && seen.viewer.as_deref() != owner {
            let what = format!(
                "saw order {id} as that of {:?}, and at revision {position} it is {owner:?}",
                seen.viewer
            );
            return Some((Kind::OrderOther, what));
        }
        None
    }
}
