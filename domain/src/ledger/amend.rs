//! How an event itself changes on its ledger.

use super::{GrantTerms, Ledger, Terms};
use crate::event_details::EventDetails;
use crate::ids::Revision;

/// Terms that were those of the changes up to a revision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastTerms {
    /// The last revision that was decided by them.
    pub until: Revision,
    /// What they were.
    pub terms: GrantTerms,
}

impl Ledger {
    /// Everything about the event, for whoever needs it.
    pub fn details(&self) -> Option<&EventDetails> {
        self.details.as_ref()
    }

    /// The event is another from now on. Those whose needs were read by the terms as they were must
    /// have been decided.
    pub(crate) fn amend(&mut self, details: EventDetails, terms: Terms) {
        let before = self.terms.grants();
        if before != terms.grants() {
            self.closing.past_terms.push(PastTerms { until: self.revision, terms: before });
        }
        self.closing.details = Some(details.clone());
        self.details = Some(details);
        self.terms = terms;
    }
}
