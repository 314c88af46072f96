//! Calls in the order of time: how far the log was by then.

use std::collections::HashMap;

use crate::checker::knowledge::Knowledge;
use crate::history::{Answer, Call, Command, Outcome, Revision, RunMicros};

/// How long a whole map may be kept for others who ask for it, in microseconds: 250 ms by the API.
const MAPS_KEPT: i64 = 250_000;

/// A call begins, or ends, by its index.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Start(usize),
    End(usize),
}

/// How far the log was for sure, by what has ended.
#[derive(Debug)]
pub(super) struct Progress {
    first: Revision,
    highest: Revision,
    by_server: HashMap<u32, Revision>,
    /// Ends, each with the highest position so far.
    ends: Vec<(RunMicros, Revision)>,
}

/// All beginnings and ends. What ends at the very instant at which another begins is not before it.
pub(super) fn steps(calls: &[&Call]) -> Vec<Step> {
    let mut steps: Vec<(RunMicros, bool, usize)> = Vec::with_capacity(calls.len() * 2);
    for (index, call) in calls.iter().enumerate() {
        steps.push((call.start, false, index));
        steps.push((call.end.max(call.start), true, index));
    }
    steps.sort_unstable();
    let step = |(_, is_end, index)| if is_end { Step::End(index) } else { Step::Start(index) };
    steps.into_iter().map(step).collect()
}

impl Progress {
    pub(super) fn new(first: Revision) -> Self {
        Self { first, highest: first, by_server: HashMap::new(), ends: Vec::new() }
    }

    /// How far the log was when a call began. A map may be one that was kept, but never older than
    /// what the server that answers has committed.
    pub(super) fn before(&self, call: &Call, knowledge: &Knowledge) -> Revision {
        if !matches!(call.command, Command::ReadMap | Command::ReadStatuses) {
            return self.highest.max(knowledge.before(call.start));
        }
        let kept_since = call.start - MAPS_KEPT;
        let ended = self.ends.partition_point(|&(end, _)| end < kept_since);
        let ended = ended.checked_sub(1).map_or(self.first, |index| self.ends[index].1);
        let own = call.server.and_then(|server| self.by_server.get(&server)).copied();
        ended.max(knowledge.before(kept_since)).max(own.unwrap_or(self.first))
    }

    /// A call has ended that was decided at this position.
    pub(super) fn end(&mut self, call: &Call, position: Revision) {
        self.highest = self.highest.max(position);
        self.ends.push((call.end, self.highest));
        if let Some(server) = call.server.filter(|_| has_committed(call)) {
            let of_server = self.by_server.entry(server).or_insert(position);
            *of_server = position.max(*of_server);
        }
    }
}

/// Whether the server that answered has committed something for this very call.
fn has_committed(call: &Call) -> bool {
    let Outcome::Answered(answer) = &call.outcome else { return false };
    match (&call.command, answer) {
        (Command::Release { .. } | Command::Extend { .. } | Command::ReserveBest { .. }, _) => true,
        (_, Answer::Confirmed { created, .. }) => *created,
        _ => false,
    }
}
