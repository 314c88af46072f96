//! What followers find at their positions.

use super::*;
use crate::domain::Mark;
use crate::feed::sample::{changes, point};

fn extent(newest: i64, seats: usize) -> LogExtent {
    let (pruned, lost_until) = (Revision::ZERO, Revision::ZERO);
    LogExtent { newest: point(newest), pruned, seats, lost_until }
}

/// What a watch from revision 1,000 on keeps: batches of a thousand changes up to here.
fn watch(seats: usize, end: i64) -> Arc<Watch> {
    let extent = extent(1_000, seats);
    let watch = Watch::new(EventId(1), extent, Bounds::default());
    for from in (1_001..end).step_by(1_000) {
        let changes = changes(from..=from + 999);
        let charge = watch.bounds.changes.charge_anyway(bytes(&changes));
        watch.add(Batch::new(changes, charge, &watch.bounds.frames).unwrap());
    }
    watch
}

fn found(watch: &Watch, position: i64, has_come_back: bool) -> String {
    match watch.after(Revision(position), 0, has_come_back) {
        Some(Found::Next(batch)) => format!("{}..={}", batch.from(), batch.to()),
        None => "nothing".to_owned(),
        Some(Found::TooOld) => "too old".to_owned(),
        Some(Found::TooFar) => "too far".to_owned(),
        Some(Found::Rewound) => "rewound".to_owned(),
    }
}

#[test]
fn who_comes_back_further_behind_than_a_snapshot_is_large_gets_one() {
    let large = watch(20_000, 13_000);
    assert_eq!(found(&large, 2_999, true), "too far");
    assert_eq!(found(&large, 3_000, true), "3001..=4000");
    assert_eq!(found(&large, 13_000, true), "nothing");
    let small = watch(10, 13_000);
    assert_eq!(found(&small, 13_000 - 4_097, true), "too far");
    assert_eq!(found(&small, 13_000 - 4_096, true), "8905..=8912", "few are told all the same");
    let quiet = watch(10, 1_000);
    assert_eq!(found(&quiet, 0, true), "too old", "the log has them");
}

#[test]
fn who_takes_each_batch_in_time_is_told_of_every_change_however_many_come() {
    let watch = watch(10, 20_000);
    assert_eq!(found(&watch, 1_000, false), "1001..=2000");
    for (since, _) in &mut watch.kept().batches {
        *since -= LATE;
    }
    assert_eq!(found(&watch, 1_000, false), "too far", "it has left it for too long");
    assert_eq!(found(&watch, 16_000, false), "16001..=17000", "it is late, but not far");
    assert_eq!(found(&watch, 999, false), "too far");
}

#[test]
fn a_position_is_told_from_the_same_place_of_another_history() {
    let watch = watch(10, 3_000);
    let other = |revision| LogPoint { mark: Some(Mark(1)), ..point(revision) };
    for revision in [1_000, 1_001, 1_500, 2_000, 2_001, 3_000] {
        assert_eq!(watch.standing(point(revision)), Standing::Here, "{revision}");
        assert_eq!(watch.standing(other(revision)), Standing::Elsewhere, "{revision}");
        let unmarked = LogPoint::unmarked(Revision(revision));
        assert_eq!(watch.standing(unmarked), Standing::Here, "{revision}");
    }
    assert_eq!(watch.standing(other(3_001)), Standing::Ahead);
    assert_eq!(watch.standing(other(999)), Standing::Before);
    while watch.kept().forget_oldest() {}
    assert_eq!(watch.kept().start, point(2_000), "what is let go of leaves its mark");
    watch.rewind(extent(2_500, 10));
    assert_eq!(watch.standing(point(2_500)), Standing::Here);
    assert_eq!(watch.standing(other(2_500)), Standing::Elsewhere);
}
