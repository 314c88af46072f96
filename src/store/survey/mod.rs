//! What a database says of itself, and how fast it answers, for whoever judges it.
//!
//! Reads only, but for two things that leave no trace: a NOTIFY on a channel of its own, and empty
//! messages in the WAL, whose commits are timed. The connection has none of our settings, so that
//! what is read is what role and database have.

mod facts;
mod measure;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _};
use sea_orm::{DatabaseConnection, SqlxPostgresConnector};

pub use self::facts::{Facts, TableFacts};
use super::connect::{ConnectError, parse_address, plain_reason};
use super::error::StoreError;
use super::pool::Reach;
use super::pooler;
use super::pools::UPKEEP_CONNECTIONS;
use super::schema::{Schema, schema};

/// Connections of a server beside those for bookings and reads: for upkeep, and the one that
/// listens.
pub const OTHER_CONNECTIONS: u32 = UPKEEP_CONNECTIONS + 1;

/// How long connecting, and each look, may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found out about a database.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What it says of itself.
    pub facts: Facts,
    /// What it says of the tables that are written most; empty where they are not there.
    pub tables: Vec<TableFacts>,
    /// The version of the collation that indexes were made with, and the one that there is, where
    /// both are known.
    pub collation_versions: Option<(String, String)>,
    /// How many of our migrations it has not seen.
    pub missing_migrations: usize,
    /// How long a statement takes that does nothing: the median.
    pub round_trip: Duration,
    /// How long a transaction takes that writes something: the median. `None`: it cannot write.
    pub commit: Option<Duration>,
    /// How far its clock is ahead of ours, and how far that may be wrong.
    pub clock_ahead: (TimeDelta, TimeDelta),
    /// Whether a NOTIFY was heard where servers would listen.
    pub wake_up: WakeUp,
}

/// What became of a NOTIFY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WakeUp {
    /// It was heard.
    Heard,
    /// Nothing was heard: another database.
    Lost,
    /// A pooler hands out sessions by transaction, so that nobody can listen.
    Pooled,
    /// Nobody can listen there, for this reason.
    Deaf(String),
    /// A standby takes no NOTIFY.
    NotTried,
}

/// Looks at the database at `url`, and listens at `listen_url`. `clock` is this host's.
///
/// # Errors
///
/// If it cannot be reached, or does not say what it is asked.
pub async fn survey(
    url: &str,
    listen_url: &str,
    clock: fn() -> DateTime<Utc>,
) -> Result<Survey, ConnectError> {
    let database = open(find(url, "DATABASE_URL").await?);
    let looking = look(&database, listen_url, clock);
    let looked = tokio::time::timeout(6 * PATIENCE, looking).await;
    // Closing again what is closed already is all that can go wrong.
    let _ = database.close().await;
    looked.map_err(|_| ConnectError::Unreachable {
        address: "DATABASE_URL".to_owned(),
        reason: format!("it did not say everything within {} s", (6 * PATIENCE).as_secs()),
    })?
}

async fn look(
    database: &DatabaseConnection,
    listen_url: &str,
    clock: fn() -> DateTime<Utc>,
) -> Result<Survey, ConnectError> {
    let facts = facts::read(database).await?;
    let round_trip = measure::round_trip(database).await?;
    let can_write = !facts.is_in_recovery && !facts.is_read_only;
    let commit = if can_write { measure::commit(database).await } else { None };
    let clock_ahead = measure::clock_ahead(database, clock).await?;
    let wake_up = if facts.is_in_recovery {
        WakeUp::NotTried
    } else {
        wake_up(database, find(listen_url, "ARENA_LISTEN_DATABASE_URL").await?).await?
    };
    let missing_migrations = match schema(database).await? {
        Schema::UpToDate => 0,
        Schema::Behind(missing) => missing,
        Schema::TooNew(migration) => return Err(ConnectError::TooNew(migration)),
    };
    Ok(Survey {
        tables: if facts.has_tables { facts::tables(database).await? } else { Vec::new() },
        collation_versions: facts::collation_versions(database, &facts).await?,
        missing_migrations,
        facts,
        round_trip,
        commit,
        clock_ahead,
        wake_up,
    })
}

/// Whether servers would hear there what is said here. A session that is a pooler's is not told to
/// listen: it would go on for whoever has it next.
async fn wake_up(
    database: &DatabaseConnection,
    ear: PgConnectOptions,
) -> Result<WakeUp, StoreError> {
    if !pooler::keeps_sessions(&ear).await? {
        return Ok(WakeUp::Pooled);
    }
    measure::wake_up(database, &open(ear)).await
}

/// Where a database is that answers; of several hosts the one that takes writes.
async fn find(url: &str, name: &'static str) -> Result<PgConnectOptions, ConnectError> {
    let reach = Reach::new(parse_address(url, name)?.for_looking(), String::new());
    let unreachable =
        |reason| ConnectError::Unreachable { address: reach.address().shown(), reason };
    // Straight to the server: a pool would wait for it to come up, and not say why.
    let first = async {
        let options = reach.host("grand-arena doctor").await?;
        options.connect().await?.close().await?;
        Ok::<_, sqlx::Error>(options)
    };
    match tokio::time::timeout(PATIENCE, first).await {
        Ok(found) => found.map_err(|error| unreachable(plain_reason(&error))),
        Err(_) => Err(unreachable(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

/// One connection, without any of our settings.
fn open(options: PgConnectOptions) -> DatabaseConnection {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_lazy_with(options))
}
