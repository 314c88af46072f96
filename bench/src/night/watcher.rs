//! One watcher: a WebSocket client that reads all it is sent, and sees whether anything is missing.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::frames::{Frame, Frames, Kind, to_server};
use crate::Result;
use crate::subscribers::{ALL_WORDS, MAP_WORDS};

/// What watchers of a process have in common: counts of what all of them were sent.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) frames: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) snapshots: AtomicU64,
    /// How long ago changes had been decided when they arrived, of those who look at each.
    pub(super) lags_us: Mutex<Vec<u32>>,
}

/// As much as fits a frame of a rush.
const READ_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where a thread reads for all of its watchers: what arrives is looked at at once.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// How the server asks whether we are still there, and what we say.
const PING: &[u8] = br#"{"type":"ping"}"#;
const PONG: &[u8] = br#"{"type":"pong"}"#;

/// Kinds of frames to a server.
const TEXT: u8 = 1;
const PONG_FRAME: u8 = 10;

/// One watcher of an event.
pub(super) struct Watcher {
    stream: TcpStream,
    frames: Frames,
    seen: Arc<Seen>,
    /// The revision it has reached, for whoever waits until all have.
    reached: Arc<AtomicU64>,
    /// Whether it looks at each change, for how late it is.
    is_timed: bool,
}

impl Watcher {
    /// Connects and subscribes to what changes after a revision.
    pub(super) async fn open(
        address: &str,
        event: &str,
        since: i64,
        is_timed: bool,
        seen: Arc<Seen>,
        reached: Arc<AtomicU64>,
    ) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: \
             websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
             dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(String::from_utf8_lossy(&head).into());
        }
        let words = if is_timed { ALL_WORDS } else { MAP_WORDS };
        let words = json!({ "query": words, "variables": { "e": event, "since": since } });
        let subscribe = json!({ "type": "subscribe", "id": "1", "payload": words });
        for message in [json!({ "type": "connection_init" }), subscribe] {
            stream.write_all(&to_server(TEXT, message.to_string().as_bytes())).await?;
        }
        reached.store(u64::try_from(since)?, Ordering::Relaxed);
        Ok(Self { stream, frames: Frames::new(is_timed), seen, reached, is_timed })
    }

    /// Reads until the connection ends, or something is missing.
    pub(super) async fn watch(mut self) -> Result<()> {
        loop {
            self.stream.readable().await?;
            let pongs = BUFFER.with_borrow_mut(|buffer| self.read(buffer))?;
            if !pongs.is_empty() {
                self.stream.write_all(&pongs).await?;
            }
        }
    }

    /// Reads what is there, and gives what is to be answered.
    fn read(&mut self, buffer: &mut [u8]) -> Result<Vec<u8>> {
        let count = match self.stream.try_read(buffer) {
            Ok(0) => return Err("the server has closed a connection".into()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        self.seen.bytes.fetch_add(count as u64, Ordering::Relaxed);
        let (mut pongs, mut noted) = (Vec::new(), Ok(()));
        let (seen, reached, is_timed) = (&self.seen, &self.reached, self.is_timed);
        self.frames.take(&buffer[..count], |frame| match frame.kind {
            Kind::Text if frame.payload == PING => pongs.extend(to_server(TEXT, PONG)),
            Kind::Text if noted.is_ok() => noted = note(seen, reached, is_timed, frame),
            Kind::Close => noted = Err("the server has said goodbye".into()),
            Kind::Ping => pongs.extend(to_server(PONG_FRAME, frame.payload)),
            Kind::Text | Kind::Other => {}
        });
        noted.map(|()| pongs)
    }
}

/// Notes a message of the subscription; an error if changes are missing before it.
fn note(seen: &Seen, reached: &AtomicU64, is_timed: bool, frame: Frame<'_>) -> Result<()> {
    let text = String::from_utf8_lossy(frame.payload);
    if !text.starts_with(r#"{"type":"next""#) {
        return if text.starts_with(r#"{"type":"connection_ack""#) {
            Ok(())
        } else {
            Err(text.into())
        };
    }
    seen.frames.fetch_add(1, Ordering::Relaxed);
    let before = reached.load(Ordering::Relaxed);
    if let Some(to) = number_after(&text, r#""toRevision":"#) {
        if number_after(&text, r#""fromRevision":"#) != Some(before + 1) {
            return Err(format!("a change is missing after {before}: {:.200}", text).into());
        }
        reached.store(to, Ordering::Relaxed);
    } else {
        let revision = number_after(&text, r#""revision":"#).ok_or("an odd frame")?;
        seen.snapshots.fetch_add(1, Ordering::Relaxed);
        reached.store(revision, Ordering::Relaxed);
    }
    if is_timed {
        note_lags(seen, &text)?;
    }
    Ok(())
}

/// How long ago the changes of a frame were decided.
fn note_lags(seen: &Seen, text: &str) -> Result<()> {
    let now = grand_arena::clock::wall_clock();
    let message: Value = serde_json::from_str(text)?;
    let changes = &message["payload"]["data"]["seatChanges"]["changes"];
    let mut lags = seen.lags_us.lock().map_err(|_| "poisoned")?;
    for change in changes.as_array().into_iter().flatten() {
        let at = change["changedAt"].as_str().ok_or("a change without a time")?;
        let lag = now.signed_duration_since(chrono::DateTime::parse_from_rfc3339(at)?);
        lags.push(lag.num_microseconds().and_then(|us| u32::try_from(us).ok()).unwrap_or(0));
    }
    Ok(())
}

/// The number that follows these characters.
fn number_after(text: &str, name: &str) -> Option<u64> {
    let rest = &text[text.find(name)? + name.len()..];
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
