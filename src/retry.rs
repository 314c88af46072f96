//! Waiting before trying again: exponential, jittered, bounded.

use std::time::Duration;

/// The waits between attempts. Each is drawn between half and one and a half of its nominal length,
/// so that those who failed together do not come back together.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// The first wait is about `first`; each further one is twice as long, up to about `longest`.
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest }
    }

    /// How long to wait now.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let nominal = self.next;
        self.next = (nominal * 2).min(self.longest);
        nominal.mul_f64(0.5 + fastrand::f64())
    }
}
