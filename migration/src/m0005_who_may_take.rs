//! Who confirms an event's seats, and how many idempotency keys an order has.
//!
//! Servers of the version before go on beside those of this one. Their buyers confirm, as in the
//! events that are there: nobody's sale is another after this. The keys that they write take first
//! places.

use domain::{ConfirmedBy, KeyPlaces};
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
    let (first, last) = (KeyPlaces::FIRST, KeyPlaces::LAST);
    format!(
        "
ALTER TABLE events ADD COLUMN confirmed_by smallint NOT NULL DEFAULT {buyer}
    CONSTRAINT events_confirmed_by CHECK (confirmed_by IN ({buyer}, {shop}));

-- Which of its order's places a key takes. A key beyond the last is answered and not kept. Of an
-- order that has more, the first ones stay.
ALTER TABLE idempotency_keys ADD COLUMN place smallint NOT NULL DEFAULT {first}
    CONSTRAINT idempotency_keys_place CHECK (place BETWEEN {first} AND {last});
WITH numbered AS (
    SELECT event_id, viewer, key, row_number() OVER (
               PARTITION BY event_id, order_id ORDER BY created_at, viewer, key) AS place
      FROM idempotency_keys
), gone AS (
    DELETE FROM idempotency_keys AS known USING numbered
     WHERE (known.event_id, known.viewer, known.key)
         = (numbered.event_id, numbered.viewer, numbered.key) AND numbered.place > {last}
)
UPDATE idempotency_keys AS known SET place = numbered.place FROM numbered
 WHERE (known.event_id, known.viewer, known.key)
     = (numbered.event_id, numbered.viewer, numbered.key)
   AND numbered.place > {first} AND numbered.place <= {last};

-- The database's own promise that there are no more. The key that an order is made under is not in
-- it: a purchase does not pay for what hardly any order has.
CREATE UNIQUE INDEX idempotency_keys_further ON idempotency_keys (event_id, order_id, place)
    WHERE place > {first};

-- What is to be forgotten, oldest first.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (event_id, created_at);
"
    )
}
