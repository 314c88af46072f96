//! The tables of a seat sale. Plain SQL, since constraints read best in it.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0001_initial"
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
CREATE TABLE events (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug                  text NOT NULL,
    name                  text NOT NULL,
    venue                 text NOT NULL,
    starts_at             timestamptz NOT NULL,
    sales_open_at         timestamptz,
    sales_close_at        timestamptz,
    hold_seconds          integer NOT NULL CHECK (hold_seconds > 0),
    max_seats_per_viewer  integer CHECK (max_seats_per_viewer > 0),
    currency              text NOT NULL,
    -- The revision of the newest row of the event's change log. Its row lock is what puts an
    -- event's bookings in order.
    revision              bigint NOT NULL DEFAULT 0 CHECK (revision >= 0),
    -- At or before the instant at which the next hold runs out; NULL when nothing is held. For the
    -- cleaner.
    next_expiry_at        timestamptz,
    CHECK (sales_open_at < sales_close_at)
) WITH (fillfactor = 50); -- updated by every booking: room for the new version beside the old one

CREATE INDEX events_by_start ON events (starts_at, id);
CREATE INDEX events_by_next_expiry ON events (next_expiry_at) WHERE next_expiry_at IS NOT NULL;

-- In a table of its own, since a unique index on a table that is distributed by event must hold the
-- event's id; and without a foreign key, which cannot lead from such a table to a distributed one.
CREATE TABLE event_slugs (
    slug      text PRIMARY KEY,
    event_id  bigint NOT NULL UNIQUE
);

CREATE TABLE categories (
    event_id     bigint NOT NULL REFERENCES events (id),
    id           integer NOT NULL CHECK (id > 0),
    name         text NOT NULL,
    -- 100 seats of an order at this price still fit a 32-bit total.
    price_minor  integer NOT NULL CHECK (price_minor BETWEEN 0 AND 20000000),
    color        text,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, name)
);

-- Where seats are: written once by an import. Apart from what a booking updates, so that a booking
-- copies short rows.
CREATE TABLE seat_places (
    event_id    bigint NOT NULL REFERENCES events (id),
    id          integer NOT NULL CHECK (id > 0),
    section     text NOT NULL,
    row_label   text NOT NULL,
    number      text NOT NULL,
    accessible  boolean NOT NULL,
    x           double precision,
    y           double precision,
    PRIMARY KEY (event_id, id),
    UNIQUE (event_id, section, row_label, number),
    CHECK ((x IS NULL) = (y IS NULL))
);

CREATE TABLE seats (
    event_id       bigint NOT NULL,
    id             integer NOT NULL,
    category_id    integer NOT NULL,
    for_sale       boolean NOT NULL DEFAULT true,
    -- 0 AVAILABLE, 1 RESERVED, 2 CONFIRMED
    status         smallint NOT NULL DEFAULT 0,
    -- Who holds or owns it.
    viewer         text,
    expires_at     timestamptz,
    -- Whose hold ran out last, while nobody has held the seat since.
    lapsed_viewer  text,
    -- The revision of the first seat of the order it is sold in.
    order_id       bigint,
    -- The revision of its last change.
    revision       bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (event_id, id),
    FOREIGN KEY (event_id, id) REFERENCES seat_places (event_id, id),
    FOREIGN KEY (event_id, category_id) REFERENCES categories (event_id, id),
    CONSTRAINT seats_state CHECK (CASE status
        WHEN 0 THEN viewer IS NULL AND expires_at IS NULL AND order_id IS NULL
        WHEN 1 THEN viewer IS NOT NULL AND expires_at IS NOT NULL AND order_id IS NULL
             AND lapsed_viewer IS NULL AND for_sale
        WHEN 2 THEN viewer IS NOT NULL AND expires_at IS NULL AND order_id IS NOT NULL
             AND lapsed_viewer IS NULL
        ELSE false
    END)
-- Each seat is updated a few times in its life: room for its next version on the same page.
) WITH (fillfactor = 70);

-- What a viewer holds and owns; only such seats are in it.
CREATE INDEX seats_by_viewer ON seats (event_id, viewer) WHERE viewer IS NOT NULL;
-- What runs out next; only held seats are in it.
CREATE INDEX seats_by_expiry ON seats (event_id, expires_at) WHERE status = 1;

-- The change log: one row for each committed seat change, never updated. No foreign key to seats:
-- it would cost a look-up for every change, and the one statement that writes here writes the seat
-- as well.
CREATE TABLE seat_changes (
    event_id    bigint NOT NULL,
    revision    bigint NOT NULL CHECK (revision > 0),
    seat_id     integer NOT NULL,
    -- 1 RESERVED, 2 RELEASED, 3 EXPIRED, 4 CONFIRMED
    cause       smallint NOT NULL,
    viewer      text NOT NULL,
    expires_at  timestamptz,
    order_id    bigint,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (event_id, revision),
    CONSTRAINT seat_changes_cause CHECK (CASE cause
        WHEN 1 THEN expires_at IS NOT NULL AND order_id IS NULL
        WHEN 2 THEN expires_at IS NULL AND order_id IS NULL
        WHEN 3 THEN expires_at IS NULL AND order_id IS NULL
        WHEN 4 THEN expires_at IS NULL AND order_id IS NOT NULL
        ELSE false
    END)
);

CREATE TABLE orders (
    event_id           bigint NOT NULL REFERENCES events (id),
    -- The revision of its first seat: unique in the event without a sequence.
    id                 bigint NOT NULL,
    viewer             text NOT NULL,
    total_minor        bigint NOT NULL CHECK (total_minor >= 0),
    currency           text NOT NULL,
    payment_reference  text,
    confirmed_at       timestamptz NOT NULL,
    PRIMARY KEY (event_id, id)
);

CREATE INDEX orders_by_viewer ON orders (viewer, confirmed_at DESC, event_id DESC, id DESC);

-- Which order a seat was sold in, at what price. Rows are never updated or deleted, so the primary
-- key is the database's own promise that no seat is sold twice, even if something resets the seat's
-- row.
CREATE TABLE order_seats (
    event_id     bigint NOT NULL,
    seat_id      integer NOT NULL,
    order_id     bigint NOT NULL,
    price_minor  integer NOT NULL,
    PRIMARY KEY (event_id, seat_id),
    FOREIGN KEY (event_id, order_id) REFERENCES orders (event_id, id),
    FOREIGN KEY (event_id, seat_id) REFERENCES seats (event_id, id)
);

CREATE INDEX order_seats_by_order ON order_seats (event_id, order_id);

-- Which order a viewer's idempotency key stands for. Several keys may stand for one order.
CREATE TABLE idempotency_keys (
    event_id    bigint NOT NULL,
    viewer      text NOT NULL,
    key         text NOT NULL,
    order_id    bigint NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (event_id, viewer, key),
    FOREIGN KEY (event_id, order_id) REFERENCES orders (event_id, id)
);
"#;
