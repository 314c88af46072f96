//! How often the log says the same of strangers.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the log says that somebody was kept out: pages and programs try again and again.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What is to be said once a minute at most.
#[derive(Debug, Default)]
pub(super) struct Seldom(Mutex<Option<Instant>>);

impl Seldom {
    /// Whether it is to be said now; then not again for a minute.
    pub(super) fn is_due(&self) -> bool {
        let mut told_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told_at.is_some_and(|told_at| told_at.elapsed() < TELL_EVERY) {
            return false;
        }
        *told_at = Some(Instant::now());
        true
    }
}
