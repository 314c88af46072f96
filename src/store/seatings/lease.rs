//! A seating in the hands of a booking, from when the event is locked until its commit is done.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use super::kept::{KeptSeating, Seatings};
use super::read::{Head, follow_log, lock_head, read_seating};
use crate::domain::best::Seating;
use crate::domain::command::Needs;
use crate::domain::{EventId, Revision, SeatId};
use crate::memory::Charge;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;

/// How long a booking waits for the seating while it has the event locked. Whoever has it waits for
/// the answer to a commit that is done, or has lost its connection.
const PATIENCE: Duration = Duration::from_millis(500);

/// A seating that is so many changes behind reads the log; one that is farther, the seats: about as
/// long.
const LONGEST_LOG: i64 = 5_000;

/// See the module's documentation. A seating that was taken out of it and is not kept is gone.
#[derive(Debug)]
pub(in crate::store) struct SeatingLease {
    seatings: Arc<Seatings>,
    head: Head,
    /// Where it is put again; `None`: this one is used once.
    slot: Option<OwnedMutexGuard<Option<KeptSeating>>>,
    seating: Seating,
    charge: Option<Charge>,
}

impl SeatingLease {
    /// Locks the event's row, and takes its seating as it stands; `None` if there is no such event.
    pub(in crate::store) async fn take(
        seatings: &Arc<Seatings>,
        transaction: &Transaction,
        event: EventId,
    ) -> Result<Option<Self>, StoreError> {
        let Some(head) = lock_head(transaction, event).await? else { return Ok(None) };
        let (slot, _) = seatings.of(event);
        let mut slot = tokio::time::timeout(PATIENCE, slot.lock_owned()).await.ok();
        let kept = slot.as_mut().and_then(|slot| slot.take());
        let KeptSeating { seating, charge, .. } =
            up_to_date(transaction, event, &head, kept).await?;
        Ok(Some(Self { seatings: Arc::clone(seatings), head, slot, seating, charge }))
    }

    /// The seats that are chosen if all goes as expected: those before reserve what they name, and
    /// nobody gives anything back. They are locked with the others. What is chosen in the end is
    /// decided on the ledger.
    pub(in crate::store) async fn foresee<'c>(
        &mut self,
        commands: impl Iterator<Item = Needs<'c>>,
    ) -> BTreeSet<SeatId> {
        let mut chosen = BTreeSet::new();
        let mut trial = self.seating.trial();
        for needs in commands {
            let Some(request) = needs.best else {
                if needs.holdings_of.is_some() {
                    trial.take(needs.seats);
                }
                continue;
            };
            if let Ok(seats) = trial.choose(request, self.head.now) {
                trial.take(&seats);
                chosen.extend(seats);
            }
            // Others are booked on this thread too.
            tokio::task::yield_now().await;
        }
        chosen
    }

    /// The seating, and what brings it back.
    pub(in crate::store) fn open(self) -> (Seating, SeatingReturn) {
        let Self { seatings, head, slot, seating, charge } = self;
        (seating, SeatingReturn { seatings, head, slot, charge })
    }
}

/// What a seating is kept by that a booking has taken.
#[derive(Debug)]
pub(in crate::store) struct SeatingReturn {
    seatings: Arc<Seatings>,
    head: Head,
    slot: Option<OwnedMutexGuard<Option<KeptSeating>>>,
    charge: Option<Charge>,
}

impl SeatingReturn {
    /// The seating anew, as the database has it at the revision at which it was taken.
    pub(in crate::store) async fn read_again(
        &self,
        transaction: &Transaction,
        event: EventId,
    ) -> Result<Seating, StoreError> {
        Ok(read_seating(transaction, event, &self.head, None).await?.seating)
    }

    /// Keeps a seating that is true for a revision, which is committed.
    pub(in crate::store) fn keep(self, seating: Seating, revision: Revision) {
        let Some(mut slot) = self.slot else { return };
        let room = || self.seatings.make_room(seating.layout().bytes()).ok();
        let charge = self.charge.or_else(room);
        let plan = self.head.plan;
        *slot = charge.map(|charge| KeptSeating { seating, plan, revision, charge: Some(charge) });
    }
}

/// A seating at the revision of an event that is locked.
async fn up_to_date(
    transaction: &Transaction,
    event: EventId,
    head: &Head,
    kept: Option<KeptSeating>,
) -> Result<KeptSeating, StoreError> {
    let Some(mut kept) = kept.filter(|kept| kept.plan == head.plan) else {
        return read_seating(transaction, event, head, None).await;
    };
    let behind = head.revision.0 - kept.revision.0;
    if behind == 0 {
        return Ok(kept);
    }
    if (1..=LONGEST_LOG).contains(&behind)
        && follow_log(transaction, event, &mut kept, head.revision).await?
    {
        return Ok(kept);
    }
    let layout = kept.seating.layout().clone();
    let read = read_seating(transaction, event, head, Some(layout)).await?;
    Ok(KeptSeating { charge: kept.charge, ..read })
}
