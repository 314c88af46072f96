//! Reaching the database, and bringing its tables up to date.

use std::time::Duration;

use migration::{ENTER_ORDER_CODES, Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::PgPoolOptions;
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DbErr, SqlxPostgresConnector, TransactionTrait as _,
};

use super::engine::{Engine, EngineError};
use super::error::{StoreError, is_misprepared, is_of_another_session};
use super::limits::{self, LOCK_BRIEFLY};
use super::pool::{Address, NoAddress, Reach};
use super::pools::Store;
use super::schema::{Schema, schema};

/// How long the first connection may take before we say that the database cannot be reached.
const FIRST_CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// Its certificate is of a version that the driver cannot read.
    #[error(
        "the certificate of the database at {0} is of X.509 version 1, as Debian makes them for \
            trying things out; give it one of version 3, or add sslmode=disable to its address \
            where nobody else is on the network"
    )]
    Certificate(String),
    /// It is nothing for us.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A newer server has changed its tables so that older ones can no longer use them.
    #[error(
        "this server is too old for the database, whose tables were changed by {0}; start the \
            version that brought that in, or a later one"
    )]
    TooNew(String),
    /// Its tables could not be brought up to date, and are as they were.
    #[error("the database's tables could not be brought up to date: {0}")]
    Migration(String),
    /// A pooler hands out connections by transaction, and leaves behind what was prepared.
    #[error(
        "DATABASE_URL leads to a pooler that forgets prepared statements between transactions; \
            PgBouncer keeps them from version 1.21 on with max_prepared_statements above 0, or \
            with pool_mode = session"
    )]
    Forgetful,
    /// NOTIFY goes out and does not arrive.
    #[error(
        "wake-ups do not come through {0}, which leads to a pooler that hands out connections by \
            transaction, or to another database; set ARENA_LISTEN_DATABASE_URL to the database \
            itself"
    )]
    Unheard(&'static str),
    /// It answers, but a statement failed.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ConnectError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(error) if is_of_another_session(&error) => Self::Forgetful,
            error => Self::Store(error),
        }
    }
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
        let engine = ask_engine(&Reach::new(address.clone(), limits::any_session())).await?;
        let reach = Reach::new(address, limits::session(&engine));
        let (bookings, reads) = (settings.booking_connections, settings.reading_connections);
        Ok(Self::new(engine, reach, bookings, reads))
    }

    /// Brings the tables up to date. Safe when several servers start at once: one does it, the
    /// others wait. A database that a newer server has migrated is left as it is.
    pub async fn migrate(&self) -> Result<(), ConnectError> {
        let failed = |error: DbErr| {
            let is_forgetful = is_of_another_session(&error);
            let failed = || ConnectError::Migration(error.to_string());
            if is_forgetful { ConnectError::Forgetful } else { failed() }
        };
        let database = self.driver("grand-arena migrate").await?;
        let transaction = database.begin().await.map_err(failed)?;
        // Whoever migrates may take long; those who sell wait for none of its locks for long.
        let wait = format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
             SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK});
             {LOCK_BRIEFLY}"
        );
        transaction.execute_unprepared(&wait).await.map_err(failed)?;
        match schema(&transaction).await? {
            Schema::UpToDate => {}
            Schema::Behind(_) => Migrator::up(&transaction, None).await.map_err(failed)?,
            Schema::TooNew(migration) => return Err(ConnectError::TooNew(migration)),
        }
        // Of orders that servers of a version before have written beside us.
        transaction.execute_unprepared(ENTER_ORDER_CODES).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        database.close().await.map_err(failed)
    }

    /// A connection of the driver's own, for what may take as long as it takes.
    pub(super) async fn driver(&self, name: &str) -> Result<DatabaseConnection, StoreError> {
        let options = self.reach.host(name).await?;
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let database = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        database.execute_unprepared(&limits::session(self.engine())).await?;
        Ok(database)
    }

    /// Whether all tables are there, for a server that is told not to migrate. Only reads.
    pub async fn check_migrated(&self) -> Result<(), ConnectError> {
        match schema(&self.upkeep).await? {
            Schema::UpToDate => Ok(()),
            Schema::Behind(missing) => {
                let message = format!("{missing} of them are missing; run `grand-arena migrate`");
                Err(ConnectError::Migration(message))
            }
            Schema::TooNew(migration) => Err(ConnectError::TooNew(migration)),
        }
    }
}

/// Checks an address without connecting. `name` is the setting it comes from.
pub fn parse_address(url: &str, name: &'static str) -> Result<Address, ConnectError> {
    Address::read(url).map_err(|error| match error {
        NoAddress::Unreadable => ConnectError::Address(name),
        NoAddress::Unfit => ConnectError::Unfit(name),
    })
}

/// Connects once, and asks the database what it is.
async fn ask_engine(reach: &Reach) -> Result<Engine, ConnectError> {
    // Straight to the server rather than through a pool, which would wait for it to come up.
    let first = async {
        let mut connection = reach.connect_once("grand-arena").await?;
        let engine = Engine::ask(&mut connection).await?;
        connection.close().await?;
        Ok::<_, sqlx::Error>(engine)
    };
    let address = || reach.address().shown();
    let answer = tokio::time::timeout(FIRST_CONNECTION_TIMEOUT, first).await.map_err(|_| {
        let reason = format!("no answer within {} s", FIRST_CONNECTION_TIMEOUT.as_secs());
        ConnectError::Unreachable { address: address(), reason }
    })?;
    Ok(answer.map_err(|error| why_unreachable(&error, address()))??)
}

/// What keeps us from the database at an address.
fn why_unreachable(error: &sqlx::Error, address: String) -> ConnectError {
    // rustls' word for it.
    const OLD_CERTIFICATE: &str = "UnsupportedCertVersion";
    if is_misprepared(error) {
        return ConnectError::Forgetful;
    }
    let reason = plain_reason(error);
    if reason.contains(OLD_CERTIFICATE) {
        return ConnectError::Certificate(address);
    }
    ConnectError::Unreachable { address, reason }
}

/// The operating system's or PostgreSQL's message without a library's words around it.
pub(super) fn plain_reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}
