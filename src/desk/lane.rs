//! A lane: a bounded queue of commands, and workers that book them in batches.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::DeskError;
use super::alarm::ExpiryAlarm;
use super::dispatcher::Dispatcher;
use crate::domain::EventId;
use crate::retry::Backoff;
use crate::store::booking::{Booked, Job};
use crate::store::{Store, StoreError};

/// The most commands of one batch: past a few hundred the cost of a commit is spread thin enough.
const BATCH_COMMANDS: usize = 512;

/// The most seats named in one transaction (a single command may name up to 1,000), so that it stays within tens of
/// milliseconds and nobody behind it waits long.
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

/// A command in the queue.
pub(super) struct Waiting {
    pub(super) event: EventId,
    pub(super) ticket: Box<dyn Ticket>,
}

pub(super) struct Lane {
    store: Store,
    queue: Mutex<mpsc::Receiver<Waiting>>,
    /// Rings when nothing more is to be accepted.
    closing: CancellationToken,
    dispatcher: Arc<Dispatcher>,
    alarm: Arc<ExpiryAlarm>,
}

impl Lane {
    pub(super) fn new(
        store: Store,
        queue: mpsc::Receiver<Waiting>,
        closing: CancellationToken,
        dispatcher: Arc<Dispatcher>,
        alarm: Arc<ExpiryAlarm>,
    ) -> Self {
        Self { store, queue: Mutex::new(queue), closing, dispatcher, alarm }
    }

    /// Works until the desk is closed and the queue is empty.
    pub(super) async fn work(self: Arc<Self>) {
        loop {
            let batch = self.next_batch().await;
            if batch.is_empty() {
                return;
            }
            for (event, tickets) in group(batch) {
                self.carry_out(event, tickets).await;
            }
        }
    }

    /// What waits, once something does; nothing, once the desk is closed and the queue is empty.
    async fn next_batch(&self) -> Vec<Waiting> {
        let mut batch = Vec::new();
        // The lock is held while waiting for work: the other worker either works or waits behind us.
        let mut queue = self.queue.lock().await;
        tokio::select! {
            biased;
            _ = queue.recv_many(&mut batch, BATCH_COMMANDS) => return batch,
            () = self.closing.cancelled() => queue.close(),
        }
        queue.recv_many(&mut batch, BATCH_COMMANDS).await;
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

/// Puts each event's commands together, in the order they came, and parts groups that name too many seats.
/// Commands nobody waits for any more are dropped: nothing has been done for them yet.
fn group(batch: Vec<Waiting>) -> Vec<(EventId, Vec<Box<dyn Ticket>>)> {
    let mut groups: Vec<(EventId, Vec<Box<dyn Ticket>>)> = Vec::new();
    let mut open: HashMap<EventId, (usize, usize)> = HashMap::new();
    for Waiting { event, ticket } in batch {
        if ticket.is_abandoned() {
            continue;
        }
        let seats = ticket.needs().seats.len();
        match open.get_mut(&event) {
            Some((group, named)) if *named + seats <= BATCH_SEATS => {
                *named += seats;
                groups[*group].1.push(ticket);
            }
            _ => {
                open.insert(event, (groups.len(), seats));
                groups.push((event, vec![ticket]));
            }
        }
    }
    groups
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting({:?})", self.event)
    }
}
