//! How fast commands are turned away when queues are full.
//!
//! To refuse a request costs half of what carrying it out does, and who is refused comes back: at
//! some times the peak, a server that refuses as fast as it can does nothing else. So the first
//! thousand are refused at once, and more than that at a steady rate, each waiting for its turn: a
//! timer costs nothing, and a connection that waits asks for nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The time between two refusals: 5,000 a second, a quarter of a core.
const EACH: Duration = Duration::from_micros(200);

/// What may be refused at once after a quiet time: 1,000.
const AT_ONCE: Duration = Duration::from_millis(200);

/// The longest that anybody waits to be refused.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Refusals {
    /// When what was refused so far would be done at a steady rate.
    paid: Mutex<Instant>,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { paid: Mutex::new(Instant::now()) }
    }

    /// Comes back when the next refusal is due.
    pub(super) async fn pace(&self) {
        let wait = self.wait(Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    fn wait(&self, now: Instant) -> Duration {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        *paid = (*paid).clamp(now, now + AT_ONCE + LONGEST_WAIT);
        let wait = paid.duration_since(now).saturating_sub(AT_ONCE);
        *paid += EACH;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_are_refused_at_once_and_more_at_a_steady_rate_but_nobody_waits_long() {
        let refusals = Refusals::new();
        let now = Instant::now() + Duration::from_secs(1);
        let waits: Vec<Duration> = (0..20_000).map(|_| refusals.wait(now)).collect();
        assert!(waits[..1_000].iter().all(Duration::is_zero));
        assert_eq!(waits[1_001], EACH);
        assert_eq!(waits[6_000], Duration::from_secs(1));
        assert_eq!(waits.iter().max(), Some(&LONGEST_WAIT));
        let later = now + Duration::from_secs(3);
        assert!((0..1_000).all(|_| refusals.wait(later).is_zero()), "it has passed");
    }
}
