//! The inboxes of viewers who follow their own changes of an event.
//!
//! Ten thousand watch their own holds while a rush makes thirty batches a second. So the watch
//! knows them. Each has an inbox, is woken by what concerns them, and sleeps through the rest.
//! Nobody waits for anybody here either: an inbox that is full is emptied, and has a gap.
//!
//! Invariants: an inbox is told each change of its viewer, and of what was its viewer's, in order;
//! or that it has a gap. What inboxes hold is counted with the changes that are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::batch::bytes;
use crate::domain::{Change, ViewerId};
use crate::memory::{Allowance, Charge};

/// Changes that an inbox has room for: more than a viewer makes while a socket takes a frame.
pub(super) const MOST_WAITING: usize = 256;

/// The inboxes of those who follow a watch.
#[derive(Debug, Default)]
pub(super) struct Inboxes(Mutex<HashMap<ViewerId, Vec<Arc<Inbox>>>>);

/// What one follower has yet to be told.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    waiting: Mutex<Waiting>,
    pub(super) woken: Notify,
}

/// Changes that wait, and what they take.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) changes: Vec<Change>,
    charge: Option<Charge>,
    /// Whether there were changes that it does not have.
    pub(super) has_gap: bool,
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
    /// Takes what waits.
    pub(super) fn take(&self) -> Waiting {
        std::mem::take(&mut *self.waiting())
    }

    pub(super) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn miss(&self) {
        *self.waiting() = Waiting { has_gap: true, ..Waiting::default() };
        self.woken.notify_one();
    }
}

impl Inboxes {
    /// Tells of consecutive changes that follow those told before.
    pub(super) fn tell(&self, changes: &[Change], allowance: &Arc<Allowance>) {
        let inboxes = self.inboxes();
        if inboxes.is_empty() {
            return;
        }
        for change in changes {
            // Whoever has lost what changed hands is told as well.
            let concerned = [Some(&change.viewer), change.former.as_ref()].into_iter().flatten();
            for inbox in concerned.filter_map(|viewer| inboxes.get(viewer)).flatten() {
                inbox.waiting().add(change, allowance);
                inbox.woken.notify_one();
            }
        }
    }

    /// Tells all of them that there were changes which they were not told of.
    pub(super) fn miss(&self) {
        self.inboxes().values().flatten().for_each(|inbox| inbox.miss());
    }

    /// A new one of a viewer's.
    pub(super) fn open(&self, viewer: &ViewerId) -> Arc<Inbox> {
        let inbox = Arc::default();
        self.inboxes().entry(viewer.clone()).or_default().push(Arc::clone(&inbox));
        inbox
    }

    /// Nobody reads this one any more.
    pub(super) fn close(&self, viewer: &ViewerId, inbox: &Arc<Inbox>) {
        let mut inboxes = self.inboxes();
        if let Some(of_viewer) = inboxes.get_mut(viewer) {
            of_viewer.retain(|other| !Arc::ptr_eq(other, inbox));
            if of_viewer.is_empty() {
                inboxes.remove(viewer);
            }
        }
    }

    /// Whether nobody has one.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.inboxes().is_empty()
    }

    fn inboxes(&self) -> MutexGuard<'_, HashMap<ViewerId, Vec<Arc<Inbox>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
