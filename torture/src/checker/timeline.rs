//! What something that is not in the log may have been at a revision: terms and prices.
//!
//! Somebody sets it by a call. It took effect at some position between what was known before the
//! call, and what came for sure after it. So there can be several values that it may have had;
//! what may have been is never called wrong.

use crate::history::{Revision, RunMicros};

/// Values and when they were set.
#[derive(Debug)]
pub(super) struct Timeline<V> {
    base: V,
    /// Those that were answered, by their start.
    writes: Vec<Write<V>>,
    /// Those of which nobody knows: few, and each may be carried out whenever that is.
    unknown: Vec<Write<V>>,
    /// For each write that was answered, by `until`: that, and the latest start up to it.
    settled: Vec<(Revision, RunMicros)>,
    /// The same, by the end of the call.
    ended: Vec<(RunMicros, RunMicros)>,
    /// The longest that an answered call took.
    longest: RunMicros,
}

/// A call that set a value.
#[derive(Clone, Debug)]
pub(super) struct Write<V> {
    pub(super) value: V,
    pub(super) start: RunMicros,
    /// `None`: nobody knows whether or when it was done.
    pub(super) end: Option<RunMicros>,
    /// Rows up to this one were written before it.
    pub(super) after: Revision,
    /// Rows after this one were written after it, if it was answered.
    pub(super) until: Revision,
}

impl<V: PartialEq> Timeline<V> {
    pub(super) fn new(base: V, writes: Vec<Write<V>>) -> Self {
        let (mut writes, unknown): (Vec<_>, Vec<_>) =
            writes.into_iter().partition(|write| write.end.is_some());
        writes.sort_by_key(|write| write.start);
        let answered = writes.iter().filter_map(|write| Some((write, write.end?)));
        let longest = answered.clone().map(|(write, end)| end - write.start).max().unwrap_or(0);
        let settled = highest(answered.clone().map(|(write, _)| (write.until, write.start)));
        let ended = highest(answered.map(|(write, end)| (end, write.start)));
        Self { base, writes, unknown, settled, ended, longest }
    }

    /// What it may have been when the row after a revision was decided.
    pub(super) fn after(&self, revision: Revision) -> Vec<&V> {
        let index = self.settled.partition_point(|&(until, _)| until <= revision);
        let superseded = index.checked_sub(1).map(|index| self.settled[index].1);
        let begun = self.writes.partition_point(|write| write.after <= revision);
        let unknown = self.unknown.iter().filter(|write| write.after <= revision);
        self.candidates(superseded, begun, unknown)
    }

    /// What it may have been during a call.
    pub(super) fn during(&self, start: RunMicros, end: RunMicros) -> Vec<&V> {
        let index = self.ended.partition_point(|&(ended, _)| ended < start);
        let superseded = index.checked_sub(1).map(|index| self.ended[index].1);
        let begun = self.writes.partition_point(|write| write.start <= end);
        let unknown = self.unknown.iter().filter(|write| write.start <= end);
        self.candidates(superseded, begun, unknown)
    }

    /// Of the first so many writes, those that did not end before the last one that was surely done
    /// began.
    fn candidates<'a>(
        &'a self,
        superseded: Option<RunMicros>,
        begun: usize,
        unknown: impl Iterator<Item = &'a Write<V>>,
    ) -> Vec<&'a V> {
        let mut values: Vec<&V> = Vec::new();
        let mut add = |value| {
            if !values.contains(&value) {
                values.push(value);
            }
        };
        if superseded.is_none() {
            add(&self.base);
        }
        for write in self.writes[..begun].iter().rev() {
            if superseded.is_some_and(|from| write.start + self.longest < from) {
                break;
            }
            if write.end.zip(superseded).is_none_or(|(end, from)| end >= from) {
                add(&write.value);
            }
        }
        unknown.for_each(|write| add(&write.value));
        values
    }
}

/// Sorted by the first; the second is the highest up to there.
fn highest(pairs: impl Iterator<Item = (i64, i64)>) -> Vec<(i64, i64)> {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    let mut most = i64::MIN;
    for (_, value) in &mut pairs {
        most = most.max(*value);
        *value = most;
    }
    pairs
}
