//! A connection in use, and the limits that its statements have on our side.
//!
//! PostgreSQL keeps limits of its own, and says which was missed. These are for a database that
//! says nothing at all: the machine is gone, or the network.
//!
//! Invariants: a connection that missed a limit, or broke, is closed at once and never put back.
//! One whose statement or transaction was left in the middle is put in order in the background,
//! within [`TIDY_LIMIT`], and closed if that fails. Nobody waits for either.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::sqlx::postgres::{PgDatabaseError, PgQueryResult, PgRow, PgSeverity};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres};
use sea_orm::{DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::connection::Connection;
use super::reach::failure;
use super::shelf::Shelf;
use crate::store::counts::UnderWay;

/// The longest that a statement may take before we take the database for gone. Longer than
/// PostgreSQL's own limit for a lock (3 s), which names what failed.
const STATEMENT_LIMIT: Duration = Duration::from_secs(4);

/// Likewise for what is known to be long: imports, removals, the check. Longer than PostgreSQL's
/// own limit for a statement (30 s).
const LONG_STATEMENT_LIMIT: Duration = Duration::from_secs(31);

/// How long a connection may take to say that it lives. There is nothing to be done for that but
/// the way there and back.
const PING_LIMIT: Duration = Duration::from_millis(500);

/// How long it may take to put a connection in order that was left in the middle.
const TIDY_LIMIT: Duration = Duration::from_secs(2);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Lease {
    shelf: Arc<Shelf>,
    /// None: it was closed.
    connection: Option<Connection>,
    permit: Option<OwnedSemaphorePermit>,
    limit: Duration,
    /// A statement is under way; or was, when whoever waited for it left.
    is_amid: bool,
    is_in_transaction: bool,
    /// It is being put in order; whatever keeps it from that, it is not tried again.
    is_tidied: bool,
}

impl Lease {
    pub(super) fn new(
        shelf: Arc<Shelf>,
        connection: Connection,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            shelf,
            connection: Some(connection),
            permit: Some(permit),
            limit: STATEMENT_LIMIT,
            is_amid: false,
            is_in_transaction: false,
            is_tidied: false,
        }
    }

    /// What follows is known to take long.
    pub(super) fn be_patient(&mut self) {
        self.limit = LONG_STATEMENT_LIMIT;
    }

    /// Whether it may have broken since it was last used.
    pub(super) fn is_doubtful(&self) -> bool {
        self.connection.as_ref().is_none_or(|connection| self.shelf.is_doubtful(connection))
    }

    /// Whether it lives. If it does not, it is closed, and the connections that were opened before
    /// are not believed any more.
    pub(super) async fn lives(&mut self) -> bool {
        self.limit = PING_LIMIT;
        let asked = async {
            let (connection, limit) = self.begin()?;
            let answer = timeout(limit, connection.ping()).await;
            self.end(answer)
        };
        let is_alive = asked.await.is_ok();
        self.limit = STATEMENT_LIMIT;
        if !is_alive {
            self.connection = None;
            self.shelf.reach().distrust();
        }
        is_alive
    }

    /// The right to another connection in its place, if it was closed.
    pub(super) fn into_permit(mut self) -> Option<OwnedSemaphorePermit> {
        self.permit.take()
    }

    /// Carries out a text without values, of one statement or several.
    pub(super) async fn execute_text(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let (connection, limit) = self.begin().map_err(exec_error)?;
        let answer = timeout(limit, connection.execute(AssertSqlSafe(sql))).await;
        self.end(answer).map(PgQueryResult::into).map_err(exec_error)
    }

    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let under_way = self.shelf.begin_statement(&statement.sql);
        let (connection, limit) = self.begin().map_err(exec_error)?;
        let answer = timeout(limit, query(statement).execute(connection)).await;
        self.end_statement(under_way, answer).map(PgQueryResult::into).map_err(exec_error)
    }

    pub(super) async fn query_one(
        &mut self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        let under_way = self.shelf.begin_statement(&statement.sql);
        let (connection, limit) = self.begin().map_err(query_error)?;
        let answer = timeout(limit, query(statement).fetch_optional(connection)).await;
        Ok(self.end_statement(under_way, answer).map_err(query_error)?.map(PgRow::into))
    }

    pub(super) async fn query_all(
        &mut self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let under_way = self.shelf.begin_statement(&statement.sql);
        let (connection, limit) = self.begin().map_err(query_error)?;
        let answer = timeout(limit, query(statement).fetch_all(connection)).await;
        let rows = self.end_statement(under_way, answer).map_err(query_error)?;
        Ok(rows.into_iter().map(PgRow::into).collect())
    }

    /// Begins a transaction, ends it, or ends it and begins the next one.
    pub(super) async fn transact(&mut self, sql: &str, next: Next) -> Result<(), DbErr> {
        // Whatever becomes of it: until the answer is there, a transaction may be open.
        self.is_in_transaction = true;
        self.execute_text(sql).await?;
        self.is_in_transaction = next == Next::Transaction;
        Ok(())
    }

    /// The connection, for a statement.
    fn begin(&mut self) -> Result<(&mut PgConnection, Duration), sqlx::Error> {
        let connection = self.connection.as_mut();
        let gone = || failure(io::ErrorKind::NotConnected, "the connection was closed");
        let connection = connection.ok_or_else(gone)?;
        self.is_amid = true;
        Ok((&mut connection.raw, self.limit))
    }

    /// The same of one that is counted.
    fn end_statement<T>(
        &mut self,
        under_way: UnderWay,
        answer: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, sqlx::Error> {
        let answer = self.end(answer);
        self.shelf.end_statement(under_way, answer.is_err());
        answer
    }

    /// What became of the statement, and so of the connection.
    fn end<T>(
        &mut self,
        answer: Result<Result<T, sqlx::Error>, Elapsed>,
    ) -> Result<T, sqlx::Error> {
        let answer = answer.unwrap_or_else(|_| {
            self.shelf.reach().doubt();
            let milliseconds = self.limit.as_millis();
            let why = format!("the database did not answer within {milliseconds} ms");
            Err(failure(io::ErrorKind::TimedOut, why))
        });
        match answer.as_ref().map_or_else(state_after, |_| State::Usable) {
            State::Usable => {
                self.is_amid = false;
                if let Some(connection) = &mut self.connection {
                    connection.heard = Instant::now();
                }
            }
            State::Unknown => {}
            State::Broken => self.connection = None,
            State::ReadOnly => {
                self.shelf.reach().distrust();
                self.connection = None;
            }
        }
        answer
    }

    /// Ends what was left in the middle. What is abandoned may be long: that it takes its time says
    /// nothing of other connections.
    async fn tidy(mut self) {
        let Some(connection) = &mut self.connection else { return };
        let tidying = async {
            if self.is_in_transaction {
                connection.raw.execute("ROLLBACK").await?;
            } else {
                connection.raw.ping().await?;
            }
            Ok::<_, sqlx::Error>(())
        };
        if matches!(timeout(TIDY_LIMIT, tidying).await, Ok(Ok(()))) {
            connection.heard = Instant::now();
            (self.is_amid, self.is_in_transaction) = (false, false);
        } else {
            self.connection = None;
        }
    }
}

/// What follows the end of a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Another one, or it has just begun.
    Transaction,
    Nothing,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if !self.is_amid && !self.is_in_transaction {
            self.shelf.put_back(connection);
        } else if !self.is_tidied
            && let Ok(runtime) = Handle::try_current()
        {
            let rest = Self {
                shelf: Arc::clone(&self.shelf),
                connection: Some(connection),
                permit: self.permit.take(),
                is_tidied: true,
                ..*self
            };
            runtime.spawn(rest.tidy());
        }
    }
}

/// What a connection is good for after an error.
enum State {
    /// PostgreSQL has answered, and waits for more.
    Usable,
    /// It has to be asked.
    Unknown,
    Broken,
    /// It leads to where nothing can be written.
    ReadOnly,
}

fn state_after(error: &sqlx::Error) -> State {
    /// What a standby says to whoever writes, also one that was the primary a moment ago.
    const READ_ONLY: &str = "25006";
    match error {
        sqlx::Error::Database(error) => {
            let told = error.try_downcast_ref::<PgDatabaseError>();
            match told.map(|told| (told.severity(), told.code())) {
                Some((_, READ_ONLY)) => State::ReadOnly,
                Some((PgSeverity::Error, _)) => State::Usable,
                _ => State::Broken,
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed => State::Broken,
        _ => State::Unknown,
    }
}

fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}
