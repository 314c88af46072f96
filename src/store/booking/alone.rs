//! A booking of one command, without a desk: for the shell, beside running servers.

use super::batched_command::BatchedCommand;
use super::session::Booked;
use crate::domain::EventId;
use crate::domain::command::{Command, Needs};
use crate::domain::ledger::Ledger;
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::wake_ups::Reached;

/// A command, and its outcome once it is decided.
struct Alone<C: Command> {
    command: C,
    outcome: Option<C::Outcome>,
}

impl<C: Command> BatchedCommand for Alone<C> {
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

impl Store {
    /// Has a command decided in a transaction of its own, in turn with what others book, and wakes
    /// the servers. `None` if there is no such event.
    ///
    /// # Errors
    ///
    /// As [`BookingSession::book`](super::BookingSession::book). Nothing is tried again.
    pub async fn book_alone<C: Command>(
        &self,
        event: EventId,
        command: C,
    ) -> Result<Option<C::Outcome>, StoreError> {
        let mut session = self.booking_session();
        let mut batch = [Box::new(Alone { command, outcome: None })];
        let booked = session.book(event, &mut batch, || ()).await;
        session.release_connection().await;
        if let Booked::Changed { logged, version, .. } = booked? {
            let revision = logged.revision();
            let reached = Reached { revision, version: version.unwrap_or_default() };
            if let Err(error) = self.notify(&[(event, reached)].into()).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "servers will hear of it a second late");
            }
        }
        let [alone] = batch;
        Ok(alone.outcome)
    }
}
