//! Following the stream: an event's seats are kept as the server says they are.
//!
//! First the map, then the changes since its revision, as server-sent events. A stream that breaks
//! is resumed from the last revision that was read.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::answers::{Answer, AskError, Refusal, SeatMapAnswer, StreamItem};
use super::client::Client;
use super::event::AttendedEvent;
use super::seats::SeatView;
use super::terminal::say;
use super::waits::Waits;

/// How long the stream may say nothing: three of its signs of life.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(45);

/// Keeps an event's seats as the stream says they are.
pub(super) struct Follower<'a> {
    client: &'a Client,
    event: &'a AttendedEvent,
    /// The last revision that was read; none before the map was.
    since: Option<u64>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(client: &'a Client, event: &'a AttendedEvent) -> Self {
        Self { client, event, since: None }
    }

    /// Follows for ever.
    pub(super) async fn follow(mut self) -> Infallible {
        let mut waits = Waits::new();
        loop {
            match self.follow_once().await {
                Ok(true) => waits = Waits::new(),
                Err(AskError::Refused(Refusal { code, message })) => {
                    say(&format!("The server refused the stream: {code} {message}"));
                    // A revision of another life of the database, for example.
                    self.since = None;
                }
                Ok(false) | Err(AskError::Overloaded(_) | AskError::Away) => {}
            }
            sleep(waits.next_wait()).await;
        }
    }

    /// Follows until the stream ends; whether it brought anything.
    async fn follow_once(&mut self) -> Result<bool, AskError> {
        const CHANGES: &str = "subscription ($event: ID!, $since: Revision) { \
            seatChanges(eventId: $event, since: $since) { \
            ... on SeatSnapshot { revision seats { seatId status } } \
            ... on SeatChanges { toRevision changes { seatId status } } } }";
        if self.since.is_none() {
            self.read_map().await.map_err(AskError::Refused)?;
        }
        let variables = json!({ "event": self.event.id, "since": self.since });
        let body = json!({ "query": CHANGES, "variables": variables }).to_string();
        let response = self.client.post(None, "text/event-stream", Bytes::from(body)).await?;
        let mut stream = response.into_body();
        let (mut lines, mut has_items) = (LineBuffer::default(), false);
        while let Ok(Some(Ok(frame))) = timeout(SILENCE_TIMEOUT, stream.frame()).await {
            let Ok(data) = frame.into_data() else { continue };
            for line in lines.add(&data) {
                has_items |= self.read_line(&line)?;
            }
        }
        Ok(has_items)
    }

    async fn read_map(&mut self) -> Result<(), Refusal> {
        const MAP: &str = "query ($event: ID!) { seatMap(eventId: $event) { revision \
            seats { id section row forSale status category { price { amountMinor } } } } }";
        let variables = json!({ "event": self.event.id });
        let SeatMapAnswer { seat_map } = self.client.ask(None, MAP, variables).await?;
        self.since = Some(seat_map.revision);
        *self.event.seats() = SeatView::new(seat_map.seats);
        Ok(())
    }

    /// Reads a line of the stream; whether it was an item.
    fn read_line(&mut self, line: &str) -> Result<bool, AskError> {
        // Everything else is the kind of event, or a sign of life.
        let Some(data) = line.strip_prefix("data: ").filter(|data| !data.is_empty()) else {
            return Ok(false);
        };
        let answer: Answer<StreamItem> = serde_json::from_str(data)
            .map_err(|error| AskError::Refused(Refusal::without_code(error)))?;
        let update = answer.into_result()?.seat_changes;
        let mut seats = self.event.seats();
        for seat in &update.seats {
            seats.set(&seat.seat_id, seat.status);
        }
        self.since = update.revision.or(self.since);
        Ok(true)
    }
}

/// Puts lines together that arrive in pieces.
#[derive(Default)]
struct LineBuffer {
    incomplete_line: Vec<u8>,
}

impl LineBuffer {
    /// The lines that are complete now.
    fn add(&mut self, data: &[u8]) -> Vec<String> {
        self.incomplete_line.extend_from_slice(data);
        let Some(end) = self.incomplete_line.iter().rposition(|&byte| byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.incomplete_line.split_off(end + 1);
        let complete = std::mem::replace(&mut self.incomplete_line, rest);
        String::from_utf8_lossy(&complete).lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd::answers::{Category, ConfirmedBy, Event, MapSeat, Price, SeatStatus};
    use serde_json::Value;

    fn event_of_two_seats() -> AttendedEvent {
        let (id, name) = ("event".to_owned(), "Arena".to_owned());
        let confirmed_by = ConfirmedBy::Buyer;
        let event = Event { id, name, max_seats_per_viewer: None, confirmed_by };
        let event = AttendedEvent::new(1, event);
        let seats = ["a", "b"].map(|id| MapSeat {
            id: id.to_owned(),
            section: "A".to_owned(),
            row: "1".to_owned(),
            for_sale: true,
            status: SeatStatus::Available,
            category: Category { price: Price { amount_minor: 1 } },
        });
        *event.seats() = SeatView::new(seats.into());
        event
    }

    #[test]
    fn items_change_seats_and_say_from_where_to_resume() {
        let client = Client::new("http://localhost").unwrap();
        let event = event_of_two_seats();
        let mut follower = Follower { client: &client, event: &event, since: Some(3) };
        for line in ["event: next", "data: ", "", ":"] {
            assert!(!follower.read_line(line).unwrap(), "{line:?}");
        }
        assert_eq!((follower.since, event.seats().counts()), (Some(3), [2, 0, 0]));

        let line =
            |update: Value| format!("data: {}", json!({ "data": { "seatChanges": update } }));
        let seat = |id: &str, status: &str| json!({ "seatId": id, "status": status });
        let changes = [seat("a", "RESERVED"), seat("a", "CONFIRMED")];
        let changes = line(json!({ "toRevision": 5, "changes": changes }));
        assert!(follower.read_line(&changes).unwrap());
        assert_eq!((follower.since, event.seats().counts()), (Some(5), [1, 0, 1]));

        let snapshot = [seat("a", "AVAILABLE"), seat("b", "RESERVED")];
        let snapshot = line(json!({ "revision": 9, "seats": snapshot }));
        assert!(follower.read_line(&snapshot).unwrap());
        assert_eq!((follower.since, event.seats().counts()), (Some(9), [1, 1, 0]));
        assert!(matches!(follower.read_line("data: what?"), Err(AskError::Refused(_))));
    }

    #[test]
    fn lines_are_put_together_from_whatever_pieces_they_arrive_in() {
        let text = "event: next\ndata: {\"ü\":1}\n\n:\n\n";
        for size in 1..text.len() {
            let mut lines = LineBuffer::default();
            let read: Vec<_> =
                text.as_bytes().chunks(size).flat_map(|chunk| lines.add(chunk)).collect();
            assert_eq!(read, text.lines().collect::<Vec<_>>(), "in pieces of {size} bytes");
        }
    }
}
