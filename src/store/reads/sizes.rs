//! How large events are. Seats and categories of an event are numbered from 1 on, so that the
//! highest number is found in an index.

use const_format::formatcp;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::domain::EventId;
use crate::store::error::StoreError;
use crate::store::pools::Store;
use crate::store::sql::{bigints, statement};

/// How much there is of an event: not less than there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EventSize {
    /// Seats.
    pub seats: u64,
    /// Seats of all the events together that are meant.
    pub seats_together: u64,
    /// Price categories.
    pub categories: u64,
    /// Seats that one viewer may hold and own together.
    pub seats_a_viewer: u64,
}

impl EventSize {
    /// As much of each as the one or the other has.
    pub fn or(self, other: Self) -> Self {
        Self {
            seats: self.seats.max(other.seats),
            seats_together: self.seats_together.max(other.seats_together),
            categories: self.categories.max(other.categories),
            seats_a_viewer: self.seats_a_viewer.max(other.seats_a_viewer),
        }
    }
}

/// The columns of a size, of rows of `events`.
const SIZE: &str = "
       COALESCE((SELECT max(seats.id) FROM seats WHERE seats.event_id = events.id), 0) AS seats,
       COALESCE((SELECT max(categories.id) FROM categories
                  WHERE categories.event_id = events.id), 0) AS categories";

impl Store {
    /// The sizes of these events; ids that name nothing are left out.
    pub async fn event_sizes(
        &self,
        events: &[EventId],
    ) -> Result<Vec<(EventId, EventSize)>, StoreError> {
        const SIZES: &str = formatcp!(
            "SELECT seats, categories, LEAST(max_seats_per_viewer, seats) AS seats_a_viewer, id
  FROM (SELECT {SIZE}, max_seats_per_viewer, id FROM events WHERE id = ANY ($1)) AS sizes"
        );
        let query = statement(SIZES, [bigints(events.iter().map(|event| event.0))]);
        let rows = self.reads.query_all_raw(query).await?;
        rows.iter().map(|row| Ok((EventId(row.try_get_by_index(3)?), size(row)?))).collect()
    }

    /// The most that any event has of each.
    pub async fn largest_event_size(&self) -> Result<EventSize, StoreError> {
        const LARGEST: &str = formatcp!(
            "SELECT COALESCE(max(seats), 0), COALESCE(max(categories), 0),
       COALESCE(max(LEAST(max_seats_per_viewer, seats)), 0), COALESCE(sum(seats), 0)::bigint
  FROM (SELECT {SIZE}, max_seats_per_viewer FROM events) AS sizes"
        );
        let row = self.reads.query_one_raw(statement(LARGEST, [])).await?;
        let Some(row) = row else { return Ok(EventSize::default()) };
        let together: i64 = row.try_get_by_index(3)?;
        let seats_together = u64::try_from(together).unwrap_or_default();
        Ok(EventSize { seats_together, ..size(&row)? })
    }
}

fn size(row: &QueryResult) -> Result<EventSize, StoreError> {
    let number = |index| {
        let number: i32 = row.try_get_by_index(index)?;
        Ok::<_, StoreError>(u64::try_from(number).unwrap_or_default())
    };
    let (seats, categories, seats_a_viewer) = (number(0)?, number(1)?, number(2)?);
    Ok(EventSize { seats, seats_together: seats, categories, seats_a_viewer })
}
