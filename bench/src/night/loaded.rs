//! What viewers load before they watch, as it comes: compressed, and the same for many.
//!
//! Each body is inflated and read once; whoever gets the same bytes takes what it was.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::io::Read as _;
use std::rc::Rc;

use foldhash::fast::FixedState;
use serde::Deserialize;

use crate::Result;

/// Bodies that are remembered: more than there are at a time.
const MOST_REMEMBERED: usize = 256;

/// A body that was read.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// As it came.
    pub(super) bytes: usize,
    /// Of statuses.
    pub(super) revision: u64,
    pub(super) letters: Option<Vec<u8>>,
}

/// Bodies about an event of so many seats.
pub(super) struct Bodies {
    seats: usize,
    read: RefCell<HashMap<u64, Rc<Loaded>>>,
    hasher: FixedState,
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    seat_plan: Option<Plan>,
    seat_statuses: Option<Statuses>,
}

#[derive(Deserialize)]
struct Plan {
    seats: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Statuses {
    revision: u64,
    statuses: String,
}

impl Bodies {
    pub(super) fn of(seats: usize) -> Self {
        Self { seats, read: RefCell::default(), hasher: FixedState::default() }
    }

    /// Reads a plan or statuses; an error if they are not of all seats.
    pub(super) fn read(&self, coding: &str, body: &[u8]) -> Result<Rc<Loaded>> {
        let hash = self.hasher.hash_one(body);
        if let Some(known) = self.read.borrow().get(&hash) {
            return Ok(Rc::clone(known));
        }
        let answer: Answer = serde_json::from_slice(&self.plain(coding, body)?)?;
        let (seats, loaded) = match answer.data {
            Data { seat_plan: Some(plan), .. } => (plan.seats.len(), Loaded::default()),
            Data { seat_statuses: Some(Statuses { revision, statuses }), .. } => {
                let letters = Some(statuses.into_bytes());
                (letters.as_ref().map_or(0, Vec::len), Loaded { bytes: 0, revision, letters })
            }
            Data { .. } => return Err("neither a plan nor statuses".into()),
        };
        if seats != self.seats {
            return Err(format!("{seats} seats of {} were loaded", self.seats).into());
        }
        let loaded = Rc::new(Loaded { bytes: body.len(), ..loaded });
        let mut read = self.read.borrow_mut();
        if read.len() >= MOST_REMEMBERED {
            read.clear();
        }
        read.insert(hash, Rc::clone(&loaded));
        Ok(loaded)
    }

    /// A body as it was before it was compressed.
    pub(super) fn plain(&self, coding: &str, body: &[u8]) -> Result<Vec<u8>> {
        let mut plain = Vec::new();
        match coding {
            "" => plain.extend_from_slice(body),
            "gzip" => {
                flate2::read::GzDecoder::new(body).read_to_end(&mut plain)?;
            }
            "br" => {
                /// As much as is read at a time.
                const BUFFER_BYTES: usize = 16 * 1024;
                brotli::Decompressor::new(body, BUFFER_BYTES).read_to_end(&mut plain)?;
            }
            other => return Err(format!("nobody has asked for {other}").into()),
        }
        Ok(plain)
    }
}
