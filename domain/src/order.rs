//! Orders: what a confirmation makes, once.

use chrono::{DateTime, Utc};

use super::ids::{OrderId, Revision, SeatId, ViewerId};
use super::order_code::OrderCode;
use super::prices::TicketName;
use super::text;

/// A confirmed sale of one or more seats to one viewer. Nothing of it changes but whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Which order.
    pub id: OrderId,
    /// Whose it is: whoever bought it, or was given it since.
    pub viewer: ViewerId,
    /// What people call it.
    pub code: OrderCode,
    /// The seats, ascending; never empty.
    pub seats: Vec<SeatId>,
    /// What was paid for each of `seats`, in minor units (cents).
    pub prices_minor: Vec<i64>,
    /// What each of `seats` was sold as.
    pub tickets: Vec<TicketName>,
    /// The sum of these prices.
    pub total_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// The shop's reference for the payment, if it gave one.
    pub payment_reference: Option<PaymentReference>,
    /// When it was confirmed, by the database's clock.
    pub confirmed_at: DateTime<Utc>,
}

impl Order {
    /// The revision of its last seat: its seats were confirmed by consecutive changes.
    pub fn last_revision(&self) -> Revision {
        let seats = i64::try_from(self.seats.len()).unwrap_or(i64::MAX);
        Revision(self.id.first_revision().0 + seats - 1)
    }
}

/// Names one intended purchase of one viewer in one event, so that a retry cannot buy twice.
/// 1 to [`IdempotencyKey::MAX_CHARS`] characters, none of which [`text::is_control`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The contract's bound.
    pub const MAX_CHARS: usize = 255;

    /// Checks the text; `None` where it breaks the bounds.
    pub fn new(text: String) -> Option<Self> {
        text::is_plain(&text, Self::MAX_CHARS).then_some(Self(text))
    }

    /// As the database has it, which may be from before a rule was.
    pub fn stored(text: String) -> Option<Self> {
        text::has_length(&text, Self::MAX_CHARS).then_some(Self(text))
    }

    /// The text as the client gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The shop's own reference for a payment: 1 to [`PaymentReference::MAX_CHARS`] characters, none of
/// which [`text::is_control`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentReference(String);

impl PaymentReference {
    /// Room for any payment provider's identifier.
    pub const MAX_CHARS: usize = 255;

    /// Checks the text; `None` where it breaks the bounds.
    pub fn new(text: String) -> Option<Self> {
        text::is_plain(&text, Self::MAX_CHARS).then_some(Self(text))
    }

    /// As the database has it, which may be from before a rule was.
    pub fn stored(text: String) -> Option<Self> {
        text::has_length(&text, Self::MAX_CHARS).then_some(Self(text))
    }

    /// The text as the client gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EventId;

    fn order(first: i64, seats: i32) -> Order {
        let event = EventId(1);
        Order {
            id: OrderId { event, number: first },
            viewer: ViewerId::new("ann").unwrap(),
            code: OrderCode::from_random(0),
            seats: (1..=seats).map(|serial| SeatId { event, serial }).collect(),
            prices_minor: (1..=seats).map(|_| 0).collect(),
            tickets: (1..=seats).map(|_| TicketName::standard()).collect(),
            total_minor: 0,
            currency: "EUR".to_owned(),
            payment_reference: None,
            confirmed_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_order_takes_up_one_revision_for_each_seat() {
        assert_eq!(order(5, 1).last_revision(), Revision(5));
        assert_eq!(order(5, 3).last_revision(), Revision(7));
    }

    #[test]
    fn keys_and_payment_references_have_1_to_255_characters_and_no_controls_of_any_kind() {
        for good in ["a", "3f0e…", &"é".repeat(255)] {
            assert_eq!(IdempotencyKey::new(good.to_owned()).unwrap().as_str(), good);
            assert_eq!(PaymentReference::new(good.to_owned()).unwrap().as_str(), good);
        }
        for bad in ["", "a\0b", "a\tb", "71\u{202e}yap", &"é".repeat(256)] {
            assert_eq!(IdempotencyKey::new(bad.to_owned()), None, "{bad:?}");
            assert_eq!(PaymentReference::new(bad.to_owned()), None, "{bad:?}");
        }
    }
}
