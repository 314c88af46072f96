//! The messages of graphql-transport-ws.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::json_nesting;
use crate::http::request::MAX_REQUEST_BYTES;

/// How many clients may come back in a second after a server is gone: on one processor a handshake
/// and a first frame take a quarter of a millisecond. 10,000 are back within 4 s.
const RECONNECTIONS_A_SECOND: usize = 3_000;

/// What a client that has lost its connection waits for at most, however few or many there are, in
/// milliseconds.
const SHORTEST_SPREAD_MS: usize = 1_000;
const LONGEST_SPREAD_MS: usize = 30_000;

/// A message from the client.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message, which says who is asking.
    ConnectionInit {
        /// Whatever the client wants to say; its token, if it has one.
        payload: Option<Map<String, Value>>,
    },
    /// Asks for an operation.
    Subscribe {
        /// What the client calls it from now on.
        id: String,
        /// The parameters of a request.
        payload: Map<String, Value>,
    },
    /// Has no more need of an operation.
    Complete {
        /// What the client called it.
        id: String,
    },
    /// Asks whether the server is there.
    Ping {
        /// Comes back in the answer.
        payload: Option<Map<String, Value>>,
    },
    /// Is there, as the server asked.
    Pong {
        /// Nothing that the server looks at.
        payload: Option<Map<String, Value>>,
    },
}

impl ClientMessage {
    /// Reads a message.
    ///
    /// # Errors
    ///
    /// Why it is none: the reason with which the socket is closed.
    pub fn read(text: &str) -> Result<Self, String> {
        check(text.as_bytes())?;
        serde_json::from_str(text).map_err(|_| "Invalid message received".to_owned())
    }
}

/// Refuses what is too large or too deep to be read, in either protocol.
pub(super) fn check(message: &[u8]) -> Result<(), String> {
    if message.len() > MAX_REQUEST_BYTES {
        return Err(format!("Messages have at most {} KiB", MAX_REQUEST_BYTES / 1024));
    }
    json_nesting::check(message).map_err(|too_deep| too_deep.to_string())
}

/// A message to the client.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    ConnectionAck {
        payload: Welcome,
    },
    Error {
        id: &'a str,
        payload: &'a [async_graphql::ServerError],
    },
    Complete {
        id: &'a str,
    },
    Ping {},
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
}

/// What a client is told when it is let in, in either protocol.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Welcome {
    /// Within how many milliseconds it had better connect again after a lost connection: at a
    /// moment that it draws.
    reconnect_within_ms: usize,
}

impl Welcome {
    /// To one of so many sockets and streams of this server: if it is gone, all of them come back.
    pub(super) fn to_one_of(sockets: usize) -> Self {
        let spread = sockets.saturating_mul(1000) / RECONNECTIONS_A_SECOND;
        Self { reconnect_within_ms: spread.clamp(SHORTEST_SPREAD_MS, LONGEST_SPREAD_MS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_there_are_the_longer_is_the_time_over_which_they_come_back() {
        let told = |sockets| serde_json::to_string(&Welcome::to_one_of(sockets)).unwrap();
        assert_eq!(told(1), r#"{"reconnectWithinMs":1000}"#);
        assert_eq!(told(10_000), r#"{"reconnectWithinMs":3333}"#);
        assert_eq!(told(usize::MAX), r#"{"reconnectWithinMs":30000}"#);
    }
}
