//! Changing an event itself: its terms, and how far along it is.
//!
//! It is decided after all other commands of its batch: what those need was read by the terms as
//! they were. What has been granted stays as it was granted: holds keep their end, and whoever has
//! more seats than a new limit keeps them. But where an event is cancelled its holds are over at
//! once, whoever logs their ends.

use chrono::{DateTime, Utc};

use super::decide::{Command, Needs};
use crate::audit::{AuditAction, AuditEntry};
use crate::event::NewEventError;
use crate::event_details::EventChanges;
use crate::ids::ViewerId;
use crate::ledger::Ledger;
use crate::stage::{EventStage, EventStatus};

/// Changes an event, all that is said or nothing.
#[derive(Clone, Debug)]
pub struct UpdateEvent {
    /// Who does.
    pub by: ViewerId,
    /// What is to be different.
    pub changes: EventChanges,
}

/// Why an event was not changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UpdateEventRefusal {
    /// It would be out of bounds.
    #[error(transparent)]
    Invalid(NewEventError),
    /// What it is does not become what is asked for.
    #[error("an event that is {from} does not become {to}")]
    NoSuchStep {
        /// What it is.
        from: EventStatus,
        /// What is asked for.
        to: EventStage,
    },
    /// Its sales would be over at once.
    #[error("its sales have closed at {closed_at}; say another end for them as well")]
    SalesOver {
        /// What it is.
        from: EventStatus,
        /// When they close.
        closed_at: DateTime<Utc>,
    },
}

impl Command for UpdateEvent {
    /// What the event is after it.
    type Outcome = Result<EventStatus, UpdateEventRefusal>;

    fn needs(&self) -> Needs<'_> {
        Needs { event_details: true, ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        let (now, terms) = (ledger.now(), ledger.terms().clone());
        let details = ledger.details().expect("the command needs them").clone();
        let next = details.with(&self.changes);
        let next_terms = next.terms(&terms);
        let from = terms.status(now);
        if !details.stage.may_become(next.stage) {
            return Err(UpdateEventRefusal::NoSuchStep { from, to: next.stage });
        }
        next.check().map_err(UpdateEventRefusal::Invalid)?;
        let is_published = next.stage == EventStage::Published && details.stage != next.stage;
        if is_published && next_terms.status(now) == EventStatus::Closed {
            let closed_at = next_terms.sales_close_at;
            return Err(UpdateEventRefusal::SalesOver { from, closed_at });
        }
        let status = next_terms.status(now);
        if next != details {
            let entry = AuditEntry::new(&self.by, AuditAction::UpdateEvent);
            ledger.note(next.noted(&details, entry));
            ledger.amend(next, next_terms);
        }
        Ok(status)
    }
}
