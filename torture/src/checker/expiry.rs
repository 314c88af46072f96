//! Whether holds that ran out were ended in time.
//!
//! While a fault lasts, and until the servers are well again, nobody may be there to end them. Then
//! they have as long from the fault's end.

use super::book::{Book, State};
use super::clock::Clock;
use super::event_history::EventHistory;
use super::violation::{Findings, Kind, Pointer};
use crate::history::{DbMicros, RunMicros};

/// Writes down each hold that was logged as over too late, or not at all.
pub(super) fn check(
    history: &EventHistory<'_>,
    book: &Book<'_>,
    clock: Clock,
    findings: &mut Findings,
) {
    let bound = history.run.expiry_bound;
    if bound <= 0 || !clock.is_steady() {
        return;
    }
    let faults = Faults::of(history, bound);
    for (&seat, story) in &book.seats {
        for (index, moment) in story.moments.iter().enumerate() {
            let State::Held(hold) = moment.state else { continue };
            let next = story.moments.get(index + 1);
            let ended_at = match next {
                Some(next) => history.row(next.revision).map(|row| row.changed_at),
                None => history.end.map(|end| end.read_at),
            };
            let Some(ended_at) = ended_at else { continue };
            let Some(over_at) = clock.run_at_latest(hold.until) else { continue };
            let Some(known_at) = earliest(clock, ended_at) else { continue };
            if known_at <= faults.deadline(over_at) {
                continue;
            }
            let sentence = format!(
                "the hold of {} on seat {seat} by revision {} ran out at {}, and {} µs later it is \
                 {}",
                hold.viewer,
                moment.revision,
                hold.until,
                ended_at - hold.until,
                if next.is_some() { "ended" } else { "not ended" }
            );
            let entries = vec![Pointer::Log(moment.revision), Pointer::Seat(seat)];
            findings.add(Kind::ExpiryLate, entries, sentence);
        }
    }
}

fn earliest(clock: Clock, at: DbMicros) -> Option<RunMicros> {
    let latest = clock.run_at_latest(at)?;
    let (low, high) = clock.between(0, 0);
    Some(latest - (high - low))
}

/// Faults, each with the time after it in which all is made up for; those that overlap are one.
struct Faults {
    spans: Vec<(RunMicros, RunMicros)>,
    bound: i64,
}

impl Faults {
    fn of(history: &EventHistory<'_>, bound: i64) -> Self {
        let mut faults: Vec<_> =
            history.faults.iter().map(|it| (it.start, it.end + bound)).collect();
        faults.sort_unstable();
        let mut spans: Vec<(RunMicros, RunMicros)> = Vec::new();
        for (start, end) in faults {
            match spans.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => spans.push((start, end)),
            }
        }
        Self { spans, bound }
    }

    /// Until when something must have been done that was due at an instant.
    fn deadline(&self, due: RunMicros) -> RunMicros {
        let deadline = due + self.bound;
        let index = self.spans.partition_point(|&(start, _)| start <= deadline);
        match index.checked_sub(1).map(|index| self.spans[index]) {
            Some((_, end)) if end >= due => deadline.max(end),
            _ => deadline,
        }
    }
}
