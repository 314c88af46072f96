//! The books of one event: its seats in memory, held against its log and its orders.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
};

use super::findings::Findings;
use super::terms_then::TermsThen;
use super::violation::Violation;
use crate::domain::ledger::Terms;
use crate::domain::seat::Seat;
use crate::domain::{EventId, Revision, SeatState};
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
    pub(super) terms_then: TermsThen,
    /// The database's clock, read after the snapshot was taken.
    pub(super) now: DateTime<Utc>,
    /// By serial number.
    pub(super) seats: BTreeMap<i32, Seat>,
    /// Seats whose rows cannot be read. They have been told of, and nothing more is said of them.
    pub(super) unreadable: BTreeSet<i32>,
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
        let (revision, terms) = (Revision(row.revision), Terms::try_from(row.terms)?);
        let terms_then = TermsThen::read(snapshot, event, terms.grants()).await?;
        Ok(Self { event, revision, terms, terms_then, now, seats, unreadable })
    }

    /// The seats that are sold, by serial number, and in which order.
    pub(super) fn sold(&self) -> impl Iterator<Item = (i32, Revision)> {
        self.seats.iter().filter_map(|(&serial, seat)| match &seat.state {
            SeatState::Confirmed(sale) => Some((serial, sale.order.first)),
            SeatState::Available { .. } | SeatState::Reserved(_) => None,
        })
    }
}
