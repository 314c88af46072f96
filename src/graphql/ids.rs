//! Global ids: opaque to clients, and a key to us. Each carries its kind and its event, so that
//! every look-up is by key. What is no id of ours names nothing, and is answered like that.

use std::time::Instant;

use async_graphql::{Context, ID};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::context::ContextExt as _;
use super::error::Fault;
use super::slugs::Slugs;
use crate::domain::event::is_slug;
use crate::domain::{CategoryId, EventId, OrderId, SeatId, TicketTypeId, ViewerId};
use crate::store::{ReadLane, Store, WebhookId};

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
            ("Order", Some(number)) => Some(Self::Order(OrderId { event, number })),
            _ => None,
        }
    }

    /// The event that it is of.
    pub(super) fn event(self) -> EventId {
        match self {
            Self::Event(event) => event,
            Self::Seat(seat) => seat.event,
            Self::Category(category) => category.event,
            Self::Order(order) => order.event,
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
            Self::Order(order) => format!("Order:{}:{}", order.event.0, order.number),
        };
        ID(URL_SAFE_NO_PAD.encode(text))
    }
}

/// A positive number written in the one way we write it, so that no two ids name the same thing.
fn number(text: &str) -> Option<i64> {
    let is_canonical = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_canonical { text.parse().ok() } else { None }
}

/// What the text of a viewer's id begins with; the viewer follows as the token has it.
const VIEWER: &str = "Viewer:";

/// The id of a viewer.
pub fn viewer_id(viewer: &ViewerId) -> ID {
    ID(URL_SAFE_NO_PAD.encode([VIEWER, viewer.as_str()].concat()))
}

/// The viewer whose id it is, for those who may act for others; `None` if it is none of ours.
/// Whether there is such a viewer nobody knows but the issuer of tokens.
pub(super) fn read_viewer_id(id: &str) -> Option<ViewerId> {
    /// The longest is of characters that take four bytes each; base64 makes four of three.
    const MAX_BYTES: usize = (VIEWER.len() + 4 * ViewerId::MAX_CHARS).div_ceil(3) * 4;
    if id.len() > MAX_BYTES {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let viewer = std::str::from_utf8(&bytes).ok()?.strip_prefix(VIEWER)?;
    ViewerId::new(viewer).ok()
}

/// What the text of a type of ticket's id begins with; its event, category and number follow.
const TICKET_TYPE: &str = "TicketType";

/// The id of a type of ticket.
pub fn ticket_type_id(id: TicketTypeId) -> ID {
    let CategoryId { event, serial } = id.category;
    let text = format!("{TICKET_TYPE}:{}:{serial}:{}", event.0, id.number);
    ID(URL_SAFE_NO_PAD.encode(text))
}

/// The type of ticket whose id it is; `None` if it is none of ours.
pub(super) fn read_ticket_type_id(id: &str) -> Option<TicketTypeId> {
    /// The longest has a number of 19 digits and two of 10; base64 makes four of three.
    const MAX_BYTES: usize = (TICKET_TYPE.len() + 3 + 19 + 10 + 10).div_ceil(3) * 4;
    if id.len() > MAX_BYTES {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let mut parts = std::str::from_utf8(&bytes).ok()?.split(':');
    let kind = parts.next()?;
    let [event, serial, ticket] = [parts.next()?, parts.next()?, parts.next()?].map(number);
    if kind != TICKET_TYPE || parts.next().is_some() {
        return None;
    }
    let category = CategoryId { event: EventId(event?), serial: i32::try_from(serial?).ok()? };
    Some(TicketTypeId { category, number: i32::try_from(ticket?).ok()? })
}

/// What the text of a webhook's id begins with; its number follows. It is of no event.
const WEBHOOK: &str = "Webhook:";

/// The id of a webhook.
pub(super) fn webhook_id(webhook: WebhookId) -> ID {
    ID(URL_SAFE_NO_PAD.encode(format!("{WEBHOOK}{}", webhook.0)))
}

/// The webhook whose id it is; `None` if it is none of ours.
pub(super) fn read_webhook_id(id: &str) -> Option<WebhookId> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok().filter(|_| id.len() <= MAX_ID_BYTES)?;
    let id = std::str::from_utf8(&bytes).ok()?.strip_prefix(WEBHOOK)?;
    number(id).map(WebhookId)
}

/// The event that a client names, by its id or its slug; `None` if nothing is called so. An id is
/// taken at its word, without a look-up.
pub(super) async fn event_named(
    id: &str,
    slugs: &Slugs,
    store: &Store,
) -> Result<Option<EventId>, Fault> {
    if let Some(AnyId::Event(event)) = AnyId::decode(id) {
        return Ok(Some(event));
    }
    if !is_slug(id) {
        return Ok(None);
    }
    let now = Instant::now();
    if let Some(event) = slugs.get(id, now) {
        return Ok(Some(event));
    }
    let slug = id.to_owned();
    let reader = store.clone();
    let look_up = async move { reader.event_id_by_slug(&slug).await };
    let event = store.look_up_in_turn(ReadLane::Keys, look_up).await?;
    if let Some(event) = event {
        slugs.keep(id, event, now);
    }
    Ok(event)
}

/// The event that a client names, by its id or its slug; `None` if nothing is called so.
pub(super) async fn find_event_id(ctx: &Context<'_>, id: &ID) -> Result<Option<EventId>, Fault> {
    let services = ctx.services();
    event_named(id, &services.slugs, &services.store).await
}

/// The event that a client names, by its id or its slug.
///
/// # Errors
///
/// If nothing is called so.
pub(super) async fn event_id(ctx: &Context<'_>, id: &ID) -> Result<EventId, Fault> {
    find_event_id(ctx, id).await?.ok_or_else(Fault::no_such_event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_types_id_is_read_back_and_no_other_text_is() {
        for (event, serial, number) in [(1, 1, 1), (i64::MAX, i32::MAX, i32::MAX)] {
            let category = CategoryId { event: EventId(event), serial };
            let id = TicketTypeId { category, number };
            assert_eq!(read_ticket_type_id(&ticket_type_id(id)), Some(id));
        }
        let texts = ["", "TicketType:1:1", "TicketType:1:1:1:1", "TicketType:1:01:1", "Seat:1:1:1"];
        for text in texts.into_iter().chain(["TicketType:1:1:2147483648", "TicketType:1:1:-1"]) {
            assert_eq!(read_ticket_type_id(&URL_SAFE_NO_PAD.encode(text)), None, "{text:?}");
        }
        assert_eq!(read_ticket_type_id("TicketType:1:1:1"), None);
    }

    #[test]
    fn a_viewers_id_is_read_back_and_no_other_text_is() {
        for name in ["a", "guest-0123", "Event:1", "auth0|Zoë", &"🎭".repeat(255)] {
            let viewer = ViewerId::new(name).unwrap();
            assert_eq!(read_viewer_id(&viewer_id(&viewer)), Some(viewer), "{name}");
        }
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for text in ["", "Viewer:", "viewer:ann", "ann", "Viewer:a\nb", "Event:1"] {
            assert_eq!(read_viewer_id(&encode(text)), None, "{text:?}");
        }
        for id in
            ["Viewer:ann", "Vmlld2VyOmFubg==", &encode(&format!("Viewer:{}", "a".repeat(2000)))]
        {
            assert_eq!(read_viewer_id(id), None, "{id}");
        }
    }
}
