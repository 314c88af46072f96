//! Follows the stream `seatChanges` as server-sent events, whatever becomes of the connection.
//!
//! They need nothing but HTTP, and pass wherever a slow answer does. The same frames come over a
//! WebSocket (`graphql-transport-ws`), which is worth its protocol for who asks much on it.

use std::time::Duration;

use graphql_client::GraphQLQuery as _;
use tokio::sync::watch;

use crate::api::{self, Api, Id, LiveSeats, Revision, live_seats};
use crate::events::Events;
use crate::failure::Failure;
use crate::seat_map::{SeatMap, Unfit};

/// How long a person would wait for the map.
const PATIENCE: Duration = Duration::from_secs(30);

/// A seat map that is kept up to date while it is followed.
pub struct LiveMap {
    event: Id,
    /// Whoever waits for a revision is woken by each frame.
    pub seats: watch::Sender<SeatMap>,
}

impl LiveMap {
    pub fn new(event: Id) -> Self {
        Self { event, seats: watch::Sender::default() }
    }

    /// Keeps the map up to date for as long as it is polled; gives a failure that does not pass.
    /// Called again, it goes on where it was.
    pub async fn follow(&self, api: &Api) -> Failure {
        let mut attempt = 0;
        loop {
            let before = self.seats.borrow().revision;
            let failure = match self.follow_once(api).await {
                // The server has ended the stream, as it does before it stops.
                Ok(()) => Failure::StreamLost,
                Err(failure) if failure.passes() => failure,
                Err(failure) => return failure,
            };
            let has_moved = self.seats.borrow().revision != before;
            attempt = if has_moved { 0 } else { attempt + 1 };
            // By a lost connection nothing is missed: the next one goes on after the cursor.
            tokio::time::sleep(failure.pause(attempt)).await;
        }
    }

    async fn follow_once(&self, api: &Api) -> Result<(), Failure> {
        // With `after` the stream goes on where this map is; without, it begins with a snapshot.
        let after = self.seats.borrow().cursor.clone();
        let variables = live_seats::Variables { event: self.event.clone(), after };
        let body = LiveSeats::build_query(variables);
        let response = api.request(&body, "text/event-stream").await?;
        let mut events = Events::new(response);
        while let Some(event) = events.next().await? {
            // Each `next` carries what an answer over HTTP would be; `complete` carries nothing.
            if event.name == "next" {
                let frame = serde_json::from_str(&event.data)?;
                self.take(api::data::<live_seats::ResponseData>(frame)?.seat_changes)?;
            }
        }
        Ok(())
    }

    fn take(&self, frame: live_seats::LiveSeatsSeatChanges) -> Result<(), Failure> {
        let mut result = Ok(());
        self.seats.send_modify(|seats| {
            result = seats.take(frame);
            if result == Err(Unfit::Gap) {
                // Better no map than a wrong one: without a cursor, the server sends it anew.
                (seats.revision, seats.cursor) = (None, None);
            }
        });
        result.map_err(|unfit| match unfit {
            Unfit::Gap => Failure::StreamLost,
            Unfit::Unknown => Failure::Unknown("a kind of frame".to_owned()),
        })
    }

    /// Waits until the map shows a revision; with that of a mutation, one's own write.
    pub async fn until(&self, revision: Revision) -> Result<(), Failure> {
        let mut news = self.seats.subscribe();
        let seen = news.wait_for(|seats| seats.has_seen(revision));
        match tokio::time::timeout(PATIENCE, seen).await {
            Ok(_) => Ok(()),
            Err(_elapsed) => Err(Failure::StreamLost),
        }
    }
}
