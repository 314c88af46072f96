//! Lanes: for each event a bounded queue of commands; and the workers that book them in batches,
//! taking the events in turn.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::alarm::ExpiryAlarm;
use super::dispatcher::Dispatcher;
use super::{Audience, DeskError};
use crate::domain::EventId;
use crate::retry::Backoff;
use crate::store::booking::{Booked, Booker, Job};
use crate::store::{Store, StoreError};

/// Batches of one lane that may be under way: one that waits for its commit, and one that is
/// prepared meanwhile. The turn of the next comes when the one before it begins to commit. Then it
/// claims the event's row, and takes the commands once it has it: taken earlier they would be
/// fewer, above all where another server stands before it too.
const BATCHES_PER_LANE: usize = 2;

/// The most commands of one batch: past a few hundred the cost of a commit is spread thin enough.
const BATCH_COMMANDS: usize = 512;

/// A batch is full once it names this many seats, so that it stays within tens of milliseconds and
/// nobody behind it waits long.
const BATCH_SEATS: usize = 4096;

/// How often a transaction is tried before its commands are answered with an error.
const ATTEMPTS: u32 = 5;

/// The waits between attempts: about 10, 20, 40, 80 ms. Deadlocks and serialization failures pass
/// in less; a restarting database takes longer, and then the client may come back.
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// No new attempt starts after this time.
const RETRY_FOR: Duration = Duration::from_secs(6);

/// The longest one attempt may take. Over PostgreSQL's own limits for a booking connection: it ends
/// the wait for a server that does not answer at all.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long a worker waits for more before it gives its connection back: so that it is worth it at
/// some twenty bookings a second.
const LINGER: Duration = Duration::from_millis(50);

/// A command with whoever waits for it.
pub(super) trait Ticket: Job {
    /// Hands over the outcome, or says why there is none.
    fn answer(self: Box<Self>, booked: Result<(), DeskError>);
    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;
}

/// All lanes, and who works on them.
#[derive(Debug)]
pub(super) struct Lanes {
    store: Store,
    audience: Arc<dyn Audience>,
    dispatcher: Arc<Dispatcher>,
    alarm: Arc<ExpiryAlarm>,
    queue: Mutex<Queue>,
    /// Workers at most: as many as there are connections for bookings.
    most_workers: usize,
    workers: TaskTracker,
    runtime: Handle,
}

#[derive(Debug, Default)]
struct Queue {
    /// A lane for each event that has commands waiting or under way.
    lanes: HashMap<EventId, Lane>,
    /// The events whose turn may come, each once. Until it does, what waits in their lanes grows.
    ready: VecDeque<EventId>,
    /// How many workers there are.
    workers: usize,
    /// Those of them that wait for more. The last to begin waiting is called first, so that there
    /// are no more than it takes.
    waiting: Vec<oneshot::Sender<()>>,
}

/// One event's commands.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Box<dyn Ticket>>,
    /// Turns that have come and are not done with, and whether the batch of one of them is still
    /// being prepared.
    under_way: usize,
    is_preparing: bool,
    /// Whether it is in the queue.
    is_ready: bool,
}

impl Queue {
    /// Puts the event into the queue, if there is something to take and it is not there already;
    /// whether it did.
    fn make_ready(&mut self, event: EventId) -> bool {
        let Some(lane) = self.lanes.get_mut(&event) else { return false };
        let has_room = !lane.is_preparing && lane.under_way < BATCHES_PER_LANE;
        let becomes_ready = !lane.is_ready && has_room && !lane.waiting.is_empty();
        if becomes_ready {
            lane.is_ready = true;
            self.ready.push_back(event);
        }
        becomes_ready
    }

    /// The event whose turn it is, and whether another of its batches is still under way.
    fn next_turn(&mut self) -> Option<(EventId, bool)> {
        while let Some(event) = self.ready.pop_front() {
            if let Some(lane) = self.lanes.get_mut(&event) {
                lane.is_ready = false;
                lane.is_preparing = true;
                lane.under_way += 1;
                return Some((event, lane.under_way > 1));
            }
        }
        None
    }

    /// A batch of the event's commands, in the order they came. Those that nobody waits for any
    /// more are dropped: nothing has been done for them yet.
    fn take_batch(&mut self, event: EventId) -> Vec<Box<dyn Ticket>> {
        let (mut batch, mut seats) = (Vec::new(), 0);
        let Some(lane) = self.lanes.get_mut(&event) else { return batch };
        while batch.len() < BATCH_COMMANDS
            && seats < BATCH_SEATS
            && let Some(ticket) = lane.waiting.pop_front()
        {
            if !ticket.is_abandoned() {
                seats += ticket.needs().seats.len();
                batch.push(ticket);
            }
        }
        batch
    }

    fn close_if_done(&mut self, event: EventId) {
        if self.lanes.get(&event).is_some_and(|lane| lane.under_way == 0 && lane.waiting.is_empty())
        {
            self.lanes.remove(&event);
        }
    }
}

/// An event's turn: a batch of its commands is or will be taken. When this is dropped, the batch is
/// done with.
struct Turn {
    lanes: Arc<Lanes>,
    event: EventId,
    is_preparing: bool,
}

impl Turn {
    /// The batch is prepared, and only its commit is waited for: the next may be taken.
    fn pass_on(&mut self) {
        if std::mem::take(&mut self.is_preparing) {
            let mut queue = self.lanes.queue();
            if let Some(lane) = queue.lanes.get_mut(&self.event) {
                lane.is_preparing = false;
            }
            if queue.make_ready(self.event) {
                self.lanes.call_worker(&mut queue);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.lanes.queue();
        if let Some(lane) = queue.lanes.get_mut(&self.event) {
            lane.under_way -= 1;
            lane.is_preparing &= !self.is_preparing;
        }
        // Whoever has carried it out looks for more.
        queue.make_ready(self.event);
        queue.close_if_done(self.event);
    }
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
    pub(super) fn new(
        store: Store,
        bookings: usize,
        audience: Arc<dyn Audience>,
        dispatcher: Arc<Dispatcher>,
        alarm: Arc<ExpiryAlarm>,
        runtime: Handle,
    ) -> Self {
        Self {
            store,
            audience,
            dispatcher,
            alarm,
            queue: Mutex::default(),
            most_workers: bookings.max(1),
            workers: TaskTracker::new(),
            runtime,
        }
    }

    /// Puts a command into its event's lane, which holds at most `capacity`.
    pub(super) fn accept(
        self: &Arc<Self>,
        event: EventId,
        ticket: Box<dyn Ticket>,
        capacity: usize,
    ) -> Result<(), NotAccepted> {
        let mut queue = self.queue();
        if self.workers.is_closed() {
            return Err(NotAccepted::Closed);
        }
        let lane = queue.lanes.entry(event).or_default();
        if lane.waiting.len() >= capacity {
            return Err(NotAccepted::Full);
        }
        lane.waiting.push_back(ticket);
        if queue.make_ready(event) {
            self.call_worker(&mut queue);
        }
        Ok(())
    }

    /// Accepts nothing more, and waits until everything that was accepted is carried out.
    pub(super) async fn finish(&self) {
        {
            // Under the lock: who was accepted has a worker already.
            let _queue = self.queue();
            self.workers.close();
        }
        self.workers.wait().await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has somebody come for an event that has become ready. If all are at work, whoever is done
    /// first will.
    fn call_worker(self: &Arc<Self>, queue: &mut Queue) {
        while let Some(waiting) = queue.waiting.pop() {
            if waiting.send(()).is_ok() {
                return;
            }
        }
        if queue.workers < self.most_workers {
            queue.workers += 1;
            self.workers.spawn_on(Arc::clone(self).work(), &self.runtime);
        }
    }

    /// Works until there has been nothing to do for a while.
    async fn work(self: Arc<Self>) {
        let mut booker = self.store.booker();
        while let Some((mut turn, is_behind)) = self.next_turn().await {
            if is_behind {
                // Whatever keeps it from claiming keeps it from booking as well, which answers for
                // it.
                let _ = tokio::time::timeout(ATTEMPT_TIMEOUT, booker.claim(turn.event)).await;
            }
            let batch = self.queue().take_batch(turn.event);
            if batch.is_empty() {
                booker.rest().await;
            } else {
                self.carry_out(&mut booker, &mut turn, batch).await;
            }
        }
        booker.rest().await;
    }

    /// The next turn, and whether another batch stands before it; waits for one if need be. `None`,
    /// and one worker less, if none came for [`LINGER`].
    async fn next_turn(self: &Arc<Self>) -> Option<(Turn, bool)> {
        loop {
            let mut called = {
                let mut queue = self.queue();
                if let Some((event, is_behind)) = queue.next_turn() {
                    return Some((
                        Turn { lanes: Arc::clone(self), event, is_preparing: true },
                        is_behind,
                    ));
                }
                let (call, called) = oneshot::channel();
                queue.waiting.push(call);
                called
            };
            if tokio::time::timeout(LINGER, &mut called).await.is_err() {
                let mut queue = self.queue();
                called.close();
                if called.try_recv().is_err() {
                    queue.waiting.retain(|call| !call.is_closed());
                    queue.workers -= 1;
                    return None;
                }
            }
        }
    }

    /// Books a group and answers every one of its commands.
    async fn carry_out(
        &self,
        booker: &mut Booker,
        turn: &mut Turn,
        mut tickets: Vec<Box<dyn Ticket>>,
    ) {
        let booked = match self.attempt(booker, turn, &mut tickets).await {
            Err(Failure::Permanent) if tickets.len() > 1 => {
                return self.carry_out_singly(booker, turn, tickets).await;
            }
            booked => booked,
        };
        let answer = match booked {
            Ok(Booked::NoSuchEvent) => Err(DeskError::NoSuchEvent),
            Ok(Booked::Unchanged) => Ok(()),
            Ok(Booked::Changed { changes, first_expiry_in }) => {
                if let Some(wait) = first_expiry_in {
                    self.alarm.bring_forward(wait);
                }
                let revision = changes.last().map(|change| change.revision).unwrap_or_default();
                self.audience.committed(turn.event, changes);
                self.dispatcher.announce(turn.event, revision);
                Ok(())
            }
            Err(Failure::Transient) => Err(DeskError::Unavailable),
            Err(Failure::Permanent) => Err(DeskError::Internal),
        };
        answer_all(tickets, answer);
    }

    /// One of these commands sank the transaction: each gets one of its own, so that it sinks
    /// alone.
    async fn carry_out_singly(
        &self,
        booker: &mut Booker,
        turn: &mut Turn,
        tickets: Vec<Box<dyn Ticket>>,
    ) {
        for ticket in tickets {
            Box::pin(self.carry_out(booker, turn, vec![ticket])).await;
        }
    }

    /// Tries the transaction until it succeeds, cannot succeed, or has been tried enough.
    async fn attempt(
        &self,
        booker: &mut Booker,
        turn: &mut Turn,
        tickets: &mut Vec<Box<dyn Ticket>>,
    ) -> Result<Booked, Failure> {
        let (event, started) = (turn.event, Instant::now());
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        let mut attempt = 1;
        loop {
            let booking =
                AssertUnwindSafe(booker.book(event, tickets.as_mut_slice(), || turn.pass_on()))
                    .catch_unwind();
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
                tracing::warn!(event = event.0, commands, attempt, %error, "a booking was given \
                    up");
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
        write!(f, "Lane({} waiting, {} batches under way)", self.waiting.len(), self.under_way)
    }
}
