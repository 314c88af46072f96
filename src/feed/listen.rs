//! The one connection of this server that hears wake-ups.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Feed;
use crate::retry::Backoff;
use crate::store::{self, changes};

/// The waits between attempts to reconnect: quickly at first, then without hammering a database
/// that is down.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often a wake-up of nothing is sent, and how long a connection may hear nothing at all: a
/// network that has gone away without a word is noticed by its silence.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(35);

/// Sends heartbeats for ever.
pub(super) async fn beat(feed: &Feed) {
    let mut beat = tokio::time::interval(HEARTBEAT_EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        if let Err(error) = feed.store.heartbeat().await {
            tracing::debug!(%error, "no heartbeat was sent");
        }
    }
}

/// Listens for ever.
pub(super) async fn listen(feed: &Feed, url: &str) {
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    loop {
        match store::listener(url).await {
            Ok(mut listener) => {
                feed.is_listening.store(true, Ordering::Relaxed);
                // Listen first, then look: what was committed in between is found by one or the
                // other.
                feed.wake_all();
                backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
                // `try_recv` says when the connection is lost; `recv` would reconnect without a
                // word.
                while let Ok(Ok(Some(message))) =
                    tokio::time::timeout(SILENCE, listener.try_recv()).await
                {
                    for (event, reached) in changes::parse_wake_up(message.payload()) {
                        feed.wake(event, reached);
                    }
                }
                feed.is_listening.store(false, Ordering::Relaxed);
                tracing::warn!("the listening connection was lost; reconnecting");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for changes; looking every second meanwhile")
            }
        }
        tokio::time::sleep(backoff.next_wait()).await;
    }
}
