//! What the ids that clients have stand for.

use std::collections::HashMap;

use chrono::DateTime;
use serde_json::Value;
use torture::history::{
    DbMicros, Held, OrderId, OrderLine, OrderSeen, Reason, RefusedSeat, SeatNo, Viewer,
};

/// The number of a seat that nobody has heard of: none has it.
const UNKNOWN: SeatNo = -1;

/// Seats and viewers by the ids that the API has for them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) seats: HashMap<String, SeatNo>,
    pub(crate) viewers: HashMap<String, Viewer>,
}

impl Names {
    /// A seat.
    pub(crate) fn seat(&self, id: &str) -> SeatNo {
        self.seats.get(id).copied().unwrap_or(UNKNOWN)
    }

    /// Several, in the order they come in.
    pub(crate) fn seats(&self, ids: &[String]) -> Vec<SeatNo> {
        ids.iter().map(|id| self.seat(id)).collect()
    }

    /// A viewer; one that nobody has heard of is called by the id.
    pub(crate) fn viewer(&self, id: &str) -> Viewer {
        self.viewers.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The seat that is named in a field.
    pub(super) fn seat_in(&self, value: &Value, field: &str) -> SeatNo {
        self.seat(value[field].as_str().unwrap_or_default())
    }

    /// The seats of a list whose items name them in a field.
    pub(super) fn seats_in(&self, list: &Value, field: &str) -> Vec<SeatNo> {
        items(list).map(|item| self.seat_in(item, field)).collect()
    }

    /// Seats with the reasons why not.
    pub(super) fn refused(&self, list: &Value) -> Vec<RefusedSeat> {
        let refused = |item: &Value| RefusedSeat {
            seat: self.seat_in(item, "seatId"),
            reason: word(&item["reason"]).unwrap_or(Reason::NotFound),
        };
        items(list).map(refused).collect()
    }

    /// Seats that somebody holds, with when that ends.
    pub(super) fn held(&self, list: &Value) -> Vec<Held> {
        let held = |item: &Value| Held {
            seat: self.seat_in(item, "id"),
            expires_at: micros(&item["reservationExpiresAt"]),
        };
        items(list).map(held).collect()
    }

    /// An order.
    pub(super) fn order(&self, order: &Value) -> OrderSeen {
        let line = |line: &Value| OrderLine {
            seat: self.seat_in(&line["seat"], "id"),
            ticket: text(&line["ticketType"]["name"]),
            amount_minor: number(&line["price"]["amountMinor"]),
        };
        let mut lines: Vec<OrderLine> = items(&order["lines"]).map(line).collect();
        lines.sort_by_key(|line| line.seat);
        OrderSeen {
            id: order_id(&text(&order["code"])),
            code: order_id(&text(&order["code"])),
            viewer: order["viewerId"].as_str().map(|id| self.viewer(id)),
            lines,
            total_minor: number(&order["total"]["amountMinor"]),
            payment_reference: order["paymentReference"].as_str().map(str::to_owned),
        }
    }

    /// A letter for each seat of a list, by ascending number.
    pub(super) fn letters(&self, seats: &Value, id: &str) -> String {
        let mut letters: Vec<(SeatNo, char)> = items(seats)
            .map(|seat| (self.seat_in(seat, id), letter(&seat["status"], &seat["forSale"])))
            .collect();
        letters.sort_unstable();
        letters.into_iter().map(|(_, letter)| letter).collect()
    }
}

/// A code of an order as the database has it: people see it in two parts.
pub(crate) fn order_id(code: &str) -> OrderId {
    code.replace('-', "")
}

/// The items of a list; none if it is none.
pub(super) fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// A number; what is none is one that nobody expects.
pub(super) fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(i64::MIN)
}

/// A text.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A value of an enum, by the API's word.
pub(super) fn word<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

/// An instant.
pub(super) fn micros(value: &Value) -> DbMicros {
    let read = DateTime::parse_from_rfc3339(value.as_str().unwrap_or_default());
    read.map_or(DbMicros::MIN, |at| at.timestamp_micros())
}

/// The letter of a seat on a map.
fn letter(status: &Value, for_sale: &Value) -> char {
    match status.as_str() {
        Some("AVAILABLE") if for_sale == &Value::Bool(false) => 'N',
        Some(status) => status.chars().next().unwrap_or('?'),
        None => '?',
    }
}
