//! Whether the database does what it is there for, beside answering: it takes writes, and has room
//! for them.

use sea_orm::{ConnectionTrait, DbErr};

use super::error::StoreError;
use super::pools::Store;
use super::sql::statement;

impl Store {
    /// Whether the database answers, and takes writes.
    ///
    /// # Errors
    ///
    /// If it does not. Connections to one that takes none are closed, since another host may.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        const TAKES_NONE: &str = "SELECT current_setting('transaction_read_only')::bool";
        let row = self.upkeep.query_one_raw(statement(TAKES_NONE, [])).await?;
        let takes_none = row.map_or(Ok(true), |row| row.try_get_by_index(0))?;
        if takes_none {
            self.reach.distrust();
            let why = DbErr::Custom("the database takes no writes".to_owned());
            return Err(StoreError::Unavailable(why));
        }
        Ok(())
    }

    /// Whether the disk of the database has room: for some two megabytes that it puts there, counts
    /// and removes. No table grows by it.
    ///
    /// # Errors
    ///
    /// If it has none, or does not answer.
    pub async fn check_room(&self) -> Result<(), StoreError> {
        // With so little memory, a series that is counted goes to the disk.
        const LITTLE_MEMORY: &str = "SET LOCAL work_mem = '64kB'";
        const COUNT: &str = "SELECT count(*) FROM generate_series(1, 100000)";
        let transaction = self.upkeep.begin().await?;
        transaction.execute_unprepared(LITTLE_MEMORY).await?;
        transaction.query_one_raw(statement(COUNT, [])).await?;
        transaction.commit().await?;
        Ok(())
    }
}
