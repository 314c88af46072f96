//! Many clients of a WebSocket that count what they are given.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::Result;

/// What a seat map asks for.
pub(crate) const MAP_WORDS: &str =
    "subscription ($e: ID!, $since: Revision) { seatChanges(eventId: $e, since: $since) { __typename
    ... on SeatSnapshot { revision }
    ... on SeatChanges { fromRevision toRevision changes { seatId status } } \
    } }";

/// Everything there is.
pub(crate) const ALL_WORDS: &str = "subscription ($e: ID!, $since: Revision) { \
    seatChanges(eventId: $e, since: $since) { __typename
    ... on SeatSnapshot { revision }
    ... on SeatChanges { fromRevision toRevision changes { seatId status \
    cause revision changedAt } } } }";

/// How the server asks whether we are still there, and what we say.
const PING: &str = r#"{"type":"ping"}"#;
const PONG: &str = r#"{"type":"pong"}"#;

/// As much as a frame of a rush, so that reading one takes a call or two; memory of ours is not
/// what is measured.
const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Connections being opened at a time.
const OPENING_AT_ONCE: usize = 200;

/// Open connections that read and count; closed when dropped.
pub(crate) struct Subscribers {
    tasks: JoinSet<Result<()>>,
    received: Arc<AtomicU64>,
    latest: watch::Receiver<String>,
}

impl Subscribers {
    /// Opens `count` connections. With words, an event and a revision each subscribes to the
    /// event's changes after that; without, it only listens.
    pub(crate) async fn open(
        address: &str,
        count: usize,
        subscription: Option<(&'static str, &str, i64)>,
    ) -> Result<Self> {
        let (received, ready) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
        let (latest_sender, latest) = watch::channel(String::new());
        let (opening, latest_sender) =
            (Arc::new(Semaphore::new(OPENING_AT_ONCE)), Arc::new(latest_sender));
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let url = format!("ws://{address}/graphql");
            let subscription =
                subscription.map(|(words, event, since)| (words, event.to_owned(), since));
            let (received, ready, opening) =
                (Arc::clone(&received), Arc::clone(&ready), Arc::clone(&opening));
            let latest = (number == 0).then(|| Arc::clone(&latest_sender));
            tasks.spawn(async move {
                let permit = opening.acquire_owned().await?;
                let mut request = url.into_client_request()?;
                request
                    .headers_mut()
                    .insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
                let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
                let (mut socket, _) =
                    tokio_tungstenite::connect_async_with_config(request, Some(config), true)
                        .await?;
                if let Some((words, event, since)) = subscription {
                    socket
                        .send(Message::text(json!({ "type": "connection_init" }).to_string()))
                        .await?;
                    socket.next().await.ok_or("no answer")??;
                    let payload =
                        json!({ "query": words, "variables": { "e": event, "since": since } });
                    // Ids as clients make them: each its own.
                    let id = format!("0b7d1c9e-0000-4000-8000-{number:012}");
                    socket
                        .send(Message::text(
                            json!({ "type": "subscribe", "id": id, "payload": payload })
                                .to_string(),
                        ))
                        .await?;
                }
                drop(permit);
                ready.add_permits(1);
                while let Some(message) = socket.next().await {
                    let Message::Text(text) = message? else { continue };
                    if text.as_str() == PING {
                        socket.send(Message::text(PONG)).await?;
                    } else {
                        received.fetch_add(1, Ordering::Relaxed);
                        if let Some(latest) = &latest {
                            latest.send_replace(text.to_string());
                        }
                    }
                }
                Err("the server has closed a connection".into())
            });
        }
        let all = u32::try_from(count)?;
        tokio::select! {
            permits = ready.acquire_many(all) => permits?.forget(),
            Some(ended) = tasks.join_next() => ended??,
        }
        // What the last of them asked for is on its way.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(Self { tasks, received, latest })
    }

    /// Ends the run if one of them has lost its connection.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.tasks.try_join_next().map_or(Ok(()), |ended| ended?)
    }

    /// Messages received so far by all of them.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The newest message that the first of them has received.
    pub(crate) fn latest(&self) -> watch::Receiver<String> {
        self.latest.clone()
    }
}
