//! Lanes: for each event a bounded queue of commands, and workers that book them in batches while there are any.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::DeskError;
use super::alarm::ExpiryAlarm;
use super::dispatcher::Dispatcher;
use crate::domain::EventId;
use crate::retry::Backoff;
use crate::store::booking::{Booked, Job};
use crate::store::{Store, StoreError};

/// Workers of one lane: while one waits for its commit, the other prepares the next batch.
const WORKERS_PER_LANE: usize = 2;

/// The most commands of one batch: past a few hundred the cost of a commit is spread thin enough.
const BATCH_COMMANDS: usize = 512;

/// A batch is full once it names this many seats, so that it stays within tens of milliseconds and nobody behind it
/// waits long.
const BATCH_SEATS: usize = 4096;

/// How often a transaction is tried before its commands are answered with an error.
const ATTEMPTS: u32 = 5;

/// The waits between attempts: about 10, 20, 40, 80 ms. Deadlocks and serialization failures pass in less; a
/// restarting database takes longer, and then the client may come back.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// No new attempt starts after this time.
const RETRY_FOR: Duration = Duration::from_secs(6);

/// The longest one attempt may take. Over PostgreSQL's own limits for a booking connection: it ends the wait for a
/// server that does not answer at all.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// A command with whoever waits for it.
pub(super) trait Ticket: Job {
    /// Hands over the outcome, or says why there is none.
    fn answer(self: Box<Self>, booked: Result<(), DeskError>);
    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;
}

/// All lanes: a queue and up to [`WORKERS_PER_LANE`] workers for each event that has commands waiting.
#[derive(Debug)]
pub(super) struct Lanes {
    store: Store,
    dispatcher: Arc<Dispatcher>,
    alarm: Arc<ExpiryAlarm>,
    /// One for each booking that may be under way, as many as there are connections for them: given out in turn, so that no
    /// event keeps another from its next booking for longer than one transaction.
    bookings: Semaphore,
    open: Mutex<HashMap<EventId, Lane>>,
    workers: TaskTracker,
}

/// One event's commands.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Box<dyn Ticket>>,
    workers: usize,
}

/// Why a command was not accepted.
#[derive(Debug)]
pub(super) enum NotAccepted {
    /// The event's lane is full.
    Full,
    /// The desk is closed.
    Closed,
}

impl Lanes {
    pub(super) fn new(store: Store, bookings: usize, dispatcher: Arc<Dispatcher>, alarm: Arc<ExpiryAlarm>) -> Self {
        let bookings = Semaphore::new(bookings.max(1));
        Self { store, dispatcher, alarm, bookings, open: Mutex::default(), workers: TaskTracker::new() }
    }

    /// Puts a command into its event's lane, which holds at most `capacity`.
    pub(super) fn accept(
        self: &Arc<Self>,
        event: EventId,
        ticket: Box<dyn Ticket>,
        capacity: usize,
    ) -> Result<(), NotAccepted> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if self.workers.is_closed() {
            return Err(NotAccepted::Closed);
        }
        let lane = open.entry(event).or_default();
        if lane.waiting.len() >= capacity {
            return Err(NotAccepted::Full);
        }
        lane.waiting.push_back(ticket);
        if lane.workers < WORKERS_PER_LANE {
            lane.workers += 1;
            self.workers.spawn(Arc::clone(self).work(event));
        }
        Ok(())
    }

    /// Accepts nothing more, and waits until everything that was accepted is carried out.
    pub(super) async fn finish(&self) {
        {
            // Under the lock: who was accepted has a worker already.
            let _open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            self.workers.close();
        }
        self.workers.wait().await;
    }

    /// Works until the event has no commands left.
    async fn work(self: Arc<Self>, event: EventId) {
        loop {
            // A batch is taken only when it can be booked at once: until then it grows.
            let Ok(_booking) = self.bookings.acquire().await else { return };
            let batch = self.next_batch(event);
            if batch.is_empty() {
                return;
            }
            self.carry_out(event, batch).await;
        }
    }

    /// The next commands of an event, in the order they came; none, and one worker less, if there are none. Commands
    /// that nobody waits for any more are dropped: nothing has been done for them yet.
    fn next_batch(&self, event: EventId) -> Vec<Box<dyn Ticket>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(lane) = open.get_mut(&event) else { return Vec::new() };
        let (mut batch, mut seats) = (Vec::new(), 0);
        while let Some(ticket) = lane.waiting.pop_front() {
            if ticket.is_abandoned() {
                continue;
            }
            seats += ticket.needs().seats.len();
            batch.push(ticket);
            if batch.len() == BATCH_COMMANDS || seats >= BATCH_SEATS {
                break;
            }
        }
        if batch.is_empty() {
            lane.workers -= 1;
            if lane.workers == 0 {
                open.remove(&event);
            }
        }
        batch
    }

    /// Books a group and answers every one of its commands.
    async fn carry_out(&self, event: EventId, mut tickets: Vec<Box<dyn Ticket>>) {
        let booked = match self.attempt(event, &mut tickets).await {
            Err(Failure::Permanent) if tickets.len() > 1 => return self.carry_out_singly(event, tickets).await,
            booked => booked,
        };
        let answer = match booked {
            Ok(Booked::NoSuchEvent) => Err(DeskError::NoSuchEvent),
            Ok(Booked::Unchanged) => Ok(()),
            Ok(Booked::Changed { revision, first_expiry_in }) => {
                if let Some(wait) = first_expiry_in {
                    self.alarm.bring_forward(wait);
                }
                self.dispatcher.announce(event, revision);
                Ok(())
            }
            Err(Failure::Transient) => Err(DeskError::Unavailable),
            Err(Failure::Permanent) => Err(DeskError::Internal),
        };
        answer_all(tickets, answer);
    }

    /// One of these commands sank the transaction: each gets one of its own, so that it sinks alone.
    async fn carry_out_singly(&self, event: EventId, tickets: Vec<Box<dyn Ticket>>) {
        for ticket in tickets {
            Box::pin(self.carry_out(event, vec![ticket])).await;
        }
    }

    /// Tries the transaction until it succeeds, cannot succeed, or has been tried enough.
    async fn attempt(&self, event: EventId, tickets: &mut Vec<Box<dyn Ticket>>) -> Result<Booked, Failure> {
        let started = Instant::now();
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        let mut attempt = 1;
        loop {
            let booking = AssertUnwindSafe(self.store.book(event, tickets.as_mut_slice())).catch_unwind();
            let error = match tokio::time::timeout(ATTEMPT_TIMEOUT, booking).await {
                Ok(Ok(Ok(booked))) => return Ok(booked),
                Ok(Ok(Err(error))) => error,
                Ok(Err(_panic)) => {
                    tracing::error!(event = event.0, "a booking panicked");
                    return Err(Failure::Permanent);
                }
                Err(_elapsed) => {
                    tracing::error!(event = event.0, "a booking got no answer from the database");
                    return Err(Failure::Transient);
                }
            };
            let commands = tickets.len();
            if !error.is_transient() {
                tracing::error!(event = event.0, commands, %error, "a booking failed");
                return Err(Failure::Permanent);
            }
            if attempt == ATTEMPTS || started.elapsed() > RETRY_FOR {
                tracing::warn!(event = event.0, commands, attempt, %error, "a booking was given up");
                return Err(Failure::Transient);
            }
            if matches!(error, StoreError::Unknown(_)) {
                let (again, unknown) = tickets.drain(..).partition(|ticket| ticket.is_repeatable());
                *tickets = again;
                answer_all(unknown, Err(DeskError::Unavailable));
                if tickets.is_empty() {
                    return Err(Failure::Transient);
                }
            }
            tracing::debug!(event = event.0, commands, attempt, %error, "a booking is tried again");
            tokio::time::sleep(backoff.next_wait()).await;
            attempt += 1;
        }
    }
}

fn answer_all(tickets: Vec<Box<dyn Ticket>>, answer: Result<(), DeskError>) {
    for ticket in tickets {
        ticket.answer(answer);
    }
}

/// Why a transaction did not come about.
#[derive(Clone, Copy)]
enum Failure {
    Transient,
    Permanent,
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lane({} waiting, {} workers)", self.waiting.len(), self.workers)
    }
}
