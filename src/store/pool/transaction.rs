//! A transaction on a connection of a pool.

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::Mutex;

use super::lease::{Lease, Next};

/// A transaction that has begun. When this is dropped, it is rolled back in the background.
#[derive(Debug)]
pub(in crate::store) struct Transaction(Mutex<Lease>);

impl Transaction {
    /// Begins it, with these words.
    pub(super) async fn begin(mut lease: Lease, begin: &str) -> Result<Self, DbErr> {
        lease.transact(begin, Next::Transaction).await?;
        Ok(Self(Mutex::new(lease)))
    }

    /// What follows is known to take long.
    pub(in crate::store) fn be_patient(&mut self) {
        self.0.get_mut().be_patient();
    }

    /// Whether its connection may have broken since it was last used.
    pub(in crate::store) fn is_doubtful(&mut self) -> bool {
        self.0.get_mut().is_doubtful()
    }

    pub(in crate::store) async fn commit(self) -> Result<(), DbErr> {
        self.0.into_inner().transact("COMMIT", Next::Nothing).await
    }

    /// Commits, and begins the next one, in one round trip.
    pub(in crate::store) async fn commit_and_begin(&self) -> Result<(), DbErr> {
        self.0.lock().await.transact("COMMIT AND CHAIN", Next::Transaction).await
    }

    pub(in crate::store) async fn rollback(self) -> Result<(), DbErr> {
        self.0.into_inner().transact("ROLLBACK", Next::Nothing).await
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.lock().await.execute_text(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.0.lock().await.query_one(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.0.lock().await.query_all(statement).await
    }
}
