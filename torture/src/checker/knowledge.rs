//! What somebody had been told by when: what was committed by then for sure.

use super::event_history::EventHistory;
use crate::history::{Answer, Call, Outcome, Revision, RunMicros, StreamItem};

/// Ascending instants, each with the highest revision that was told up to it.
#[derive(Debug)]
pub(super) struct Knowledge {
    told: Vec<(RunMicros, Revision)>,
    first: Revision,
}

impl Knowledge {
    pub(super) fn of(history: &EventHistory<'_>) -> Self {
        let (first, last) = (history.setup.revision, history.last());
        let calls = history.calls.iter().filter_map(|call| Some((call.end, revision_of(call)?)));
        let frames = history.streams.values().flatten();
        let frames = frames.filter_map(|frame| Some((frame.at, revision_of_item(&frame.item)?)));
        // What the log does not have is told elsewhere, once.
        let known = |&(_, revision): &(RunMicros, Revision)| revision <= last;
        let mut told: Vec<_> = calls.chain(frames).filter(known).collect();
        told.sort_unstable();
        let mut highest = first;
        for (_, revision) in &mut told {
            highest = highest.max(*revision);
            *revision = highest;
        }
        Self { told, first }
    }

    /// The highest revision that somebody had been told before an instant.
    pub(super) fn before(&self, at: RunMicros) -> Revision {
        let index = self.told.partition_point(|&(told_at, _)| told_at < at);
        index.checked_sub(1).map_or(self.first, |index| self.told[index].1)
    }
}

/// The revision that an answer says.
pub(super) fn revision_of(call: &Call) -> Option<Revision> {
    let Outcome::Answered(answer) = &call.outcome else { return None };
    match answer {
        Answer::Held { revision, .. }
        | Answer::Released { revision, .. }
        | Answer::Confirmed { revision, .. }
        | Answer::Transferred { revision, .. }
        | Answer::Blocked { revision, .. }
        | Answer::Imported { revision, .. }
        | Answer::Map { revision, .. }
        | Answer::Statuses { revision, .. } => Some(*revision),
        Answer::Claimed
        | Answer::PricesSet { .. }
        | Answer::Updated { .. }
        | Answer::Mine { .. }
        | Answer::Order(_) => None,
    }
}

fn revision_of_item(item: &StreamItem) -> Option<Revision> {
    match item {
        StreamItem::Changes { to, .. } => Some(*to),
        StreamItem::Snapshot { revision, .. }
        | StreamItem::Board { revision, .. }
        | StreamItem::Mine { revision, .. } => Some(*revision),
        StreamItem::Subscribed(_) | StreamItem::Lost | StreamItem::Settled => None,
    }
}
