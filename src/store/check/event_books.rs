//! The books of one event: its seats in memory, held against its log and its orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
};

use super::findings::Findings;
use super::prices::read_lists;
use super::violation::Violation;
use crate::domain::ledger::Terms;
use crate::domain::seat::Seat;
use crate::domain::{EventId, Revision, SeatState, ViewerId};
use crate::store::entity::seat;
use crate::store::error::StoreError;
use crate::store::rows::TermsRow;

/// The event's row, as far as the books need it.
#[derive(FromQueryResult)]
pub(super) struct EventRow {
    pub(super) id: i64,
    pub(super) revision: i64,
    #[sea_orm(nested)]
    pub(super) terms: TermsRow,
}

/// An event with its seats as the table has them.
pub(super) struct EventBooks {
    pub(super) event: EventId,
    pub(super) revision: Revision,
    pub(super) terms: Terms,
    /// The database's clock, read after the snapshot was taken.
    pub(super) now: DateTime<Utc>,
    /// By serial number.
    pub(super) seats: BTreeMap<i32, Seat>,
    /// Seats whose rows cannot be read. They have been told of, and nothing more is said of them.
    pub(super) unreadable: BTreeSet<i32>,
    /// Its price lists but the first; see [`read_lists`].
    pub(super) lists: Vec<Revision>,
}

impl EventBooks {
    /// Reads the event's seats.
    pub(super) async fn read(
        snapshot: &DatabaseTransaction,
        row: EventRow,
        now: DateTime<Utc>,
        findings: &mut Findings<'_>,
    ) -> Result<Self, StoreError> {
        let event = EventId(row.id);
        let rows = seat::Entity::find()
            .filter(seat::Column::EventId.eq(event.0))
            .order_by_asc(seat::Column::Id);
        let (mut seats, mut unreadable) = (BTreeMap::new(), BTreeSet::new());
        for row in rows.all(snapshot).await? {
            let serial = row.id;
            match Seat::try_from(row) {
                Ok(seat) => drop(seats.insert(serial, seat)),
                Err(error) => {
                    let what = error.to_string();
                    findings.violation(Violation::UnreadableSeat { event, seat: serial, what });
                    unreadable.insert(serial);
                }
            }
        }
        findings.summary.seats += seats.len() as u64;
        let (revision, terms) = (Revision(row.revision), row.terms.try_into()?);
        let lists = read_lists(snapshot, event).await?;
        Ok(Self { event, revision, terms, now, seats, unreadable, lists })
    }

    /// Nobody holds and owns more than the event allows.
    pub(super) fn verify_limit(&self, findings: &mut Findings<'_>) {
        let Some(limit) = self.terms.max_seats_per_viewer else { return };
        let mut counts: HashMap<&ViewerId, (u32, i32)> = HashMap::new();
        for (&serial, seat) in &self.seats {
            if let Some(viewer) = seat.state.viewer(self.now) {
                counts.entry(viewer).or_insert((0, serial)).0 += 1;
            }
        }
        let mut beyond: Vec<_> = counts.into_values().filter(|&(count, _)| count > limit).collect();
        beyond.sort_unstable_by_key(|&(_, seat)| seat);
        for (count, seat) in beyond {
            findings.violation(Violation::LimitExceeded { event: self.event, seat, count, limit });
        }
    }

    /// The seats that are sold, by serial number, and in which order.
    pub(super) fn sold(&self) -> impl Iterator<Item = (i32, Revision)> {
        self.seats.iter().filter_map(|(&serial, seat)| match &seat.state {
            SeatState::Confirmed(sale) => Some((serial, sale.order.first)),
            SeatState::Available { .. } | SeatState::Reserved(_) => None,
        })
    }
}
