//! The seats that a mutation names. What is no id of a seat names a seat that does not exist.

use async_graphql::ID;

use super::error::Fault;
use super::ids::AnyId;
use crate::domain::command::{MAX_SEATS_PER_REQUEST, SeatSet};
use crate::domain::{EventId, SeatId};

/// Seats of one event, as a client named them.
///
/// What cannot be read is given a serial number below 1, which no seat has and no id can hold: so
/// it is refused with all other seats, and told as it was given.
#[derive(Debug, Default)]
pub(super) struct NamedSeats {
    unreadable: Vec<(SeatId, ID)>,
}

impl NamedSeats {
    /// Reads the ids; `event` is where seats are looked for that no id names.
    ///
    /// # Errors
    ///
    /// If there are too many, or none.
    pub(super) fn read(
        argument: &str,
        event: EventId,
        ids: &[ID],
    ) -> Result<(SeatSet, Self), Fault> {
        Self::read_up_to(MAX_SEATS_PER_REQUEST, argument, event, ids)
    }

    /// The same of another bound: for those who run a sale.
    ///
    /// # Errors
    ///
    /// If there are too many, or none.
    pub(super) fn read_up_to(
        most: usize,
        argument: &str,
        event: EventId,
        ids: &[ID],
    ) -> Result<(SeatSet, Self), Fault> {
        let wrong_number = || Fault::bad_input(format!("{argument} must name 1 to {most} seats"));
        // Counted before they are decoded: a hostile list costs no more than its length.
        if ids.len() > most {
            return Err(wrong_number());
        }
        Self::of_up_to(most, event, ids).ok_or_else(wrong_number)
    }

    /// The seats with these ids, of which there must not be too many to look at; `None` if no
    /// request may name as many different ones, or as few.
    pub(super) fn of(event: EventId, ids: &[ID]) -> Option<(SeatSet, Self)> {
        Self::of_up_to(MAX_SEATS_PER_REQUEST, event, ids)
    }

    fn of_up_to(most: usize, event: EventId, ids: &[ID]) -> Option<(SeatSet, Self)> {
        let mut named = Self::default();
        let seats = ids.iter().map(|id| named.seat(event, id)).collect();
        Some((SeatSet::of_up_to(most, seats).ok()?, named))
    }

    fn seat(&mut self, event: EventId, id: &ID) -> SeatId {
        if let Some(AnyId::Seat(seat)) = AnyId::decode(id) {
            return seat;
        }
        if let Some((seat, _)) = self.unreadable.iter().find(|(_, known)| known == id) {
            return *seat;
        }
        let count = i32::try_from(self.unreadable.len()).unwrap_or_default();
        let seat = SeatId { event, serial: -count };
        self.unreadable.push((seat, id.clone()));
        seat
    }

    /// The id as it was given.
    pub(super) fn id(&self, seat: SeatId) -> ID {
        let unreadable = self.unreadable.iter().find(|(known, _)| *known == seat);
        unreadable.map_or_else(|| AnyId::Seat(seat).encode(), |(_, id)| id.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: EventId = EventId(7);

    fn read(ids: &[&str]) -> Result<(SeatSet, NamedSeats), Fault> {
        let ids: Vec<_> = ids.iter().map(|id| ID((*id).to_owned())).collect();
        NamedSeats::read("seatIds", EVENT, &ids)
    }

    #[test]
    fn what_is_no_id_of_a_seat_names_a_seat_that_cannot_exist_and_is_told_as_given() {
        let seat = SeatId { event: EVENT, serial: 3 };
        let id = AnyId::Seat(seat).encode().0;
        let event = AnyId::Event(EVENT).encode().0;
        let (seats, named) = read(&["junk", &id, "", &event, "junk", &id]).unwrap();
        assert_eq!(seats.as_slice().len(), 4, "each once");
        assert!(seats.as_slice()[..3].iter().all(|seat| seat.event == EVENT && seat.serial < 1));
        assert_eq!(seats.as_slice()[3], seat);
        let mut told: Vec<_> = seats.as_slice().iter().map(|seat| named.id(*seat).0).collect();
        told.sort_unstable();
        let mut given = ["", "junk", &event, &id];
        given.sort_unstable();
        assert_eq!(told, given);
    }

    #[test]
    fn a_request_names_at_least_one_seat_and_at_most_a_hundred() {
        assert!(read(&[]).is_err());
        assert!(read(&["junk"; 100]).is_ok());
        assert!(read(&["junk"; 101]).is_err());
    }
}
