//! What was granted, held against the terms of its time.
//!
//! Terms change, and what was granted by them stays. So a grant is held against those that held
//! when it was decided: by its revision, since an event's terms change in turn with its seats.
//! Seats that a viewer was given (a guest's, an order that was passed on) count as the rules count
//! them: against what is taken after.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::event_books::EventBooks;
use super::findings::Findings;
use super::violation::Violation;
use crate::domain::seat::Seat;
use crate::domain::{Cause, Change, Revision, SeatState, ViewerId};

/// Who holds and owns what, as the log is followed.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// With the end of a hold.
    seats: HashMap<ViewerId, HashMap<i32, Option<DateTime<Utc>>>>,
    /// Each viewer is told of once.
    told: HashSet<ViewerId>,
}

impl Grants {
    /// Takes note of the seats that last changed before the log begins.
    pub(super) fn begin(&mut self, books: &EventBooks, pruned: Revision) {
        let before = |seat: &&Seat| seat.revision <= pruned;
        for seat in books.seats.values().filter(before) {
            self.give(seat.id.serial, &seat.state);
        }
    }

    /// Follows a change, and verifies what it grants.
    pub(super) fn follow(
        &mut self,
        books: &EventBooks,
        change: &Change,
        (before, after): (Option<&SeatState>, &SeatState),
        findings: &mut Findings<'_>,
    ) {
        let (event, seat) = (books.event, change.seat.serial);
        if let (Some(allowed), Some(until)) = (books.terms_then.length(change), change.expires_at)
            && until - change.changed_at > allowed
        {
            let (from, seconds) = (change.changed_at, allowed.num_seconds());
            findings.violation(Violation::HoldTooLong { event, seat, from, until, seconds });
        }
        if let Some(SeatState::Reserved(hold)) = before {
            self.take(seat, &hold.viewer);
        } else if let Some(SeatState::Confirmed(sale)) = before {
            self.take(seat, &sale.viewer);
        }
        self.give(seat, after);
        let limit = books.terms_then.at(change.revision).max_seats_per_viewer;
        if let (Cause::Reserved, Some(limit)) = (change.cause, limit) {
            let count = self.count(&change.viewer, change.changed_at);
            if count > limit && self.told.insert(change.viewer.clone()) {
                findings.violation(Violation::LimitExceeded { event, seat, count, limit });
            }
        }
    }

    fn give(&mut self, seat: i32, state: &SeatState) {
        let (viewer, until) = match state {
            SeatState::Available { .. } => return,
            SeatState::Reserved(hold) => (&hold.viewer, Some(hold.expires_at)),
            SeatState::Confirmed(sale) => (&sale.viewer, None),
        };
        self.seats.entry(viewer.clone()).or_default().insert(seat, until);
    }

    fn take(&mut self, seat: i32, from: &ViewerId) {
        if let Some(seats) = self.seats.get_mut(from) {
            seats.remove(&seat);
        }
    }

    /// How many seats the viewer holds at this instant, and owns.
    fn count(&self, viewer: &ViewerId, now: DateTime<Utc>) -> u32 {
        let seats = self.seats.get(viewer).into_iter().flat_map(HashMap::values);
        let count = seats.filter(|until| until.is_none_or(|until| now < until)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}
