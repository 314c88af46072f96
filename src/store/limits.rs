//! The limits within which PostgreSQL keeps our transactions, and how it plans for us.
//!
//! A server that stalls, or loses its network, in the middle of a transaction loses its session
//! after 2 s of silence. That frees the event for the others; they wait at most 3 s for a row lock.
//! The longest statements are a large import's, a few seconds.
//!
//! Architecture invariant: no transaction of ours holds an event's lock without these limits. A
//! session has them from its beginning ([`session`]), and that is not enough: behind a pooler by
//! transaction, sessions are the pooler's. So whoever locks an event says them again, in the same
//! statement ([`LIMITED`]); all else that writes, at its beginning ([`begin_to_write`]).

use const_format::formatcp;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use super::engine::Engine;
use super::pool::{Pool, Transaction};

/// How long a statement waits for a lock.
const LOCK: &str = "3s";

/// How long a transaction may say nothing.
const SILENCE: &str = "2s";

/// How long a statement takes.
const STATEMENT: &str = "30s";

/// What PostgreSQL keeps for a session.
const LIMITS: &str = formatcp!(
    "SET lock_timeout = '{LOCK}'; SET idle_in_transaction_session_timeout = '{SILENCE}';
    SET statement_timeout = '{STATEMENT}'"
);

/// No guesses: everything that is asked often is a look-up by key. Statistics are minutes old in a
/// rush. A plan that reads a whole table because it was empty a moment ago, or that is compiled
/// first, stays with a prepared statement.
const PLANNING: &str = "SET enable_seqscan = off; SET jit = off";

/// The same where one plan serves all values. Citus finds the shard by the value, when it plans.
const ONE_PLAN: &str = "SET plan_cache_mode = force_generic_plan";

/// A condition that is always true, for the statement that locks an event: it sets the limits for
/// the rest of the transaction. It is looked at before the row is locked, and needs no round trip.
pub(super) const LIMITED: &str = formatcp!(
    "set_config('lock_timeout', '{LOCK}', true) IS NOT NULL
   AND set_config('idle_in_transaction_session_timeout', '{SILENCE}', true) IS NOT NULL"
);

/// Says again how long a statement waits for a lock, where that was lifted.
pub(super) const LOCK_BRIEFLY: &str = formatcp!("SET LOCAL lock_timeout = '{LOCK}'");

/// What a session begins with.
///
/// The same for all our connections: behind a pooler by transaction they may share sessions.
pub(super) fn session(engine: &Engine) -> String {
    let session = any_session();
    if engine.is_citus() { session } else { format!("{session}; {ONE_PLAN}") }
}

/// What a session may begin with whatever the database is.
pub(super) fn any_session() -> String {
    format!("{LIMITS}; {PLANNING}")
}

/// Begins a transaction that writes, and is none of a booking.
pub(super) async fn begin_to_write(pool: &Pool) -> Result<Transaction, DbErr> {
    let mut transaction = pool.begin().await?;
    transaction.be_patient();
    transaction.execute_unprepared(LOCAL_LIMITS).await?;
    Ok(transaction)
}

const LOCAL_LIMITS: &str = formatcp!(
    "SET LOCAL lock_timeout = '{LOCK}';
     SET LOCAL idle_in_transaction_session_timeout = '{SILENCE}';
     SET LOCAL statement_timeout = '{STATEMENT}'"
);

/// Begins a transaction of an operator's, whose statements may take as long as they take. It waits
/// for a lock no longer than others.
pub(super) async fn begin_to_take_long(
    connection: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let transaction = connection.begin().await?;
    transaction.execute_unprepared(LOCAL_LIMITS).await?;
    transaction.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
    Ok(transaction)
}
