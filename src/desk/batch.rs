//! Carrying out a batch: one transaction for all of its commands, tried again where that may help.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::alarm::ExpiryAlarm;
use super::commit_listener::CommitListener;
use super::counts::DeskCounts;
use super::dispatcher::Dispatcher;
use super::error::DeskError;
use super::pending_command::PendingCommand;
use crate::backoff::waits;
use crate::domain::EventId;
use crate::store::booking::{Booked, BookingSession};
use crate::store::wake_ups::Reached;
use crate::store::{Store, StoreError};
use crate::trace::{Current, within};

/// How often a transaction is tried before its commands are answered with an error.
const ATTEMPTS: u32 = 5;

/// The waits between attempts: about 10, 20, 40, 80 ms, and up to as much again. Deadlocks and
/// serialization failures pass in less; a restarting database takes longer, and then the client may
/// come back.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// No new attempt starts after this time.
const RETRY_FOR: Duration = Duration::from_secs(6);

/// The longest one attempt may take, in case the database does not answer at all. Longer than its
/// own limit for a lock (3 s), which names what failed; below its limit for a statement (30 s),
/// which no booking comes near.
pub(super) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// The commands of one batch.
type Batch = Vec<Box<dyn PendingCommand>>;

/// Carries out batches, and tells of what they changed.
#[derive(Debug)]
pub(super) struct BatchRunner {
    store: Store,
    listener: Arc<dyn CommitListener>,
    dispatcher: Arc<Dispatcher>,
    alarm: Arc<ExpiryAlarm>,
    counts: DeskCounts,
}

/// Why a transaction did not come about.
#[derive(Clone, Copy)]
enum AttemptError {
    /// It might have at another time.
    Transient,
    /// It would fail again.
    Permanent,
}

impl BatchRunner {
    pub(super) fn new(
        store: Store,
        listener: Arc<dyn CommitListener>,
        dispatcher: Arc<Dispatcher>,
        alarm: Arc<ExpiryAlarm>,
    ) -> Self {
        let counts = DeskCounts::default();
        Self { store, listener, dispatcher, alarm, counts }
    }

    /// What is counted of what it does.
    pub(super) fn counts(&self) -> &DeskCounts {
        &self.counts
    }

    /// What a worker books with.
    pub(super) fn session(&self) -> BookingSession {
        self.store.booking_session()
    }

    /// Books a batch and answers every one of its commands. `before_commit` is called each time
    /// that only the commit is left.
    pub(super) async fn carry_out(
        &self,
        session: &mut BookingSession,
        event: EventId,
        mut batch: Batch,
        before_commit: &mut (dyn FnMut() + Send),
    ) {
        self.counts.batches.observe_number(batch.len());
        let booked = match self.book(session, event, &mut batch, before_commit).await {
            Err(AttemptError::Permanent) if batch.len() > 1 => {
                return self.carry_out_singly(session, event, batch, before_commit).await;
            }
            booked => booked,
        };
        let answer = match booked {
            Ok(Booked::NoSuchEvent) => Err(DeskError::NoSuchEvent),
            Ok(Booked::Unchanged) => Ok(()),
            Ok(Booked::Changed { logged, version, first_expiry_in }) => {
                if let Some(wait) = first_expiry_in {
                    self.alarm.bring_forward(wait);
                }
                let version = version.unwrap_or_default();
                let reached = Reached { revision: logged.revision(), version };
                self.listener.committed(event, logged, version);
                self.dispatcher.announce(event, reached);
                Ok(())
            }
            Err(AttemptError::Transient) => Err(DeskError::Unavailable),
            Err(AttemptError::Permanent) => Err(DeskError::Internal),
        };
        if let Err(DeskError::Unavailable | DeskError::Internal) = answer {
            self.counts.failures.inc();
        }
        answer_all(batch, answer);
    }

    /// One of these commands sank the transaction: each gets one of its own, so that it sinks
    /// alone.
    async fn carry_out_singly(
        &self,
        session: &mut BookingSession,
        event: EventId,
        batch: Batch,
        before_commit: &mut (dyn FnMut() + Send),
    ) {
        for command in batch {
            Box::pin(self.carry_out(session, event, vec![command], before_commit)).await;
        }
    }

    /// Tries the transaction until it succeeds, cannot succeed, or has been tried enough. Commands
    /// of which nobody can say what became of them are answered and taken out of the batch.
    async fn book(
        &self,
        session: &mut BookingSession,
        event: EventId,
        batch: &mut Batch,
        before_commit: &mut (dyn FnMut() + Send),
    ) -> Result<Booked, AttemptError> {
        let started = Instant::now();
        let mut waits = waits(FIRST_WAIT, LONGEST_WAIT);
        let mut is_in_doubt = false;
        for attempt in 1.. {
            let began = Instant::now();
            let error = match attempt_once(session, event, batch, before_commit).await {
                Ok(booked) => {
                    self.note_booked(event, batch.len(), began.elapsed());
                    if is_in_doubt {
                        self.listener.committed_unseen();
                    }
                    return Ok(booked);
                }
                Err(Ok(error)) => error,
                Err(Err(given_up)) => return Err(given_up),
            };
            let commands = batch.len();
            if !error.is_transient() {
                tracing::error!(
                    event = event.0,
                    commands,
                    error = as_dyn(&error),
                    "a booking failed"
                );
                return Err(AttemptError::Permanent);
            }
            if matches!(error, StoreError::Unreachable(_)) {
                // For each batch the same, and said already.
                tracing::debug!(event = event.0, commands, error = as_dyn(&error), "not booked");
                break;
            }
            if attempt == ATTEMPTS || started.elapsed() > RETRY_FOR {
                let event = event.0;
                tracing::warn!(
                    event,
                    commands,
                    attempt,
                    error = as_dyn(&error),
                    "a booking was given up"
                );
                break;
            }
            if matches!(error, StoreError::Unknown(_)) {
                is_in_doubt = true;
                let (again, unknown) = batch.drain(..).partition(|command| command.is_repeatable());
                *batch = again;
                answer_all(unknown, Err(DeskError::Unavailable));
                if batch.is_empty() {
                    break;
                }
            }
            self.counts.retries.inc();
            tracing::debug!(
                event = event.0,
                commands,
                attempt,
                error = as_dyn(&error),
                "trying again"
            );
            tokio::time::sleep(waits.next().unwrap_or(LONGEST_WAIT)).await;
        }
        Err(AttemptError::Transient)
    }
}

impl BatchRunner {
    /// A transaction has come to its end.
    fn note_booked(&self, event: EventId, commands: usize, took: Duration) {
        self.counts.transactions.observe(took);
        tracing::trace!(event = event.0, commands, ?took, "booked");
    }
}

/// One attempt: what was booked; or the store's error; or that no other attempt is worth it.
async fn attempt_once(
    session: &mut BookingSession,
    event: EventId,
    batch: &mut Batch,
    before_commit: &mut (dyn FnMut() + Send),
) -> Result<Booked, Result<StoreError, AttemptError>> {
    // Its statements are told under the first command that is traced; others have links.
    let mut traced = batch.iter().filter_map(|command| command.traced());
    let span = traced.next().and_then(|first| first.begin_shared("transaction", traced));
    let booking = session.book(event, batch.as_mut_slice(), before_commit);
    let booking = AssertUnwindSafe(booking).catch_unwind();
    let booking = tokio::time::timeout(ATTEMPT_TIMEOUT, booking);
    let booked = match &span {
        Some(span) => {
            let traced = Some(span.traced().clone());
            Box::pin(within(Current { id: None, traced }, booking)).await
        }
        None => booking.await,
    };
    match booked {
        Ok(Ok(Ok(booked))) => Ok(booked),
        Ok(Ok(Err(error))) => Err(Ok(error)),
        Ok(Err(_panic)) => {
            tracing::error!(event = event.0, "a booking panicked");
            Err(Err(AttemptError::Permanent))
        }
        Err(_elapsed) => {
            tracing::error!(event = event.0, "a booking got no answer from the database");
            Err(Err(AttemptError::Transient))
        }
    }
}

/// For the log, which writes the sources of an error with it.
fn as_dyn(error: &StoreError) -> &(dyn std::error::Error + 'static) {
    error
}

fn answer_all(batch: Batch, answer: Result<(), DeskError>) {
    for command in batch {
        command.answer(answer);
    }
}
