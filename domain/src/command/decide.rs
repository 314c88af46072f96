//! What every command has in common.

use crate::best::BestRequest;
use crate::ids::{SeatId, ViewerId};
use crate::ledger::Ledger;
use crate::order::IdempotencyKey;
use crate::plan::PlanPart;

/// Something to be decided on an event's ledger.
pub trait Command: Send + Sync + 'static {
    /// The answer, refusals included.
    type Outcome: Send + Sync + 'static;

    /// Whether carrying it out once more, after it was carried out, gives the same outcome. Where
    /// it does not, and it is unknown whether it was, nobody can say what became of it.
    const REPEATABLE: bool = true;

    /// Decides on the ledger as the commands before left it. Deciding again on the same ledger is
    /// harmless.
    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome;

    /// The outcome of a command that was decided in two attempts, where it is unknown whether the
    /// first was written.
    fn decided_again(first: Self::Outcome, again: Self::Outcome) -> Self::Outcome {
        drop(first);
        again
    }

    /// What has to be on the ledger for that.
    fn needs(&self) -> Needs<'_>;
}

/// What a command needs to find on the ledger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs<'a> {
    /// The seats to lock.
    pub seats: &'a [SeatId],
    /// Whose holdings count against the event's limit.
    pub holdings_of: Option<&'a ViewerId>,
    /// The purchase: whose key stands for which order, what seats cost, and the orders of seats
    /// that are sold.
    pub purchase: Option<(&'a ViewerId, &'a IdempotencyKey)>,
    /// Whether to know everything about the event, to change it: such a command is decided after
    /// all others of its batch.
    pub event_details: bool,
    /// Whose the orders of these seats that are sold shall be.
    pub hand_over: Option<HandOver<'a>>,
    /// Whether to know what seats cost, although nothing is bought.
    pub prices: bool,
    /// Seats to look for in the plan, by their names; those that are there are locked.
    pub part: Option<&'a PlanPart>,
    /// What is to be chosen when its turn comes; those seats are locked by then.
    pub best: Option<&'a BestRequest>,
    /// Whether to look up anew when the event's next hold runs out.
    pub reschedules_expiry: bool,
}

/// To whom orders go.
#[derive(Clone, Copy, Debug)]
pub struct HandOver<'a> {
    /// Whose keys for these orders shall stand for them as the new owner's too; `None`: nobody's.
    pub keys_of: Option<&'a ViewerId>,
    /// The new owner.
    pub to: &'a ViewerId,
}

impl Needs<'_> {
    /// How many seats it is about.
    pub fn size(&self) -> usize {
        let part = self.part.map_or(0, |part| part.seats().len());
        self.seats.len() + part + self.best.map_or(0, |request| request.quantity)
    }
}
