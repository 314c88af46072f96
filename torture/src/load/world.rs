//! What all clients share: where servers are, what there is, how far the round is, and the notes
//! that are taken of everything.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use torture::history::RunMicros;

use super::ask::Ask;
use super::call::Reply;
use super::watcher::Item;

/// What all clients know.
pub(crate) struct World {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) events: Vec<Event>,
    pub(crate) viewers: Vec<Person>,
    pub(crate) shop: Person,
    pub(crate) admin: Person,
    pub(crate) notes: Arc<Notes>,
    pub(crate) phase: watch::Receiver<Phase>,
}

/// Somebody with a token.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The token's subject.
    pub(crate) name: String,
    /// The id that the API has for them.
    pub(crate) id: String,
    pub(crate) token: String,
}

/// An event as it was before the round.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) number: i64,
    pub(crate) seats: Vec<String>,
    /// Ids and names.
    pub(crate) categories: Vec<(String, String)>,
    pub(crate) buyers_confirm: bool,
}

/// How far a round is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Load and faults.
    Storm,
    /// The faults are over: what is unclear is cleared up.
    Settling,
    /// Nothing changes any more: these are the revisions of the events.
    Quiet(Vec<i64>),
}

/// A call as it was made.
#[derive(Clone, Debug)]
pub(crate) struct RawCall {
    pub(crate) client: u32,
    pub(crate) server: u32,
    pub(crate) viewer: String,
    pub(crate) event: Option<usize>,
    pub(crate) ask: Ask,
    pub(crate) start: RunMicros,
    pub(crate) end: RunMicros,
    pub(crate) reply: Reply,
}

/// What a subscriber saw, as it came.
#[derive(Clone, Debug)]
pub(crate) struct RawFrame {
    pub(crate) stream: u32,
    pub(crate) event: usize,
    pub(crate) at: RunMicros,
    pub(crate) item: Item,
}

/// Everything that is written down, and the round's own clock.
pub(crate) struct Notes {
    began: Instant,
    calls: Mutex<Vec<RawCall>>,
    frames: Mutex<Vec<RawFrame>>,
}

impl Notes {
    /// Begins now.
    pub(crate) fn begin() -> Self {
        Self { began: Instant::now(), calls: Mutex::default(), frames: Mutex::default() }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> RunMicros {
        RunMicros::try_from(self.began.elapsed().as_micros()).unwrap_or(RunMicros::MAX)
    }

    /// Takes note of a call.
    pub(crate) fn call(&self, call: RawCall) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Takes note of what a subscriber saw.
    pub(crate) fn frame(&self, frame: RawFrame) {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).push(frame);
    }

    /// Everything; none is left.
    pub(crate) fn take(&self) -> (Vec<RawCall>, Vec<RawFrame>) {
        let calls = std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        let mut frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        (calls, std::mem::take(&mut *frames))
    }
}
