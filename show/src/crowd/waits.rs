//! Waiting before trying again.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

/// The waits for a server that is away, before a random part of up to as much again: those who
/// failed together do not come back together.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The waits between attempts, each twice as long as the one before, without end.
pub(super) struct Waits(ExponentialBackoff);

impl Waits {
    pub(super) fn new() -> Self {
        let waits = ExponentialBuilder::new().with_jitter().without_max_times();
        Self(waits.with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).build())
    }

    /// How long to wait now.
    pub(super) fn next_wait(&mut self) -> Duration {
        self.0.next().unwrap_or(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_the_first_to_the_longest_and_never_end() {
        let mut waits = Waits::new();
        for nominal_ms in [250, 500, 1_000, 2_000, 4_000].into_iter().chain([5_000; 100]) {
            let (nominal, wait) = (Duration::from_millis(nominal_ms), waits.next_wait());
            assert!((nominal..=nominal * 2).contains(&wait), "{wait:?} for {nominal:?}");
        }
    }

    #[test]
    fn those_who_failed_together_do_not_come_back_together() {
        let first: Vec<_> = (0..20).map(|_| Waits::new().next_wait()).collect();
        assert!(first.iter().any(|wait| *wait != first[0]));
    }
}
