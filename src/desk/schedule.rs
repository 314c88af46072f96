//! Which event is served next, and by which worker: all event queues, in turn.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use super::event_queue::{EventQueue, LaneOwner};
use super::pending_command::PendingCommand;
use crate::domain::EventId;

/// The event queues, the order of events, and the workers that wait. Pure bookkeeping, under one
/// lock.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// A queue for each event that has commands waiting or under way.
    queues: HashMap<EventId, EventQueue>,
    /// The events that may be served, each once. Until one is, what waits in its queue grows.
    ready: VecDeque<EventId>,
    /// How many workers there are.
    workers: usize,
    /// Those of them that wait for work. The last to begin waiting is called first, so that there
    /// are no more than it takes.
    idle: Vec<oneshot::Sender<()>>,
}

/// An event to be served, and whether another of its batches is under way before this one.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextBatch {
    pub(super) event: EventId,
    pub(super) has_predecessor: bool,
}

/// Who has to be found for an event that has become ready.
pub(super) enum Call {
    /// No more: an idle worker was called, or all are busy and whoever is done first will come.
    Enough,
    /// There is room for one more worker, which is counted already.
    NewWorker,
}

impl Schedule {
    /// Adds a command to a lane of its event's queue, where `capacity` commands may wait; gives it
    /// back if there is no room for it.
    pub(super) fn push(
        &mut self,
        event: EventId,
        lane: LaneOwner,
        command: Box<dyn PendingCommand>,
        capacity: usize,
    ) -> Result<(), Box<dyn PendingCommand>> {
        self.queues.entry(event).or_default().push(lane, command, capacity)
    }

    /// How many commands wait in all queues, and in the longest.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let lengths = || self.queues.values().map(EventQueue::waiting);
        (lengths().sum(), lengths().max().unwrap_or_default())
    }

    /// Lists the event to be served, if there is something to take and it is not listed already;
    /// whether it did.
    pub(super) fn make_ready(&mut self, event: EventId) -> bool {
        let becomes_ready = self.queues.get_mut(&event).is_some_and(EventQueue::make_ready);
        if becomes_ready {
            self.ready.push_back(event);
        }
        becomes_ready
    }

    /// The event that is served next.
    pub(super) fn next(&mut self) -> Option<NextBatch> {
        while let Some(event) = self.ready.pop_front() {
            if let Some(queue) = self.queues.get_mut(&event) {
                return Some(NextBatch { event, has_predecessor: queue.begin_batch() });
            }
        }
        None
    }

    /// See [`EventQueue::take_batch`].
    pub(super) fn take_batch(&mut self, event: EventId) -> Vec<Box<dyn PendingCommand>> {
        self.queues.get_mut(&event).map(EventQueue::take_batch).unwrap_or_default()
    }

    /// Only the commit of the event's batch is left; whether its next batch may be prepared.
    pub(super) fn begin_commit(&mut self, event: EventId) -> bool {
        if let Some(queue) = self.queues.get_mut(&event) {
            queue.begin_commit();
        }
        self.make_ready(event)
    }

    /// A batch of the event is done with. Whoever has carried it out looks for more.
    pub(super) fn end_batch(&mut self, event: EventId, was_preparing: bool) {
        if let Some(queue) = self.queues.get_mut(&event) {
            queue.end_batch(was_preparing);
        }
        self.make_ready(event);
        if self.queues.get(&event).is_some_and(EventQueue::is_done) {
            self.queues.remove(&event);
        }
    }

    /// Has a worker come for an event that has become ready, of `most` at most.
    pub(super) fn call_worker(&mut self, most: usize) -> Call {
        while let Some(idle) = self.idle.pop() {
            if idle.send(()).is_ok() {
                return Call::Enough;
            }
        }
        if self.workers == most {
            return Call::Enough;
        }
        self.workers += 1;
        Call::NewWorker
    }

    /// A worker is gone without leaving; whether another is needed in its place.
    pub(super) fn lose_worker(&mut self) -> bool {
        self.workers -= 1;
        !self.ready.is_empty()
    }

    /// A worker has nothing to do; it is called by what this gives.
    pub(super) fn register_idle(&mut self) -> oneshot::Receiver<()> {
        let (call, called) = oneshot::channel();
        self.idle.push(call);
        called
    }

    /// A worker has waited long enough and leaves, unless it has been called meanwhile; whether it
    /// leaves.
    pub(super) fn leave(&mut self, mut called: oneshot::Receiver<()>) -> bool {
        called.close();
        if called.try_recv().is_ok() {
            return false;
        }
        self.idle.retain(|call| !call.is_closed());
        self.workers -= 1;
        true
    }
}
