//! Consecutive changes, as followers are given them.

use std::sync::Arc;

use super::rendered::Rendered;
use crate::domain::{Change, Revision};

/// Changes kept for followers: in a rush of 20,000 a second, a follower may sleep for three seconds
/// before it needs a snapshot. In a rush that is the last thing to have to make. About 150 bytes
/// each, so 10 MB for an event that sells out.
pub const KEPT_CHANGES: usize = 65_536;

/// Changes of a batch, which makes a frame: some hundred kilobytes. A rush makes a sixth of that
/// between two frames.
pub const MAX_BATCH_CHANGES: usize = 4096;

/// Consecutive changes, at least one and up to [`MAX_BATCH_CHANGES`]. Copies share the changes and what was made of them.
#[derive(Clone, Debug)]
pub struct Batch {
    changes: Arc<[Change]>,
    rendered: Arc<Rendered>,
}

impl Batch {
    /// `None` if there is none, or they are not consecutive.
    pub(super) fn new(changes: Vec<Change>) -> Option<Self> {
        let consecutive =
            changes.windows(2).all(|pair| pair[1].revision == pair[0].revision.next());
        (consecutive && !changes.is_empty())
            .then(|| Self { changes: changes.into(), rendered: Arc::default() })
    }

    /// All of these, in as many batches as it takes. `None` if they are not consecutive.
    pub(super) fn split(mut changes: Vec<Change>) -> Option<Vec<Self>> {
        let mut batches = Vec::new();
        while changes.len() > MAX_BATCH_CHANGES {
            let rest = changes.split_off(MAX_BATCH_CHANGES);
            batches.push(Self::new(std::mem::replace(&mut changes, rest))?);
        }
        batches.push(Self::new(changes)?);
        Some(batches)
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What was made of them, for all who are given them.
    pub fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// The revision of the first change.
    pub fn from(&self) -> Revision {
        self.changes.first().map(|change| change.revision).unwrap_or_default()
    }

    /// The revision of the last change.
    pub fn to(&self) -> Revision {
        self.changes.last().map(|change| change.revision).unwrap_or_default()
    }

    /// What of it comes after a revision. Shares the changes if that is all of it.
    pub(super) fn after(&self, position: Revision) -> Self {
        if position < self.from() {
            return self.clone();
        }
        let rest = self
            .changes
            .iter()
            .filter(|change| change.revision > position)
            .cloned()
            .collect::<Vec<_>>();
        Self { changes: rest.into(), rendered: Arc::default() }
    }
}
