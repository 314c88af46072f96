//! Orders: what a confirmation makes, once.

use chrono::{DateTime, Utc};

use super::ids::{OrderId, Revision, SeatId, ViewerId, is_plain_text};

/// A confirmed sale of one or more seats to one viewer. Never changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// Which order.
    pub id: OrderId,
    /// Who bought.
    pub viewer: ViewerId,
    /// The seats, ascending; never empty.
    pub seats: Vec<SeatId>,
    /// The sum of the seats' prices when they were sold, in minor units (cents).
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
        Revision(self.id.first.0 + seats - 1)
    }

    /// Short, for people to read out: eight characters without I, L, O and U, as `4G7Q-90AB`.
    ///
    /// Unique within the event by construction: an odd factor permutes the numbers below 2^40, so
    /// that neighbouring orders read differently and no two agree.
    pub fn code(&self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        // 2^40 divided by the golden ratio, made odd: spreads consecutive numbers.
        const FACTOR: i64 = 0x9E_3779_B97F;
        const MASK: i64 = (1 << 40) - 1;
        let scrambled = self.id.first.0.wrapping_mul(FACTOR) & MASK;
        let mut code = String::with_capacity(9);
        for index in (0..8).rev() {
            if index == 3 {
                code.push('-');
            }
            let digit = (scrambled >> (5 * index)) & 31;
            code.push(char::from(ALPHABET[usize::try_from(digit).unwrap_or_default()]));
        }
        code
    }
}

/// Names one intended purchase of one viewer in one event, so that a retry cannot buy twice.
/// 1 to [`IdempotencyKey::MAX_CHARS`] characters, none of them a control character.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The contract's bound.
    pub const MAX_CHARS: usize = 255;

    /// Checks the text; `None` where it breaks the bounds.
    pub fn new(text: String) -> Option<Self> {
        is_plain_text(&text, Self::MAX_CHARS).then_some(Self(text))
    }

    /// The text as the client gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The shop's own reference for a payment: 1 to [`PaymentReference::MAX_CHARS`] characters, none of
/// them a control character.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentReference(String);

impl PaymentReference {
    /// Room for any payment provider's identifier.
    pub const MAX_CHARS: usize = 255;

    /// Checks the text; `None` where it breaks the bounds.
    pub fn new(text: String) -> Option<Self> {
        is_plain_text(&text, Self::MAX_CHARS).then_some(Self(text))
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
    use proptest::prelude::*;

    fn order(first: i64, seats: i32) -> Order {
        let event = EventId(1);
        Order {
            id: OrderId { event, first: Revision(first) },
            viewer: ViewerId::new("ann").unwrap(),
            seats: (1..=seats).map(|serial| SeatId { event, serial }).collect(),
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
    fn codes_stay_the_same_for_ever() {
        // Printed on tickets: another way of making them must not change those that are out.
        assert_eq!(
            [1, 2, 1 << 39].map(|first| order(first, 1).code()),
            ["KRVQ-KEBZ", "7HQF-6WQY", "G000-0000"]
        );
    }

    #[test]
    fn keys_and_payment_references_have_1_to_255_characters_and_no_control_characters() {
        for good in ["a", "3f0e…", &"é".repeat(255)] {
            assert_eq!(IdempotencyKey::new(good.to_owned()).unwrap().as_str(), good);
            assert_eq!(PaymentReference::new(good.to_owned()).unwrap().as_str(), good);
        }
        for bad in ["", "a\0b", "a\tb", &"é".repeat(256)] {
            assert_eq!(IdempotencyKey::new(bad.to_owned()), None, "{bad:?}");
            assert_eq!(PaymentReference::new(bad.to_owned()), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_eight_characters_that_nobody_misreads(first in 1..1_i64 << 40) {
            let code = order(first, 1).code();
            let halves: Vec<&str> = code.split('-').collect();
            prop_assert_eq!(halves.iter().map(|half| half.len()).collect::<Vec<_>>(), [4, 4]);
            let is_plain =
                |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"ILOU".contains(c));
            prop_assert!(halves.concat().chars().all(is_plain), "{}", code);
        }

        /// So no two orders of an event have the same code.
        #[test]
        fn a_code_leads_back_to_its_order(first in 1..1_i64 << 40) {
            const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
            const INVERSE: i64 = 0x4C_19BC_067F; // of the factor, modulo 2^40
            let digits = order(first, 1).code().replace('-', "");
            let number = digits.chars().fold(0, |number, c| {
                number << 5 | i64::try_from(ALPHABET.find(c).unwrap()).unwrap()
            });
            prop_assert_eq!(number.wrapping_mul(INVERSE) & ((1 << 40) - 1), first);
        }
    }
}
