//! A held seat may go off sale; and the constraint on its state takes its numbers from the domain.
//!
//! Each value is listed by its name, as it was when this was written. A later value takes a later
//! migration, which puts the constraint up anew; until then the database refuses it. The constraint
//! on causes has the same numbers and stays: to put it up anew would read the whole log while
//! bookings wait.

use domain::SeatStatus;
use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_off_sale"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&up()).await?;
        Ok(())
    }
}

/// A CHECK that is NULL counts as kept: hence the CASE ends with what refuses all other numbers.
fn up() -> String {
    let [available, reserved, confirmed] =
        [SeatStatus::Available, SeatStatus::Reserved, SeatStatus::Confirmed].map(SeatStatus::code);
    format!(
        "
-- Whether a seat is for sale is a fact of its own: one that is held may go off sale, and its holder
-- may buy it.
ALTER TABLE seats DROP CONSTRAINT seats_state, ADD CONSTRAINT seats_state CHECK (CASE status
    WHEN {available} THEN viewer IS NULL AND expires_at IS NULL AND order_id IS NULL
    WHEN {reserved} THEN viewer IS NOT NULL AND expires_at IS NOT NULL AND order_id IS NULL
         AND lapsed_viewer IS NULL
    WHEN {confirmed} THEN viewer IS NOT NULL AND expires_at IS NULL AND order_id IS NOT NULL
         AND lapsed_viewer IS NULL
    ELSE false
END);
"
    )
}
