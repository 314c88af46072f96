//! What can be asked of an event's seats, and how each is decided.
//!
//! A command first looks, then acts: it either changes all it names or nothing. Expected refusals
//! are values.

use chrono::{DateTime, Utc};

use super::ids::{Revision, SeatId, ViewerId};
use super::ledger::Ledger;
use super::order::{IdempotencyKey, Order, PaymentReference};
use super::seat::SeatState;

/// The most seats one request may name: a coach-load, and small enough that no single request can
/// hold up a batch.
pub const MAX_SEATS_PER_REQUEST: usize = 100;

/// Something to be decided on an event's ledger.
pub trait Command: Send + Sync + 'static {
    /// The answer, refusals included.
    type Outcome: Send + Sync + 'static;

    /// Whether carrying it out once more, after it was carried out, gives the same outcome. Where
    /// it does not, and it is unknown whether it was, nobody can say what became of it.
    const REPEATABLE: bool = true;

    /// Decides on the ledger as the commands before left it. Deciding again on the same ledger is
    /// harmless.
    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome;

    /// What has to be on the ledger for that.
    fn needs(&self) -> Needs<'_>;
}

/// What a command needs to find on the ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs<'a> {
    /// The seats to lock.
    pub seats: &'a [SeatId],
    /// Whose holdings count against the event's limit.
    pub holdings_of: Option<&'a ViewerId>,
    /// The purchase: whose key stands for which order, what seats cost, and the orders of seats
    /// that are sold.
    pub purchase: Option<(&'a ViewerId, &'a IdempotencyKey)>,
    /// Whether to look up anew when the event's next hold runs out.
    pub reschedules_expiry: bool,
}

/// The seats of one request: 1 to [`MAX_SEATS_PER_REQUEST`] different ones, ascending.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatSet(Vec<SeatId>);

/// The request names no seat, or too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a request names 1 to {MAX_SEATS_PER_REQUEST} seats")]
pub struct InvalidSeatSet;

impl SeatSet {
    /// Sorts the seats; a seat named twice counts once.
    pub fn new(mut seats: Vec<SeatId>) -> Result<Self, InvalidSeatSet> {
        seats.sort_unstable();
        seats.dedup();
        if seats.is_empty() || seats.len() > MAX_SEATS_PER_REQUEST {
            Err(InvalidSeatSet)
        } else {
            Ok(Self(seats))
        }
    }

    /// The seats, ascending.
    pub fn as_slice(&self) -> &[SeatId] {
        &self.0
    }
}

/// Holds all of the seats for the viewer, or none.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// Who asks.
    pub viewer: ViewerId,
    /// For which seats.
    pub seats: SeatSet,
}

/// The viewer holds all of the seats.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reserved {
    /// The seats as they are now, ascending.
    pub seats: Vec<super::seat::Seat>,
    /// When the first of the holds runs out.
    pub expires_at: DateTime<Utc>,
    /// The instant of the decision.
    pub now: DateTime<Utc>,
    /// The revision of the last of these holds.
    pub revision: Revision,
}

/// Why the seats were not reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReserveRefusal {
    /// Some seats are in the way: every one of them, with its reason.
    Unavailable(Vec<(SeatId, UnavailableReason)>),
    /// The viewer would hold and own more than the event allows.
    LimitExceeded {
        /// The event's limit.
        limit: u32,
        /// What the viewer holds and owns now.
        held: u32,
        /// How many more were asked for, not counting those held already.
        requested: u32,
    },
    /// Outside the sales window.
    SalesClosed {
        /// When sales open, if that is still to come.
        opens_at: Option<DateTime<Utc>>,
        /// When sales closed, if they have.
        closed_at: Option<DateTime<Utc>>,
    },
}

/// Why one seat cannot be reserved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnavailableReason {
    /// Another viewer holds it.
    ReservedByAnother,
    /// It is sold.
    Confirmed,
    /// It is not offered.
    NotForSale,
    /// The event has no such seat.
    NotFound,
}

impl Command for Reserve {
    type Outcome = Result<Reserved, ReserveRefusal>;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: self.seats.as_slice(), holdings_of: Some(&self.viewer), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        let mut wanted = Vec::new();
        let mut in_the_way = Vec::new();
        for &id in self.seats.as_slice() {
            match self.look_at(ledger, id) {
                Ok(Standing::Free) => wanted.push(id),
                Ok(Standing::Mine) => {}
                Err(reason) => in_the_way.push((id, reason)),
            }
        }
        let asks_for_more = !(wanted.is_empty() && in_the_way.is_empty());
        if asks_for_more && !ledger.terms().are_sales_open(ledger.now()) {
            return Err(sales_closed(ledger));
        }
        if !in_the_way.is_empty() {
            return Err(ReserveRefusal::Unavailable(in_the_way));
        }
        self.check_limit(ledger, wanted.len())?;
        for id in wanted {
            ledger
                .reserve(id, &self.viewer)
                .expect("each of these seats was seen to be free on this ledger");
        }
        Ok(self.granted(ledger))
    }
}

/// How a seat that is not in the way stands.
enum Standing {
    Free,
    Mine,
}

impl Reserve {
    fn look_at(&self, ledger: &Ledger, id: SeatId) -> Result<Standing, UnavailableReason> {
        let now = ledger.now();
        let seat = ledger.seat(id).ok_or(UnavailableReason::NotFound)?;
        match &seat.state {
            SeatState::Confirmed(_) => Err(UnavailableReason::Confirmed),
            SeatState::Reserved(hold) if hold.is_live(now) && hold.viewer == self.viewer => {
                Ok(Standing::Mine)
            }
            SeatState::Reserved(hold) if hold.is_live(now) => {
                Err(UnavailableReason::ReservedByAnother)
            }
            _ if !seat.for_sale => Err(UnavailableReason::NotForSale),
            _ => Ok(Standing::Free),
        }
    }

    fn check_limit(&self, ledger: &Ledger, wanted: usize) -> Result<(), ReserveRefusal> {
        let requested = u32::try_from(wanted).unwrap_or(u32::MAX);
        let held = ledger.holdings(&self.viewer);
        match ledger.terms().max_seats_per_viewer {
            Some(limit) if requested > 0 && held.saturating_add(requested) > limit => {
                Err(ReserveRefusal::LimitExceeded { limit, held, requested })
            }
            _ => Ok(()),
        }
    }

    fn granted(&self, ledger: &Ledger) -> Reserved {
        let now = ledger.now();
        let seats: Vec<_> =
            self.seats.as_slice().iter().filter_map(|&id| ledger.seat(id)).cloned().collect();
        Reserved {
            expires_at: seats
                .iter()
                .filter_map(|seat| seat.state.expires_at(now))
                .min()
                .unwrap_or(now),
            revision: seats.iter().map(|seat| seat.revision).max().unwrap_or_default(),
            seats,
            now,
        }
    }
}

fn sales_closed(ledger: &Ledger) -> ReserveRefusal {
    let (now, terms) = (ledger.now(), ledger.terms());
    ReserveRefusal::SalesClosed {
        opens_at: terms.sales_open_at.filter(|&open| now < open),
        closed_at: terms.sales_close_at.filter(|&close| close <= now),
    }
}

/// Sells all of the seats to the viewer who holds them, once for each idempotency key.
#[derive(Clone, Debug)]
pub struct Confirm {
    /// Who buys.
    pub viewer: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
    /// Names this purchase.
    pub key: IdempotencyKey,
    /// Kept with the order.
    pub payment_reference: Option<PaymentReference>,
}

/// The seats are sold to the viewer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Confirmed {
    /// The order they are in.
    pub order: Order,
    /// Whether the key was seen before.
    pub replayed: bool,
}

/// Why the seats were not sold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ConfirmRefusal {
    /// Some seats are not the viewer's to buy: every one of them, with its reason.
    NotHeld(Vec<(SeatId, NotHeldReason)>),
    /// The key stands for another set of seats.
    KeyReused,
}

/// Why a seat is not the viewer's to confirm or to give back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotHeldReason {
    /// The viewer held it, and the hold ran out; it may still be free.
    HoldExpired,
    /// Somebody else holds it.
    HeldByAnother,
    /// It is free, and not because the viewer's hold ran out: the viewer never held it, gave it
    /// back, or somebody else has held it since.
    NeverHeld,
    /// It is sold to somebody else.
    ConfirmedToAnother,
    /// The viewer bought it already, in an order of other seats.
    AlreadyConfirmed,
    /// The event has no such seat.
    NotFound,
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
            return if order.seats == self.seats.as_slice() {
                Ok(Confirmed { order: order.clone(), replayed: true })
            } else {
                Err(ConfirmRefusal::KeyReused)
            };
        }
        if let Some(order) = self.order_of_exactly_these(ledger).cloned() {
            ledger.remember_key(&self.viewer, &self.key, order.id);
            return Ok(Confirmed { order, replayed: false });
        }
        all_held_by(&self.viewer, &self.seats, ledger).map_err(ConfirmRefusal::NotHeld)?;
        let order = ledger
            .confirm(
                self.seats.as_slice(),
                &self.viewer,
                &self.key,
                self.payment_reference.as_ref(),
            )
            .expect("each of these seats was seen to be held by the viewer on this ledger");
        Ok(Confirmed { order: order.clone(), replayed: false })
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
}

/// Gives all of the seats back, or none.
#[derive(Clone, Debug)]
pub struct Release {
    /// Who gives back.
    pub viewer: ViewerId,
    /// Which seats.
    pub seats: SeatSet,
}

/// The seats are free.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Released {
    /// The seats as they are now, ascending.
    pub seats: Vec<super::seat::Seat>,
    /// The instant of the decision.
    pub now: DateTime<Utc>,
    /// The revision of the last of these changes.
    pub revision: Revision,
}

impl Command for Release {
    type Outcome = Result<Released, Vec<(SeatId, NotHeldReason)>>;

    /// Seats that were given back are no longer held.
    const REPEATABLE: bool = false;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: self.seats.as_slice(), ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        all_held_by(&self.viewer, &self.seats, ledger)?;
        for &id in self.seats.as_slice() {
            ledger
                .release(id, &self.viewer)
                .expect("each of these seats was seen to be held by the viewer on this ledger");
        }
        Ok(Released {
            seats: self
                .seats
                .as_slice()
                .iter()
                .filter_map(|&id| ledger.seat(id))
                .cloned()
                .collect(),
            now: ledger.now(),
            revision: ledger.revision(),
        })
    }
}

/// Frees those of the seats whose hold has run out. The list may be stale: each seat is looked at
/// again.
#[derive(Clone, Debug)]
pub struct Expire {
    /// Seats that were due when somebody looked, ascending; may be empty.
    pub seats: Vec<SeatId>,
    /// Whether to look up afterwards when the event's next hold runs out. Until somebody does, the
    /// event counts as due.
    pub looks_ahead: bool,
}

impl Command for Expire {
    /// How many holds were ended.
    type Outcome = usize;

    fn needs(&self) -> Needs<'_> {
        Needs { seats: &self.seats, reschedules_expiry: self.looks_ahead, ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> usize {
        self.seats.iter().filter(|&&id| ledger.settle(id)).count()
    }
}

/// Checks that the viewer holds every one of the seats; otherwise names all that are in the way.
fn all_held_by(
    viewer: &ViewerId,
    seats: &SeatSet,
    ledger: &Ledger,
) -> Result<(), Vec<(SeatId, NotHeldReason)>> {
    let in_the_way: Vec<_> = seats
        .as_slice()
        .iter()
        .filter_map(|&id| why_not_held(viewer, id, ledger).map(|reason| (id, reason)))
        .collect();
    if in_the_way.is_empty() { Ok(()) } else { Err(in_the_way) }
}

fn why_not_held(viewer: &ViewerId, id: SeatId, ledger: &Ledger) -> Option<NotHeldReason> {
    let Some(seat) = ledger.seat(id) else { return Some(NotHeldReason::NotFound) };
    match seat.state.clone().as_of(ledger.now()) {
        SeatState::Reserved(hold) if hold.viewer == *viewer => None,
        SeatState::Reserved(_) => Some(NotHeldReason::HeldByAnother),
        SeatState::Confirmed(sale) if sale.viewer == *viewer => {
            Some(NotHeldReason::AlreadyConfirmed)
        }
        SeatState::Confirmed(_) => Some(NotHeldReason::ConfirmedToAnother),
        SeatState::Available { lapsed } if lapsed.as_ref() == Some(viewer) => {
            Some(NotHeldReason::HoldExpired)
        }
        SeatState::Available { .. } => Some(NotHeldReason::NeverHeld),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::TimeDelta;

    use super::*;
    use crate::ledger::{Opening, Terms};
    use crate::seat::{Hold, Sale, Seat};
    use crate::{CategoryId, EventId, OrderId};

    const EVENT: EventId = EventId(1);

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn id(serial: i32) -> SeatId {
        SeatId { event: EVENT, serial }
    }

    fn viewer(name: &str) -> ViewerId {
        ViewerId::new(name).unwrap()
    }

    fn free() -> SeatState {
        SeatState::Available { lapsed: None }
    }

    fn held_by(name: &str, until: DateTime<Utc>) -> SeatState {
        SeatState::Reserved(Hold { viewer: viewer(name), expires_at: until })
    }

    fn sold_to(name: &str) -> SeatState {
        SeatState::Confirmed(Sale {
            viewer: viewer(name),
            order: OrderId { event: EVENT, first: Revision(1) },
        })
    }

    fn opening(states: impl IntoIterator<Item = SeatState>) -> Opening {
        let category = CategoryId { event: EVENT, serial: 1 };
        let row = |(serial, state)| Seat {
            id: id(serial),
            category,
            for_sale: true,
            state,
            revision: Revision::ZERO,
        };
        Opening {
            event: EVENT,
            terms: Terms {
                sales_open_at: None,
                sales_close_at: None,
                hold: TimeDelta::seconds(300),
                max_seats_per_viewer: None,
                currency: "EUR".to_owned(),
            },
            revision: Revision(100),
            now: now(),
            seats: (1..).zip(states).map(row).collect(),
            prices: HashMap::from([(category, 4_900)]),
            holdings: HashMap::new(),
            keys: HashMap::new(),
            orders: Vec::new(),
        }
    }

    fn reserve(name: &str, serials: &[i32]) -> Reserve {
        Reserve { viewer: viewer(name), seats: seats(serials) }
    }

    fn seats(serials: &[i32]) -> SeatSet {
        SeatSet::new(serials.iter().copied().map(id).collect()).unwrap()
    }

    #[test]
    fn a_request_names_1_to_100_different_seats_in_any_order() {
        assert_eq!(seats(&[3, 1, 3, 2]).as_slice(), [id(1), id(2), id(3)]);
        let count = |range: std::ops::RangeInclusive<i32>| SeatSet::new(range.map(id).collect());
        assert!(count(1..=100).is_ok());
        assert_eq!(count(1..=101), Err(InvalidSeatSet));
        assert_eq!(SeatSet::new(vec![]), Err(InvalidSeatSet));
        assert!(
            SeatSet::new((1..=100).chain(1..=100).map(id).collect()).is_ok(),
            "a seat named twice counts once"
        );
    }

    #[test]
    fn a_held_seat_cannot_be_reserved_by_another_viewer() {
        let mut ledger = Ledger::open(opening([free()]));
        assert!(reserve("ann", &[1]).decide(&mut ledger).is_ok());
        let refusal = reserve("ben", &[1]).decide(&mut ledger).unwrap_err();
        assert_eq!(
            refusal,
            ReserveRefusal::Unavailable(vec![(id(1), UnavailableReason::ReservedByAnother)])
        );
        assert_eq!(ledger.close().changes.len(), 1);
    }

    #[test]
    fn a_refusal_names_every_seat_in_the_way_and_no_other() {
        let later = now() + TimeDelta::seconds(1);
        let states = [
            free(),
            held_by("ann", later),
            held_by("ben", later),
            sold_to("ann"),
            free(),
            held_by("ben", now()),
        ];
        let mut opening = opening(states);
        opening.seats[4].for_sale = false;
        let mut ledger = Ledger::open(opening);
        let refusal = reserve("ann", &[1, 2, 3, 4, 5, 6, 7]).decide(&mut ledger).unwrap_err();
        let in_the_way = vec![
            (id(3), UnavailableReason::ReservedByAnother),
            (id(4), UnavailableReason::Confirmed),
            (id(5), UnavailableReason::NotForSale),
            (id(7), UnavailableReason::NotFound),
        ];
        assert_eq!(refusal, ReserveRefusal::Unavailable(in_the_way));
        assert!(ledger.close().is_empty(), "not even the expiry of seat 6 is logged");
    }

    #[test]
    fn a_seat_that_one_holds_stays_ones_own_when_it_is_taken_off_sale() {
        let until = now() + TimeDelta::seconds(1);
        let mut opening = opening([held_by("ann", until)]);
        opening.seats[0].for_sale = false;
        let mut ledger = Ledger::open(opening);
        assert_eq!(reserve("ann", &[1]).decide(&mut ledger).unwrap().expires_at, until);
        let confirm = Confirm {
            viewer: viewer("ann"),
            seats: seats(&[1]),
            key: IdempotencyKey::new("k".to_owned()).unwrap(),
            payment_reference: None,
        };
        assert_eq!(confirm.decide(&mut ledger).unwrap().order.total_minor, 4_900);
    }

    #[test]
    fn the_limit_counts_what_one_holds_and_owns_and_only_what_is_asked_for_anew() {
        let mut opening = opening([held_by("ann", now() + TimeDelta::seconds(1)), free(), free()]);
        opening.terms.max_seats_per_viewer = Some(3);
        opening.holdings = HashMap::from([(viewer("ann"), 2)]);
        let mut ledger = Ledger::open(opening);
        let exceeded = ReserveRefusal::LimitExceeded { limit: 3, held: 2, requested: 2 };
        assert_eq!(reserve("ann", &[1, 2, 3]).decide(&mut ledger), Err(exceeded));
        assert!(reserve("ann", &[1, 2]).decide(&mut ledger).is_ok());
        let exceeded = ReserveRefusal::LimitExceeded { limit: 3, held: 3, requested: 1 };
        assert_eq!(reserve("ann", &[3]).decide(&mut ledger), Err(exceeded));
    }

    #[test]
    fn sales_open_at_their_first_instant_and_close_at_their_last() {
        let second = TimeDelta::seconds(1);
        let decide = |opens_at: Option<DateTime<Utc>>, closes_at: Option<DateTime<Utc>>| {
            let mut opening = opening([free()]);
            (opening.terms.sales_open_at, opening.terms.sales_close_at) = (opens_at, closes_at);
            reserve("ann", &[1]).decide(&mut Ledger::open(opening)).map(|granted| granted.revision)
        };
        assert_eq!(decide(Some(now()), Some(now() + second)), Ok(Revision(101)));
        let soon = ReserveRefusal::SalesClosed { opens_at: Some(now() + second), closed_at: None };
        assert_eq!(decide(Some(now() + second), None), Err(soon));
        let over = ReserveRefusal::SalesClosed { opens_at: None, closed_at: Some(now()) };
        assert_eq!(decide(Some(now() - second), Some(now())), Err(over));
    }
}
