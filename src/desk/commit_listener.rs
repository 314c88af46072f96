//! Who hears of commits without asking the database.

use crate::domain::EventId;
use crate::store::booking::Logged;

/// Told at once of what was committed here, before anybody is answered. Everybody else, other
/// servers included, is woken by NOTIFY.
pub trait CommitListener: std::fmt::Debug + Send + Sync {
    /// These changes are in the event's change log. What is committed in
    /// a row may be told in another order. There may be none; a version above zero is what the
    /// event itself has come to.
    fn committed(&self, event: EventId, logged: Logged, version: i64);

    /// Something was committed, and nobody knows what: the database did not say what became of a
    /// transaction, and the next one found it done.
    fn committed_unseen(&self);
}

/// Nobody.
impl CommitListener for () {
    fn committed(&self, _: EventId, _: Logged, _: i64) {}

    fn committed_unseen(&self) {}
}
