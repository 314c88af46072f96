//! The seats that a request names.

use crate::ids::SeatId;

/// The most seats one request may name: a coach-load, and small enough that no single request can
/// hold up a batch.
pub const MAX_SEATS_PER_REQUEST: usize = 100;

/// The seats of one request: 1 to [`MAX_SEATS_PER_REQUEST`] different ones, ascending; or up to
/// another bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatSet(Vec<SeatId>);

/// The request names no seat, or too many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a request names no seats, or too many")]
pub struct InvalidSeatSet;

impl SeatSet {
    /// Sorts the seats; a seat named twice counts once.
    pub fn new(seats: Vec<SeatId>) -> Result<Self, InvalidSeatSet> {
        Self::of_up_to(MAX_SEATS_PER_REQUEST, seats)
    }

    /// The same of another bound: for those who run a sale.
    pub fn of_up_to(most: usize, mut seats: Vec<SeatId>) -> Result<Self, InvalidSeatSet> {
        seats.sort_unstable();
        seats.dedup();
        if seats.is_empty() || seats.len() > most { Err(InvalidSeatSet) } else { Ok(Self(seats)) }
    }

    /// The seats, ascending.
    pub fn as_slice(&self) -> &[SeatId] {
        &self.0
    }
}
