//! A layout with what is free: since when, or from when.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::choose::choose;
use super::layout::Layout;
use super::lone;
use super::request::{BestRequest, NoSeatsTogether};
use super::view::{View, now_of};
use crate::change::Cause;
use crate::ids::SeatId;
use crate::seat::{SeatState, SeatStatus};

/// Free, and for sale.
const FREE: i64 = i64::MIN;
/// Not free, whatever the time is.
const TAKEN: i64 = i64::MAX;

/// See the module's documentation. It is brought up to date by what the log says. So it is the
/// truth as far as nobody has written beside the log: who reserves looks again.
#[derive(Clone, Debug)]
pub struct Seating {
    layout: Arc<Layout>,
    /// From when each place is free, in microseconds: a hold's end counts without being logged.
    free_from: Vec<i64>,
}

impl Seating {
    /// A seating on which nothing is free.
    pub fn new(layout: Arc<Layout>) -> Self {
        let free_from = vec![TAKEN; layout.serials.len()];
        Self { layout, free_from }
    }

    /// What it is a seating of.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// A seat is like this.
    pub fn put(&mut self, seat: SeatId, state: &SeatState, for_sale: bool) {
        let (status, expires_at) = match state {
            SeatState::Available { .. } => (SeatStatus::Available, None),
            SeatState::Reserved(hold) => (SeatStatus::Reserved, Some(hold.expires_at)),
            SeatState::Confirmed(_) => (SeatStatus::Confirmed, None),
        };
        self.put_status(seat, (status, expires_at), for_sale);
    }

    /// A seat has this status, as it was last written, and a hold on it ends then.
    pub fn put_status(
        &mut self,
        seat: SeatId,
        (status, expires_at): (SeatStatus, Option<DateTime<Utc>>),
        for_sale: bool,
    ) {
        let free_from = match (status, expires_at) {
            (SeatStatus::Available, _) if for_sale => FREE,
            (SeatStatus::Reserved, Some(until)) if for_sale => until.timestamp_micros(),
            _ => TAKEN,
        };
        if let Some(place) = self.layout.place(seat) {
            self.free_from[place] = free_from;
        }
    }

    /// A seat has changed for this cause; a hold ends then. What a plan says of a seat is not in
    /// the log: after an import of seats the layout is another.
    pub fn apply(&mut self, seat: SeatId, cause: Cause, expires_at: Option<DateTime<Utc>>) {
        self.put_status(seat, (cause.status(), expires_at), cause.for_sale() != Some(false));
    }

    /// Chooses the best seats that are free at `now`, ascending.
    ///
    /// # Errors
    ///
    /// If there are none as asked for: what there is instead.
    pub fn choose(
        &self,
        request: &BestRequest,
        now: DateTime<Utc>,
    ) -> Result<Vec<SeatId>, NoSeatsTogether> {
        let view = View::new(&self.layout, &self.free_from, request, now);
        let places = choose(&view)?;
        let mut seats: Vec<_> = places.into_iter().map(|place| self.layout.seat(place)).collect();
        seats.sort_unstable();
        Ok(seats)
    }

    /// The seats that would be left alone if these free seats were taken: each has a free seat
    /// beside it now, and would have none. Beside a seat is what is next to it in its row, where
    /// neither an aisle nor the row's end is between them; at a table, every other chair.
    /// Accessible seats and companions' are never alone: they are kept, and meant for one or two.
    pub fn left_alone(&self, seats: &[SeatId], now: DateTime<Utc>) -> Vec<SeatId> {
        let mut places: Vec<_> = seats.iter().filter_map(|&seat| self.layout.place(seat)).collect();
        places.sort_unstable();
        let now = now_of(now);
        let is_free = |place: usize| self.free_from[place] <= now;
        let alone = lone::left_alone(&self.layout, &is_free, &places);
        alone.into_iter().map(|place| self.layout.seat(place)).collect()
    }

    /// Tries something out: all is as before when what this gives is dropped.
    pub fn trial(&mut self) -> Trial<'_> {
        Trial { seating: self, before: Vec::new() }
    }
}

/// A seating on which seats are taken for a while.
#[derive(Debug)]
pub struct Trial<'a> {
    seating: &'a mut Seating,
    before: Vec<(usize, i64)>,
}

impl Trial<'_> {
    /// See [`Seating::choose`].
    ///
    /// # Errors
    ///
    /// The same.
    pub fn choose(
        &self,
        request: &BestRequest,
        now: DateTime<Utc>,
    ) -> Result<Vec<SeatId>, NoSeatsTogether> {
        self.seating.choose(request, now)
    }

    /// These seats are taken.
    pub fn take(&mut self, seats: &[SeatId]) {
        for place in seats.iter().filter_map(|&seat| self.seating.layout.place(seat)) {
            let before = std::mem::replace(&mut self.seating.free_from[place], TAKEN);
            self.before.push((place, before));
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        for (place, before) in self.before.drain(..).rev() {
            self.seating.free_from[place] = before;
        }
    }
}
