//! Wake-ups: NOTIFY on one channel, sent and heard. Hints, never the truth.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use sea_orm::sqlx;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::time::timeout;

use super::connect::{ConnectError, SESSION, parse_address};
use super::error::StoreError;
use super::pool::Reach;
use super::pools::Store;
use super::sql::statement;
use crate::domain::{EventId, Revision};

/// How long the listening connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// What it is called in PostgreSQL.
const NAME: &str = "grand-arena listen";

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
    /// Sends a wake-up of nothing: those who listen can tell that they still hear. It is a write as
    /// well, which is on the disk when this returns. No standby is waited for: a commit that one
    /// holds up keeps its process, even if we are gone, and there would be more each second.
    pub async fn heartbeat(&self) -> Result<(), StoreError> {
        const BEAT: &str =
            "SELECT pg_notify($1, ''), set_config('synchronous_commit', 'local', true)";
        self.upkeep.execute_raw(statement(BEAT, [CHANNEL.into()])).await?;
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

/// What hears the wake-ups, on a connection of its own.
#[derive(Debug)]
pub struct Ear(Arc<Reach>);

impl Ear {
    /// At an address that leads to PostgreSQL itself, not to a pooler that hands out connections by
    /// transaction. `name` is the setting it comes from.
    ///
    /// # Errors
    ///
    /// If the address cannot be read.
    pub fn at(url: &str, name: &'static str) -> Result<Self, ConnectError> {
        Ok(Self(Reach::new(parse_address(url, name)?, SESSION)))
    }

    /// A connection that hears them from now on.
    ///
    /// # Errors
    ///
    /// If there is none, or it takes too long.
    pub async fn listen(&self) -> Result<PgListener, sqlx::Error> {
        let listening = async {
            let options = self.0.host(NAME).await?;
            let pool = PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(CONNECT_TIMEOUT)
                .max_lifetime(None)
                .idle_timeout(None)
                .connect_lazy_with(options);
            let mut listener = PgListener::connect_with(&pool).await?;
            // Whoever loses it is told at once, and connects again by this.
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            Ok(listener)
        };
        timeout(CONNECT_TIMEOUT, listening).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }
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
