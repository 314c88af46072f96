//! The cleaner ends holds that have run out, so that every subscriber hears of it. Hygiene, not
//! truth: a hold that has run out is gone for every reader and writer whether or not the cleaner
//! has been by.
//!
//! It changes nothing itself. It lists what is due and hands the list to the desk, where each seat
//! is looked at again under the locks; a list that has gone stale, or another server's cleaner
//! working on the same one, does no harm.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::desk::{Desk, DeskError, ExpiryAlarm};
use crate::domain::command::Expire;
use crate::metrics::{Histogram, Metrics};
use crate::pulse::Pulse;
use crate::store::expiry::NextExpiry;
use crate::store::{Store, StoreError};

/// The longest sleep. Holds granted by this server ring the alarm; this is for those of a server
/// that has died.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How long to leave the database alone after it failed us.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Holds looked up at a time.
const LISTED_SEATS: u32 = 8000;

/// Holds of an event that are ended in a second, while there are so many: gone from the maps before
/// anybody minds, and a small machine has time left for those who book meanwhile.
const SEATS_PER_SECOND: u32 = 30_000;

/// Holds ended in one transaction: some six milliseconds, since bookings wait for it; more where
/// transactions wait for one another, so that the pace is kept.
const BATCH_SEATS: RangeInclusive<usize> = 300..=600;

/// Batches of an event follow each other no faster than this: the smallest of them at the pace
/// above.
const BATCH_EVERY: Duration = Duration::from_millis(10);

/// Events looked at in one round.
const BATCH_EVENTS: i64 = 64;

/// See the module's documentation.
#[derive(Clone, Debug)]
pub struct Cleaner {
    store: Store,
    desk: Arc<Desk>,
    alarm: Arc<ExpiryAlarm>,
    /// Holds that were ended.
    ended: Counter,
    /// How long after its end an event's oldest hold was ended.
    late: Histogram,
    pulse: Pulse,
}

#[derive(Debug, thiserror::Error)]
enum CleanerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl Cleaner {
    /// A cleaner that sleeps by this alarm.
    pub fn new(store: Store, desk: Arc<Desk>, alarm: Arc<ExpiryAlarm>) -> Self {
        let (ended, late) = (Counter::default(), Histogram::seconds());
        Self { store, desk, alarm, ended, late, pulse: Pulse::default() }
    }

    /// Shows what it has done.
    pub fn register(&self, metrics: &Metrics) {
        let help = "Holds that ran out and were ended by this server's cleaner";
        metrics.register("holds_expired", help, self.ended.clone());
        let help = "How long after its end the oldest hold of an event was ended";
        metrics.register("hold_expiry_delay_seconds", help, self.late.clone());
    }

    /// Beats whenever it has got something from the database, which is once a second at least.
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Cleans until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let cleaning = async {
            loop {
                let pause = self.clean().await.unwrap_or_else(|error| {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "holds that ran out are announced late");
                    PAUSE_AFTER_ERROR
                });
                self.alarm.sleep(pause).await;
            }
        };
        stop.run_until_cancelled(cleaning).await;
    }

    /// Ends what is due, and says how long until more will be. What fails for one event does not
    /// keep the others.
    async fn clean(&self) -> Result<Duration, CleanerError> {
        loop {
            let next = self.store.next_expiries(BATCH_EVENTS).await?;
            self.pulse.beat();
            let (due, later): (Vec<_>, Vec<_>) =
                next.into_iter().partition(|next| next.due_in.is_zero());
            if due.is_empty() {
                return Ok(later
                    .first()
                    .map_or(LONGEST_SLEEP, |next| next.due_in.min(LONGEST_SLEEP)));
            }
            let ended = join_all(due.into_iter().map(|next| self.expire(next))).await;
            if let Some(Err(error)) = ended.into_iter().find(Result::is_err) {
                return Err(error);
            }
        }
    }

    /// Ends an event's due holds, as many as are looked up at a time. An empty list is handed in as
    /// well: the event's alarm was early then, and is set anew.
    async fn expire(&self, next: NextExpiry) -> Result<(), CleanerError> {
        let (event, looked) = (next.event, Instant::now());
        let mut due = self.store.due_seats(event, LISTED_SEATS).await?;
        let (listed, mut ended) = (due.len(), 0);
        let is_all = listed < LISTED_SEATS as usize;
        let (mut began, mut size) = (Instant::now(), *BATCH_SEATS.start());
        loop {
            let rest = due.split_off(due.len().min(size));
            // With the last batch only, and not where more are due than were listed: it is a way
            // through what all batches before have left in the index, while bookings wait. Until
            // then the event's alarm stays as it is, which is due.
            let expire = Expire { seats: due, looks_ahead: rest.is_empty() && is_all };
            ended += self.desk.submit_although_full(event, expire).await?;
            self.pulse.beat();
            if rest.is_empty() {
                break;
            }
            due = rest;
            tokio::time::sleep_until(began + BATCH_EVERY).await;
            size = batch_after(began.elapsed());
            began = Instant::now();
        }
        if ended > 0 {
            self.ended.inc_by(u64::try_from(ended).unwrap_or(u64::MAX));
            self.late.observe(next.late_by + looked.elapsed());
        }
        tracing::debug!(event = event.0, listed, ended, "holds ran out");
        Ok(())
    }
}

/// How many holds a batch ends that begins so long after the one before it.
fn batch_after(pause: Duration) -> usize {
    let at_this_pace = pause.as_millis() * u128::from(SEATS_PER_SECOND) / 1000;
    usize::try_from(at_this_pace)
        .unwrap_or(usize::MAX)
        .clamp(*BATCH_SEATS.start(), *BATCH_SEATS.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_comes_late_is_larger_within_bounds() {
        let after = |milliseconds| batch_after(Duration::from_millis(milliseconds));
        assert_eq!([0, 10, 14, 20, 21, 60_000].map(after), [300, 300, 420, 600, 600, 600]);
    }
}
