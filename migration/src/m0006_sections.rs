//! A way to the seats of a section, in the order of the plan.
//!
//! Seat locations are written by an import alone, so the index costs a booking nothing.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0006_sections"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(UP).await?;
        Ok(())
    }
}

const UP: &str = "
CREATE INDEX seat_places_by_section ON seat_places (event_id, section, id);
";
