//! What is counted of the feed.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use strum::{EnumCount, VariantArray};

use super::lost::Lost;
use crate::metrics::{Histogram, Metrics};

/// What somebody follows, as the schema calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumCount, VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub(super) enum StreamKind {
    SeatChanges,
    SeatStatuses,
    EventChanges,
    MyReservations,
}

/// See the module's documentation. Copies share everything: each follower has one.
#[derive(Clone, Debug, Default)]
pub(super) struct FeedCounts(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    followers: [Gauge<i64, AtomicI64>; StreamKind::COUNT],
    /// Snapshots that somebody was given instead of changes, by the reason.
    lost: [Counter; Lost::COUNT],
    /// How old changes are when followers begin to be told of them.
    age: Histogram,
}

impl Default for Counts {
    fn default() -> Self {
        let (followers, lost) = Default::default();
        Self { followers, lost, age: Histogram::seconds() }
    }
}

impl FeedCounts {
    pub(super) fn register(&self, metrics: &Metrics) {
        let followers = self.0.followers.clone();
        metrics.measure("watchers", "Open subscriptions, by what they follow", move || {
            let of = |(kind, count): (&StreamKind, &Gauge<i64, AtomicI64>)| {
                let count = i32::try_from(count.get()).unwrap_or(i32::MAX);
                (vec![("stream", kind.into())], count.into())
            };
            StreamKind::VARIANTS.iter().zip(&followers).map(of).collect()
        });
        let lost = Lost::VARIANTS.iter().zip(&self.0.lost);
        metrics.counters(
            "snapshots",
            "Snapshots that subscribers were given instead of changes, by the reason",
            "reason",
            lost.map(|(why, count)| (why.into(), count.clone())).collect(),
        );
        metrics.register(
            "feed_change_age_seconds",
            "How old the newest change is when subscribers begin to be told, by both clocks",
            self.age(),
        );
    }

    /// How old changes are when followers begin to be told of them.
    pub(super) fn age(&self) -> Histogram {
        self.0.age.clone()
    }

    /// Another follows, until what this gives is dropped.
    pub(super) fn follow(&self, kind: StreamKind) -> Following {
        self.0.followers[kind as usize].inc();
        Following { counts: self.clone(), kind }
    }
}

/// Somebody follows.
#[derive(Debug)]
pub(super) struct Following {
    counts: FeedCounts,
    kind: StreamKind,
}

impl Following {
    /// They are given a snapshot instead of changes.
    pub(super) fn lost(&self, why: Lost) {
        self.counts.0.lost[why as usize].inc();
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.counts.0.followers[self.kind as usize].dec();
    }
}
