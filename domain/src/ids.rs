//! Identities. Everything below an event carries its event, so that every look-up is by key.

use std::fmt;
use std::sync::Arc;

use super::text::{self, TEXT_RULE};

/// An event: one sale of one set of seats. Positive, given by the database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct EventId(pub i64);

/// A seat of an event. Seats of one event sort by their serial number, 1 to the number of seats;
/// that is the order in which seats are locked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SeatId {
    /// The event the seat belongs to.
    pub event: EventId,
    /// 1, 2, 3 … in the order of the seat plan; not the number printed on the seat.
    pub serial: i32,
}

/// A price category of an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CategoryId {
    /// The event the category belongs to.
    pub event: EventId,
    /// 1, 2, 3 … in the order of the seat plan.
    pub serial: i32,
}

/// An order of an event.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderId {
    /// The event the order belongs to.
    pub event: EventId,
    /// Later orders have larger ones. See [`OrderId::drawn`]; those of earlier versions were the
    /// revisions of the orders' first seats.
    pub number: i64,
}

impl OrderId {
    /// How many bits of a number are drawn at random. A thousand orders are lost ten thousand times
    /// before one of their ids is given to another buyer.
    const RANDOM_BITS: u32 = 24;

    /// How many bits of a number have the revision: enough for 20,000 changes a second over
    /// months. A log that is longer begins anew in them.
    const REVISION_BITS: u32 = 38;

    /// What tells numbers that are drawn from those of earlier versions, which are revisions.
    const IS_DRAWN: i64 = 1 << (Self::RANDOM_BITS + Self::REVISION_BITS);

    /// The id of a new order, of the revision that its first seat is confirmed by and random bits:
    /// after a restore the same revision may be given to another buyer's order.
    pub const fn drawn(event: EventId, first: Revision, random: u32) -> Self {
        let revision = first.0 & ((1 << Self::REVISION_BITS) - 1);
        let random = random as i64 & ((1 << Self::RANDOM_BITS) - 1);
        Self { event, number: Self::IS_DRAWN | revision << Self::RANDOM_BITS | random }
    }

    /// The revision of the order's first confirmed seat.
    pub const fn first_revision(self) -> Revision {
        if self.number < Self::IS_DRAWN {
            return Revision(self.number);
        }
        Revision((self.number ^ Self::IS_DRAWN) >> Self::RANDOM_BITS)
    }
}

/// A type of ticket of a category, in whichever price lists have it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TicketTypeId {
    /// Of which category.
    pub category: CategoryId,
    /// Stands for one name within the category; see [`prices`](super::prices).
    pub number: i32,
}

/// Which of an event's price lists, counted from 1; see [`prices`](super::prices).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PriceVersion(pub i32);

impl PriceVersion {
    /// The list that an event begins with.
    pub const FIRST: Self = Self(1);
}

/// A position in one event's change log. Zero is the empty log; every seat change adds exactly 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision of an event whose seats have never changed.
    pub const ZERO: Self = Self(0);
    /// The largest revision a client can name: JSON numbers are exact up to 2^53 - 1.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// The revision of the change that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the changes that were written together are told by from others of the same revisions:
/// drawn at random. The empty log's is zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mark(pub u64);

impl Mark {
    /// Of a log in which nothing has been written.
    pub const OF_EMPTY_LOG: Self = Self(0);
}

/// Who is asking: the `sub` of a verified token, in Unicode's normal form C. 1 to
/// [`ViewerId::MAX_CHARS`] characters, none of which [`is_control`](super::text::is_control).
///
/// Upper and lower case are two viewers: subjects are compared as their issuer sends them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(Arc<str>);

/// The text is empty, too long, or holds what no text may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a user id has 1 to {} characters, {TEXT_RULE}", ViewerId::MAX_CHARS)]
pub struct InvalidViewerId;

impl ViewerId {
    /// Room for any issuer's subject (OpenID Connect allows 255 ASCII characters).
    pub const MAX_CHARS: usize = 255;

    /// Checks the text and takes a copy of it, in normal form C.
    pub fn new(text: &str) -> Result<Self, InvalidViewerId> {
        let text = text::nfc(text);
        if text::is_plain(&text, Self::MAX_CHARS) {
            Ok(Self((*text).into()))
        } else {
            Err(InvalidViewerId)
        }
    }

    /// As the database has it: what was written before is left as it is, so that rows agree.
    pub fn stored(text: &str) -> Result<Self, InvalidViewerId> {
        if text::has_length(text, Self::MAX_CHARS) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidViewerId)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ViewerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ViewerId({:?})", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_id_has_1_to_255_characters_and_no_controls_of_any_kind() {
        for good in ["a", " ", "auth0|12345", "Zoë", &"é".repeat(255)] {
            assert_eq!(ViewerId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a\0", "a\nb", "\u{85}", "ecila\u{202e}", &"é".repeat(256)] {
            assert_eq!(ViewerId::new(bad), Err(InvalidViewerId), "{bad:?}");
        }
        assert_eq!(
            InvalidViewerId.to_string(),
            "a user id has 1 to 255 characters, no control characters, nor such as turn the \
                direction of writing"
        );
    }

    #[test]
    fn two_spellings_of_one_name_are_one_viewer_and_two_cases_are_two() {
        let id = |text| ViewerId::new(text).unwrap();
        assert_eq!(id("Zoe\u{308}"), id("Zoë"));
        assert_ne!(id("zoë"), id("Zoë"));
        assert_ne!(ViewerId::stored("Zoe\u{308}"), Ok(id("Zoë")), "rows are left as they are");
        // One that becomes longer by it: U+0958 has no composed form.
        assert_eq!(ViewerId::new(&"\u{958}".repeat(255)), Err(InvalidViewerId));
    }

    #[test]
    fn seats_of_an_event_sort_by_their_serial_number() {
        let seat = |event, serial| SeatId { event: EventId(event), serial };
        let mut seats = [seat(2, 1), seat(1, 10), seat(1, 9)];
        seats.sort_unstable();
        assert_eq!(seats, [seat(1, 9), seat(1, 10), seat(2, 1)]);
    }

    #[test]
    fn an_orders_id_grows_with_the_log_and_is_another_for_each_draw() {
        let event = EventId(1);
        let id = |first, random| OrderId::drawn(event, Revision(first), random);
        let last = (1 << OrderId::REVISION_BITS) - 1;
        for first in [1, 2, 1_000_000, last] {
            for random in [0, 1, u32::MAX] {
                assert_eq!(id(first, random).first_revision(), Revision(first));
            }
            assert_ne!(id(first, 0), id(first, 1));
        }
        assert!(id(1, u32::MAX) < id(2, 0));
        assert!(id(last, u32::MAX).number > 0 && id(last + 1, 0).number > 0);
        let old = OrderId { event, number: Revision::MAX.0 };
        assert!(old < id(1, 0) && old.first_revision() == Revision::MAX);
    }

    #[test]
    fn revisions_count_by_one_and_stay_exact_in_json() {
        assert_eq!(Revision::ZERO.next(), Revision(1));
        assert_eq!(Revision::default(), Revision::ZERO);
        assert_eq!(Revision(42).to_string(), "42");
        assert_eq!(Revision::MAX, Revision(9_007_199_254_740_991));
    }
}
