//! The way to a socket's client, for all who have something to tell it: whoever reads what it asks
//! for, and those who carry its frames on other threads. A message is written whole before the
//! next.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::Mutex;

use super::frame_writer::Framed;
use super::goodbye::Goodbye;
use super::messages::Outgoing;
use super::socket::{Sent, Socket};
use crate::feed::Payload;
use crate::http::frame_counts::{Carrier, FrameCounts};
use crate::http::long_lived::write_timeout;

/// See the module's documentation. Copies write to the same socket.
#[derive(Clone)]
pub(super) struct Writer {
    sink: Arc<Mutex<SplitSink<Socket, Sent>>>,
    is_compressing: bool,
    counts: FrameCounts,
}

impl Writer {
    pub(super) fn new(
        sink: SplitSink<Socket, Sent>,
        is_compressing: bool,
        counts: FrameCounts,
    ) -> Self {
        Self { sink: Arc::new(Mutex::new(sink)), is_compressing, counts }
    }

    /// Puts an operation's id around a payload that many share.
    pub(super) async fn send_next(&self, id: &str, payload: Payload) -> ControlFlow<Goodbye> {
        let Ok(id) = serde_json::to_string(id) else { return ControlFlow::Break(Goodbye::Gone) };
        let before = [r#"{"type":"next","id":"#, &id, r#","payload":"#].concat();
        let bytes = payload.bytes_sent(self.is_compressing) + before.len();
        let sent = self.write(Sent::Framed(Framed { before, payload, after: "}" })).await;
        if sent.is_continue() {
            self.counts.sent(Carrier::Websocket, bytes);
        }
        sent
    }

    pub(super) async fn send(&self, message: &Outgoing<'_>) -> ControlFlow<Goodbye> {
        match serde_json::to_string(message) {
            Ok(text) => self.write(Sent::Text(text)).await,
            Err(error) => {
                tracing::error!(%error, "a frame could not be written");
                ControlFlow::Break(Goodbye::Gone)
            }
        }
    }

    pub(super) async fn write(&self, message: Sent) -> ControlFlow<Goodbye> {
        let patience = write_timeout(message.len());
        // Whoever writes now has a time limit of its own.
        let mut sink = self.sink.lock().await;
        match tokio::time::timeout(patience, sink.send(message)).await {
            Ok(Ok(())) => ControlFlow::Continue(()),
            Ok(Err(_)) | Err(_) => ControlFlow::Break(Goodbye::Gone),
        }
    }
}
