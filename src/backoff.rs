//! Waiting before trying again: exponential, jittered, bounded.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};

/// The waits between attempts, without an end. The first is about `first`, each further one twice
/// as long, up to `longest`; up to as much again is added to each by chance, so that those who
/// failed together do not come back together.
pub(crate) fn waits(first: Duration, longest: Duration) -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build()
}
