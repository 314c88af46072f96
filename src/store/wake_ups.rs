//! Wake-ups: NOTIFY on one channel, sent and heard. Hints, never the truth.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use sea_orm::sqlx;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};

use super::connect::{ConnectError, parse_address};
use super::error::StoreError;
use super::pooler;
use super::pools::Store;
use super::sql::statement;
use crate::domain::{EventId, Revision};

/// How long the listening connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a wake-up takes at most, and how many are sent in vain before an address counts as one
/// through which none comes. On a healthy database one takes a few milliseconds.
const HEARD_WITHIN: Duration = Duration::from_secs(1);
const MOST_TRIES: u32 = 5;

/// The channel of the wake-ups.
const CHANNEL: &str = "grand_arena";

/// PostgreSQL takes payloads of less than 8,000 bytes.
const MAX_PAYLOAD_BYTES: usize = 7_999;

/// How far an event has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reached {
    /// The newest revision of its log; zero: nothing is said of it.
    pub revision: Revision,
    /// The event's version; zero: nothing is said of it.
    pub version: i64,
}

impl Reached {
    /// As far as the one or the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            revision: self.revision.max(other.revision),
            version: self.version.max(other.version),
        }
    }
}

/// What stands before a version, and not before a revision.
const VERSION: char = 'v';

/// Writes wake-ups as pairs with spaces between, in as few messages as they fit into:
/// `event:revision`, and `event:vVersion`, which earlier versions of the program pass over.
fn wake_ups(reached: &HashMap<EventId, Reached>) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    let of_log = reached.iter().filter(|(_, reached)| reached.revision > Revision::ZERO);
    let of_event = reached.iter().filter(|(_, reached)| reached.version > 0);
    let pairs = of_log.map(|(event, reached)| format!("{}:{}", event.0, reached.revision)).chain(
        of_event.map(|(event, reached)| format!("{}:{VERSION}{}", event.0, reached.version)),
    );
    for pair in pairs {
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
pub fn parse(payload: &str) -> impl Iterator<Item = (EventId, Reached)> {
    payload.split(' ').filter_map(|pair| {
        let (event, reached) = pair.split_once(':')?;
        let reached = match reached.strip_prefix(VERSION) {
            Some(version) => Reached { version: version.parse().ok()?, ..Reached::default() },
            None => Reached { revision: Revision(reached.parse().ok()?), ..Reached::default() },
        };
        Some((EventId(event.parse().ok()?), reached))
    })
}

impl Store {
    /// Finds out whether wake-ups that this database sends come through an address. If nothing
    /// answers there, it is not known: whoever keeps listening says so.
    ///
    /// # Errors
    ///
    /// [`ConnectError::Unheard`], with the name of the `setting`, if they do not.
    pub async fn check_wake_ups(
        &self,
        url: &str,
        setting: &'static str,
    ) -> Result<(), ConnectError> {
        let keeps_sessions = pooler::keeps_sessions(&parse_address(url, setting)?).await;
        if keeps_sessions.is_ok_and(|keeps_sessions| !keeps_sessions) {
            return Err(ConnectError::Unheard(setting));
        }
        let Ok(mut listener) = listener(url).await else { return Ok(()) };
        for _ in 0..MOST_TRIES {
            self.heartbeat().await?;
            let heard = tokio::time::timeout(HEARD_WITHIN, listener.try_recv()).await;
            if heard.is_ok() {
                return Ok(());
            }
        }
        Err(ConnectError::Unheard(setting))
    }

    /// Sends a wake-up of nothing: those who listen can tell that they still hear.
    pub async fn heartbeat(&self) -> Result<(), StoreError> {
        self.upkeep.execute_raw(statement("SELECT pg_notify($1, '')", [CHANNEL.into()])).await?;
        Ok(())
    }

    /// Wakes every feed that listens, with how far events have come.
    pub async fn notify(&self, reached: &HashMap<EventId, Reached>) -> Result<(), StoreError> {
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
    let options = parse_address(url, "ARENA_LISTEN_DATABASE_URL");
    let options = options.map_err(|error| sqlx::Error::Configuration(error.into()))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_versions_are_no_revisions() {
        let reached = |revision, version| Reached { revision: Revision(revision), version };
        let told: HashMap<_, _> =
            [(EventId(1), reached(7, 0)), (EventId(2), reached(0, 3)), (EventId(3), reached(9, 4))]
                .into();
        let payloads = wake_ups(&told);
        let mut heard: HashMap<EventId, Reached> = HashMap::new();
        for (event, reached) in payloads.iter().flat_map(|payload| parse(payload)) {
            let known = heard.entry(event).or_default();
            *known = known.or(reached);
        }
        assert_eq!(heard, told);
        assert_eq!(parse("1:x 2 :3 4:v 5:6").collect::<Vec<_>>(), [(EventId(5), reached(6, 0))]);
    }
}
