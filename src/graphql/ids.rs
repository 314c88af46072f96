//! Global ids: opaque to clients, and a key to us. Each carries its kind and its event, so that
//! every look-up is by key.

use async_graphql::ID;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::Fault;
use crate::domain::{CategoryId, EventId, OrderId, Revision, SeatId, ViewerId};

/// What an id can name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnyId {
    /// An event.
    Event(EventId),
    /// A seat.
    Seat(SeatId),
    /// A price category.
    Category(CategoryId),
    /// An order.
    Order(OrderId),
}

/// Longer texts are no ids of ours: the longest is an order's, with two numbers of 19 digits.
const MAX_ID_BYTES: usize = 64;

impl AnyId {
    /// Reads an id; `None` if it is none of ours.
    pub fn decode(id: &str) -> Option<Self> {
        if id.len() > MAX_ID_BYTES {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let (kind, rest) = text.split_once(':')?;
        let (event, below) = match rest.split_once(':') {
            Some((event, below)) => (event, Some(number(below)?)),
            None => (rest, None),
        };
        let event = EventId(number(event)?);
        match (kind, below) {
            ("Event", None) => Some(Self::Event(event)),
            ("Seat", Some(serial)) => {
                Some(Self::Seat(SeatId { event, serial: i32::try_from(serial).ok()? }))
            }
            ("Category", Some(serial)) => {
                Some(Self::Category(CategoryId { event, serial: i32::try_from(serial).ok()? }))
            }
            ("Order", Some(first)) => Some(Self::Order(OrderId { event, first: Revision(first) })),
            _ => None,
        }
    }

    /// Writes the id; the same thing always has the same id.
    pub fn encode(self) -> ID {
        let text = match self {
            Self::Event(event) => format!("Event:{}", event.0),
            Self::Seat(seat) => format!("Seat:{}:{}", seat.event.0, seat.serial),
            Self::Category(category) => {
                format!("Category:{}:{}", category.event.0, category.serial)
            }
            Self::Order(order) => format!("Order:{}:{}", order.event.0, order.first),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }
}

/// A positive number written in the one way we write it, so that no two ids name the same thing.
fn number(text: &str) -> Option<i64> {
    let is_canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_canonical { text.parse().ok() } else { None }
}

/// The id of a viewer: only ever given out, never taken.
pub fn viewer_id(viewer: &ViewerId) -> ID {
    ID(URL_SAFE_NO_PAD.encode(format!("Viewer:{}", viewer.as_str())))
}

/// Reads an event's id.
pub fn event_id(argument: &str, id: &ID) -> Result<EventId, Fault> {
    match AnyId::decode(id) {
        Some(AnyId::Event(event)) => Ok(event),
        _ => Err(wrong_id(argument, "an event")),
    }
}

/// Reads a seat's id.
pub fn seat_id(argument: &str, id: &ID) -> Result<SeatId, Fault> {
    match AnyId::decode(id) {
        Some(AnyId::Seat(seat)) => Ok(seat),
        _ => Err(wrong_id(argument, "a seat")),
    }
}

/// Reads a category's id.
pub fn category_id(argument: &str, id: &ID) -> Result<CategoryId, Fault> {
    match AnyId::decode(id) {
        Some(AnyId::Category(category)) => Ok(category),
        _ => Err(wrong_id(argument, "a category")),
    }
}

fn wrong_id(argument: &str, what: &str) -> Fault {
    Fault::bad_input(format!(
        "{argument} is not the id of {what}; pass an `id` as this API gave it"
    ))
}
