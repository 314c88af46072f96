//! Constraints by the domain's own numbers; and a held seat may go off sale.
//!
//! Each value is listed by its name, as it was when this was written. A later value takes a later
//! migration, which puts these constraints up anew; until then the database refuses it.

use domain::{Cause, SeatStatus};
use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0003_numbers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&up()).await?;
        Ok(())
    }
}

/// A CHECK that is NULL counts as kept: hence each CASE ends with what refuses all other numbers.
fn up() -> String {
    let [available, reserved, confirmed] =
        [SeatStatus::Available, SeatStatus::Reserved, SeatStatus::Confirmed].map(SeatStatus::code);
    let [took, gave_back, ran_out, bought] =
        [Cause::Reserved, Cause::Released, Cause::Expired, Cause::Confirmed].map(Cause::code);
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

ALTER TABLE seat_changes
    DROP CONSTRAINT seat_changes_cause,
    ADD CONSTRAINT seat_changes_cause CHECK (CASE cause
    WHEN {took} THEN expires_at IS NOT NULL AND order_id IS NULL
    WHEN {gave_back} THEN expires_at IS NULL AND order_id IS NULL
    WHEN {ran_out} THEN expires_at IS NULL AND order_id IS NULL
    WHEN {bought} THEN expires_at IS NULL AND order_id IS NOT NULL
    ELSE false
END);
"
    )
}
