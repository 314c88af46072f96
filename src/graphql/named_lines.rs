//! The seats of a purchase as a client named them, and what each is to be sold as.

use std::collections::BTreeMap;

use async_graphql::{ID, InputObject};

use super::error::Fault;
use super::ids::{self, AnyId};
use super::named_seats::NamedSeats;
use crate::domain::command::{MAX_SEATS_PER_REQUEST, SeatSet};
use crate::domain::{CategoryId, EventId, SeatId, TicketTypeId};

/// A seat to buy as a type of ticket.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ConfirmLineInput {
    /// The seat.
    seat_id: ID,
    /// The type of ticket: one of the seat's `ticketTypes`; the first of them unless said.
    ticket_type_id: Option<ID>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct NamedLines {
    /// The seats.
    pub(super) seats: NamedSeats,
    /// The types of ticket that were chosen, as they were given.
    tickets: BTreeMap<SeatId, ID>,
}

/// What a purchase is of: seats, and what those are to be sold as that were chosen for.
type Chosen = (SeatSet, BTreeMap<SeatId, TicketTypeId>);

impl NamedLines {
    /// Reads both lists of a purchase; `event` is where seats are looked for that no id names.
    ///
    /// # Errors
    ///
    /// If there are too many seats, or none, or one is chosen for in two ways.
    pub(super) fn read(
        event: EventId,
        seat_ids: Vec<ID>,
        lines: Option<Vec<ConfirmLineInput>>,
    ) -> Result<(Chosen, Self), Fault> {
        let (mut ids, lines) = (seat_ids, lines.unwrap_or_default());
        // Counted before any is looked at, as each list is that names seats.
        if ids.len().max(lines.len()) > MAX_SEATS_PER_REQUEST {
            return Err(wrong_number());
        }
        ids.extend(lines.iter().map(|line| line.seat_id.clone()));
        let (set, seats) = NamedSeats::of(event, &ids).ok_or_else(wrong_number)?;
        let mut named = Self { seats, tickets: BTreeMap::new() };
        let mut chosen = BTreeMap::new();
        for line in lines {
            // What is no seat cannot be held: it is refused before anybody asks what it costs.
            let Some(AnyId::Seat(seat)) = AnyId::decode(&line.seat_id) else { continue };
            let Some(id) = line.ticket_type_id else { continue };
            let ticket = ids::read_ticket_type_id(&id).unwrap_or(none_of(event));
            if chosen.insert(seat, ticket).is_some_and(|before| before != ticket) {
                let message = "input.lines must name each seat with one type of ticket";
                return Err(Fault::bad_input(message));
            }
            named.tickets.insert(seat, id);
        }
        Ok(((set, chosen), named))
    }

    /// The type of ticket that was chosen for a seat, as it was given.
    pub(super) fn ticket(&self, seat: SeatId) -> Option<&ID> {
        self.tickets.get(&seat)
    }
}

fn wrong_number() -> Fault {
    let lists = "input.seatIds and input.lines together must name";
    Fault::bad_input(format!("{lists} 1 to {MAX_SEATS_PER_REQUEST} seats"))
}

/// What is no id of a type of ticket names one that no category has.
fn none_of(event: EventId) -> TicketTypeId {
    TicketTypeId { category: CategoryId { event, serial: 0 }, number: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: EventId = EventId(7);

    fn seat(serial: i32) -> SeatId {
        SeatId { event: EVENT, serial }
    }

    fn ticket(number: i32) -> TicketTypeId {
        TicketTypeId { category: CategoryId { event: EVENT, serial: 2 }, number }
    }

    fn line(serial: i32, ticket_type_id: Option<ID>) -> ConfirmLineInput {
        ConfirmLineInput { seat_id: AnyId::Seat(seat(serial)).encode(), ticket_type_id }
    }

    fn read(seat_ids: &[i32], lines: Vec<ConfirmLineInput>) -> Result<Chosen, Fault> {
        let ids = seat_ids.iter().map(|&serial| AnyId::Seat(seat(serial)).encode());
        NamedLines::read(EVENT, ids.collect(), Some(lines)).map(|(chosen, _)| chosen)
    }

    #[test]
    fn seats_are_named_in_either_list_and_chosen_for_once() {
        let of = |number| Some(ids::ticket_type_id(ticket(number)));
        let lines = vec![line(2, of(5)), line(3, None), line(2, of(5))];
        let (seats, chosen) = read(&[1, 2], lines).unwrap();
        assert_eq!(seats.as_slice(), [seat(1), seat(2), seat(3)]);
        assert_eq!(chosen, BTreeMap::from([(seat(2), ticket(5))]));
        assert!(read(&[1], vec![line(2, of(5)), line(2, of(6))]).is_err(), "in two ways");
        let (_, chosen) = read(&[], vec![line(1, Some(ID("junk".to_owned())))]).unwrap();
        assert_eq!(chosen[&seat(1)].number, 0, "junk is no ticket that there is");
    }

    #[test]
    fn both_lists_together_name_1_to_100_seats() {
        let lines = |range: std::ops::RangeInclusive<i32>| range.map(|it| line(it, None)).collect();
        assert!(read(&[], vec![]).is_err());
        assert!(read(&[], lines(1..=100)).is_ok());
        assert!(read(&[], lines(1..=101)).is_err());
        assert!(read(&[1], lines(1..=100)).is_ok());
        assert!(read(&[101], lines(1..=100)).is_err());
        assert!(NamedLines::read(EVENT, Vec::new(), None).is_err());
    }
}
