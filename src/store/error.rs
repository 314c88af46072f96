//! What can go wrong between us and the database, told apart by what to do about it.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr};

use super::pool::is_away;

/// A statement did not succeed.
///
/// The text says what that means; what the database said is the source, for the log and never for
/// a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, busy or shutting down, or two transactions got in each other's way:
    /// trying again may help.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// No connection to the database can be had. To try again at once is of no use: whoever is told
    /// this has waited for as long as that makes sense.
    #[error("the database cannot be reached")]
    Unreachable(#[source] DbErr),
    /// The connection broke during the commit: it is unknown whether the transaction was committed.
    #[error("the database did not say whether it committed")]
    Unknown(#[source] DbErr),
    /// The random code of a new order is another order's: the next one will not be.
    #[error("the code of a new order is taken")]
    CodeTaken(#[source] DbErr),
    /// The operating system gives no random numbers.
    #[error("there are no random numbers")]
    NoRandomness(#[source] std::io::Error),
    /// Too many wait for their turn to read, or for too long.
    #[error("too many reads are waiting for their turn")]
    Busy,
    /// The task that asked the database has ended without an answer.
    #[error("a look-up was interrupted")]
    Interrupted,
    /// Trying again would fail again.
    #[error("the database refused a statement")]
    Refused(#[source] DbErr),
    /// A row holds what no version of this program writes.
    #[error("the database holds something unexpected: {0}")]
    Corrupt(&'static str),
}

impl StoreError {
    /// Whether the same transaction may succeed when tried again, be it later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_)
                | Self::Unreachable(_)
                | Self::Unknown(_)
                | Self::CodeTaken(_)
                | Self::Busy
        )
    }

    /// Whether a disk is full, or a limit says that it is.
    pub fn is_of_room(&self) -> bool {
        const CODES: [&str; 2] = ["53100", "53400"];
        let Self::Unavailable(error) = self else { return false };
        let Some(sqlx::Error::Database(error)) = of_driver(error) else { return false };
        error.code().is_some_and(|code| CODES.contains(&code.as_ref()))
    }

    /// An error of the commit itself.
    pub(super) fn in_commit(error: DbErr) -> Self {
        match Self::from(error) {
            Self::Unavailable(error) => Self::Unknown(error),
            error => error,
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if is_unreachable(&error) {
            Self::Unreachable(error)
        } else if is_transient(&error) {
            Self::Unavailable(error)
        } else if is_code_taken(&error) {
            Self::CodeTaken(error)
        } else {
            Self::Refused(error)
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        DbErr::Query(RuntimeErr::SqlxError(error.into())).into()
    }
}

/// What the driver says, if it is the one that says it.
fn of_driver(error: &DbErr) -> Option<&sqlx::Error> {
    let (DbErr::Conn(runtime) | DbErr::Exec(runtime) | DbErr::Query(runtime)) = error else {
        return None;
    };
    let RuntimeErr::SqlxError(error) = runtime else { return None };
    Some(error)
}

/// Whether there was no connection in the first place.
fn is_unreachable(error: &DbErr) -> bool {
    let DbErr::Conn(RuntimeErr::SqlxError(error)) = error else { return false };
    is_away(error)
}

/// Whether a new order's code is that of another order.
fn is_code_taken(error: &DbErr) -> bool {
    const CODES: &str = "order_codes_pkey";
    let Some(sqlx::Error::Database(error)) = of_driver(error) else { return false };
    error.is_unique_violation() && error.constraint() == Some(CODES)
}

fn is_transient(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return true;
    }
    let Some(error) = of_driver(error) else { return false };
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        // What arrives of a connection that breaks in the middle of a message.
        sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| is_transient_sqlstate(&code))
        }
        _ => false,
    }
}

/// Classes and codes of PostgreSQL's appendix A that pass by themselves.
fn is_transient_sqlstate(code: &str) -> bool {
    // Connection exceptions; resources that ran out; an operator's intervention, which is also
    // what a statement over its time limit gets.
    const CLASSES: [&str; 3] = ["08", "53", "57"];
    // Serialization failure, deadlock, lock timeout, idle in a transaction for too long, and a
    // read-only transaction: on a standby that is not promoted yet, or a primary that became one.
    const CODES: [&str; 5] = ["40001", "40P01", "55P03", "25P03", "25006"];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}
