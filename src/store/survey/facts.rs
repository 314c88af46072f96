//! What a database says of itself.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult};

use super::StoreError;
use crate::store::sql::{statement, texts};

/// The tables that a sale writes.
const HOT_TABLES: [&str; 6] =
    ["events", "seats", "seat_changes", "orders", "order_seats", "idempotency_keys"];

/// The first PostgreSQL that knows the version of a database's collation.
const KNOWS_COLLATIONS: i32 = 150_000;

/// What a database says of itself. Sizes are in bytes, times in seconds; no limit is zero.
#[derive(Clone, Debug, FromQueryResult)]
#[expect(missing_docs, reason = "they are called as PostgreSQL calls them")]
pub struct Facts {
    pub version_number: i32,
    pub version: String,
    pub is_in_recovery: bool,
    pub is_read_only: bool,
    pub encoding: String,
    pub fsync: bool,
    pub full_page_writes: bool,
    pub synchronous_commit: String,
    pub has_synchronous_standbys: bool,
    pub autovacuum: bool,
    pub track_counts: bool,
    pub max_connections: i32,
    pub reserved_connections: i32,
    pub connections_of_others: i64,
    pub role_connection_limit: i32,
    pub database_connection_limit: i32,
    pub shared_buffers: i64,
    pub work_mem: i64,
    pub max_wal_size: i64,
    pub statement_timeout: f64,
    pub transaction_timeout: f64,
    pub idle_session_timeout: f64,
    pub database_bytes: i64,
    pub transaction_age: i64,
    pub standbys: i64,
    pub idle_slots: i64,
    pub prepared_transactions: i64,
    /// Of those that our role may see.
    pub oldest_transaction: f64,
    pub is_encrypted: bool,
    /// Whether it is reached over a Unix socket, or the loopback.
    pub is_local: bool,
    /// Only some roles may know it.
    pub data_directory: Option<String>,
    pub has_tables: bool,
}

/// What a database says of one of its tables.
#[derive(Clone, Debug, FromQueryResult)]
pub struct TableFacts {
    /// Its name.
    pub name: String,
    /// Rows, as PostgreSQL believes.
    pub live_rows: i64,
    /// Versions of rows that nobody can see any more and that are still there.
    pub dead_rows: i64,
}

pub(super) async fn read(database: &DatabaseConnection) -> Result<Facts, StoreError> {
    const READ: &str = "SELECT current_setting('server_version_num')::int AS version_number,
       current_setting('server_version') AS version,
       pg_is_in_recovery() AS is_in_recovery,
       current_setting('default_transaction_read_only')::bool AS is_read_only,
       current_setting('server_encoding') AS encoding,
       current_setting('fsync')::bool AS fsync,
       current_setting('full_page_writes')::bool AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('synchronous_standby_names') <> '' AS has_synchronous_standbys,
       current_setting('autovacuum')::bool AS autovacuum,
       current_setting('track_counts')::bool AS track_counts,
       current_setting('max_connections')::int AS max_connections,
       current_setting('superuser_reserved_connections')::int
           + COALESCE(current_setting('reserved_connections', true)::int, 0)
           AS reserved_connections,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'
           AND application_name NOT LIKE 'grand-arena%') AS connections_of_others,
       COALESCE((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1)
           AS role_connection_limit,
       d.datconnlimit AS database_connection_limit,
       pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers,
       pg_size_bytes(current_setting('work_mem')) AS work_mem,
       pg_size_bytes(current_setting('max_wal_size')) AS max_wal_size,
       extract(epoch FROM current_setting('statement_timeout')::interval)::float8
           AS statement_timeout,
       COALESCE(extract(epoch FROM current_setting('transaction_timeout', true)::interval), 0)
           ::float8 AS transaction_timeout,
       COALESCE(extract(epoch FROM current_setting('idle_session_timeout', true)::interval), 0)
           ::float8 AS idle_session_timeout,
       pg_database_size(d.oid) AS database_bytes,
       age(d.datfrozenxid)::bigint AS transaction_age,
       (SELECT count(*) FROM pg_stat_replication) AS standbys,
       (SELECT count(*) FROM pg_replication_slots WHERE NOT active) AS idle_slots,
       (SELECT count(*) FROM pg_prepared_xacts) AS prepared_transactions,
       COALESCE((SELECT extract(epoch FROM max(clock_timestamp() - xact_start))
           FROM pg_stat_activity WHERE backend_type = 'client backend'
            AND datname = current_database() AND pid <> pg_backend_pid()), 0)::float8
           AS oldest_transaction,
       COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
       COALESCE(inet_server_addr() <<= '127.0.0.0/8' OR inet_server_addr() = '::1', true)
           AS is_local,
       (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS data_directory,
       to_regclass('seats') IS NOT NULL AS has_tables
  FROM pg_database d WHERE d.datname = current_database()";
    let row = database.query_one_raw(statement(READ, [])).await?;
    let row = row.ok_or(DbErr::RecordNotFound("the database itself".to_owned()))?;
    Ok(Facts::from_query_result(&row, "")?)
}

pub(super) async fn tables(database: &DatabaseConnection) -> Result<Vec<TableFacts>, StoreError> {
    const TABLES: &str = "SELECT relname::text AS name, n_live_tup AS live_rows,
       n_dead_tup AS dead_rows FROM pg_stat_user_tables
 WHERE relname = ANY($1::text[]) AND relid = to_regclass(relname::text) ORDER BY relname";
    let named = statement(TABLES, [texts(HOT_TABLES)]);
    Ok(TableFacts::find_by_statement(named).all(database).await?)
}

/// See [`super::Survey::collation_versions`].
pub(super) async fn collation_versions(
    database: &DatabaseConnection,
    facts: &Facts,
) -> Result<Option<(String, String)>, StoreError> {
    const VERSIONS: &str = "SELECT datcollversion AS made_with,
       pg_database_collation_actual_version(oid) AS actual
  FROM pg_database WHERE datname = current_database()";
    if facts.version_number < KNOWS_COLLATIONS {
        return Ok(None);
    }
    let Some(row) = database.query_one_raw(statement(VERSIONS, [])).await? else { return Ok(None) };
    let made_with: Option<String> = row.try_get("", "made_with")?;
    let actual: Option<String> = row.try_get("", "actual")?;
    Ok(made_with.zip(actual))
}
