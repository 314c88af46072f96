//! Viewers who are told of their own changes of an event, and of nothing else.
//!
//! Ten thousand watch their own holds while a rush makes thirty batches a second. So the watch knows
//! who they are: each has an inbox, is woken by what concerns them, and sleeps through everything
//! else. Nobody waits for anybody here either: an inbox that is full is emptied, and its follower
//! told that it has a gap.
//!
//! Invariants: a follower is given each change of its viewer after its position, in order, or told
//! of a gap. What inboxes hold is counted with the changes that are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::batch::bytes;
use super::follower::SubscriptionPermit;
use super::watch::Watch;
use crate::domain::{Change, Revision, ViewerId};
use crate::memory::{Allowance, Charge};

/// Changes that an inbox has room for: more than a viewer makes while a socket takes a frame.
const MOST_WAITING: usize = 256;

/// The inboxes of those who follow a watch.
#[derive(Debug, Default)]
pub(super) struct Viewers(Mutex<HashMap<ViewerId, Vec<Arc<Inbox>>>>);

/// What one follower has yet to be told.
#[derive(Debug, Default)]
struct Inbox {
    waiting: Mutex<Waiting>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    changes: Vec<Change>,
    charge: Option<Charge>,
    /// Whether there were changes that it does not have.
    has_gap: bool,
}

impl Waiting {
    fn add(&mut self, change: &Change, allowance: &Arc<Allowance>) {
        if self.has_gap {
            return;
        }
        let bytes = bytes(std::slice::from_ref(change));
        let has_room = self.changes.len() < MOST_WAITING
            && match &mut self.charge {
                Some(charge) => charge.grow(bytes).is_ok(),
                None => {
                    self.charge = allowance.charge(bytes).ok();
                    self.charge.is_some()
                }
            };
        if has_room {
            self.changes.push(change.clone());
        } else {
            *self = Self { has_gap: true, ..Self::default() };
        }
    }
}

impl Inbox {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn miss(&self) {
        *self.waiting() = Waiting { has_gap: true, ..Waiting::default() };
        self.woken.notify_one();
    }
}

impl Viewers {
    /// Tells of consecutive changes that follow those told before.
    pub(super) fn tell(&self, changes: &[Change], allowance: &Arc<Allowance>) {
        let inboxes = self.inboxes();
        if inboxes.is_empty() {
            return;
        }
        for change in changes {
            for inbox in inboxes.get(&change.viewer).into_iter().flatten() {
                inbox.waiting().add(change, allowance);
                inbox.woken.notify_one();
            }
        }
    }

    /// Tells all of them that there were changes which they were not told of.
    pub(super) fn miss(&self) {
        self.inboxes().values().flatten().for_each(|inbox| inbox.miss());
    }

    fn inboxes(&self) -> MutexGuard<'_, HashMap<ViewerId, Vec<Arc<Inbox>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What comes next for somebody who follows their own changes.
#[derive(Clone, Debug)]
pub enum ViewerStep {
    /// Changes of the viewer, in order, at least one.
    Changes(Vec<Change>),
    /// There may have been any: look up what there is, and [`ViewerFollower::move_to`] its revision.
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
}

impl ViewerFollower {
    pub(super) fn new(watch: Arc<Watch>, viewer: ViewerId, permit: SubscriptionPermit) -> Self {
        let inbox = Arc::default();
        let mut inboxes = watch.viewers().inboxes();
        inboxes.entry(viewer.clone()).or_default().push(Arc::clone(&inbox));
        drop(inboxes);
        Self { watch, viewer, inbox, _permit: permit, position: None }
    }

    /// Goes on after this revision, as of which the caller knows what there is. It was looked up
    /// after the follower had begun, or had told of a gap.
    pub fn move_to(&mut self, revision: Revision) {
        self.position = Some(revision);
    }

    /// What comes next; waits for it if need be. Begins with a gap. Safe to cancel.
    pub async fn next(&mut self) -> ViewerStep {
        loop {
            let Some(position) = self.position else { return ViewerStep::Gap };
            let Waiting { mut changes, has_gap, .. } = std::mem::take(&mut *self.inbox.waiting());
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
        let mut inboxes = self.watch.viewers().inboxes();
        if let Some(of_viewer) = inboxes.get_mut(&self.viewer) {
            of_viewer.retain(|inbox| !Arc::ptr_eq(inbox, &self.inbox));
            if of_viewer.is_empty() {
                inboxes.remove(&self.viewer);
            }
        }
    }
}

#[cfg(test)]
mod tests;
