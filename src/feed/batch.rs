//! Consecutive changes, as followers are given them.

use std::sync::Arc;

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

/// Consecutive changes, at least one and up to [`MAX_BATCH_CHANGES`]. Copies share the changes and
/// what was made of them.
#[derive(Clone, Debug)]
pub struct Batch {
    changes: Arc<Counted>,
    rendered: Arc<Rendered>,
}

/// Changes, and what they take.
#[derive(Debug)]
struct Counted {
    changes: Box<[Change]>,
    charge: Charge,
}

/// Bytes that changes take.
pub(super) fn bytes(changes: &[Change]) -> usize {
    /// Beside a viewer's name, which is shared by its copies.
    const NAME_OVERHEAD: usize = 16;
    let names = changes.iter().map(|change| NAME_OVERHEAD + change.viewer.as_str().len());
    size_of_val(changes) + names.sum::<usize>()
}

impl Batch {
    /// `None` if there is none, or they are not consecutive. The charge is for their [`bytes`].
    pub(super) fn new(changes: Vec<Change>, charge: Charge, frames: &Arc<Frames>) -> Option<Self> {
        let consecutive =
            changes.windows(2).all(|pair| pair[1].revision == pair[0].revision.next());
        let is_batch = consecutive && !changes.is_empty();
        is_batch.then(|| Self::of(changes, charge, Rendered::new(frames)))
    }

    fn of(changes: Vec<Change>, charge: Charge, rendered: Arc<Rendered>) -> Self {
        let changes = Arc::new(Counted { changes: changes.into(), charge });
        Self { changes, rendered }
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes.changes
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

    /// What of it comes after a revision. Shares the changes if that is all of it.
    pub(super) fn after(&self, position: Revision) -> Self {
        if position < self.from() {
            return self.clone();
        }
        let rest = self.changes().iter().filter(|change| change.revision > position);
        let rest = rest.cloned().collect::<Vec<_>>();
        let charge = self.changes.charge.of().charge_anyway(bytes(&rest));
        Self::of(rest, charge, self.rendered.anew())
    }
}
