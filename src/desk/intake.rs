//! Where commands are handed in and their answers awaited.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::alarm::ExpiryAlarm;
use super::batch::BatchRunner;
use super::booking_thread::BookingThread;
use super::commit_listener::CommitListener;
use super::dispatcher::Dispatcher;
use super::error::DeskError;
use super::event_queue::LaneOwner;
use super::pending_command::Submission;
use super::refusals::Refusals;
use super::workers::{EventQueues, NotAccepted};
use crate::account::{Account, Permit};
use crate::domain::EventId;
use crate::domain::command::Command;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::trace;

/// Commands that may wait in one event's queue. At 20,000 bookings a second that is under half a
/// second of work: who comes later is better told at once. Of one account, at most as many as there
/// is room left for others: so half of it.
pub const QUEUE_CAPACITY: usize = 8192;

/// The longest a command waits for its answer, queue and retries included. Longer than a single
/// attempt may take (20 s), so that in practice the cause is named by what failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// When a client that was turned away should come back: about the time a full queue takes to empty.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The way to every change of a seat. See the module's documentation.
#[derive(Debug)]
pub struct Desk {
    queues: Arc<EventQueues>,
    refusals: Refusals,
}

/// The tasks behind a [`Desk`].
#[derive(Debug)]
pub struct DeskTasks {
    queues: Arc<EventQueues>,
    dispatcher: Arc<Dispatcher>,
    dispatching: tokio::task::JoinHandle<()>,
    /// The connections of the bookings are served there, until they are closed.
    _thread: BookingThread,
}

impl Desk {
    /// Opens the desk, for up to `bookings` transactions at a time: as many as the store has
    /// connections for them.
    ///
    /// # Errors
    ///
    /// If the operating system has no thread to give.
    pub fn open(
        store: &Store,
        bookings: usize,
        listener: Arc<dyn CommitListener>,
        alarm: &Arc<ExpiryAlarm>,
    ) -> std::io::Result<(Arc<Self>, DeskTasks)> {
        let (thread, runtime) = BookingThread::start()?;
        let dispatcher = Arc::new(Dispatcher::default());
        let dispatching = tokio::spawn(Arc::clone(&dispatcher).run(store.clone()));
        let (told, alarm) = (Arc::clone(&dispatcher), Arc::clone(alarm));
        let runner = BatchRunner::new(store.clone(), listener, told, alarm);
        let queues = Arc::new(EventQueues::new(runner, bookings, runtime));
        let desk = Arc::new(Self { queues: Arc::clone(&queues), refusals: Refusals::new() });
        Ok((desk, DeskTasks { queues, dispatcher, dispatching, _thread: thread }))
    }

    /// Shows what there is to be known of it.
    pub fn register(&self, metrics: &Metrics) {
        self.queues.register(metrics);
    }

    /// Has a command of an account decided, in turn with those of others, and waits until the
    /// outcome is durable. The event must exist. `permit` is given back with the answer: if whoever
    /// asks leaves before, when the command's turn comes.
    ///
    /// # Errors
    ///
    /// Refusals are outcomes; an error means there is none. After [`DeskError::Unavailable`] the
    /// same command may be handed in again: what was done already is not done twice.
    pub async fn submit<C: Command>(
        &self,
        account: Account,
        permit: Permit,
        event: EventId,
        command: C,
    ) -> Result<C::Outcome, DeskError> {
        self.hand_in(Some(account), permit, event, command).await
    }

    /// Like [`Desk::submit`], but in the server's own lane, and finds room in a full queue too: for
    /// the cleaner, which a rush must not keep out.
    ///
    /// # Errors
    ///
    /// As [`Desk::submit`].
    pub async fn submit_although_full<C: Command>(
        &self,
        event: EventId,
        command: C,
    ) -> Result<C::Outcome, DeskError> {
        self.hand_in(None, Permit::default(), event, command).await
    }

    async fn hand_in<C: Command>(
        &self,
        lane: LaneOwner,
        permit: Permit,
        event: EventId,
        command: C,
    ) -> Result<C::Outcome, DeskError> {
        let capacity = if lane.is_some() { QUEUE_CAPACITY } else { usize::MAX };
        let (reply, answer) = oneshot::channel();
        // From here to the answer.
        let span = trace::traced().and_then(|request| request.begin("desk"));
        let traced = span.as_ref().map(|span| span.traced().clone());
        let submission = Box::new(Submission::new(command, permit, reply, traced));
        match self.queues.accept(event, lane, submission, capacity) {
            Ok(()) => Self::outcome(answer).await,
            Err(NotAccepted::Full) => {
                self.queues.count_refusal();
                self.refusals.pace().await;
                Err(DeskError::Overloaded { retry_after: RETRY_AFTER })
            }
            Err(NotAccepted::Closed) => Err(DeskError::Unavailable),
        }
    }

    async fn outcome<T>(answer: oneshot::Receiver<Result<T, DeskError>>) -> Result<T, DeskError> {
        match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_dropped)) => Err(DeskError::Internal),
            Err(_elapsed) => Err(DeskError::Unavailable),
        }
    }
}

impl DeskTasks {
    /// Accepts nothing more, and waits until everything that was accepted is carried out and
    /// announced. The connections of the bookings are to be closed before this is dropped.
    pub async fn finish(&mut self) {
        self.queues.finish().await;
        self.dispatcher.close();
        // It panicked or was cancelled: either way there is nothing left to announce.
        let _ = (&mut self.dispatching).await;
    }
}
