//! Amounts beyond 32 bits, random codes of orders, and time zones of events.
//!
//! Servers of the version before go on beside those of this one. They read prices of 32 bits from
//! `categories`: larger ones have a column of their own, until a later migration drops the old one.
//! What else is new has a default where they do not write it.

use domain::event::DEFAULT_TIME_ZONE;
use domain::plan::MAX_PRICE_MINOR;
use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0004_by_the_book"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&up()).await?;
        Ok(())
    }
}

/// Enters codes of orders into `order_codes` that are not there: those of orders that were there
/// before codes were, and those of orders that a server of the version before has written since.
/// One that is taken is drawn again.
pub const ENTER_ORDER_CODES: &str = "
DO $$ BEGIN LOOP
    INSERT INTO order_codes (code, event_id, order_id)
    SELECT code, event_id, id FROM orders
     WHERE NOT EXISTS (SELECT FROM order_codes AS known
                        WHERE known.event_id = orders.event_id AND known.order_id = orders.id)
    ON CONFLICT (code) DO NOTHING;
    -- Citus has no such update. On it no server of a version before has ever sold.
    EXIT WHEN NOT EXISTS (
        SELECT 1 FROM orders
         WHERE NOT EXISTS (SELECT FROM order_codes AS known
                            WHERE known.event_id = orders.event_id AND known.order_id = orders.id));
    UPDATE orders SET code = DEFAULT
     WHERE NOT EXISTS (SELECT FROM order_codes AS known
                        WHERE known.event_id = orders.event_id AND known.order_id = orders.id);
END LOOP; END $$;
";

fn up() -> String {
    format!(
        "
-- What a seat costs; where it is missing, a server of the version before has written price_minor.
-- Whoever writes this writes price_minor too, where the old column takes the number.
ALTER TABLE categories
    ADD COLUMN amount_minor bigint
        CONSTRAINT categories_amount CHECK (amount_minor BETWEEN 0 AND {MAX_PRICE_MINOR}),
    ALTER COLUMN price_minor DROP NOT NULL,
    ADD CONSTRAINT categories_priced CHECK (COALESCE(amount_minor, price_minor) IS NOT NULL);
UPDATE categories SET amount_minor = price_minor;

-- Only written by servers, so that its type may change under them.
ALTER TABLE order_seats
    ALTER COLUMN price_minor TYPE bigint,
    ADD CONSTRAINT order_seats_price CHECK (price_minor BETWEEN 0 AND {MAX_PRICE_MINOR});

ALTER TABLE events ADD COLUMN time_zone text NOT NULL DEFAULT '{DEFAULT_TIME_ZONE}';

-- 50 random bits as ten characters, for orders that come without a code. A random UUID has fixed
-- bits in its bytes 6 and 8.
CREATE FUNCTION new_order_code() RETURNS text LANGUAGE sql VOLATILE AS $$
    WITH random AS MATERIALIZED (SELECT uuid_send(gen_random_uuid()) AS bytes)
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
                             (get_byte(bytes, place) & 31) + 1, 1), '' ORDER BY place)
      FROM random, UNNEST(ARRAY[0, 1, 2, 3, 4, 5, 9, 10, 11, 12]) AS place
$$;

-- Every order that is there gets one.
ALTER TABLE orders ADD COLUMN code text NOT NULL DEFAULT new_order_code()
    CONSTRAINT orders_code CHECK (code ~ '^[0-9A-HJKMNP-TV-Z]{{10}}$');

-- Codes are unique over all events; and as for slugs, a unique index on a table that is distributed
-- by event would have to hold the event's id.
CREATE TABLE order_codes (
    code      text PRIMARY KEY,
    event_id  bigint NOT NULL,
    order_id  bigint NOT NULL,
    CONSTRAINT order_codes_order UNIQUE (event_id, order_id)
);
{ENTER_ORDER_CODES}"
    )
}
