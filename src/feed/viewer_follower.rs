//! One follower of one viewer's own changes in an event.
//!
//! Invariant: it is given each change of its viewer after its position, in order, or told of a gap.

use std::sync::Arc;

use super::inboxes::{Inbox, Waiting};
use super::permit::SubscriptionPermit;
use super::watch::Watch;
use crate::domain::{Change, Revision, ViewerId};

/// What comes next for somebody who follows their own changes.
#[derive(Clone, Debug)]
pub enum ViewerStep {
    /// Changes of the viewer, in order, at least one.
    Changes(Vec<Change>),
    /// There may have been any: look up what there is, and [`ViewerFollower::move_to`] its
    /// revision.
    Gap,
}

/// A position in the changes of one viewer in one event. Ends its watch when it is the last one.
#[derive(Debug)]
pub struct ViewerFollower {
    watch: Arc<Watch>,
    viewer: ViewerId,
    inbox: Arc<Inbox>,
    _permit: SubscriptionPermit,
    /// `None` at the beginning and after a gap.
    position: Option<Revision>,
    /// How often the log had been found to be another when it told of the gap.
    rewinds: u64,
}

impl ViewerFollower {
    pub(super) fn new(watch: Arc<Watch>, viewer: ViewerId, permit: SubscriptionPermit) -> Self {
        let inbox = watch.inboxes().open(&viewer);
        let rewinds = watch.rewinds();
        Self { watch, viewer, inbox, _permit: permit, position: None, rewinds }
    }

    /// Goes on after this revision, as of which the caller knows what there is. It was looked up
    /// after the follower had begun, or had told of a gap.
    ///
    /// If the log was found to be another meanwhile, nobody knows what it was looked up in: there
    /// is another gap.
    pub fn move_to(&mut self, revision: Revision) {
        self.position = Some(revision).filter(|_| self.rewinds == self.watch.rewinds());
    }

    /// What comes next; waits for it if need be. Begins with a gap. Safe to cancel.
    pub async fn next(&mut self) -> ViewerStep {
        loop {
            let Some(position) = self.position else {
                self.rewinds = self.watch.rewinds();
                // What is looked up next has all of that.
                drop(self.inbox.take());
                return ViewerStep::Gap;
            };
            let Waiting { mut changes, has_gap, .. } = self.inbox.take();
            if has_gap {
                self.position = None;
                continue;
            }
            changes.retain(|change| change.revision > position);
            if let Some(last) = changes.last() {
                self.position = Some(last.revision);
                return ViewerStep::Changes(changes);
            }
            // What comes after the look is remembered.
            self.inbox.woken.notified().await;
        }
    }
}

impl Drop for ViewerFollower {
    fn drop(&mut self) {
        self.watch.inboxes().close(&self.viewer, &self.inbox);
    }
}

#[cfg(test)]
mod tests;
