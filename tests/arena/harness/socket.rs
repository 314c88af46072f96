//! A client of graphql-transport-ws, message by message.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite};

use super::Event;

pub const SEAT_CHANGES: &str = "subscription ($event: ID!, $since: Revision) { \
    seatChanges(eventId: $event, since: $since) { __typename
    ... on SeatSnapshot { revision reason seats { seatId status reservationExpiresAt revision } }
    ... on SeatChanges { fromRevision toRevision changes { seatId status reservationExpiresAt \
    cause revision changedAt } } } }";

pub const SEAT_STATUSES: &str = "subscription ($event: ID!) { seatStatuses(eventId: $event) { \
    revision planVersion places statuses } }";

pub const MY_RESERVATIONS: &str = "subscription ($event: ID!) { myReservations(eventId: $event) {
    revision expired held { id status } orders { id seats { id } } } }";

/// How long a test waits for a message before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// A connection in a protocol, with nothing said yet.
    pub async fn connect(base: &str, protocol: Option<&str>) -> Self {
        let headers: Vec<_> =
            protocol.map(|protocol| ("sec-websocket-protocol", protocol)).into_iter().collect();
        Self::handshake(base, &headers)
            .await
            .unwrap_or_else(|status| panic!("refused with {status}"))
    }

    /// A connection with these headers, or the status it was refused with.
    pub async fn handshake(base: &str, headers: &[(&'static str, &str)]) -> Result<Self, u16> {
        let mut request =
            format!("{}/graphql", base.replace("http:", "ws:")).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A connection that is ready for operations.
    pub async fn open(base: &str, token: Option<&str>) -> Self {
        let mut socket = Self::connect(base, Some("graphql-transport-ws")).await;
        let payload = token.map(|token| json!({ "Authorization": format!("Bearer {token}") }));
        socket.send(json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.message().await["type"], "connection_ack");
        socket
    }

    /// A stranger's connection that is ready for operations, and over how long a time to come back
    /// when it is lost; nothing if there is no server, or it stops just now.
    pub async fn try_open(base: &str) -> Option<(Self, Duration)> {
        let url = format!("{}/graphql", base.replace("http:", "ws:"));
        let mut request = url.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (stream, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        let mut socket = Self { stream };
        socket.stream.send(Message::text(r#"{"type":"connection_init"}"#)).await.ok()?;
        let ack = socket.message_or_close().await.ok()?;
        let within = ack["payload"]["reconnectWithinMs"].as_u64()?;
        Some((socket, Duration::from_millis(within)))
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    pub async fn send_binary(&mut self, bytes: &'static [u8]) {
        self.stream.send(Message::binary(bytes)).await.unwrap();
    }

    /// Says goodbye.
    pub async fn close(&mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "".into() };
        self.stream.send(Message::Close(Some(frame))).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    pub async fn seat_changes(&mut self, event: &Event, since: Option<i64>) {
        self.subscribe("changes", SEAT_CHANGES, json!({ "event": event.gid, "since": since }))
            .await;
    }

    /// The next message; the server's pings are answered and passed over.
    pub async fn message(&mut self) -> Value {
        match self.message_or_close().await {
            Ok(message) => message,
            Err((code, reason)) => panic!("the socket was closed with {code}: {reason}"),
        }
    }

    /// The close code and reason; the test fails if a message comes instead.
    pub async fn closed(&mut self) -> (u16, String) {
        self.message_or_close().await.expect_err("a message instead of the end")
    }

    pub async fn message_or_close(&mut self) -> Result<Value, (u16, String)> {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("no message for 20 s");
            match message {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] == "ping" {
                        self.send(json!({ "type": "pong" })).await;
                        continue;
                    }
                    return Ok(message);
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Err((frame.code.into(), frame.reason.to_string()));
                }
                Some(Ok(Message::Close(None)) | Err(_)) | None => {
                    return Err((1006, String::new()));
                }
                Some(Ok(_)) => {}
            }
        }
    }

    /// The payload of the next frame of `field`, which must not be an error.
    pub async fn next(&mut self, field: &str) -> Value {
        let mut message = self.message().await;
        assert_eq!(message["type"], "next", "{message}");
        assert_eq!(message["payload"].get("errors"), None, "{message}");
        message["payload"]["data"][field].take()
    }

    /// The next frame of seatChanges.
    pub async fn next_changes(&mut self) -> Value {
        self.next("seatChanges").await
    }
}
