//! What a rush needs of the tables.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0002_rush"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UP).await?;
        Ok(())
    }
}

const UP: &str = r#"
-- As for the change log: these cost a look-up for every row, a third of a purchase's time in the
-- database. The one statement that writes here has the event's row and the seats' locked, and
-- writes all ends of what they promised.
ALTER TABLE orders DROP CONSTRAINT orders_event_id_fkey;
ALTER TABLE order_seats DROP CONSTRAINT order_seats_event_id_order_id_fkey;
ALTER TABLE order_seats DROP CONSTRAINT order_seats_event_id_seat_id_fkey;
ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_event_id_order_id_fkey;

-- A rush changes every seat of an event within minutes and the log grows by as much; then pruning
-- takes the oldest rows away. Vacuum comes after so many rows rather than after a fifth of what may
-- be a very large table.
ALTER TABLE seats SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
ALTER TABLE seat_changes SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000
);
"#;
