//! What a booking carries out.

use crate::domain::command::Needs;
use crate::domain::ledger::Ledger;

/// A command of a batch, waiting for its decision.
pub trait BatchedCommand: Send + Sync {
    /// What has to be on the ledger.
    fn needs(&self) -> Needs<'_>;
    /// Whether it may be decided again although it is unknown whether it was written.
    fn is_repeatable(&self) -> bool;
    /// Decides, and keeps the outcome until the transaction is committed. Called once for each
    /// attempt at the transaction.
    fn decide(&mut self, ledger: &mut Ledger);
}
