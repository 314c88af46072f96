//! The workers: each takes the events in turn, and carries out a batch of one event at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::batch::{ATTEMPT_TIMEOUT, BatchRunner};
use super::event_queue::LaneOwner;
use super::pending_command::PendingCommand;
use super::schedule::{Call, NextBatch, Schedule};
use crate::domain::EventId;
use crate::metrics::Metrics;
use crate::store::booking::BookingSession;

/// How long a worker waits for more before it gives its connection back: so that it is worth it at
/// some twenty bookings a second.
const LINGER: Duration = Duration::from_millis(50);

/// The event queues, and who works on them.
#[derive(Debug)]
pub(super) struct EventQueues {
    schedule: Mutex<Schedule>,
    runner: BatchRunner,
    /// Workers at most: as many as there are connections for bookings.
    most_workers: usize,
    workers: TaskTracker,
    runtime: Handle,
}

/// Why a command was not accepted.
#[derive(Debug)]
pub(super) enum NotAccepted {
    /// There is no room for it in the event's queue.
    Full,
    /// The desk is closed.
    Closed,
}

/// One of the batches that an event may have under way. When this is dropped, the batch is done
/// with.
pub(super) struct BatchSlot {
    queues: Arc<EventQueues>,
    event: EventId,
    is_preparing: bool,
}

impl BatchSlot {
    /// The batch is prepared, and only its commit is waited for: the next may be prepared.
    pub(super) fn begin_commit(&mut self) {
        if std::mem::take(&mut self.is_preparing) {
            let mut schedule = self.queues.schedule();
            if schedule.begin_commit(self.event) {
                self.queues.call_worker(&mut schedule);
            }
        }
    }
}

impl Drop for BatchSlot {
    fn drop(&mut self) {
        self.queues.schedule().end_batch(self.event, self.is_preparing);
    }
}

/// A worker that panics, which is a defect, leaves room for another.
struct ReplacedOnPanic(Arc<EventQueues>);

impl Drop for ReplacedOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a worker of the desk panicked");
            let mut schedule = self.0.schedule();
            if schedule.lose_worker() {
                self.0.call_worker(&mut schedule);
            }
        }
    }
}

impl EventQueues {
    pub(super) fn new(runner: BatchRunner, most_workers: usize, runtime: Handle) -> Self {
        let most_workers = most_workers.max(1);
        let workers = TaskTracker::new();
        Self { schedule: Mutex::default(), runner, most_workers, workers, runtime }
    }

    /// Puts a command into a lane of its event's queue, which holds at most `capacity`.
    pub(super) fn accept(
        self: &Arc<Self>,
        event: EventId,
        lane: LaneOwner,
        command: Box<dyn PendingCommand>,
        capacity: usize,
    ) -> Result<(), NotAccepted> {
        let mut schedule = self.schedule();
        if self.workers.is_closed() {
            return Err(NotAccepted::Closed);
        }
        schedule.push(event, lane, command, capacity).map_err(|_| NotAccepted::Full)?;
        if schedule.make_ready(event) {
            self.call_worker(&mut schedule);
        }
        Ok(())
    }

    /// Shows how long the queues are, and what is counted of bookings.
    pub(super) fn register(self: &Arc<Self>, metrics: &Metrics) {
        self.runner.counts().register(metrics);
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).into();
        let queues = Arc::clone(self);
        metrics.measure(
            "desk_waiting_commands",
            "Commands that wait to be booked, in all queues and in the longest",
            move || {
                let (all, longest) = queues.schedule().waiting();
                vec![
                    (vec![("queues", "all")], number(all)),
                    (vec![("queues", "longest")], number(longest)),
                ]
            },
        );
        let queues = Arc::clone(self);
        metrics.measure(
            "desk_workers",
            "Workers that carry out batches or wait for one",
            move || vec![(vec![], number(queues.workers.len()))],
        );
    }

    /// A queue was full.
    pub(super) fn count_refusal(&self) {
        self.runner.counts().refused.inc();
    }

    /// Accepts nothing more, and waits until everything that was accepted is carried out.
    pub(super) async fn finish(&self) {
        {
            // Under the lock: who was accepted has a worker already.
            let _schedule = self.schedule();
            self.workers.close();
        }
        self.workers.wait().await;
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call_worker(self: &Arc<Self>, schedule: &mut Schedule) {
        match schedule.call_worker(self.most_workers) {
            Call::Enough => {}
            Call::NewWorker => {
                self.workers.spawn_on(Arc::clone(self).work(), &self.runtime);
            }
        }
    }

    /// Works until there has been nothing to do for a while.
    async fn work(self: Arc<Self>) {
        let _replaced = ReplacedOnPanic(Arc::clone(&self));
        let mut session = self.runner.session();
        while let Some(next) = self.next_batch().await {
            self.serve(&mut session, next).await;
        }
        session.release_connection().await;
    }

    /// Prepares and carries out a batch of an event.
    async fn serve(self: &Arc<Self>, session: &mut BookingSession, next: NextBatch) {
        let queues = Arc::clone(self);
        let mut slot = BatchSlot { queues, event: next.event, is_preparing: true };
        if next.has_predecessor {
            // Whatever keeps it from locking keeps it from booking as well, which answers for it.
            let _ = tokio::time::timeout(ATTEMPT_TIMEOUT, session.lock_event(next.event)).await;
        }
        let batch = self.schedule().take_batch(next.event);
        if batch.is_empty() {
            session.release_connection().await;
        } else {
            let mut begin_commit = || slot.begin_commit();
            self.runner.carry_out(session, next.event, batch, &mut begin_commit).await;
        }
    }

    /// The next event to serve; waits for one if need be. `None`, and one worker less, if none came
    /// for [`LINGER`].
    async fn next_batch(&self) -> Option<NextBatch> {
        loop {
            let mut called = {
                let mut schedule = self.schedule();
                if let Some(next) = schedule.next() {
                    return Some(next);
                }
                schedule.register_idle()
            };
            if tokio::time::timeout(LINGER, &mut called).await.is_err()
                && self.schedule().leave(called)
            {
                return None;
            }
        }
    }
}
