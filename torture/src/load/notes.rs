//! The notes that are taken of everything, as it was sent and as it came; and the round's clock.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;
use torture::history::RunMicros;

use super::ask::Ask;
use super::reply::Reply;
use crate::plan::Watching;

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

/// What a subscriber saw.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Item {
    /// It asked for this, from there.
    Subscribed { what: Watching, since: Option<i64> },
    /// A frame, as it came.
    Frame { what: Watching, data: Value },
    /// The connection ended, whoever ended it.
    Lost,
    /// It has had all the time that it needs.
    Settled,
}
