//! Seats that went off sale or on sale: written after their changes, where there are any.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::domain::ledger::{Closing, Offer};
use crate::domain::{EventId, SeatBlock, SeatId, ViewerId};
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::sql::{ints, statement, texts};

/// An empty label stands for none. A block that is as it was keeps who made it, and when.
const WRITE_OFFERS: &str = "
WITH gone AS (
    DELETE FROM seat_blocks WHERE event_id = $1 AND seat_id = ANY ($3)
), blocked AS (
    INSERT INTO seat_blocks AS known (event_id, seat_id, reason, label, blocked_by, blocked_at)
    SELECT $1, seat_id, reason, NULLIF(label, ''), by, $2
      FROM UNNEST($4::integer[], $5::text[], $6::text[], $7::text[])
        AS blocked (seat_id, reason, label, by)
    ON CONFLICT (event_id, seat_id) DO UPDATE SET
        reason = EXCLUDED.reason, label = EXCLUDED.label,
        blocked_by = EXCLUDED.blocked_by, blocked_at = EXCLUDED.blocked_at
     WHERE (known.reason, known.label) IS DISTINCT FROM (EXCLUDED.reason, EXCLUDED.label)
)
UPDATE seats SET for_sale = NOT for_sale
 WHERE event_id = $1 AND (id = ANY ($3) AND NOT for_sale OR id = ANY ($4) AND for_sale)";

pub(super) async fn write_offers(
    transaction: &Transaction,
    event: EventId,
    closing: &Closing,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (mut on_sale, mut blocked): (Vec<i32>, Vec<(SeatId, &ViewerId, &SeatBlock)>) =
        Default::default();
    for (&seat, offer) in &closing.offers {
        match offer {
            Offer::ForSale => on_sale.push(seat.serial),
            Offer::Blocked(by, block) => blocked.push((seat, by, block)),
        }
    }
    let reasons: Vec<_> = blocked.iter().map(|(_, _, block)| block.reason.to_string()).collect();
    let labels = blocked.iter().map(|(_, _, block)| block.label.as_deref().unwrap_or_default());
    let values = [
        event.0.into(),
        now.into(),
        ints(on_sale),
        ints(blocked.iter().map(|(seat, _, _)| seat.serial)),
        texts(reasons.iter().map(String::as_str)),
        texts(labels),
        texts(blocked.iter().map(|(_, by, _)| by.as_str())),
    ];
    transaction.execute_raw(statement(WRITE_OFFERS, values)).await?;
    Ok(())
}
