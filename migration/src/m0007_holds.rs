//! Seats that were let go, and holds that are prolonged.
//!
//! Servers of the version before go on beside those of this one. They neither know nor write what
//! is new here. What is let go through them does not count. A hold whose end they have written is
//! not the one that was prolonged, and does not look like it. But they cannot read the change of a
//! prolonged hold: an event may say that holds are prolonged when they are gone, and none says so
//! until it is told to.

use domain::Cause;
use domain::churn::{DEFAULT_MAX_SEATS_LET_GO, MAX_SEATS_LET_GO};
use domain::event::MAX_HOLD_EXTENSION_SECONDS;
use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0007_holds"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&up()).await?;
        Ok(())
    }
}

/// Each cause is listed by its name, as in the migrations before.
fn up() -> String {
    let [reserved, released, expired, confirmed, extended] =
        [Cause::Reserved, Cause::Released, Cause::Expired, Cause::Confirmed, Cause::Extended]
            .map(Cause::code);
    format!(
        "
ALTER TABLE events
    ADD COLUMN hold_extension_seconds integer NOT NULL DEFAULT 0
        CONSTRAINT events_hold_extension
            CHECK (hold_extension_seconds BETWEEN 0 AND {MAX_HOLD_EXTENSION_SECONDS}),
    -- NULL: however often seats are let go.
    ADD COLUMN max_seats_let_go integer DEFAULT {DEFAULT_MAX_SEATS_LET_GO}
        CONSTRAINT events_let_go CHECK (max_seats_let_go BETWEEN 1 AND {MAX_SEATS_LET_GO}),
    -- Until when it counts at the latest that seats were let go; NULL: none were. In this row since
    -- it is locked and read by every booking: most need not look further.
    ADD COLUMN churn_until timestamptz;

-- The end of the hold that was prolonged. A hold with another end was not.
ALTER TABLE seats ADD COLUMN extended_until timestamptz;

-- The rows that are there keep the stricter constraint before this one: they are not read while
-- bookings wait.
ALTER TABLE seat_changes
    DROP CONSTRAINT seat_changes_cause,
    ADD CONSTRAINT seat_changes_cause CHECK (CASE cause
        WHEN {reserved} THEN expires_at IS NOT NULL AND order_id IS NULL
        WHEN {released} THEN expires_at IS NULL AND order_id IS NULL
        WHEN {expired} THEN expires_at IS NULL AND order_id IS NULL
        WHEN {confirmed} THEN expires_at IS NULL AND order_id IS NOT NULL
        WHEN {extended} THEN expires_at IS NOT NULL AND order_id IS NULL
        ELSE false
    END) NOT VALID;

-- How many seats viewers have let go, and when. Rows are removed when they no longer count.
CREATE TABLE seats_let_go (
    event_id   bigint NOT NULL,
    viewer     text NOT NULL,
    let_go_at  timestamptz NOT NULL,
    seats      integer NOT NULL CONSTRAINT seats_let_go_seats CHECK (seats > 0),
    PRIMARY KEY (event_id, viewer, let_go_at)
);

-- Who has let a seat go last, and how often and how long that viewer had it in a row.
CREATE TABLE seat_runs (
    event_id      bigint NOT NULL,
    seat_id       integer NOT NULL,
    viewer        text NOT NULL,
    holds         integer NOT NULL CONSTRAINT seat_runs_holds CHECK (holds > 0),
    kept_micros   bigint NOT NULL CONSTRAINT seat_runs_kept CHECK (kept_micros >= 0),
    is_asked_for  boolean NOT NULL,
    let_go_at     timestamptz NOT NULL,
    PRIMARY KEY (event_id, seat_id)
-- Updated each time that the seat is let go again: room for the new version beside the old one.
) WITH (fillfactor = 70);
"
    )
}
