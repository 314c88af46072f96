//! What a seat is, and what it may become.
//!
//! The only transitions are AVAILABLE → RESERVED (reserve), RESERVED → CONFIRMED (confirm) and
//! RESERVED → AVAILABLE. The last is a hold that runs out, is given back by its holder, or ends
//! because the event does not take place. A hold may be prolonged once, and the seat stays
//! RESERVED; so it does where a hold ends earlier since the clock was put back. Holds and sales may
//! change hands, and the seat stays as it is. What is done to the
//! plan (a seat is blocked, unblocked or brought in) is done to free seats, which stay AVAILABLE. A
//! hold that has run out counts as AVAILABLE from that instant on, whatever the table still says:
//! [`SeatState::as_of`] is the only way to look at a state.

use chrono::{DateTime, TimeDelta, Utc};
use strum::{Display, FromRepr, VariantArray};

use super::ids::{CategoryId, OrderId, PriceVersion, Revision, SeatId, ViewerId};

/// What everybody may know of a seat.
///
/// Each has the number that stands for it in a database: never changed, never given to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display, FromRepr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
#[repr(i16)]
pub enum SeatStatus {
    /// Free, or its hold has run out.
    Available = 0,
    /// Held by somebody for a limited time.
    Reserved = 1,
    /// Sold.
    Confirmed = 2,
}

impl SeatStatus {
    /// Every status, in the order of their numbers.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The number that stands for it in a database.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// The status that a number stands for; `None` for a number that no version has written.
    pub const fn from_code(code: i16) -> Option<Self> {
        Self::from_repr(code)
    }
}

/// A seat with everything a decision about it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Which seat.
    pub id: SeatId,
    /// What it costs is the category's affair.
    pub category: CategoryId,
    /// Seats that are not for sale cannot be reserved.
    pub for_sale: bool,
    /// The state as last written; look at it through [`SeatState::as_of`].
    pub state: SeatState,
    /// The revision of its last change, zero if it never changed.
    pub revision: Revision,
    /// The price list that it is held or sold by; the first while it is free.
    pub price_list: PriceVersion,
}

/// A seat's state as last written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SeatState {
    /// Free.
    Available {
        /// Whose hold on it ended last by itself, if nobody has held it since: lets us tell them
        /// what happened.
        lapsed: Option<ViewerId>,
    },
    /// Held.
    Reserved(Hold),
    /// Sold.
    Confirmed(Sale),
}

/// A viewer's right to a seat until an instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Who holds it.
    pub viewer: ViewerId,
    /// The first instant at which the hold is no longer there.
    pub expires_at: DateTime<Utc>,
    /// Whether it was prolonged: once is all there is.
    pub is_extended: bool,
}

/// A seat's owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    /// Whose it is: whoever bought it, or was given the order since.
    pub viewer: ViewerId,
    /// In which order.
    pub order: OrderId,
}

/// The asked-for transition does not exist from this state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IllegalTransition;

impl Hold {
    /// Whether the hold still counts at `now`. At `expires_at` itself it does not.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}

impl SeatState {
    /// The state at `now`: a hold that has run out is gone.
    #[must_use]
    pub fn as_of(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::Reserved(hold) if !hold.is_live(now) => {
                Self::Available { lapsed: Some(hold.viewer) }
            }
            state => state,
        }
    }

    /// What everybody may know of this state at `now`.
    pub fn status(&self, now: DateTime<Utc>) -> SeatStatus {
        match self {
            Self::Reserved(hold) if hold.is_live(now) => SeatStatus::Reserved,
            Self::Available { .. } | Self::Reserved(_) => SeatStatus::Available,
            Self::Confirmed(_) => SeatStatus::Confirmed,
        }
    }

    /// When the hold on it ends, if it is held at `now`.
    pub fn expires_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Reserved(hold) if hold.is_live(now) => Some(hold.expires_at),
            _ => None,
        }
    }

    /// Who holds or owns it at `now`. For the server's eyes only.
    pub fn viewer(&self, now: DateTime<Utc>) -> Option<&ViewerId> {
        match self {
            Self::Reserved(hold) if hold.is_live(now) => Some(&hold.viewer),
            Self::Confirmed(sale) => Some(&sale.viewer),
            _ => None,
        }
    }

    /// AVAILABLE → RESERVED.
    pub fn reserve(self, hold: Hold) -> Result<Self, IllegalTransition> {
        match self {
            Self::Available { .. } => Ok(Self::Reserved(hold)),
            Self::Reserved(_) | Self::Confirmed(_) => Err(IllegalTransition),
        }
    }

    /// AVAILABLE stays AVAILABLE: something else of the seat changes. Nobody's hold is remembered.
    pub fn stay_free(self) -> Result<Self, IllegalTransition> {
        match self {
            Self::Available { .. } => Ok(Self::Available { lapsed: None }),
            Self::Reserved(_) | Self::Confirmed(_) => Err(IllegalTransition),
        }
    }

    /// RESERVED stays RESERVED, for longer; while the hold is live, and once.
    pub fn extend(self, by: TimeDelta, now: DateTime<Utc>) -> Result<Self, IllegalTransition> {
        match self {
            Self::Reserved(hold) if hold.is_live(now) && !hold.is_extended => {
                let expires_at = hold.expires_at + by;
                Ok(Self::Reserved(Hold { expires_at, is_extended: true, ..hold }))
            }
            _ => Err(IllegalTransition),
        }
    }

    /// RESERVED stays RESERVED, and ends earlier than was said: the clock by which it was granted
    /// was put back. It counts as prolonged, since it may have lasted for any time already.
    pub fn shorten(
        self,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Self, IllegalTransition> {
        match self {
            Self::Reserved(hold) if now < until && until < hold.expires_at => {
                Ok(Self::Reserved(Hold { expires_at: until, is_extended: true, ..hold }))
            }
            _ => Err(IllegalTransition),
        }
    }

    /// RESERVED → CONFIRMED, while the hold is live.
    pub fn confirm(self, order: OrderId, now: DateTime<Utc>) -> Result<Self, IllegalTransition> {
        match self {
            Self::Reserved(hold) if hold.is_live(now) => {
                Ok(Self::Confirmed(Sale { viewer: hold.viewer, order }))
            }
            _ => Err(IllegalTransition),
        }
    }

    /// RESERVED → AVAILABLE, since the event does not take place.
    pub fn cancel(self) -> Result<Self, IllegalTransition> {
        match self {
            Self::Reserved(hold) => Ok(Self::Available { lapsed: Some(hold.viewer) }),
            Self::Available { .. } | Self::Confirmed(_) => Err(IllegalTransition),
        }
    }

    /// A live hold is somebody else's from now on; its end stays, and whether it was prolonged.
    pub fn claim(self, by: ViewerId, now: DateTime<Utc>) -> Result<Self, IllegalTransition> {
        match self {
            Self::Reserved(hold) if hold.is_live(now) && hold.viewer != by => {
                Ok(Self::Reserved(Hold { viewer: by, ..hold }))
            }
            _ => Err(IllegalTransition),
        }
    }

    /// A sale is somebody else's from now on, with the order it is in.
    pub fn transfer(self, order: OrderId, to: ViewerId) -> Result<Self, IllegalTransition> {
        match self {
            Self::Confirmed(sale) if sale.order == order && sale.viewer != to => {
                Ok(Self::Confirmed(Sale { viewer: to, order }))
            }
            _ => Err(IllegalTransition),
        }
    }

    /// RESERVED → AVAILABLE, given back by its holder while the hold is live.
    pub fn release(self, now: DateTime<Utc>) -> Result<Self, IllegalTransition> {
        match self {
            Self::Reserved(hold) if hold.is_live(now) => Ok(Self::Available { lapsed: None }),
            _ => Err(IllegalTransition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::EventId;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second)
    }

    fn hold(expires_at: i64) -> Hold {
        let viewer = ViewerId::new("ann").unwrap();
        Hold { viewer, expires_at: at(expires_at), is_extended: false }
    }

    fn order() -> OrderId {
        OrderId { event: EventId(1), number: 1 }
    }

    fn free() -> SeatState {
        SeatState::Available { lapsed: None }
    }

    fn held() -> SeatState {
        SeatState::Reserved(hold(300))
    }

    fn sold() -> SeatState {
        SeatState::Confirmed(Sale { viewer: hold(0).viewer, order: order() })
    }

    #[test]
    fn only_a_free_seat_can_be_reserved() {
        assert_eq!(free().reserve(hold(300)), Ok(held()));
        assert_eq!(
            SeatState::Available { lapsed: Some(hold(0).viewer) }.reserve(hold(300)),
            Ok(held())
        );
        assert_eq!(sold().reserve(hold(300)), Err(IllegalTransition));
        // Not even where the hold has run out: its end has to be logged first.
        assert_eq!(held().reserve(hold(600)), Err(IllegalTransition));
    }

    #[test]
    fn only_a_live_hold_can_be_confirmed_or_given_back() {
        assert_eq!(held().confirm(order(), at(299)), Ok(sold()));
        assert_eq!(held().release(at(299)), Ok(free()));
        for (state, now) in [(held(), at(300)), (free(), at(0)), (sold(), at(0))] {
            assert_eq!(state.clone().confirm(order(), now), Err(IllegalTransition), "{state:?}");
            assert_eq!(state.clone().release(now), Err(IllegalTransition), "{state:?}");
        }
    }

    #[test]
    fn a_live_hold_can_be_prolonged_once() {
        let minute = TimeDelta::seconds(60);
        let longer = Hold { is_extended: true, ..hold(360) };
        let longer = SeatState::Reserved(longer);
        assert_eq!(held().extend(minute, at(299)), Ok(longer.clone()));
        assert_eq!(longer.clone().extend(minute, at(300)), Err(IllegalTransition));
        assert_eq!(longer.release(at(359)), Ok(free()), "it is a hold like any other");
        for (state, now) in [(held(), at(300)), (free(), at(0)), (sold(), at(0))] {
            assert_eq!(state.clone().extend(minute, now), Err(IllegalTransition), "{state:?}");
        }
    }

    #[test]
    fn what_is_held_and_sold_may_change_hands_and_is_otherwise_as_it_was() {
        let ben = ViewerId::new("ben").unwrap();
        let longer = SeatState::Reserved(Hold { is_extended: true, ..hold(300) });
        for state in [held(), longer] {
            let SeatState::Reserved(hold) = state.clone() else { unreachable!() };
            let theirs = SeatState::Reserved(Hold { viewer: ben.clone(), ..hold });
            assert_eq!(state.clone().claim(ben.clone(), at(299)), Ok(theirs.clone()));
            assert_eq!(theirs.claim(ben.clone(), at(299)), Err(IllegalTransition), "it is theirs");
            assert_eq!(state.claim(ben.clone(), at(300)), Err(IllegalTransition), "it is over");
        }
        let theirs = SeatState::Confirmed(Sale { viewer: ben.clone(), order: order() });
        let other = OrderId { event: EventId(1), number: 2 };
        assert_eq!(sold().transfer(order(), ben.clone()), Ok(theirs.clone()));
        assert_eq!(sold().transfer(other, ben.clone()), Err(IllegalTransition));
        assert_eq!(theirs.transfer(order(), ben.clone()), Err(IllegalTransition), "it is theirs");
        for state in [free(), sold()] {
            assert_eq!(state.claim(ben.clone(), at(0)), Err(IllegalTransition));
        }
        for state in [free(), held()] {
            assert_eq!(state.transfer(order(), ben.clone()), Err(IllegalTransition));
        }
    }

    #[test]
    fn a_hold_that_has_run_out_is_gone_but_for_whose_it_was() {
        assert_eq!(held().as_of(at(299)), held());
        assert_eq!(held().as_of(at(300)), SeatState::Available { lapsed: Some(hold(0).viewer) });
        let seen = |now| (held().status(now), held().expires_at(now), held().viewer(now).is_some());
        assert_eq!(seen(at(299)), (SeatStatus::Reserved, Some(at(300)), true));
        assert_eq!(seen(at(300)), (SeatStatus::Available, None, false));
    }

    #[test]
    fn time_changes_nothing_about_free_and_sold_seats() {
        for state in [free(), sold()] {
            assert_eq!(state.clone().as_of(at(i64::from(i32::MAX))), state);
        }
    }
}
