//! One watcher: a WebSocket client that reads all it is sent, sees whether anything is missing, and
//! comes back when its connection ends.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::crowd::{Crowd, count};
use super::frames::{Frames, Kind, Message, to_server};
use super::watching::{Stream, Watching};

/// As much as fits what a server has sent while a watcher was not looking.
const READ_BYTES: usize = 256 * 1024;

thread_local! {
    /// Where all watchers read: what arrives is looked at at once.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// What is asked: what a map of seats needs.
const STATUSES: &str = "subscription ($e: ID!) { seatStatuses(eventId: $e) { revision \
    planVersion places statuses } }";
const CHANGES: &str = "subscription ($e: ID!, $since: Revision) { \
    seatChanges(eventId: $e, since: $since) { __typename \
    ... on SeatSnapshot { revision seats { seatId status } } \
    ... on SeatChanges { fromRevision toRevision changes { seatId status } } } }";

/// How the server asks whether we are still there, and what we say.
const PING: &[u8] = br#"{"type":"ping"}"#;
const PONG: &[u8] = br#"{"type":"pong"}"#;

/// Kinds of frames to a server.
const TEXT: u8 = 1;
const PONG_FRAME: u8 = 10;

/// What is offered: that the server compresses each message by itself.
const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; \
    client_no_context_takeover\r\n";

/// The longest answer to an upgrade.
const HEAD_BYTES: usize = 16 * 1024;

/// Why a connection has ended.
pub(super) enum Ended {
    /// It broke, or could not be made.
    Lost,
    /// Not now, but after this time.
    Refused(Duration),
    /// What was sent cannot be.
    Wrong(crate::Error),
}

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Self {
        Self::Lost
    }
}

impl From<crate::Error> for Ended {
    fn from(error: crate::Error) -> Self {
        Self::Wrong(error)
    }
}

/// A watcher's connection.
struct Watcher<'a> {
    crowd: &'a Crowd,
    number: usize,
    id: String,
    stream: TcpStream,
    frames: Frames,
    is_subscribed: bool,
    /// What is yet to be written.
    answers: Vec<u8>,
}

/// Watches until something is wrong. `opening`: its turn to connect, the first time.
pub(super) async fn watch(
    crowd: Rc<Crowd>,
    number: usize,
    mut opening: Option<OwnedSemaphorePermit>,
) -> crate::Result<()> {
    loop {
        match attempt(&crowd, number, opening.take()).await {
            Ended::Wrong(error) => return Err(error),
            Ended::Refused(after) => {
                count(&crowd.seen.refused, 1);
                tokio::time::sleep(after).await;
            }
            Ended::Lost => {
                count(&crowd.seen.lost, 1);
                crowd.wait_to_come_back().await;
            }
        }
    }
}

async fn attempt(crowd: &Crowd, number: usize, opening: Option<OwnedSemaphorePermit>) -> Ended {
    let watched = async {
        let mut watcher = Watcher::connect(crowd, number).await?;
        while !watcher.is_subscribed {
            watcher.read().await?;
        }
        drop(opening);
        loop {
            watcher.read().await?;
        }
    };
    let watched: Result<Infallible, Ended> = watched.await;
    let Err(ended) = watched;
    ended
}

impl<'a> Watcher<'a> {
    /// Connects, and says hello.
    async fn connect(crowd: &'a Crowd, number: usize) -> Result<Self, Ended> {
        let Watching { address, deflate, .. } = &crowd.watching;
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let offer = if *deflate { OFFER } else { "" };
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: \
             websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
             dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\
             {offer}\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        let end = loop {
            if stream.read_buf(&mut head).await? == 0 {
                return Err(Ended::Lost);
            }
            if let Some(end) = head.windows(4).position(|here| here == b"\r\n\r\n") {
                break end + 4;
            }
            if head.len() > HEAD_BYTES {
                return Err(wrong("an answer to an upgrade that does not end"));
            }
        };
        count(&crowd.seen.bytes, head.len() as u64);
        upgraded(&String::from_utf8_lossy(&head[..end]), *deflate)?;
        // Ids as clients make them: each its own.
        let id = format!("0b7d1c9e-0000-4000-8000-{number:012}");
        let frames = Frames::default();
        let answers = Vec::new();
        let mut watcher = Self { crowd, number, id, stream, frames, is_subscribed: false, answers };
        watcher.say(&json!({ "type": "connection_init" }));
        watcher.take(&head[end..])?;
        watcher.write().await?;
        Ok(watcher)
    }

    /// Reads what is there, or waits until something is, and answers.
    async fn read(&mut self) -> Result<(), Ended> {
        if let Some(until) = self.crowd.sleeps_until(self.number) {
            tokio::time::sleep_until(until).await;
        }
        poll_fn(|cx| BUFFER.with_borrow_mut(|buffer| self.poll_read(cx, buffer))).await?;
        self.write().await
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<(), Ended>> {
        let mut arrived = ReadBuf::new(buffer);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut arrived))?;
        let arrived = arrived.filled();
        if arrived.is_empty() {
            return Poll::Ready(Err(Ended::Lost));
        }
        count(&self.crowd.seen.bytes, arrived.len() as u64);
        Poll::Ready(self.take(arrived))
    }

    fn take(&mut self, arrived: &[u8]) -> Result<(), Ended> {
        let mut frames = std::mem::take(&mut self.frames);
        let taken = frames.take(arrived, |message| self.hear(&message));
        self.frames = frames;
        taken
    }

    fn hear(&mut self, message: &Message<'_>) -> Result<(), Ended> {
        match message.kind {
            Kind::Text => match self.crowd.take(self.number, self.id.as_bytes(), message)? {
                Some(text) => self.hear_other(&text),
                None => Ok(()),
            },
            Kind::Ping => {
                self.answers.extend(to_server(PONG_FRAME, message.payload));
                Ok(())
            }
            Kind::Close => Err(Ended::Lost),
            Kind::Other => Ok(()),
        }
    }

    /// Hears what is not of the subscription.
    fn hear_other(&mut self, text: &[u8]) -> Result<(), Ended> {
        if text == PING {
            self.answers.extend(to_server(TEXT, PONG));
            return Ok(());
        }
        let message: Value = serde_json::from_slice(text).map_err(wrong)?;
        match message["type"].as_str() {
            Some("connection_ack") => {
                if let Some(within) = message["payload"]["reconnectWithinMs"].as_u64() {
                    self.crowd.note_come_back_within(Duration::from_millis(within));
                }
                self.subscribe();
                Ok(())
            }
            Some("error") => {
                let after = come_back_after(&message["payload"][0]["extensions"]);
                Err(after.map_or_else(|| wrong(message), Ended::Refused))
            }
            _ => Err(wrong(message)),
        }
    }

    fn subscribe(&mut self) {
        let event = &self.crowd.watching.event;
        let payload = match self.crowd.watching.stream {
            Stream::Statuses => {
                self.crowd.know(self.number, 0, Vec::new());
                json!({ "query": STATUSES, "variables": { "e": event } })
            }
            Stream::Changes => {
                let since = self.crowd.revision(self.number);
                json!({ "query": CHANGES, "variables": { "e": event, "since": since } })
            }
        };
        self.say(&json!({ "type": "subscribe", "id": self.id, "payload": payload }));
        self.is_subscribed = true;
        self.crowd.seen.subscribed.set(self.crowd.seen.subscribed.get() + 1);
    }

    fn say(&mut self, message: &Value) {
        self.answers.extend(to_server(TEXT, message.to_string().as_bytes()));
    }

    async fn write(&mut self) -> Result<(), Ended> {
        if !self.answers.is_empty() {
            self.stream.write_all(&std::mem::take(&mut self.answers)).await?;
        }
        Ok(())
    }
}

/// When a refusal says to come back, if it does: in a moment, where the database is not there.
pub(super) fn come_back_after(extensions: &Value) -> Option<Duration> {
    const A_MOMENT: Duration = Duration::from_secs(1);
    match (extensions["retryAfterMs"].as_u64(), extensions["code"].as_str()) {
        (Some(after), _) => Some(Duration::from_millis(after)),
        (None, Some("UNAVAILABLE")) => Some(A_MOMENT),
        (None, _) => None,
    }
}

/// Looks whether the server agrees to speak as was asked.
fn upgraded(head: &str, deflate: bool) -> Result<(), Ended> {
    let head = head.to_ascii_lowercase();
    if head.starts_with("http/1.1 503") || head.starts_with("http/1.1 429") {
        let after = head.lines().find_map(|line| line.strip_prefix("retry-after:"));
        let after = after.and_then(|seconds| seconds.trim().parse().ok()).unwrap_or(1);
        return Err(Ended::Refused(Duration::from_secs(after)));
    }
    let agreed = head.lines().find_map(|line| line.strip_prefix("sec-websocket-extensions:"));
    match agreed {
        _ if !head.starts_with("http/1.1 101") => Err(wrong(head)),
        None if deflate => Err(wrong("the server does not compress")),
        Some(agreed) if !agreed.contains("server_no_context_takeover") => Err(wrong(head)),
        _ => Ok(()),
    }
}

fn wrong(error: impl ToString) -> Ended {
    Ended::Wrong(error.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upgrade_is_taken_put_off_or_wrong() {
        let with = |more: &str| format!("HTTP/1.1 101 Switching Protocols\r\n{more}\r\n");
        let agreed = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n";
        assert!(upgraded(&with(""), false).is_ok());
        assert!(upgraded(&with(agreed), true).is_ok());
        assert!(matches!(upgraded(&with(""), true), Err(Ended::Wrong(_))));
        let keeps = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        assert!(matches!(upgraded(&with(keeps), true), Err(Ended::Wrong(_))));
        let later = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\n\r\n";
        assert!(matches!(upgraded(later, true), Err(Ended::Refused(Duration { .. }))));
        assert!(matches!(upgraded("HTTP/1.1 400 Bad Request\r\n\r\n", true), Err(Ended::Wrong(_))));
    }
}
