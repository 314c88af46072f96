//! The books of one event: its seats in memory, held against its log and its orders.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
};

use super::findings::Findings;
use super::terms_then::TermsThen;
use super::violation::Violation;
use crate::domain::ledger::Terms;
use crate::domain::seat::Seat;
use crate::domain::{EventId, Revision, SeatState};
use crate::store::entity::seat;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::rows::TermsRow;
use crate::store::sql::statement;

/// The seats of which a row says why they are off sale.
async fn read_blocked(snapshot: &Transaction, event: EventId) -> Result<BTreeSet<i32>, StoreError> {
    const BLOCKED: &str = "SELECT seat_id FROM seat_blocks WHERE event_id = $1";
    let rows = snapshot.query_all_raw(statement(BLOCKED, [event.0.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}

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
    /// Seats that have a row which says why they are off sale.
    blocked: BTreeSet<i32>,
    /// Seats whose rows cannot be read. They have been told of, and nothing more is said of them.
    pub(super) unreadable: BTreeSet<i32>,
    /// Its price lists but the first; see [`read_lists`].
    pub(super) lists: Vec<Revision>,
}

impl EventBooks {
    /// Reads the event's seats.
    pub(super) async fn read(
        snapshot: &Transaction,
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
        let lists = read_lists(snapshot, event).await?;
        let blocked = read_blocked(snapshot, event).await?;
        Ok(Self { event, revision, terms, terms_then, now, seats, blocked, unreadable, lists })
    }

    /// Whether a seat is offered, by the log as far as that says so, and by why it would not be.
    pub(super) fn verify_offer(
        &self,
        serial: i32,
        seat: &Seat,
        said: Option<bool>,
        findings: &mut Findings<'_>,
    ) {
        let (event, table) = (self.event, seat.for_sale);
        if let Some(log) = said.filter(|log| *log != table) {
            let seat = serial;
            findings.violation(Violation::OfferDiffersFromLog { event, seat, table, log });
        }
        let has_reason = self.blocked.contains(&serial);
        let lacks_reason = said == Some(false) && !table && !has_reason;
        if has_reason && table || lacks_reason {
            findings.violation(Violation::WrongBlock { event, seat: serial, has_reason });
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

/// For each list of an event but the first, in order, after which revision seats are held by it.
async fn read_lists(snapshot: &Transaction, event: EventId) -> Result<Vec<Revision>, StoreError> {
    let query = "SELECT after_revision FROM price_lists WHERE event_id = $1
  ORDER BY price_version";
    let rows = snapshot.query_all_raw(statement(query, [event.0.into()])).await?;
    rows.iter().map(|row| Ok(Revision(row.try_get_by_index(0)?))).collect()
}
