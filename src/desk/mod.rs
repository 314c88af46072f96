//! The desk: where every command waits for its turn, and where many are booked in one transaction.
//!
//! A command is handed to the event's *lane* and its answer awaited. A lane has workers while it
//! has commands: each takes whatever waits (one command when it is quiet, hundreds in a rush) and
//! carries it out in one booking transaction, so that one commit pays for many bookings. Nothing is
//! answered before its commit is durable. Events do not wait for each other, except for their turn
//! at a connection.
//!
//! The workers have a thread of their own: while thousands of requests wait for a processor, a
//! booking that has an answer from the database goes on at once. Among the requests it would wait
//! for its turn with each statement, and they for it.
//!
//! Bounds: a full lane refuses with [`DeskError::Overloaded`] (see `refusals`); batches, retries
//! and waiting times are limited by the constants in here and in `lane`. A command that is refused,
//! or whose transaction fails, costs its neighbours nothing.
//!
//! Deliberately absent: any assumption that this is the only server. The order of an event's
//! bookings is made by the row locks, not by the lanes.

mod alarm;
mod dispatcher;
mod lane;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

pub use self::alarm::ExpiryAlarm;
use self::dispatcher::Dispatcher;
use self::lane::{Lanes, NotAccepted, Ticket};
use self::refusals::Refusals;
use crate::domain::command::{Command, Needs};
use crate::domain::ledger::Ledger;
use crate::domain::{Change, EventId};
use crate::store::Store;
use crate::store::booking::Job;

/// Commands that may wait in one lane. At 20,000 bookings a second that is under half a second of
/// work: who comes later is better told at once.
pub const LANE_CAPACITY: usize = 8192;

/// The longest a command waits for its answer, queue and retries included. Over the bounds of a
/// single transaction, so that in practice the cause is named by what failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// When a client that was turned away should come back: about the time a full lane takes to empty.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Why a command has no outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such event.
    #[error("there is no such event")]
    NoSuchEvent,
    /// Too much is waiting already; nothing was done.
    #[error("too many requests are waiting; try again in a moment")]
    Overloaded {
        /// After which time a new attempt has a chance.
        retry_after: Duration,
    },
    /// The database is away or too slow. It is unknown whether the command was carried out;
    /// repeating it is safe.
    #[error(
        "the booking could not be completed now; repeat the same request to learn what became of it"
    )]
    Unavailable,
    /// A defect of ours.
    #[error("something went wrong on our side")]
    Internal,
}

/// Who is told at once of what was committed here. Everybody else, other servers included, is woken
/// by NOTIFY.
pub trait Audience: std::fmt::Debug + Send + Sync {
    /// These changes, which follow one another, are in the event's change log. What is committed in
    /// a row may be told in another order.
    fn committed(&self, event: EventId, changes: Vec<Change>);
}

/// Nobody.
impl Audience for () {
    fn committed(&self, _: EventId, _: Vec<Change>) {}
}

/// The door for every change of a seat. See the module's documentation.
#[derive(Debug)]
pub struct Desk {
    lanes: Arc<Lanes>,
    refusals: Refusals,
}

/// The tasks behind a [`Desk`].
#[derive(Debug)]
pub struct DeskTasks {
    lanes: Arc<Lanes>,
    dispatcher: Arc<Dispatcher>,
    dispatching: tokio::task::JoinHandle<()>,
    /// The connections of the bookings are served there, until they are closed.
    _workers: Workers,
}

/// The thread of the workers.
#[derive(Debug)]
struct Workers(Option<Runtime>);

impl Workers {
    fn start() -> std::io::Result<(Self, Handle)> {
        // One is enough: of the 42 µs that a reservation takes of the server in a rush, 2 to 3 are
        // spent there.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("desk")
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        Ok((Self(Some(runtime)), handle))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Within a runtime another must not be waited for.
            runtime.shutdown_background();
        }
    }
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
        audience: Arc<dyn Audience>,
        alarm: &Arc<ExpiryAlarm>,
    ) -> std::io::Result<(Arc<Self>, DeskTasks)> {
        let (workers, runtime) = Workers::start()?;
        let dispatcher = Arc::new(Dispatcher::default());
        let dispatching = tokio::spawn(Arc::clone(&dispatcher).run(store.clone()));
        let lanes = Lanes::new(
            store.clone(),
            bookings,
            audience,
            Arc::clone(&dispatcher),
            Arc::clone(alarm),
            runtime,
        );
        let lanes = Arc::new(lanes);
        let desk = Arc::new(Self { lanes: Arc::clone(&lanes), refusals: Refusals::new() });
        Ok((desk, DeskTasks { lanes, dispatcher, dispatching, _workers: workers }))
    }

    /// Has a command decided and waits until the outcome is durable.
    ///
    /// # Errors
    ///
    /// Refusals are outcomes; an error means there is none. After [`DeskError::Unavailable`] the
    /// same command may be handed in again: what was done already is found done.
    pub async fn submit<C: Command>(
        &self,
        event: EventId,
        command: C,
    ) -> Result<C::Outcome, DeskError> {
        self.submit_up_to(LANE_CAPACITY, event, command).await
    }

    /// Like [`Desk::submit`], but finds room in a full lane too: for the cleaner, which a rush must
    /// not keep out.
    pub async fn submit_although_full<C: Command>(
        &self,
        event: EventId,
        command: C,
    ) -> Result<C::Outcome, DeskError> {
        self.submit_up_to(usize::MAX, event, command).await
    }

    async fn submit_up_to<C: Command>(
        &self,
        capacity: usize,
        event: EventId,
        command: C,
    ) -> Result<C::Outcome, DeskError> {
        let (reply, answer) = oneshot::channel();
        let ticket = Box::new(Ticketed { command, outcome: None, reply });
        match self.lanes.accept(event, ticket, capacity) {
            Ok(()) => Self::outcome(answer).await,
            Err(NotAccepted::Full) => {
                self.refusals.turn().await;
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
        self.lanes.finish().await;
        self.dispatcher.close();
        // It panicked or was cancelled: either way there is nothing left to announce.
        let _ = (&mut self.dispatching).await;
    }
}

/// A command with its outcome, once there is one, and who waits for it.
struct Ticketed<C: Command> {
    command: C,
    outcome: Option<C::Outcome>,
    reply: oneshot::Sender<Result<C::Outcome, DeskError>>,
}

impl<C: Command> Job for Ticketed<C> {
    fn needs(&self) -> Needs<'_> {
        self.command.needs()
    }

    fn is_repeatable(&self) -> bool {
        C::REPEATABLE
    }

    fn decide(&mut self, ledger: &mut Ledger) {
        self.outcome = Some(self.command.decide(ledger));
    }
}

impl<C: Command> Ticket for Ticketed<C> {
    fn answer(self: Box<Self>, booked: Result<(), DeskError>) {
        let Self { outcome, reply, .. } = *self;
        let answer = booked.and_then(|()| outcome.ok_or(DeskError::Internal));
        // Who asked may have left; what was decided stands all the same.
        let _ = reply.send(answer);
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }
}
