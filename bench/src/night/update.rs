//! What a message of a subscription says of an event's seats.

use serde::Deserialize;

use crate::Result;

/// What changes in what a watcher knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Update {
    /// All of it, in letters in the plan's order.
    Whole { revision: u64, letters: Vec<u8> },
    /// These places have other letters.
    Differs { revision: u64, places: Vec<usize>, letters: Vec<u8> },
    /// These seats have changed, one with each revision.
    Changes { from: u64, to: u64, seats: Vec<(String, u8)> },
    /// All seats are like this.
    Snapshot { revision: u64, seats: Vec<(String, u8)> },
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    payload: Payload<'a>,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    seat_statuses: Option<Statuses<'a>>,
    #[serde(borrow)]
    seat_changes: Option<Item<'a>>,
}

#[derive(Deserialize)]
struct Statuses<'a> {
    revision: u64,
    places: Option<Vec<usize>>,
    statuses: &'a str,
}

/// A batch of changes, or a snapshot.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    from_revision: Option<u64>,
    to_revision: Option<u64>,
    #[serde(borrow)]
    changes: Option<Vec<Seat<'a>>>,
    revision: Option<u64>,
    #[serde(borrow)]
    seats: Option<Vec<Seat<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seat<'a> {
    seat_id: &'a str,
    status: &'a str,
}

impl Seat<'_> {
    /// A status begins with its letter.
    fn noted(&self) -> (String, u8) {
        (self.seat_id.to_owned(), self.status.as_bytes().first().copied().unwrap_or_default())
    }
}

/// Reads a message of kind `next`.
pub(super) fn read(message: &[u8]) -> Result<Update> {
    let odd = || format!("an odd message: {:.300}", String::from_utf8_lossy(message));
    let data = serde_json::from_slice::<Message<'_>>(message)
        .map_err(|error| format!("{error}: {}", odd()))?
        .payload
        .data
        .ok_or_else(odd)?;
    let noted = |seats: Vec<Seat<'_>>| seats.iter().map(Seat::noted).collect();
    match (data.seat_statuses, data.seat_changes) {
        (Some(Statuses { revision, places, statuses }), None) => {
            let letters = statuses.as_bytes().to_vec();
            Ok(match places {
                None => Update::Whole { revision, letters },
                Some(places) => Update::Differs { revision, places, letters },
            })
        }
        (None, Some(Item { revision: Some(revision), seats: Some(seats), .. })) => {
            Ok(Update::Snapshot { revision, seats: noted(seats) })
        }
        (None, Some(item)) => match (item.from_revision, item.to_revision, item.changes) {
            (Some(from), Some(to), Some(changes)) => {
                Ok(Update::Changes { from, to, seats: noted(changes) })
            }
            _ => Err(odd().into()),
        },
        _ => Err(odd().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_both_streams_are_read() {
        let next = |data: &str| {
            read(format!(r#"{{"type":"next","id":"1","payload":{{"data":{data}}}}}"#).as_bytes())
        };
        let seat = |id: &str, letter| (id.to_owned(), letter);
        for (data, expected) in [
            (
                r#"{"seatStatuses":{"revision":7,"places":null,"statuses":"AR"}}"#,
                Update::Whole { revision: 7, letters: b"AR".to_vec() },
            ),
            (
                r#"{"seatStatuses":{"revision":8,"places":[1],"statuses":"C"}}"#,
                Update::Differs { revision: 8, places: vec![1], letters: b"C".to_vec() },
            ),
            (
                r#"{"seatChanges":{"__typename":"SeatChanges","fromRevision":8,"toRevision":8,
                    "changes":[{"seatId":"b","status":"RESERVED"}]}}"#,
                Update::Changes { from: 8, to: 8, seats: vec![seat("b", b'R')] },
            ),
            (
                r#"{"seatChanges":{"__typename":"SeatSnapshot","revision":9,
                    "seats":[{"seatId":"a","status":"AVAILABLE"}]}}"#,
                Update::Snapshot { revision: 9, seats: vec![seat("a", b'A')] },
            ),
        ] {
            assert_eq!(next(data).unwrap(), expected);
        }
        for odd in ["null", "{}", r#"{"seatStatuses":null}"#, r#"{"seatChanges":{}}"#] {
            assert!(next(odd).is_err(), "{odd}");
        }
    }
}
