//! What the crowd has done so far.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// How often buyers have done what; for the reports only.
#[derive(Default)]
pub(super) struct Counters {
    /// Reservations asked for since the last report.
    pub(super) bookings: AtomicU64,
    pub(super) bought: AtomicU64,
    pub(super) given_back: AtomicU64,
    pub(super) left_behind: AtomicU64,
    /// Reservations of seats that somebody else was faster to take.
    pub(super) too_late: AtomicU64,
}

impl Counters {
    /// One line on how things stand, from the numbers of seats that are free, held and sold, and
    /// the time since the last such line. The rate of bookings starts anew.
    pub(super) fn summary(&self, event: &str, seats: [usize; 3], since_last: Duration) -> String {
        let [free, held, sold] = seats;
        let Self { bookings, bought, given_back, left_behind, too_late } = self;
        let rate = bookings.swap(0, Relaxed) as f64 / since_last.as_secs_f64();
        format!(
            "{event}: {free} free, {held} held, {sold} sold. Bookings a second: {rate:.1}. So far \
             {} bought, {} gave back, {} left without a word, {} were too late.",
            bought.load(Relaxed),
            given_back.load(Relaxed),
            left_behind.load(Relaxed),
            too_late.load(Relaxed),
        )
    }
}

/// Adds one to a counter.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_bookings_anew_and_everything_else_on() {
        let counters = Counters::default();
        for counter in [&counters.bookings, &counters.bookings, &counters.bought] {
            count(counter);
        }
        let summary = || counters.summary("Arena", [3, 2, 1], Duration::from_secs(4));
        assert_eq!(
            summary(),
            "Arena: 3 free, 2 held, 1 sold. Bookings a second: 0.5. So far 1 bought, 0 gave back, \
             0 left without a word, 0 were too late."
        );
        assert!(summary().contains("Bookings a second: 0.0. So far 1 bought"), "{}", summary());
    }
}
