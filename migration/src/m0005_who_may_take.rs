//! Who confirms an event's seats, and how many idempotency keys an order has.
//!
//! Servers of the version before go on beside those of this one. Their buyers confirm, as in the
//! events that are there: nobody's sale is another after this. The keys that they write take first
//! slots.

use domain::{ConfirmedBy, KeySlots};
use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m0005_who_may_take"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&up()).await?;
        Ok(())
    }
}

fn up() -> String {
    let [buyer, shop] = [ConfirmedBy::Buyer, ConfirmedBy::Shop].map(ConfirmedBy::code);
    let (first, last) = (KeySlots::FIRST, KeySlots::LAST);
    format!(
        "
ALTER TABLE events ADD COLUMN confirmed_by smallint NOT NULL DEFAULT {buyer}
    CONSTRAINT events_confirmed_by CHECK (confirmed_by IN ({buyer}, {shop}));

-- Which of its order's slots a key takes. A key beyond the last is answered and not kept. Of an
-- order that has more, the first ones stay.
ALTER TABLE idempotency_keys ADD COLUMN slot smallint NOT NULL DEFAULT {first}
    CONSTRAINT idempotency_keys_slot CHECK (slot BETWEEN {first} AND {last});
WITH numbered AS (
    SELECT event_id, viewer, key, row_number() OVER (
               PARTITION BY event_id, order_id ORDER BY created_at, viewer, key) AS slot
      FROM idempotency_keys
), gone AS (
    DELETE FROM idempotency_keys AS known USING numbered
     WHERE (known.event_id, known.viewer, known.key)
         = (numbered.event_id, numbered.viewer, numbered.key) AND numbered.slot > {last}
)
UPDATE idempotency_keys AS known SET slot = numbered.slot FROM numbered
 WHERE (known.event_id, known.viewer, known.key)
     = (numbered.event_id, numbered.viewer, numbered.key)
   AND numbered.slot > {first} AND numbered.slot <= {last};

-- The database's own promise that there are no more. The key that an order is made under is not in
-- it: a purchase does not pay for what hardly any order has.
CREATE UNIQUE INDEX idempotency_keys_further ON idempotency_keys (event_id, order_id, slot)
    WHERE slot > {first};
"
    )
}
