//! How many lines of requests the log may have.
//!
//! No more than so many a second: in a rush lines would cost a tenth of what the bookings do, and
//! fill a disk. What has failed or was slow has lines of its own, so that it is seen then too. How
//! many were left out is counted; how many requests there were, the metrics say.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;

use crate::metrics::Metrics;

/// Lines a second, of each kind. A line takes some 5 µs, so that all of them take a hundredth of a
/// processor.
const MOST_LINES: u64 = 1_000;

/// How many lines were written, and how many left out. Lines of what is well and of what is not
/// take nothing from each other.
#[derive(Debug, Default)]
pub struct RequestLines {
    good: OfSecond,
    bad: OfSecond,
    left_out: Counter,
}

/// How many there were in the second that is under way: the second in the upper half, their number
/// in the lower.
#[derive(Debug, Default)]
struct OfSecond(AtomicU64);

impl RequestLines {
    /// Shows how many were left out.
    pub fn register(&self, metrics: &Metrics) {
        let help = "Lines of requests that the log has not, since there were too many in a second";
        metrics.register("log_request_lines_omitted", help, self.left_out.clone());
    }

    /// Whether there is room for a line.
    pub(super) fn take(&self, is_bad: bool) -> bool {
        let lines = if is_bad { &self.bad } else { &self.good };
        let has_room = lines.take(second(), MOST_LINES);
        if !has_room {
            self.left_out.inc();
        }
        has_room
    }
}

impl OfSecond {
    fn take(&self, second: u32, most: u64) -> bool {
        let second = u64::from(second) << 32;
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let next = if seen >> 32 << 32 == second { seen + 1 } else { second + 1 };
            if next - second > most {
                return false;
            }
            match self.0.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(newer) => seen = newer,
            }
        }
    }
}

/// Counts seconds.
fn second() -> u32 {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    u32::try_from(BEGAN.elapsed().as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_room_for_so_many_lines_and_the_next_for_as_many_again() {
        let lines = OfSecond::default();
        for second in [0, 1, 7] {
            assert_eq!((0..10).filter(|_| lines.take(second, 4)).count(), 4);
        }
    }
}
