//! A histogram of atomics: whoever books observes something, and must not wait for another who
//! does. The library's has a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Bounds of what people wait for, in seconds: from what a booking takes at night to where they are
/// told to come back.
pub const SECONDS: [f64; 14] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];

/// Bounds of how many things are done at a time.
pub const NUMBERS: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// What sums are kept in: a billionth of the unit. So many nanoseconds are 584 years.
const PARTS: f64 = 1e9;

/// See the module's documentation. Copies share everything.
#[derive(Clone, Debug)]
pub struct Histogram(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [f64],
    /// One for each bound, and one for what is beyond them.
    counts: Box<[AtomicU64]>,
    /// In [`PARTS`].
    sum: AtomicU64,
}

impl Histogram {
    /// With these upper bounds, ascending.
    pub fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { bounds, counts, sum: AtomicU64::new(0) }))
    }

    /// Of times, in seconds.
    pub fn seconds() -> Self {
        Self::new(&SECONDS)
    }

    /// Takes note of a time.
    pub fn observe(&self, time: Duration) {
        self.add(time.as_secs_f64(), u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Takes note of a number of things.
    pub fn observe_number(&self, number: usize) {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        self.add(number.into(), u64::from(number) * PARTS as u64);
    }

    fn add(&self, value: f64, parts: u64) {
        let Inner { bounds, counts, sum } = &*self.0;
        counts[bounds.partition_point(|&bound| bound < value)].fetch_add(1, Ordering::Relaxed);
        sum.fetch_add(parts, Ordering::Relaxed);
    }

    /// How much was observed.
    pub fn count(&self) -> u64 {
        self.0.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// Whether nothing was observed yet.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Inner { bounds, counts, sum } = &*self.0;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let counts = counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<_> = bounds.zip(counts).collect();
        let sum = sum.load(Ordering::Relaxed) as f64 / PARTS;
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn what_is_observed_is_counted_once_below_the_bound_that_it_does_not_go_beyond() {
        let metrics = Metrics::default();
        let waits = metrics.register("wait_seconds", "What is waited", Histogram::seconds());
        assert!(waits.is_empty());
        [1, 2, 3, 60_000].into_iter().for_each(|ms| waits.observe(Duration::from_millis(ms)));
        let text = metrics.text(false).unwrap();
        for line in [
            "# TYPE arena_wait_seconds histogram",
            "arena_wait_seconds_sum 60.006",
            "arena_wait_seconds_count 4",
            "arena_wait_seconds_bucket{le=\"0.001\"} 1",
            "arena_wait_seconds_bucket{le=\"0.002\"} 2",
            "arena_wait_seconds_bucket{le=\"30\"} 3",
            "arena_wait_seconds_bucket{le=\"+Inf\"} 4",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        let sizes = Histogram::new(&NUMBERS);
        sizes.observe_number(512);
        assert_eq!(sizes.0.sum.load(Ordering::Relaxed), 512_000_000_000);
    }
}
