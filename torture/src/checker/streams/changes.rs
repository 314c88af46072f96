//! `seatChanges`: every change, once, in order, over however many connections.

use super::Told;
use crate::checker::calls::Facts;
use crate::checker::violation::Kind;
use crate::history::{
    Cause, ChangeSeen, Frame, LogRow, Revision, SnapshotReason, StreamItem, StreamKind,
};

/// Where a subscriber is.
#[derive(Default)]
struct Follower {
    /// The last revision that it has been told; `None`: a snapshot comes first.
    position: Option<Revision>,
    /// Whether nothing came yet on this connection.
    is_new: bool,
}

pub(super) fn check(facts: &Facts<'_, '_>, frames: &[&Frame], told: &mut Told<'_>) {
    let mut follower = Follower::default();
    for frame in frames {
        match &frame.item {
            StreamItem::Subscribed(StreamKind::Changes { since }) => {
                follower = Follower { position: *since, is_new: true };
            }
            StreamItem::Changes { from, to, changes } => {
                follower.changes(facts, frame, (*from, *to, changes), told);
            }
            StreamItem::Snapshot { revision, reason, .. } => {
                follower.snapshot(facts, frame, (*revision, *reason), told);
            }
            StreamItem::Settled => {
                let last = facts.history.last();
                if follower.position != Some(last) {
                    let what = format!("is at {:?} in the end, not at {last}", follower.position);
                    told.add(Kind::StreamBehind, frame, &what);
                }
            }
            StreamItem::Lost => {}
            item => told.add(Kind::FrameWrong, frame, &format!("was sent {item:?}")),
        }
    }
}

impl Follower {
    fn changes(
        &mut self,
        facts: &Facts<'_, '_>,
        frame: &Frame,
        (from, to, changes): (Revision, Revision, &[ChangeSeen]),
        told: &mut Told<'_>,
    ) {
        self.is_new = false;
        let expected = self.position.map(|position| position + 1);
        self.position = Some(to);
        match expected {
            None => {
                let what = format!("was sent changes from {from} on before any snapshot");
                told.add(Kind::FrameMissed, frame, &what);
            }
            Some(expected) if expected < from => {
                let what = format!("was sent {from} on, and missed it from {expected} on");
                told.add(Kind::FrameMissed, frame, &what);
            }
            Some(expected) if from < expected => {
                let what = format!("was sent {from} on, and had been told up to {}", expected - 1);
                told.add(Kind::FrameDoubled, frame, &what);
            }
            Some(_) => {}
        }
        let said = changes.iter().map(|change| change.revision);
        if !said.clone().eq(from..=to) {
            let what = format!("was sent {:?} as changes {from} to {to}", said.collect::<Vec<_>>());
            told.add(Kind::FrameReordered, frame, &what);
            return;
        }
        let latest = facts.origins.latest_at(frame.at);
        if latest < to {
            let what = format!("was sent {to}; what comes after {latest} was asked for later");
            told.add(Kind::FrameEarly, frame, &what);
        }
        for change in changes {
            let row = facts.history.row(change.revision);
            if !row.is_some_and(|row| is_as(change, row)) {
                let what = format!("was sent {change:?}, and the log has {row:?}");
                told.add(Kind::FrameWrong, frame, &what);
                return;
            }
        }
    }

    fn snapshot(
        &mut self,
        facts: &Facts<'_, '_>,
        frame: &Frame,
        (revision, reason): (Revision, SnapshotReason),
        told: &mut Told<'_>,
    ) {
        let known = self.position.replace(revision);
        let is_good = match reason {
            SnapshotReason::Initial => self.is_new && known.is_none(),
            SnapshotReason::UnknownRevision => {
                // What somebody has been told was there.
                known.is_some_and(|known| facts.knowledge.before(frame.at) < known)
            }
            SnapshotReason::LogPruned | SnapshotReason::ClientLagged => known.is_some(),
        };
        self.is_new = false;
        if !is_good {
            let what = format!("was sent a snapshot for {reason:?}, and had been told {known:?}");
            told.add(Kind::SnapshotWrong, frame, &what);
        }
        if known.is_some_and(|known| revision < known) && reason != SnapshotReason::UnknownRevision
        {
            let what = format!("was sent a snapshot of {revision}, and had been told {known:?}");
            told.add(Kind::FrameReordered, frame, &what);
        }
        if facts.history.last() < revision || facts.origins.latest_at(frame.at) < revision {
            let what = format!("was sent a snapshot of {revision} before that was there");
            told.add(Kind::FrameEarly, frame, &what);
        }
    }
}

fn is_as(change: &ChangeSeen, row: &LogRow) -> bool {
    let status = match row.cause {
        Cause::Reserved | Cause::Extended | Cause::Claimed => 'R',
        Cause::Confirmed | Cause::Transferred => 'C',
        Cause::Released | Cause::Expired | Cause::Cancelled => 'A',
        Cause::Blocked | Cause::Unblocked | Cause::Imported => 'A',
    };
    let for_sale = match row.cause {
        Cause::Blocked => Some(false),
        Cause::Unblocked => Some(true),
        _ => None,
    };
    change.seat == row.seat
        && change.cause == row.cause
        && change.status == status
        && change.for_sale == for_sale
        && change.changed_at == row.changed_at
}
