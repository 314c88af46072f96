//! A command that waits to be booked, with whoever waits for its answer.

use tokio::sync::oneshot;

use super::error::DeskError;
use crate::account::Permit;
use crate::domain::command::{Command, Needs};
use crate::domain::ledger::Ledger;
use crate::store::booking::BatchedCommand;
use crate::trace::Traced;

/// A command in an event queue or a batch, of whatever kind.
pub(super) trait PendingCommand: BatchedCommand {
    /// Hands over the outcome, or says why there is none.
    fn answer(self: Box<Self>, booked: Result<(), DeskError>);
    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;
    /// The span that it is booked under, if it is traced.
    fn traced(&self) -> Option<&Traced>;
}

/// A command as it was submitted: with its outcome, once there is one, and the way back.
pub(super) struct Submission<C: Command> {
    command: C,
    outcome: Option<C::Outcome>,
    reply: oneshot::Sender<Result<C::Outcome, DeskError>>,
    /// What of its account's share it takes until it has its answer, or is dropped.
    permit: Permit,
    traced: Option<Traced>,
}

impl<C: Command> Submission<C> {
    pub(super) fn new(
        command: C,
        permit: Permit,
        reply: oneshot::Sender<Result<C::Outcome, DeskError>>,
        traced: Option<Traced>,
    ) -> Self {
        Self { command, outcome: None, reply, permit, traced }
    }
}

impl<C: Command> BatchedCommand for Submission<C> {
    fn needs(&self) -> Needs<'_> {
        self.command.needs()
    }

    fn is_repeatable(&self) -> bool {
        C::REPEATABLE
    }

    fn decide(&mut self, ledger: &mut Ledger) {
        let outcome = self.command.decide(ledger);
        self.outcome = Some(match self.outcome.take() {
            Some(first) => C::decided_again(first, outcome),
            None => outcome,
        });
    }
}

impl<C: Command> PendingCommand for Submission<C> {
    fn answer(self: Box<Self>, booked: Result<(), DeskError>) {
        let Self { outcome, reply, permit, .. } = *self;
        let answer = booked.and_then(|()| outcome.ok_or(DeskError::Internal));
        // Before, so that whoever has the answer may ask the next.
        drop(permit);
        // Who asked may have left; what was decided stands all the same.
        let _ = reply.send(answer);
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn traced(&self) -> Option<&Traced> {
        self.traced.as_ref()
    }
}
