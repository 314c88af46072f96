//! The one connection of this server that hears wake-ups, and the heartbeat that shows that it
//! does.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::registry::Feed;
use crate::backoff::waits;
use crate::store::StoreError;
use crate::store::wake_ups::{self, Ear};

/// The waits between attempts to reconnect: quickly at first, then without hammering a database
/// that is down.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often a wake-up of nothing is sent, and how long a connection may hear nothing at all: a
/// network that has gone away without a word is noticed by its silence.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
const SILENCE: Duration = Duration::from_secs(4);

/// At which heartbeats the database is asked whether its disk has room: it costs it more than the
/// others, and a disk does not fill within seconds.
const ROOM_EVERY: u32 = 5;

/// Listens for wake-ups until told to stop; reconnects for as long as it takes.
pub async fn listen(feed: Arc<Feed>, ear: Ear, stop: CancellationToken) {
    let listening = async { tokio::join!(listen_for_ever(&feed, &ear), beat(&feed)) };
    stop.run_until_cancelled(listening).await;
}

/// Sends heartbeats for ever.
async fn beat(feed: &Feed) {
    let mut beat = tokio::time::interval(HEARTBEAT_EVERY);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for number in (0..ROOM_EVERY).cycle() {
        beat.tick().await;
        match feed.store().heartbeat().await {
            Ok(()) => feed.vitals().wrote(),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "no heartbeat was sent");
                continue;
            }
        }
        if number == 0 {
            note_room(feed, feed.store().check_room().await);
        }
    }
}

fn note_room(feed: &Feed, room: Result<(), StoreError>) {
    match room {
        Ok(()) => feed.vitals().set_room(true),
        // It was not asked.
        Err(error) if !error.is_of_room() => {}
        Err(error) => {
            if feed.vitals().has_room() {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the database has no room for what it works with");
            }
            feed.vitals().set_room(false);
        }
    }
}

async fn listen_for_ever(feed: &Feed, ear: &Ear) {
    let mut next_waits = waits(FIRST_WAIT, LONGEST_WAIT);
    loop {
        match ear.listen().await {
            Ok(mut listener) => {
                feed.vitals().set_listening(true);
                // Listen first, then look: what was committed in between is found by one or the
                // other.
                feed.wake_all();
                next_waits = waits(FIRST_WAIT, LONGEST_WAIT);
                // `try_recv` says when the connection is lost; `recv` would reconnect without a
                // word.
                while let Ok(Ok(Some(message))) =
                    tokio::time::timeout(SILENCE, listener.try_recv()).await
                {
                    feed.vitals().hear();
                    for (event, reached) in wake_ups::parse(message.payload()) {
                        feed.wake(event, reached);
                    }
                }
                feed.vitals().set_listening(false);
                tracing::warn!("the listening connection was lost; reconnecting");
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for changes; looking every second meanwhile");
            }
        }
        tokio::time::sleep(next_waits.next().unwrap_or(LONGEST_WAIT)).await;
    }
}
