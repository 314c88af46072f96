//! The newest changes of a watched event, as they are kept for followers.

use std::cmp::Ordering;
use std::collections::VecDeque;

use tokio::time::Instant;

use super::batch::Batch;
use crate::domain::{LogPoint, Revision};

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Kept {
    /// Consecutive batches: each begins where the one before it ends. With each, since when
    /// followers can have it.
    pub(super) batches: VecDeque<(Instant, Batch)>,
    /// How many changes they hold.
    pub(super) count: usize,
    /// The position before the first of them.
    pub(super) start: LogPoint,
    /// How often the log was found to be another: the database was put back to an earlier state.
    pub(super) rewinds: u64,
}

/// How a position is related to what a watch keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// It is one of this log, as far as can be told.
    Here,
    /// It is one of another history.
    Elsewhere,
    /// The log has not got there.
    Ahead,
    /// It lies before what is kept.
    Before,
}

impl Kept {
    /// Nothing yet, from a position on.
    pub(super) fn after(start: LogPoint, rewinds: u64) -> Self {
        Self { batches: VecDeque::new(), count: 0, start, rewinds }
    }

    /// How a position is related to what is kept.
    pub(super) fn standing(&self, position: LogPoint) -> Standing {
        let revision = position.revision;
        if revision > self.end() {
            return Standing::Ahead;
        }
        let known = match revision.cmp(&self.start.revision) {
            Ordering::Less => return Standing::Before,
            Ordering::Equal => Some(self.start),
            Ordering::Greater => self.point(revision),
        };
        let is_elsewhere = known.is_some_and(|known| known.contradicts(position));
        if is_elsewhere { Standing::Elsewhere } else { Standing::Here }
    }

    /// The position at the end.
    pub(super) fn last(&self) -> LogPoint {
        self.batches.back().map_or(self.start, |(_, batch)| self.start.after(batch.changes()))
    }

    /// The newest revision.
    pub(super) fn end(&self) -> Revision {
        self.batches.back().map_or(self.start.revision, |(_, batch)| batch.to())
    }

    /// The position after a revision.
    fn point(&self, revision: Revision) -> Option<LogPoint> {
        let next = self.batches.partition_point(|(_, batch)| batch.to() < revision);
        let changes = self.batches.get(next)?.1.changes();
        let up_to = changes.partition_point(|change| change.revision <= revision);
        Some(self.start.after(changes.get(..up_to)?))
    }

    /// Lets go of the oldest batch; whether there was another.
    pub(super) fn forget_oldest(&mut self) -> bool {
        if self.batches.len() < 2 {
            return false;
        }
        if let Some((_, oldest)) = self.batches.pop_front() {
            self.count -= oldest.changes().len();
            self.start = self.start.after(oldest.changes());
        }
        true
    }
}
