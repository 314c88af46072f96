//! What the check finds on its way, and what that adds up to.

use std::ops::ControlFlow;

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

/// Who is told of findings; a `Break` ends the check.
pub type Tell<'a> = &'a mut (dyn FnMut(Finding) -> ControlFlow<()> + Send);

/// Where findings go, and what they add up to.
pub(super) struct Findings<'a> {
    pub(super) summary: Summary,
    /// Not yet told: whoever is told may take their time, and a snapshot has none.
    found: Vec<Violation>,
    tell: Tell<'a>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(tell: Tell<'a>) -> Self {
        Self { summary: Summary::default(), found: Vec::new(), tell }
    }
}

impl Findings<'_> {
    pub(super) fn violation(&mut self, violation: Violation) {
        self.summary.violations += 1;
        self.found.push(violation);
    }

    /// Tells how far it has come. For this nobody may wait.
    pub(super) fn progress(&mut self) {
        // Whoever wants no more says so when the next violation or event is told.
        let _ = (self.tell)(Finding::Progress(self.summary));
    }

    /// Tells what was found since the last time.
    pub(super) fn tell(&mut self) -> ControlFlow<()> {
        self.found.drain(..).try_for_each(|violation| (self.tell)(Finding::Violation(violation)))
    }
}
