//! Reaching the database, and bringing its tables up to date.

use std::time::Duration;

use migration::{ENTER_ORDER_CODES, Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{ConnectionTrait, DbErr, SqlxPostgresConnector, TransactionTrait as _};

use super::error::StoreError;
use super::pool::{Address, NoAddress, Reach};
use super::pools::Store;
use super::sql::statement;

/// The oldest PostgreSQL we test against, as `server_version_num` counts.
const OLDEST_SERVER_VERSION: i32 = 140_000;

/// How long the first connection may take before we say that the database cannot be reached.
const FIRST_CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// The limits that PostgreSQL keeps for a connection. A server that stalls, or loses its network,
/// in the middle of a transaction loses its session after 2 s of silence. That frees the event for
/// the others; they wait at most 3 s for a row lock. The longest statements are a large import's, a
/// few seconds.
///
/// The same for all our connections: behind a pooler by transaction they may share sessions.
///
/// And no guesses: everything that is asked often is a look-up by key. Statistics are minutes old
/// in a rush. A plan that reads a whole table because it was empty a moment ago, or that is
/// compiled first, stays with a prepared statement.
///
/// The answer is whether it takes no writes, which is asked in the same breath.
pub(super) const SESSION: &str = "SET lock_timeout = '3s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '2s'; SET enable_seqscan = off; SET jit = off;
    SET plan_cache_mode = force_generic_plan;
    SELECT current_setting('transaction_read_only')";

/// Any number that all servers agree on: who holds this advisory lock migrates.
const MIGRATION_LOCK: i64 = 0x6772_616e_6461_7265;

/// Where the database is and how many connections to keep to it.
#[derive(Clone, Debug)]
pub struct ConnectSettings {
    /// `postgres://…`
    pub url: String,
    /// The most connections that bookings use.
    pub booking_connections: u32,
    /// The most connections that everything else uses.
    pub reading_connections: u32,
}

/// Why the database cannot be used. Each is one sentence for the person who runs the server.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address cannot be read. It is not repeated here, since it may hold a password.
    #[error(
        "{0} is not a PostgreSQL address; it looks like postgres://user:password@host:5432/database"
    )]
    Address(&'static str),
    /// It asks for a host that takes no writes.
    #[error(
        "target_session_attrs in {0} asks for a server that takes no writes; leave it out, or say \
            read-write"
    )]
    Unfit(&'static str),
    /// Nothing answers, or it refuses us.
    #[error("the database at {address} cannot be reached: {reason}")]
    Unreachable {
        /// Host and port, or socket.
        address: String,
        /// What the operating system or PostgreSQL said.
        reason: String,
    },
    /// It is older than what we know to work.
    #[error("the database is PostgreSQL {0}; Grand Arena needs 14 or newer")]
    TooOld(String),
    /// It cannot store every text.
    #[error(
        "the database's encoding is {0}; Grand Arena needs one that was created with ENCODING \
            'UTF8'"
    )]
    Encoding(String),
    /// Its tables could not be brought up to date, and are as they were.
    #[error("the database's tables could not be brought up to date: {0}")]
    Migration(String),
    /// It answers, but a statement failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Connects, and checks that the database is one we can use.
    pub async fn connect(settings: &ConnectSettings) -> Result<Self, ConnectError> {
        Self::connect_to(parse_address(&settings.url, "DATABASE_URL")?, settings).await
    }

    /// Likewise, to look only: a standby will do.
    pub async fn connect_to_look(settings: &ConnectSettings) -> Result<Self, ConnectError> {
        let address = parse_address(&settings.url, "DATABASE_URL")?;
        Self::connect_to(address.for_looking(), settings).await
    }

    async fn connect_to(
        address: Address,
        settings: &ConnectSettings,
    ) -> Result<Self, ConnectError> {
        let reach = Reach::new(address, SESSION);
        check_reachable(&reach).await?;
        Ok(Self::new(reach, settings.booking_connections, settings.reading_connections))
    }

    /// Brings the tables up to date. Safe when several servers start at once: one does it, the
    /// others wait. A database that a newer server has migrated is left as it is.
    pub async fn migrate(&self) -> Result<(), ConnectError> {
        let failed = |error: DbErr| ConnectError::Migration(error.to_string());
        // The migrations are written for a connection of the driver's; how long each statement may
        // take, nobody knows.
        let options = self.reach.host("grand-arena migrate").await.map_err(StoreError::from)?;
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let database = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        database.execute_unprepared(SESSION).await.map_err(failed)?;
        let transaction = database.begin().await.map_err(failed)?;
        let wait = format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
             SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
        );
        transaction.execute_unprepared(&wait).await.map_err(failed)?;
        if missing_migrations(&transaction).await? > 0 {
            Migrator::up(&transaction, None).await.map_err(failed)?;
        }
        // Of orders that servers of a version before have written beside us.
        transaction.execute_unprepared(ENTER_ORDER_CODES).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        database.close().await.map_err(failed)
    }

    /// Whether all tables are there, for a server that is told not to migrate. Only reads.
    pub async fn check_migrated(&self) -> Result<(), ConnectError> {
        let missing = missing_migrations(&self.upkeep).await?;
        if missing == 0 {
            return Ok(());
        }
        let message = format!("{missing} of them are missing; run `grand-arena migrate`");
        Err(ConnectError::Migration(message))
    }
}

/// How many of our migrations the database has not seen. Those it has seen and we do not know are a
/// newer server's, whose tables serve us as well. The crate's own count refuses them.
async fn missing_migrations(database: &impl ConnectionTrait) -> Result<usize, StoreError> {
    const HAS_ANY: &str = "SELECT to_regclass('seaql_migrations') IS NOT NULL";
    const APPLIED: &str = "SELECT version FROM seaql_migrations";
    let has_any = database.query_one_raw(statement(HAS_ANY, [])).await?;
    let has_any = has_any.map_or(Ok(false), |row| row.try_get_by_index(0))?;
    let rows =
        if has_any { database.query_all_raw(statement(APPLIED, [])).await? } else { Vec::new() };
    let applied =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<String>, _>>()?;
    let migrations = Migrator::migrations();
    let missing = migrations.iter().filter(|step| !applied.iter().any(|name| name == step.name()));
    Ok(missing.count())
}

/// Checks an address without connecting. `name` is the setting it comes from.
pub fn parse_address(url: &str, name: &'static str) -> Result<Address, ConnectError> {
    Address::read(url).map_err(|error| match error {
        NoAddress::Unreadable => ConnectError::Address(name),
        NoAddress::Unfit => ConnectError::Unfit(name),
    })
}

async fn check_reachable(reach: &Reach) -> Result<(), ConnectError> {
    let unreachable =
        |reason: String| ConnectError::Unreachable { address: reach.address().shown(), reason };
    let version = sqlx::query_as::<_, (String, String, String)>(
        "SELECT current_setting('server_version_num'), current_setting('server_version'), \
            current_setting('server_encoding')",
    );
    // Straight to the server rather than through a pool, which would wait for it to come up.
    let first = async {
        let mut connection = reach.connect_once("grand-arena").await?;
        let answer = version.fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(answer)
    };
    let answer = tokio::time::timeout(FIRST_CONNECTION_TIMEOUT, first).await.map_err(|_| {
        unreachable(format!("no answer within {} s", FIRST_CONNECTION_TIMEOUT.as_secs()))
    })?;
    let (number, name, encoding) = answer.map_err(|error| unreachable(plain_reason(&error)))?;
    if encoding != "UTF8" {
        return Err(ConnectError::Encoding(encoding));
    }
    match number.parse::<i32>() {
        Ok(number) if number >= OLDEST_SERVER_VERSION => Ok(()),
        _ => Err(ConnectError::TooOld(name)),
    }
}

/// The operating system's or PostgreSQL's message without a library's words around it.
fn plain_reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}
