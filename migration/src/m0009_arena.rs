//! Events that are run: their stage and their prices from time to time; seats that are blocked, and
//! what else a plan says of them. And who did what, and whom to tell.
//!
//! Servers of the version before go on beside those of this one. What is new has a default where
//! they do not write it. They cannot read the changes that are new here, nor do they know that an
//! event is a draft or cancelled: events are managed when they are gone.

use domain::plan::MAX_PRICE_MINOR;
use domain::{Cause, EventStage};
use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0009_arena"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&events()).await?;
        manager.get_connection().execute_unprepared(&changes()).await?;
        manager.get_connection().execute_unprepared(TABLES).await?;
        manager.get_connection().execute_unprepared(&prices()).await?;
        Ok(())
    }
}

/// Each stage is listed by its name, as in the migrations before.
fn events() -> String {
    let [draft, published, closed, cancelled] =
        [EventStage::Draft, EventStage::Published, EventStage::Closed, EventStage::Cancelled]
            .map(EventStage::code);
    format!(
        "
ALTER TABLE events
    ADD COLUMN stage smallint NOT NULL DEFAULT {published}
        CONSTRAINT events_stage CHECK (stage IN ({draft}, {published}, {closed}, {cancelled})),
    -- Grows with every change of the event that is none of a seat: its terms, stage, prices, plan.
    ADD COLUMN version bigint NOT NULL DEFAULT 1
        CONSTRAINT events_version CHECK (version >= 1),
    -- Which of its price lists seats are held by from now on.
    ADD COLUMN price_version integer NOT NULL DEFAULT 1
        CONSTRAINT events_price_version CHECK (price_version >= 1),
    -- Whether a reservation may leave a single free seat between taken ones.
    ADD COLUMN allows_lone_seats boolean NOT NULL DEFAULT true,
    -- Where everybody looks: seats nearer to it are better. In the plan's units.
    ADD COLUMN focal_x double precision,
    ADD COLUMN focal_y double precision,
    ADD CONSTRAINT events_focal_point CHECK ((focal_x IS NULL) = (focal_y IS NULL));
"
    )
}

/// Each cause is listed by its name, as in the migrations before.
fn changes() -> String {
    let [reserved, released, expired, confirmed, extended] =
        [Cause::Reserved, Cause::Released, Cause::Expired, Cause::Confirmed, Cause::Extended]
            .map(Cause::code);
    let [blocked, unblocked, imported, cancelled] =
        [Cause::Blocked, Cause::Unblocked, Cause::Imported, Cause::Cancelled].map(Cause::code);
    let [claimed, transferred] = [Cause::Claimed, Cause::Transferred].map(Cause::code);
    format!(
        "
-- The rows that are there keep the stricter constraint before this one: they are not read while
-- bookings wait.
ALTER TABLE seat_changes
    -- The revision of the seat's change before; 0 for its first, NULL where a server of the version
    -- before wrote it. So a seat's story is read without an index, which every booking would pay.
    ADD COLUMN previous bigint,
    DROP CONSTRAINT seat_changes_cause,
    ADD CONSTRAINT seat_changes_cause CHECK (CASE
        WHEN cause IN ({reserved}, {extended}, {claimed})
            THEN expires_at IS NOT NULL AND order_id IS NULL
        WHEN cause IN ({confirmed}, {transferred})
            THEN expires_at IS NULL AND order_id IS NOT NULL
        WHEN cause IN ({released}, {expired}, {blocked}, {unblocked}, {imported}, {cancelled})
            THEN expires_at IS NULL AND order_id IS NULL
        ELSE false
    END) NOT VALID;
"
    )
}

/// With the number that the domain has.
fn prices() -> String {
    format!(
        "
ALTER TABLE ticket_prices
    ADD CONSTRAINT ticket_prices_amount CHECK (amount_minor BETWEEN 0 AND {MAX_PRICE_MINOR});
"
    )
}

const TABLES: &str = "
-- The price list that a seat is held by, and was sold by; NULL: the first, and while it is free.
ALTER TABLE seats ADD COLUMN price_version integer;

-- What is said of a place beside where it is.
ALTER TABLE seat_places
    -- 0 a seat of a row, 1 a chair at a table, 2 a place to stand on.
    ADD COLUMN kind smallint NOT NULL DEFAULT 0
        CONSTRAINT seat_places_kind CHECK (kind BETWEEN 0 AND 2),
    -- For whoever comes with somebody on an accessible seat beside it.
    ADD COLUMN is_companion boolean NOT NULL DEFAULT false,
    -- Whether an aisle or a gap lies between it and the seat before it in its row.
    ADD COLUMN has_gap_before boolean NOT NULL DEFAULT false,
    -- The smaller, the better; NULL: by its distance to the focal point, or by the plan's order.
    ADD COLUMN rank integer CONSTRAINT seat_places_rank CHECK (rank >= 0),
    ADD COLUMN floor text;

-- What a map shows beside seats.
CREATE TABLE plan_shapes (
    event_id  bigint NOT NULL REFERENCES events (id),
    id        integer NOT NULL CHECK (id > 0),
    -- 0 the stage, 1 an outline, 2 a label.
    kind      smallint NOT NULL CONSTRAINT plan_shapes_kind CHECK (kind BETWEEN 0 AND 2),
    label     text,
    floor     text,
    -- x and y of each point, one after the other.
    points    double precision[] NOT NULL,
    PRIMARY KEY (event_id, id)
);

-- Why seats are blocked. Whether they are is in seats.
CREATE TABLE seat_blocks (
    event_id    bigint NOT NULL REFERENCES events (id),
    seat_id     integer NOT NULL,
    reason      text NOT NULL,
    label       text,
    blocked_by  text NOT NULL,
    blocked_at  timestamptz NOT NULL,
    PRIMARY KEY (event_id, seat_id)
);

-- Each price list of an event but its first. Whoever takes hold of a seat after this revision holds
-- it by this list, until the next.
CREATE TABLE price_lists (
    event_id       bigint NOT NULL REFERENCES events (id),
    price_version  integer NOT NULL CHECK (price_version > 1),
    after_revision bigint NOT NULL CHECK (after_revision >= 0),
    PRIMARY KEY (event_id, price_version)
);

-- What a seat of a category costs, by the type of ticket, in each price list that there was. A
-- category without rows in a list has one type, at the category's own amount; the list after that
-- brings the rows along.
CREATE TABLE ticket_prices (
    event_id       bigint NOT NULL REFERENCES events (id),
    price_version  integer NOT NULL,
    category_id    integer NOT NULL,
    -- Stands for the name within the category, in every list.
    id             integer NOT NULL CHECK (id > 0),
    -- From 1; the first is the one that is meant where none is named.
    position       smallint NOT NULL CHECK (position > 0),
    name           text NOT NULL,
    amount_minor   bigint NOT NULL,
    PRIMARY KEY (event_id, price_version, category_id, id)
);

-- Which type of ticket a seat was sold as; NULL: the standard one of a category without any other.
ALTER TABLE order_seats
    ADD COLUMN ticket_type_id integer,
    ADD COLUMN ticket_type    text;

-- What an event's terms were for the changes of its log up to a revision, where holds were granted
-- by others than today's.
CREATE TABLE past_terms (
    event_id                bigint NOT NULL REFERENCES events (id),
    until_revision          bigint NOT NULL,
    hold_seconds            integer NOT NULL,
    hold_extension_seconds  integer NOT NULL,
    max_seats_per_viewer    integer,
    PRIMARY KEY (event_id, until_revision)
);

-- An organiser looks for what a payment bought. Orders without one do not pay for it.
CREATE INDEX orders_by_payment ON orders (event_id, payment_reference, id)
    WHERE payment_reference IS NOT NULL;

-- Who did what, of those who manage events. Never updated; what is said of an event outlives it.
CREATE TABLE audit_log (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor     text NOT NULL,
    action    text NOT NULL,
    event_id  bigint,
    details   jsonb NOT NULL
);
CREATE INDEX audit_log_by_event ON audit_log (event_id, id);

-- Whom to tell of what happens.
CREATE TABLE webhooks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url         text NOT NULL,
    secret      bytea NOT NULL,
    -- NULL: every event.
    event_id    bigint,
    -- Which kinds; empty: every kind.
    kinds       text[] NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Since when nothing has been delivered; NULL while all is well.
    failing_since  timestamptz,
    failures       integer NOT NULL DEFAULT 0,
    next_try_at    timestamptz,
    paused_at      timestamptz,
    -- What went wrong last, and when. It stays when all is well again.
    last_error     text,
    last_error_at  timestamptz
);

-- How far each has been told.
CREATE TABLE webhook_cursors (
    event_id    bigint NOT NULL,
    webhook_id  bigint NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    revision    bigint NOT NULL,
    version     bigint NOT NULL,
    -- The last revision of the message that is under way: it is sent again as it was.
    sending_to  bigint,
    PRIMARY KEY (event_id, webhook_id)
);

-- Which of the servers tells webhooks, and until when: one row.
CREATE TABLE webhook_lease (
    id      smallint PRIMARY KEY CHECK (id = 1),
    holder  text NOT NULL,
    until   timestamptz NOT NULL
);
";
