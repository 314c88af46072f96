//! When something that keeps the server going was last seen to work.

use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What instants are counted from.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A task's sign of life. Copies share it. It begins as if there had just been one.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<AtomicU64>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(now().into()))
    }
}

impl Pulse {
    /// It has just worked.
    pub fn beat(&self) {
        self.0.store(now(), Ordering::Relaxed);
    }

    /// How long ago that was.
    #[must_use]
    pub fn age(&self) -> Duration {
        Duration::from_millis(now().saturating_sub(self.0.load(Ordering::Relaxed)))
    }
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}
