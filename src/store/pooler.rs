//! Whether an address leads to sessions of our own, or to those that a pooler hands out by
//! transaction.
//!
//! It is asked where LISTEN is wanted, and before it: a session that a pooler hands on goes on
//! listening, and what it hears breaks into the statements of others.

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions as _, Connection as _, PgConnection, Row as _};

/// How often it is looked. A pooler gives out the session that was used last, or goes round: while
/// nobody else uses it, the first look shows it.
const LOOKS: u32 = 3;

/// Whether a connection keeps its session, while another one has a transaction.
pub(super) async fn keeps_sessions(options: &PgConnectOptions) -> Result<bool, sqlx::Error> {
    let (mut one, mut other) = (options.connect().await?, options.connect().await?);
    let mut is_kept = true;
    for _ in 0..LOOKS {
        let before = session(&mut one).await?;
        let mut transaction = other.begin().await?;
        let meanwhile = session(&mut transaction).await?;
        let after = session(&mut one).await?;
        transaction.rollback().await?;
        is_kept &= before == after && before != meanwhile;
    }
    one.close().await?;
    other.close().await?;
    Ok(is_kept)
}

/// Which session it has just now. Nothing is prepared for that.
async fn session(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?;
    row.try_get(0)
}
