//! Which plan of an event is meant: its seats, their order, and where they are.
//!
//! Servers of the version before go on beside those of this one: they import plans, whose version
//! is the first, and do not change any.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0008_plans"
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
-- Grows with every change of the event's plan. Places in a list of letters are counted in the plan
-- of one version.
ALTER TABLE events
    ADD COLUMN plan_version integer NOT NULL DEFAULT 1
        CONSTRAINT events_plan_version CHECK (plan_version >= 1);
";
