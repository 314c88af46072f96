//! One event's seats, folded from the frames of `seatChanges`. Knows nothing of connections.

use std::collections::HashMap;
use std::fmt;

use crate::api::live_seats::{LiveSeatsSeatChanges as Frame, SeatStatus};
use crate::api::{Id, Revision};

/// Why a frame could not be folded.
#[derive(PartialEq, Eq, Debug)]
pub enum Unfit {
    /// A change is missing. The server promises that this never happens; a client looks anyway.
    Gap,
    /// A kind of frame that the API did not have when this was built.
    Unknown,
}

/// Every seat's status as of one revision.
#[derive(Default, Debug)]
pub struct SeatMap {
    pub status: HashMap<Id, SeatStatus>,
    /// Nothing was seen yet while it is `None`.
    pub revision: Option<Revision>,
    /// What to go on after when the connection is lost.
    pub cursor: Option<String>,
    pub snapshots: usize,
    pub changes: usize,
}

impl SeatMap {
    pub fn take(&mut self, frame: Frame) -> Result<(), Unfit> {
        match frame {
            // It is the whole map. What was there before is forgotten, not merged.
            Frame::SeatSnapshot(snapshot) => {
                let seats = snapshot.seats.into_iter();
                self.status = seats.map(|seat| (seat.seat_id, seat.status)).collect();
                self.revision = Some(snapshot.revision);
                self.cursor = Some(snapshot.cursor);
                self.snapshots += 1;
            }
            Frame::SeatChanges(frame) => {
                // Revisions have no holes, so one comparison shows that nothing was missed.
                if self.revision.is_none_or(|revision| frame.from_revision != revision + 1) {
                    return Err(Unfit::Gap);
                }
                self.changes += frame.changes.len();
                let changes = frame.changes.into_iter();
                self.status.extend(changes.map(|change| (change.seat_id, change.status)));
                self.revision = Some(frame.to_revision);
                self.cursor = Some(frame.cursor);
            }
            Frame::Unknown => return Err(Unfit::Unknown),
        }
        Ok(())
    }

    pub fn has_seen(&self, revision: Revision) -> bool {
        self.revision.is_some_and(|seen| seen >= revision)
    }
}

impl fmt::Display for SeatMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut available, mut reserved, mut confirmed) = (0, 0, 0);
        for status in self.status.values() {
            match status {
                SeatStatus::Available => available += 1,
                SeatStatus::Reserved => reserved += 1,
                SeatStatus::Confirmed => confirmed += 1,
                // Not to be had, whatever it is called.
                SeatStatus::Other(_) => {}
            }
        }
        let revision = self.revision.unwrap_or_default();
        write!(
            f,
            "revision {revision}: {available} available, {reserved} reserved, {confirmed} confirmed"
        )
    }
}
