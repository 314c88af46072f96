//! Commands that choose their seats: what they choose is locked and read before they are decided.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::churn::read_churn;
use crate::domain::best::BestRequest;
use crate::domain::ledger::Ledger;
use crate::domain::seat::Seat;
use crate::domain::{EventId, SeatId};
use crate::store::entity::seat;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::seatings::SeatingReturn;

/// How often seats turn out not to be as the seating says before it is read anew. They do where
/// somebody has written beside the log.
const LOOKS: usize = 5;

/// Has the ledger know all of the seats that are chosen as things stand.
///
/// Most were foreseen, and are known. Others are locked now: after seats with larger numbers
/// perhaps, but whoever locks seats has locked their event first.
pub(super) async fn admit_choice(
    transaction: &Transaction,
    event: EventId,
    ledger: &mut Ledger,
    request: &BestRequest,
    taken: &SeatingReturn,
) -> Result<(), StoreError> {
    for look in 1..=2 * LOOKS {
        let missing = ledger.missing(request);
        if missing.is_empty() {
            return Ok(());
        }
        let seats = lock_seats(transaction, event, &missing).await?;
        if seats.len() < missing.len() {
            return Err(StoreError::Corrupt("a plan with seats that are not there"));
        }
        let mut runs = HashMap::new();
        if let Some(max) = ledger.terms().max_seats_let_go {
            let serials: BTreeSet<i32> = missing.iter().map(|seat| seat.serial).collect();
            let asked = (BTreeSet::new(), serials);
            runs = read_churn(transaction, event, ledger.now(), asked, max).await?.runs;
        }
        ledger.admit(seats, runs);
        if look == LOOKS {
            ledger.put_seating(taken.read_again(transaction, event).await?);
        }
    }
    Err(StoreError::Corrupt("seats that change while their event is locked"))
}

async fn lock_seats(
    transaction: &Transaction,
    event: EventId,
    seats: &[SeatId],
) -> Result<Vec<Seat>, StoreError> {
    let rows = seat::Entity::find()
        .filter(seat::Column::EventId.eq(event.0))
        .filter(seat::Column::Id.eq_any(seats.iter().map(|seat| seat.serial)))
        .order_by_asc(seat::Column::Id)
        .lock_exclusive();
    rows.all(transaction).await?.into_iter().map(Seat::try_from).collect()
}
