//! Consecutive changes, as followers are given them.
//!
//! A follower that stands within a batch is given a part of it. Parts end at fixed revisions
//! ([`next_cut`]), so that those who stand apart soon go on with the same ones. Like a whole batch,
//! a part is one thing for all who are given it, and becomes a frame once.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::rendered::{Frames, Rendered};
use crate::domain::{Change, Revision};
use crate::memory::Charge;

/// Changes kept for followers: in a rush of 20,000 a second, a follower may sleep for three seconds
/// before it needs a snapshot. In a rush that is the last thing to have to make. About 150 bytes
/// each, so 10 MB for an event that sells out. With many events there may be room for less.
pub const KEPT_CHANGES: usize = 65_536;

/// Changes of a batch, which makes a frame: some hundred kilobytes. A rush makes a sixth of that
/// between two frames.
pub const MAX_BATCH_CHANGES: usize = 4096;

/// Changes up to which a part is not cut further. Each of so few may be made anew for whoever
/// stands between: that is less work than to write them in several frames.
const SMALLEST_CUT: i64 = 16;

/// What a part takes beside the changes, which it shares: its forms, and where to find it.
const PART_OVERHEAD: usize = 256;

/// Consecutive changes, at least one and up to [`MAX_BATCH_CHANGES`]. Copies share the changes and
/// what was made of them.
#[derive(Clone, Debug)]
pub struct Batch {
    whole: Arc<Whole>,
    part: Range<usize>,
    rendered: Arc<Rendered>,
}

/// Changes, and all parts that somebody was given of them.
#[derive(Debug)]
struct Whole {
    changes: Box<[Change]>,
    frames: Arc<Frames>,
    parts: Mutex<Parts>,
}

#[derive(Debug)]
struct Parts {
    rendered: HashMap<Range<usize>, Arc<Rendered>>,
    /// What the changes and the parts take.
    charge: Charge,
}

/// Bytes that changes take.
pub(super) fn bytes(changes: &[Change]) -> usize {
    /// Beside a viewer's name, which is shared by its copies.
    const NAME_OVERHEAD: usize = 16;
    let names = changes.iter().flat_map(|change| [Some(&change.viewer), change.former.as_ref()]);
    let names = names.flatten().map(|name| NAME_OVERHEAD + name.as_str().len());
    size_of_val(changes) + names.sum::<usize>()
}

/// Where the part ends that begins after a position: at the next multiple of the largest power of
/// two that divides the position, and of [`SMALLEST_CUT`] at least. So parts double in size, and
/// from anywhere a few of them lead to a multiple of a thousand.
fn next_cut(position: Revision) -> Revision {
    let largest_divisor = position.0 & position.0.wrapping_neg();
    let to_next_multiple = SMALLEST_CUT - position.0.rem_euclid(SMALLEST_CUT);
    Revision(position.0.saturating_add(largest_divisor.max(to_next_multiple)))
}

impl Batch {
    /// `None` if there is none, or they are not consecutive. The charge is for their [`bytes`].
    pub(super) fn new(changes: Vec<Change>, charge: Charge, frames: &Arc<Frames>) -> Option<Self> {
        let consecutive =
            changes.windows(2).all(|pair| pair[1].revision == pair[0].revision.next());
        if !consecutive || changes.is_empty() {
            return None;
        }
        let part = 0..changes.len();
        let parts = Mutex::new(Parts { rendered: HashMap::new(), charge });
        let whole = Whole { changes: changes.into(), frames: Arc::clone(frames), parts };
        Some(Self { whole: Arc::new(whole), part, rendered: Rendered::new(frames) })
    }

    /// The changes, in order.
    pub fn changes(&self) -> &[Change] {
        self.whole.changes.get(self.part.clone()).unwrap_or_default()
    }

    /// What was made of them, for all who are given them.
    pub fn rendered(&self) -> &Arc<Rendered> {
        &self.rendered
    }

    /// The revision of the first change.
    pub fn from(&self) -> Revision {
        self.changes().first().map(|change| change.revision).unwrap_or_default()
    }

    /// The revision of the last change.
    pub fn to(&self) -> Revision {
        self.changes().last().map(|change| change.revision).unwrap_or_default()
    }

    /// What comes after a position before its end: all of it, or the next part.
    pub(super) fn after(&self, position: Revision) -> Self {
        if position < self.from() {
            return self.clone();
        }
        let end = next_cut(position).min(self.to());
        let index = |position: Revision| {
            let changes = self.changes();
            self.part.start + changes.partition_point(|change| change.revision <= position)
        };
        let part = index(position)..index(end);
        let rendered = self.whole.rendered(&part);
        Self { whole: Arc::clone(&self.whole), part, rendered }
    }
}

impl Whole {
    /// What was made of a part.
    fn rendered(&self, part: &Range<usize>) -> Arc<Rendered> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rendered) = parts.rendered.get(part) {
            return Arc::clone(rendered);
        }
        // It cannot be refused: whoever is given it cannot go on otherwise.
        parts.charge.grow_anyway(PART_OVERHEAD);
        let rendered = Rendered::new(&self.frames);
        parts.rendered.insert(part.clone(), Arc::clone(&rendered));
        rendered
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::feed::sample::changes;
    use crate::memory::Allowance;

    fn batch(from: i64, to: i64) -> (Batch, Arc<Allowance>) {
        let allowance = Allowance::new("changes", usize::MAX);
        let changes = changes(from..=to);
        let charge = allowance.charge_anyway(bytes(&changes));
        (Batch::new(changes, charge, &Arc::default()).unwrap(), allowance)
    }

    /// All that a follower is given from a position to the end.
    fn steps(batch: &Batch, position: i64) -> Vec<Batch> {
        let mut steps: Vec<Batch> = Vec::new();
        let mut position = Revision(position);
        while position < batch.to() {
            steps.push(batch.after(position));
            position = steps.last().unwrap().to();
        }
        steps
    }

    fn revisions(steps: &[Batch]) -> Vec<i64> {
        steps.iter().flat_map(Batch::changes).map(|change| change.revision.0).collect()
    }

    #[test]
    fn parts_double_until_the_end_and_who_is_before_them_all_gets_the_whole() {
        let (batch, _) = batch(701, 1700);
        let ends = |position| -> Vec<i64> {
            steps(&batch, position).iter().map(|step| step.to().0).collect()
        };
        assert_eq!(ends(690), [1700]);
        assert_eq!(ends(700), [1700]);
        assert_eq!(ends(701), [704, 768, 1024, 1700]);
        assert_eq!(ends(1030), [1040, 1056, 1088, 1152, 1280, 1536, 1700]);
        assert_eq!(ends(1699), [1700]);
        assert!(Arc::ptr_eq(batch.rendered(), steps(&batch, 700)[0].rendered()));
    }

    #[test]
    fn a_part_is_counted_once_and_shares_the_changes() {
        let (batch, allowance) = batch(1, 1000);
        let before = allowance.used();
        let parts: Vec<_> = (0..100).map(|_| batch.after(Revision(500))).collect();
        assert_eq!(allowance.used(), before + PART_OVERHEAD);
        drop(batch);
        assert_eq!(parts[0].changes().as_ptr(), parts[99].changes().as_ptr());
        drop(parts);
        assert_eq!(allowance.used(), 0);
    }

    proptest! {
        /// Whoever begins where: every revision comes once and in order, in few steps, and two who
        /// stand at the same cut are given the same from there on.
        #[test]
        fn from_anywhere_every_revision_comes_once_in_order_and_soon_in_parts_that_all_share(
            (before, len) in (0_i64..100_000, 1_i64..=4096),
            positions in prop::collection::vec(0_i64..4096, 2..20),
        ) {
            let (batch, _) = batch(before + 1, before + len);
            let mut made: HashSet<*const Rendered> = HashSet::new();
            let mut encoded = 0;
            for offset in &positions {
                let position = before + offset % len;
                let steps = steps(&batch, position);
                let all: Vec<_> = (position + 1..=before + len).collect();
                prop_assert_eq!(revisions(&steps), all);
                prop_assert!(steps.len() <= 11, "{} steps", steps.len());
                for step in &steps {
                    if made.insert(Arc::as_ptr(step.rendered())) {
                        encoded += step.changes().len();
                    }
                }
            }
            // Everything once in each of nine sizes, and for each of them a rest at the end.
            let bound = usize::try_from(len).unwrap() * 10 + positions.len() * 16;
            prop_assert!(encoded <= bound.min(20 * 4096), "{} changes encoded", encoded);
        }

        #[test]
        fn two_who_begin_apart_share_all_from_the_first_place_on_where_both_stand(
            (before, len) in (0_i64..100_000, 2_i64..=4096),
            (one, other) in (0_i64..4096, 0_i64..4096),
        ) {
            let (batch, _) = batch(before + 1, before + len);
            // Who stands before its beginning is given the whole.
            let stand = [one, other].map(|offset| before + 1 + offset % (len - 1));
            let [one, other] = stand.map(|position| steps(&batch, position));
            let ends: HashSet<_> = one.iter().map(Batch::to).collect();
            let from = other.iter().position(|step| ends.contains(&step.to())).unwrap();
            // They meet at the first cut after both that is on the way of both.
            let first_cut = (4..=12).find_map(|power| {
                let [one, other] = stand.map(|at| (at as u64).next_multiple_of(1 << power) as i64);
                (one == other && other <= before + len).then_some(one)
            });
            if let Some(cut) = first_cut.filter(|cut| !stand.contains(cut)) {
                prop_assert!(other[from].to().0 <= cut, "{:?} meet at {}", stand, other[from].to());
            }
            let same = &other[from + 1..];
            let theirs = &one[one.len() - same.len()..];
            for (one, other) in theirs.iter().zip(same) {
                prop_assert!(Arc::ptr_eq(one.rendered(), other.rendered()));
            }
        }
    }
}
