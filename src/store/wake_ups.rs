//! Wake-ups: NOTIFY on one channel, sent and heard. Hints, never the truth.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use sea_orm::sqlx;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::error::StoreError;
use super::pools::Store;
use super::sql::statement;
use crate::domain::{EventId, Revision};

/// How long the listening connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The channel of the wake-ups.
const CHANNEL: &str = "grand_arena";

/// PostgreSQL takes payloads of less than 8,000 bytes.
const MAX_PAYLOAD_BYTES: usize = 7_999;

/// Writes wake-ups as `event:revision` pairs with spaces between, in as few messages as they fit
/// into.
fn wake_ups(reached: &HashMap<EventId, Revision>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for (event, revision) in reached {
        let pair = format!("{}:{revision}", event.0);
        match payloads.last_mut() {
            Some(payload) if payload.len() + 1 + pair.len() <= MAX_PAYLOAD_BYTES => {
                payload.push(' ');
                payload.push_str(&pair);
            }
            _ => payloads.push(pair),
        }
    }
    payloads
}

/// Reads a wake-up. What cannot be read is passed over: a wake-up is a hint, and anybody may write
/// to the channel.
pub fn parse(payload: &str) -> impl Iterator<Item = (EventId, Revision)> {
    payload.split(' ').filter_map(|pair| {
        let (event, revision) = pair.split_once(':')?;
        Some((EventId(event.parse().ok()?), Revision(revision.parse().ok()?)))
    })
}

impl Store {
    /// Sends a wake-up of nothing: those who listen can tell that they still hear.
    pub async fn heartbeat(&self) -> Result<(), StoreError> {
        self.upkeep.execute_raw(statement("SELECT pg_notify($1, '')", [CHANNEL.into()])).await?;
        Ok(())
    }

    /// Wakes every feed that listens, with the revisions that events have reached.
    pub async fn notify(&self, reached: &HashMap<EventId, Revision>) -> Result<(), StoreError> {
        for payload in wake_ups(reached) {
            let notify = statement("SELECT pg_notify($1, $2)", [CHANNEL.into(), payload.into()]);
            self.upkeep.execute_raw(notify).await?;
        }
        Ok(())
    }
}

/// A connection of its own that hears the wake-ups; `url` must lead to PostgreSQL itself, not to a
/// pooler that hands out connections by transaction.
pub async fn listener(url: &str) -> Result<PgListener, sqlx::Error> {
    let options: PgConnectOptions = url.parse()?;
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(CONNECT_TIMEOUT)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options.application_name("grand-arena listen"));
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
