//! The messages of graphql-transport-ws.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::json_nesting;
use crate::http::request::MAX_REQUEST_BYTES;

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
    ConnectionAck {},
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
