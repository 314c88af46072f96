//! What the check finds on its way, and what that adds up to.

use super::violation::Violation;

/// What is found on the way.
#[derive(Clone, Debug)]
pub enum Finding {
    /// Something that must not be.
    Violation(Violation),
    /// So much is done.
    Progress(Summary),
}

/// What was verified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Events that there were at the beginning; those created since are verified as well.
    pub events: u64,
    /// Events that were verified.
    pub verified: u64,
    /// Their seats whose rows could be read.
    pub seats: u64,
    /// Rows of their change logs.
    pub changes: u64,
    /// Their orders.
    pub orders: u64,
    /// What was found to be wrong.
    pub violations: u64,
}

/// Where findings go, and what they add up to.
pub(super) struct Findings<'a> {
    pub(super) summary: Summary,
    tell: &'a mut (dyn FnMut(Finding) + Send),
}

impl<'a> Findings<'a> {
    pub(super) fn new(tell: &'a mut (dyn FnMut(Finding) + Send)) -> Self {
        Self { summary: Summary::default(), tell }
    }
}

impl Findings<'_> {
    pub(super) fn violation(&mut self, violation: Violation) {
        self.summary.violations += 1;
        (self.tell)(Finding::Violation(violation));
    }

    pub(super) fn progress(&mut self) {
        (self.tell)(Finding::Progress(self.summary));
    }
}
