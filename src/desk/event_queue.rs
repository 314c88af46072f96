//! One event's queue: the commands that wait, and how many of its batches are under way.
//!
//! ```text
//!   the first        a worker takes             only the commit
//!   command          the event on               is left                      the commit is done
//!   ──────────▶ READY ───────────▶ PREPARING ───────────────▶ COMMITTING ──────────────────────▶ ·
//!                 ▲                    │ it failed                 │                             │
//!                 └────────────────────┴───────────────────────────┴── commands wait ◀───────────┘
//!
//!   a queue with nothing waiting and nothing under way is gone
//! ```
//!
//! The queue is READY while it is in the schedule's list. What comes meanwhile waits for the batch.
//! What waits does so in lanes, one for each account and one for the server itself: a batch takes
//! of each in turn, and of each in the order it came.
//!
//! Up to [`MAX_BATCHES`] batches are under way, of which at most one is being prepared. While one
//! commits the next may be prepared: it locks the event's row, which it gets when the commit is
//! done, and takes its commands then. Taken earlier they would be fewer, above all where another
//! server stands before it too.

use super::pending_command::PendingCommand;
use crate::account::Account;
use crate::turns::Lanes;

/// Batches of one event that may be under way: one that waits for its commit, and one that is
/// prepared meanwhile.
const MAX_BATCHES: usize = 2;

/// The most commands of one batch: past a few hundred the cost of a commit is spread thin enough.
const MAX_BATCH_COMMANDS: usize = 512;

/// A batch is full once it names this many seats, so that it stays within tens of milliseconds and
/// nobody behind it waits long.
const FULL_BATCH_SEATS: usize = 4096;

/// Seats that one turn is worth. As many as most events let one viewer have, so that whoever buys
/// for a family is served like everybody; a command of 100 seats is worth 13 turns.
const TURN_SEATS: usize = 8;

/// Whose commands wait in a lane: an account's, or the server's own.
pub(super) type LaneOwner = Option<Account>;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    waiting: Lanes<LaneOwner, Box<dyn PendingCommand>>,
    /// Batches that have begun and are not done with.
    under_way: usize,
    /// Whether one of them is still being prepared.
    is_preparing: bool,
    /// Whether the event is in the schedule's list of events to be served.
    is_ready: bool,
}

impl EventQueue {
    /// Puts a command at the end of a lane, if there is room for it where `capacity` commands may
    /// wait in all lanes; gives it back if not.
    pub(super) fn push(
        &mut self,
        lane: LaneOwner,
        command: Box<dyn PendingCommand>,
        capacity: usize,
    ) -> Result<(), Box<dyn PendingCommand>> {
        self.waiting.push(lane, command, capacity)
    }

    /// To READY, if commands wait and another batch may begin; whether it was.
    pub(super) fn make_ready(&mut self) -> bool {
        let has_room = !self.is_preparing && self.under_way < MAX_BATCHES;
        let becomes_ready = !self.is_ready && has_room && !self.waiting.is_empty();
        self.is_ready |= becomes_ready;
        becomes_ready
    }

    /// READY → PREPARING; whether another batch is under way before this one.
    pub(super) fn begin_batch(&mut self) -> bool {
        self.is_ready = false;
        self.is_preparing = true;
        self.under_way += 1;
        self.under_way > 1
    }

    /// The commands of the batch that is being prepared, in turn. Those that nobody waits for any
    /// more are dropped: nothing has been done for them yet.
    pub(super) fn take_batch(&mut self) -> Vec<Box<dyn PendingCommand>> {
        let (mut batch, mut seats) = (Vec::new(), 0);
        while batch.len() < MAX_BATCH_COMMANDS
            && seats < FULL_BATCH_SEATS
            && let Some(command) = self.waiting.next(|_| true, turns)
        {
            seats += command.needs().size();
            batch.push(command);
        }
        batch
    }

    /// PREPARING → COMMITTING.
    pub(super) fn begin_commit(&mut self) {
        self.is_preparing = false;
    }

    /// A batch is done with. `was_preparing`: it never came to its commit.
    pub(super) fn end_batch(&mut self, was_preparing: bool) {
        self.under_way -= 1;
        self.is_preparing &= !was_preparing;
    }

    /// How many commands wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_done(&self) -> bool {
        self.under_way == 0 && self.waiting.is_empty()
    }
}

/// How many turns a command is worth; `None` if nobody waits for it any more.
#[expect(clippy::borrowed_box, reason = "what waits in the lanes is a box")]
fn turns(command: &Box<dyn PendingCommand>) -> Option<usize> {
    (!command.is_abandoned()).then(|| command.needs().size().div_ceil(TURN_SEATS))
}
