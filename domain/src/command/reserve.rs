//! Reserving seats: all of them are held for the viewer, or none.

use chrono::{DateTime, Utc};

use super::decide::{Command, Needs};
use super::seat_set::SeatSet;
use crate::ids::{Revision, SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::seat::{Seat, SeatState};
use crate::stage::EventStatus;

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
    pub seats: Vec<Seat>,
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
    /// The event is not on sale.
    SalesClosed {
        /// What it is instead.
        status: EventStatus,
        /// When sales open, if that is still to come.
        opens_at: Option<DateTime<Utc>>,
        /// When sales closed, if they have.
        closed_at: Option<DateTime<Utc>>,
    },
    /// The viewer has let too many seats go lately, or these too often: see
    /// [`churn`](crate::churn).
    TooFrequent {
        /// From when these seats can be reserved, if nobody else takes them and no more are let go.
        retry_at: DateTime<Utc>,
    },
    /// These seats would be left alone, and the event minds: see
    /// [`Seating::left_alone`](crate::best::Seating::left_alone).
    LeftAlone(Vec<SeatId>),
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
                Ok(Eligibility::Free) => wanted.push(id),
                Ok(Eligibility::Held) => {}
                Err(reason) => in_the_way.push((id, reason)),
            }
        }
        let asks_for_more = !(wanted.is_empty() && in_the_way.is_empty());
        if asks_for_more {
            check_sale(ledger)?;
        }
        if !in_the_way.is_empty() {
            in_the_way.iter().for_each(|&(id, _)| ledger.note_asked_for(id));
            return Err(ReserveRefusal::Unavailable(in_the_way));
        }
        if wanted.is_empty() {
            return Ok(Reserved::read(ledger, self.seats.as_slice()));
        }
        check_limit(&self.viewer, ledger, wanted.len())?;
        let alone = ledger.left_alone(&wanted);
        if !alone.is_empty() {
            return Err(ReserveRefusal::LeftAlone(alone));
        }
        hold(&self.viewer, ledger, &wanted)?;
        Ok(Reserved::read(ledger, self.seats.as_slice()))
    }
}

/// How a seat is that is not in the way.
enum Eligibility {
    Free,
    /// The viewer holds it already.
    Held,
}

impl Reserve {
    fn look_at(&self, ledger: &Ledger, id: SeatId) -> Result<Eligibility, UnavailableReason> {
        let seat = ledger.seat(id).ok_or(UnavailableReason::NotFound)?;
        match ledger.standing(id).ok_or(UnavailableReason::NotFound)? {
            SeatState::Confirmed(_) => Err(UnavailableReason::Confirmed),
            SeatState::Reserved(hold) if hold.viewer == self.viewer => Ok(Eligibility::Held),
            SeatState::Reserved(_) => Err(UnavailableReason::ReservedByAnother),
            SeatState::Available { .. } if !seat.for_sale => Err(UnavailableReason::NotForSale),
            SeatState::Available { .. } => Ok(Eligibility::Free),
        }
    }
}

impl Reserved {
    /// Seats that the viewer holds, as they are now.
    pub(super) fn read(ledger: &Ledger, seats: &[SeatId]) -> Self {
        let now = ledger.now();
        let seats: Vec<_> = seats.iter().filter_map(|&id| ledger.seat(id)).cloned().collect();
        let ends = seats.iter().filter_map(|seat| seat.state.expires_at(now));
        Self {
            expires_at: ends.min().unwrap_or(now),
            revision: seats.iter().map(|seat| seat.revision).max().unwrap_or_default(),
            seats,
            now,
        }
    }
}

/// Whether seats can be reserved now.
pub(super) fn check_sale(ledger: &Ledger) -> Result<(), ReserveRefusal> {
    if ledger.terms().status(ledger.now()) == EventStatus::OnSale {
        Ok(())
    } else {
        Err(sales_closed(ledger))
    }
}

/// Whether the viewer may have so many more.
pub(super) fn check_limit(
    viewer: &ViewerId,
    ledger: &Ledger,
    wanted: usize,
) -> Result<(), ReserveRefusal> {
    let requested = u32::try_from(wanted).unwrap_or(u32::MAX);
    let held = ledger.holdings(viewer);
    match ledger.terms().max_seats_per_viewer {
        Some(limit) if held.saturating_add(requested) > limit => {
            Err(ReserveRefusal::LimitExceeded { limit, held, requested })
        }
        _ => Ok(()),
    }
}

/// Holds these seats, which are free, unless the viewer has let too many go.
pub(super) fn hold(
    viewer: &ViewerId,
    ledger: &mut Ledger,
    free: &[SeatId],
) -> Result<(), ReserveRefusal> {
    if let Some(retry_at) = ledger.refused_until(viewer, free) {
        return Err(ReserveRefusal::TooFrequent { retry_at });
    }
    for &id in free {
        ledger.reserve(id, viewer).expect("each of these seats was seen to be free on this ledger");
    }
    Ok(())
}

fn sales_closed(ledger: &Ledger) -> ReserveRefusal {
    let (now, terms) = (ledger.now(), ledger.terms());
    let status = terms.status(now);
    let has_closed = status == EventStatus::Closed && terms.sales_close_at <= now;
    ReserveRefusal::SalesClosed {
        status,
        opens_at: terms.sales_open_at.filter(|_| status == EventStatus::Upcoming),
        closed_at: has_closed.then_some(terms.sales_close_at),
    }
}
