//! When the next hold runs out, as far as this server knows: what the cleaner sleeps by.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// An alarm clock that can be brought forward while somebody sleeps by it.
#[derive(Debug, Default)]
pub struct ExpiryAlarm {
    earliest: Mutex<Option<Instant>>,
    brought_forward: Notify,
}

impl ExpiryAlarm {
    /// A hold was granted that runs out after this time: ring then, unless it rings before.
    pub fn bring_forward(&self, wait: Duration) {
        let at = Instant::now() + wait;
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        if earliest.is_none_or(|known| at < known) {
            *earliest = Some(at);
            self.brought_forward.notify_one();
        }
    }

    /// Sleeps for `longest`, or until an earlier hold runs out. One sleeper at a time.
    pub async fn sleep(&self, longest: Duration) {
        let latest = Instant::now() + longest;
        loop {
            let until = self
                .earliest
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .map_or(latest, |at| at.min(latest));
            tokio::select! {
                () = tokio::time::sleep_until(until) => break,
                () = self.brought_forward.notified() => {}
            }
        }
        // What rang is looked for in the database now, along with everything that is due after it.
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        if earliest.is_some_and(|at| at <= Instant::now()) {
            *earliest = None;
        }
    }
}
