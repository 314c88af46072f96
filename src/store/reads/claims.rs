//! What a guest has, for whoever signs in to take it along.

use std::collections::BTreeMap;

use const_format::formatcp;
use sea_orm::ConnectionTrait;

use crate::domain::command::{MAX_SEATS_PER_REQUEST, SeatSet};
use crate::domain::{EventId, SeatId, ViewerId};
use crate::store::error::StoreError;
use crate::store::numbers::CONFIRMED;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// Events that are looked up at a time: more than anybody buys for in the day that a guest lasts.
pub const CLAIMED_EVENTS_AT_ONCE: usize = 100;

/// Orders that are looked at for that.
const ORDERS_LOOKED_AT: usize = 1_000;

impl Store {
    /// The events in which a viewer holds or owns seats, ascending, at most
    /// [`CLAIMED_EVENTS_AT_ONCE`] of either.
    ///
    /// Nothing is known by viewer alone of seats that are held: an index of those is one that every
    /// booking would pay. But where nothing is held, an event has no next expiry. So each event in
    /// which somebody holds something now is asked for this viewer's seats, by index: 2 µs each.
    pub async fn events_of(&self, viewer: &ViewerId) -> Result<Vec<EventId>, StoreError> {
        const EVENTS: &str = formatcp!(
            "(SELECT events.id FROM events, LATERAL (
    SELECT FROM seats WHERE event_id = events.id AND viewer = $1
       AND (status = {CONFIRMED} OR expires_at > statement_timestamp()) LIMIT 1) AS held
  WHERE next_expiry_at IS NOT NULL LIMIT {CLAIMED_EVENTS_AT_ONCE})
UNION
(SELECT DISTINCT event_id FROM (
    SELECT event_id FROM orders WHERE viewer = $1 LIMIT {ORDERS_LOOKED_AT}) AS owned
  LIMIT {CLAIMED_EVENTS_AT_ONCE})
 ORDER BY 1"
        );
        let query = statement(EVENTS, [viewer.as_str().into()]);
        let rows = self.reads.query_all_raw(query).await?;
        rows.iter().map(|row| Ok(EventId(row.try_get_by_index(0)?))).collect()
    }

    /// The seats that a viewer holds and owns in an event, in sets of which each has whole orders.
    pub async fn seat_sets_of(
        &self,
        event: EventId,
        viewer: &ViewerId,
    ) -> Result<Vec<SeatSet>, StoreError> {
        const SEATS: &str = formatcp!(
            "SELECT order_id, id FROM seats WHERE event_id = $1 AND viewer = $2
   AND (status = {CONFIRMED} OR expires_at > statement_timestamp())"
        );
        let query = statement(SEATS, [event.0.into(), viewer.as_str().into()]);
        let (mut held, mut orders) = (Vec::new(), BTreeMap::<i64, Vec<SeatId>>::new());
        for row in self.reads.query_all_raw(query).await? {
            let seat = SeatId { event, serial: row.try_get_by_index(1)? };
            match row.try_get_by_index(0)? {
                Some(order) => orders.entry(order).or_default().push(seat),
                None => held.push(seat),
            }
        }
        let held = held.chunks(MAX_SEATS_PER_REQUEST).map(<[SeatId]>::to_vec);
        Ok(sets(held.chain(orders.into_values())))
    }
}

/// Puts as many of these together as a request may name.
fn sets(parts: impl Iterator<Item = Vec<SeatId>>) -> Vec<SeatSet> {
    let (mut sets, mut open) = (Vec::new(), Vec::new());
    for part in parts {
        if open.len() + part.len() > MAX_SEATS_PER_REQUEST {
            sets.extend(SeatSet::new(std::mem::take(&mut open)));
        }
        open.extend(part);
    }
    sets.extend(SeatSet::new(open));
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_put_together_and_never_torn() {
        let mut serial = 0;
        let mut part = |seats: usize| -> Vec<SeatId> {
            let seat = |serial| SeatId { event: EventId(1), serial };
            let first = serial + 1;
            serial += i32::try_from(seats).unwrap();
            (first..=serial).map(seat).collect()
        };
        let sizes = |parts: Vec<Vec<SeatId>>| -> Vec<usize> {
            sets(parts.into_iter()).iter().map(|set| set.as_slice().len()).collect()
        };
        assert_eq!(sizes(vec![]), [0; 0]);
        assert_eq!(sizes(vec![part(3), part(1), part(96)]), [100]);
        assert_eq!(sizes(vec![part(3), part(98), part(2), part(100), part(1)]), [3, 100, 100, 1]);
    }
}
