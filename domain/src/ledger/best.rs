//! Choosing on the ledger: what is free is what the commands before have left.
//!
//! Only where somebody chooses, or a reservation may leave no seat alone, has a ledger a seating.
//! That has seats that are not on the ledger. So a choice may name some that have to be locked and
//! read before it can be acted upon.

use std::collections::HashMap;

use super::Ledger;
use crate::best::{BestRequest, NoSeatsTogether, Seating};
use crate::churn::Run;
use crate::ids::{Revision, SeatId};
use crate::seat::Seat;

/// What was chosen, and when: the same is not worked out twice.
#[derive(Debug)]
pub(super) struct Chosen {
    request: BestRequest,
    revision: Revision,
    seats_known: usize,
    choice: Result<Vec<SeatId>, NoSeatsTogether>,
}

impl Ledger {
    /// Chooses on this seating, as it stands at the event's revision. What the ledger knows of
    /// seats goes before what the seating says of them.
    pub fn put_seating(&mut self, mut seating: Seating) {
        for seat in self.seats.values() {
            seating.put(seat.id, &seat.state, seat.for_sale);
        }
        self.chosen = None;
        self.seating = Some(seating);
    }

    /// The seating as it is after all that was decided so far.
    pub fn take_seating(&mut self) -> Option<Seating> {
        self.seating.take()
    }

    /// More seats, locked and read like those that the ledger opened with; and their runs.
    pub fn admit(&mut self, seats: Vec<Seat>, runs: HashMap<SeatId, Run>) {
        for seat in seats {
            if let Some(seating) = &mut self.seating {
                seating.put(seat.id, &seat.state, seat.for_sale);
            }
            self.seats.insert(seat.id, seat);
        }
        self.runs.extend(runs);
    }

    /// The seats of a choice, as things stand, that are not on the ledger.
    pub fn missing(&mut self, request: &BestRequest) -> Vec<SeatId> {
        let mut chosen = self.choose(request).unwrap_or_default();
        chosen.retain(|seat| !self.seats.contains_key(seat));
        chosen
    }

    /// Chooses, as things stand. Without a seating there is nothing to choose from.
    pub(crate) fn choose(&mut self, request: &BestRequest) -> Result<Vec<SeatId>, NoSeatsTogether> {
        let (revision, seats_known) = (self.revision, self.seats.len());
        let is_known = |chosen: &&Chosen| {
            (chosen.revision, chosen.seats_known) == (revision, seats_known)
                && chosen.request == *request
        };
        if let Some(chosen) = self.chosen.as_ref().filter(is_known) {
            return chosen.choice.clone();
        }
        let seating = self.seating.as_ref().ok_or_else(NoSeatsTogether::default)?;
        let choice = seating.choose(request, self.now);
        let request = request.clone();
        let known = Chosen { request, revision, seats_known, choice: choice.clone() };
        self.chosen = Some(known);
        choice
    }

    /// The seats that would be left alone if these free ones were taken, where the event minds.
    pub(crate) fn left_alone(&self, seats: &[SeatId]) -> Vec<SeatId> {
        let seating = self.seating.as_ref().filter(|_| !self.terms.allows_lone_seats);
        seating.map(|seating| seating.left_alone(seats, self.now)).unwrap_or_default()
    }
}
