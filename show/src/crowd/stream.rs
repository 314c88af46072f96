//! Following the stream: an event's seats are kept as the server says they are.
//!
//! First the plan, then what becomes of its seats, as server-sent events. A stream that breaks is
//! begun anew: its first frame is whole. Where frames are of another plan, that is read.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::answers::{Answer, AskError, Refusal, SeatPlanAnswer, StreamItem};
use super::client::Client;
use super::event::AttendedEvent;
use super::seats::{OtherPlan, SeatView};
use super::terminal::say;
use super::waits::Waits;

/// How long the stream may say nothing: three of its signs of life.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(45);

/// Keeps an event's seats as the stream says they are.
pub(super) struct Follower<'a> {
    client: &'a Client,
    event: &'a AttendedEvent,
    has_plan: bool,
}

impl<'a> Follower<'a> {
    pub(super) fn new(client: &'a Client, event: &'a AttendedEvent) -> Self {
        Self { client, event, has_plan: false }
    }

    /// Follows for ever.
    pub(super) async fn follow(mut self) -> Infallible {
        let mut waits = Waits::new();
        loop {
            match self.follow_once().await {
                Ok(true) => waits = Waits::new(),
                Err(AskError::Refused(Refusal { code, message })) => {
                    say(&format!("The server refused the stream: {code} {message}"));
                    self.has_plan = false;
                }
                Ok(false) | Err(AskError::Overloaded(_) | AskError::Away) => {}
            }
            sleep(waits.next_wait()).await;
        }
    }

    /// Follows until the stream ends; whether it brought anything.
    async fn follow_once(&mut self) -> Result<bool, AskError> {
        const STATUSES: &str = "subscription ($event: ID!) { seatStatuses(eventId: $event) { \
            planVersion places statuses } }";
        if !self.has_plan {
            self.read_plan().await.map_err(AskError::Refused)?;
        }
        let variables = json!({ "event": self.event.id });
        let body = json!({ "query": STATUSES, "variables": variables }).to_string();
        let response = self.client.post(None, "text/event-stream", Bytes::from(body)).await?;
        let mut stream = response.into_body();
        let (mut lines, mut has_items) = (LineBuffer::default(), false);
        while self.has_plan
            && let Ok(Some(Ok(frame))) = timeout(SILENCE_TIMEOUT, stream.frame()).await
        {
            let Ok(data) = frame.into_data() else { continue };
            for line in lines.add(&data) {
                has_items |= self.read_line(&line)?;
            }
        }
        Ok(has_items)
    }

    async fn read_plan(&mut self) -> Result<(), Refusal> {
        const PLAN: &str = "query ($event: ID!) { seatPlan(eventId: $event) { version \
            seats { id section row categoryId } \
            event { categories { id price { amountMinor } } } } }";
        let variables = json!({ "event": self.event.id });
        let SeatPlanAnswer { seat_plan } = self.client.ask(None, PLAN, variables).await?;
        *self.event.seats() = SeatView::new(seat_plan);
        self.has_plan = true;
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
        let Some(statuses) = answer.into_result()?.seat_statuses else {
            return Ok(false);
        };
        if let Err(OtherPlan) = self.event.seats().take(&statuses) {
            self.has_plan = false;
        }
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
    use crate::crowd::answers::{ConfirmedBy, Event, PlanSeat, PricedEvent, SeatPlan};
    use serde_json::Value;

    fn event_of_two_seats() -> AttendedEvent {
        let (id, name) = ("event".to_owned(), "Arena".to_owned());
        let confirmed_by = ConfirmedBy::Buyer;
        let event = Event { id, name, max_seats_per_viewer: None, confirmed_by };
        let event = AttendedEvent::new(1, event);
        let seats = ["a", "b"].map(|id| PlanSeat {
            id: id.to_owned(),
            section: "A".to_owned(),
            row: "1".to_owned(),
            category_id: "gold".to_owned(),
        });
        let priced = PricedEvent { categories: Vec::new() };
        let plan = SeatPlan { version: 1, seats: seats.into(), event: priced };
        *event.seats() = SeatView::new(plan);
        event
    }

    #[test]
    fn frames_change_seats_and_one_of_another_plan_has_that_read() {
        let client = Client::new("http://localhost").unwrap();
        let event = event_of_two_seats();
        let mut follower = Follower { client: &client, event: &event, has_plan: true };
        for line in ["event: next", "data: ", "", ":"] {
            assert!(!follower.read_line(line).unwrap(), "{line:?}");
        }
        let line = |frame: Value| format!("data: {}", json!({ "data": { "seatStatuses": frame } }));
        let frame = |plan: i32, places: Value, statuses: &str| {
            line(json!({ "planVersion": plan, "places": places, "statuses": statuses }))
        };
        assert!(follower.read_line(&frame(1, Value::Null, "AR")).unwrap());
        assert_eq!(event.seats().counts(), [1, 1, 0]);
        assert!(follower.read_line(&frame(1, json!([0]), "C")).unwrap());
        assert_eq!((follower.has_plan, event.seats().counts()), (true, [0, 1, 1]));
        assert!(!follower.read_line(&line(Value::Null)).unwrap());
        assert!(follower.read_line(&frame(2, Value::Null, "AA")).unwrap());
        assert_eq!((follower.has_plan, event.seats().counts()), (false, [0, 1, 1]));
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
