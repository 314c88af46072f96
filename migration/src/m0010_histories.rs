//! Logs that are put back to an earlier state and written anew: how one is told from the other.
//!
//! Servers of the version before go on beside those of this one. What they book has no mark in the
//! event's row, and says so: `marked_revision` stays behind.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0010_histories"
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
-- What the changes that were written together are told by from others of the same revisions: after
-- a restore, or when a standby takes over that lacks the last commits, revisions are given again.
-- Drawn at random; NULL where a server of the version before has written.
ALTER TABLE seat_changes ADD COLUMN mark bigint;

ALTER TABLE events
    -- The mark of the newest change, and its revision: where that is another than the event's, a
    -- server of the version before has written since. In this row since every booking reads and
    -- writes it.
    ADD COLUMN marked_revision bigint NOT NULL DEFAULT 0,
    ADD COLUMN mark bigint,
    -- The mark of the changes that came with the plan's version; NULL: its first, or written by a
    -- server of the version before.
    ADD COLUMN plan_mark bigint,
    -- Revisions up to this one were given in a history that is lost, as far as anybody knows: one
    -- that comes without a mark may be of that.
    ADD COLUMN lost_until bigint NOT NULL DEFAULT 0
        CONSTRAINT events_lost_until CHECK (lost_until >= 0);
";
