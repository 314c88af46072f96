//! Consecutive changes, as followers are given them.
//!
//! A follower that stands within a batch is given a part of it. Parts end at fixed revisions
//! ([`next_cut`]), so that those who stand apart soon go on with the same ones. Like a whole batch,
//! a part is one thing for all who are given it, and becomes a frame once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::rendered::{Frames, Rendered};
use crate::domain::{Change, Revision};
use crate::memory::Charge;

/// Changes kept for followers: in a rush of 20,000 a second, a follower may sleep for three seconds
/// before it needs a snapshot. In a rush that is the last thing to have to make. About 150 bytes
/// each, so 10 MB for an event that sells out. With many events there may be room for less.
pub const KEPT_CHANGES: usize = 65_536;

/// Changes of a batch, which makes a frame: some hundred kilobytes. A rush makes a sixth of that
/// between two frames.
pub const MAX_BATCH_CHANGES: usize = 4096;

/// Changes up to which a part is not cut further. Each of so few may be made anew for whoever
/// stands between: that is less work than to write them in several frames.
const SMALLEST_CUT: i64 = 16;

/// What a part takes beside the changes, which it shares: its forms, and where to find it.
const PART_OVERHEAD: usize = 256;

/// Consecutive changes, at least one and up to [`MAX_BATCH_CHANGES`]. Copies share the changes and
/// what was made of them.
#[derive(Clone, Debug)]
pub struct Batch {
    whole: Arc<Whole>,
    part: Range<usize>,
    rendered: Arc<Rendered>,
}

/// Changes, and all parts that somebody was given of them.
#[derive(Debug)]
struct Whole {
    changes: Box<[Change]>,
    frames: Arc<Frames>,
    parts: Mutex<Parts>,
}

#[derive(Debug)]
struct Parts {
    rendered: HashMap<Range<usize>, Arc<Rendered>>,
    /// What the changes and the parts take.
    charge: Charge,
}

/// Bytes that changes take.
pub(super) fn bytes(changes: &[Change]) -> usize {
    /// Beside a viewer's name, which is shared by its copies.
    const NAME_OVERHEAD: usize = 16;
    let names = changes.iter().map(|change| NAME_OVERHEAD + change.viewer.as_str().len());
    size_of_val(changes) + names.sum::<usize>()
}

/// Where the part ends that begins after a position: at the next multiple of the largest power of
/// two that divides the position, and of [`SMALLEST_CUT`] at least. So parts double in size, and
/// from anywhere a few of them lead to a multiple of a thousand.
fn next_cut(position: Revision) -> Revision {
    let largest_divisor = position.0 & position.0.wrapping_neg();
    let to_next_multiple = SMALLEST_CUT - position.0.rem_euclid(SMALLEST_CUT);
    Revision(position.0.saturating_add(largest_divisor.max(to_next_multiple)))
}

impl Batch {
    /// `None` if there is none, or they are not consecutive. The charge is for their [`bytes`].
    pub(super) fn new(changes: Vec<Change>, charge: Charge, frames: &Arc<Frames>) -> Option<Self> {
        let consecutive =
            changes.windows(2).all(|pair| pair[1].revision == pair[0].revision.next());
        if !consecutive || changes.is_empty() {
            return None;
        }
        let part = 0..changes.len();
        let parts = Mutex::new(Parts { rendered: HashMap::new(), charge });
        let whole = Whole { changes: changes.into(), frames: Arc::clone(frames), parts };
        Some(Self { whole: Arc::new(whole), part, rendered: Rendered::new(frames) })
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        self.whole.changes.get(self.part.clone()).unwrap_or_default()
    }

    /// What was made of them, for all who are given them.
    pub fn rendered(&self) -> &Arc<Rendered> {
        &self.rendered
    }

    /// The revision of the first change.
    pub fn from(&self) -> Revision {
        self.changes().first().map(|change| change.revision).unwrap_or_default()
    }

    /// The revision of the last change.
    pub fn to(&self) -> Revision {
        self.changes().last().map(|change| change.revision).unwrap_or_default()
    }

    /// What comes after a position before its end: all of it, or the next part.
    pub(super) fn after(&self, position: Revision) -> Self {
        if position < self.from() {
            return self.clone();
        }
        let end = next_cut(position).min(self.to());
        let index = |position: Revision| {
            let changes = self.changes();
            self.part.start + changes.partition_point(|change| change.revision <= position)
        };
        let part = index(position)..index(end);
        let rendered = self.whole.rendered(&part);
        Self { whole: Arc::clone(&self.whole), part, rendered }
    }
}

impl Whole {
    /// What was made of a part.
    fn rendered(&self, part: &Range<usize>) -> Arc<Rendered> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rendered) = parts.rendered.get(part) {
            return Arc::clone(rendered);
        }
        // It cannot be refused: whoever is given it cannot go on otherwise.
        parts.charge.grow_anyway(PART_OVERHEAD);
        let rendered = Rendered::new(&self.frames);
        parts.rendered.insert(part.clone(), Arc::clone(&rendered));
        rendered
    }
}
