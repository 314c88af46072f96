//! A session of bookings: one transaction after another, on a connection that is kept between them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{EntityTrait, QuerySelect};

use super::amend::write_event;
use super::batched_command::BatchedCommand;
use super::choosing::admit_choice;
use super::churn::write_churn;
use super::offers::write_offers;
use super::opening::read_opening;
use super::plan::write_plan;
use super::write::{reschedule_expiry, write_changes, write_orders, write_owners};
use crate::domain::ledger::Ledger;
use crate::domain::{Change, EventId, EventStage};
use crate::store::audit::write_audit;
use crate::store::entity::event;
use crate::store::error::StoreError;
use crate::store::pool::{Pool, Transaction};
use crate::store::pools::Store;
use crate::store::prices::write_next_list;
use crate::store::seatings::{SeatingLease, SeatingReturn, Seatings};

/// How long a connection is kept without a pause between transactions. PostgreSQL tells its
/// autovacuum what a session has changed when the session is between transactions, and once a
/// second at most.
const KEPT_FOR: Duration = Duration::from_secs(1);

/// What a committed booking transaction did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Booked {
    /// There is no such event; nothing was decided.
    NoSuchEvent,
    /// Everything was decided, and there is nothing that others would have to be told.
    Unchanged,
    /// Seats changed, or the event did.
    Changed {
        /// What the change log has now, in order.
        changes: Vec<Change>,
        /// The event's new version, if something of it changed that is none of a seat.
        version: Option<i64>,
        /// How long from the decision until the first of the holds granted here runs out, or until
        /// holds are over for another reason.
        first_expiry_in: Option<Duration>,
    },
}

/// Carries out bookings one after another.
///
/// Keeps a connection between them, with a transaction open: a commit that begins the next one is
/// one round trip where beginning, committing and putting a connection back are three. Until its
/// first statement an open transaction holds nothing, neither a lock nor an old row, but its
/// connection.
#[derive(Debug)]
pub struct BookingSession {
    pool: Pool,
    seatings: Arc<Seatings>,
    open: Option<OpenTransaction>,
}

/// A transaction that has begun, on a connection that was taken at some time.
#[derive(Debug)]
struct OpenTransaction {
    transaction: Transaction,
    taken: Instant,
}

impl Store {
    /// A session that takes a connection of the bookings' when it needs one.
    pub fn booking_session(&self) -> BookingSession {
        let (pool, seatings) = (self.bookings.clone(), Arc::clone(&self.seatings));
        BookingSession { pool, seatings, open: None }
    }
}

impl BookingSession {
    /// Waits until the event's row is locked for the transaction that [`BookingSession::book`]
    /// carries out next. Whoever knows that others stand before it locks first, and chooses the
    /// commands once the lock is held.
    ///
    /// # Errors
    ///
    /// On any error nothing is locked, and nothing was written.
    pub async fn lock_event(&mut self, event: EventId) -> Result<(), StoreError> {
        let open = self.open_transaction().await?;
        let row = event::Entity::find_by_id(event.0)
            .select_only()
            .column(event::Column::Id)
            .lock_exclusive();
        row.into_tuple::<i64>().one(&open.transaction).await?;
        self.open = Some(open);
        Ok(())
    }

    /// The open transaction, or a new one. Taken out: what ends early, for whatever reason, is
    /// rolled back and not gone on with.
    async fn open_transaction(&mut self) -> Result<OpenTransaction, StoreError> {
        if let Some(mut open) = self.open.take()
            && !open.transaction.is_doubtful()
        {
            return Ok(open);
        }
        let transaction = self.pool.begin().await?;
        Ok(OpenTransaction { transaction, taken: Instant::now() })
    }

    /// Carries out the commands, in their order, in one transaction on one event. `before_commit`
    /// is called when everything is written and the commit is all that is left.
    ///
    /// # Errors
    ///
    /// On any error nothing was written; but for [`StoreError::Unknown`], after which everything
    /// may have been.
    pub async fn book<C: BatchedCommand + ?Sized>(
        &mut self,
        event: EventId,
        commands: &mut [Box<C>],
        before_commit: impl FnOnce(),
    ) -> Result<Booked, StoreError> {
        let OpenTransaction { mut transaction, taken } = self.open_transaction().await?;
        let Some((mut ledger, lent)) =
            open_ledger(&transaction, event, commands, &self.seatings).await?
        else {
            transaction.rollback().await?;
            return Ok(Booked::NoSuchEvent);
        };
        decide(&transaction, event, commands, (&mut ledger, lent.as_ref())).await?;
        let (seating, revision) = (ledger.take_seating(), ledger.revision());
        let now = ledger.now();
        let closing = ledger.close();
        if !closing.plan.places.is_empty() {
            transaction.be_patient();
            write_plan(&transaction, event, &closing).await?;
        }
        if !closing.changes.is_empty() {
            write_changes(&transaction, event, &closing, now).await?;
        }
        for list in &closing.new_prices {
            write_next_list(&transaction, event, list).await?;
        }
        if !closing.offers.is_empty() {
            write_offers(&transaction, event, &closing, now).await?;
        }
        if !closing.runs.is_empty() {
            write_churn(&transaction, event, &closing).await?;
        }
        if !closing.keys.is_empty() {
            write_orders(&transaction, event, &closing, now).await?;
        }
        if !closing.owners.is_empty() {
            write_owners(&transaction, event, &closing).await?;
        }
        let mut version = None;
        if closing.changes_event() {
            version = Some(write_event(&transaction, event, &closing).await?);
        }
        if !closing.audit.is_empty() {
            write_audit(&transaction, Some(event), &closing.audit).await?;
        }
        if commands.iter().any(|command| command.needs().reschedules_expiry) {
            reschedule_expiry(&transaction, event).await?;
        }
        let first_expiry_in = closing.earliest_expiry().and_then(|at| (at - now).to_std().ok());
        before_commit();
        self.commit(transaction, taken).await?;
        match lent.zip(seating) {
            Some((lent, seating)) => lent.keep(seating, revision),
            None => self.seatings.follow(event, &closing.changes),
        }
        let is_cancelled =
            closing.details.is_some_and(|details| details.stage == EventStage::Cancelled);
        let first_expiry_in = if is_cancelled { Some(Duration::ZERO) } else { first_expiry_in };
        let changes = closing.changes;
        if changes.is_empty() && version.is_none() {
            return Ok(Booked::Unchanged);
        }
        Ok(Booked::Changed { changes, version, first_expiry_in })
    }

    /// Commits, and has the next transaction begun by that unless the connection is due for a
    /// pause.
    async fn commit(&mut self, transaction: Transaction, taken: Instant) -> Result<(), StoreError> {
        if taken.elapsed() >= KEPT_FOR {
            return transaction.commit().await.map_err(StoreError::in_commit);
        }
        transaction.commit_and_begin().await.map_err(StoreError::in_commit)?;
        self.open = Some(OpenTransaction { transaction, taken });
        Ok(())
    }

    /// Gives the connection back, and with it what was locked.
    pub async fn release_connection(&mut self) {
        if let Some(open) = self.open.take() {
            // It has written nothing. A connection that is broken is noticed by whoever uses it
            // next.
            let _ = open.transaction.rollback().await;
        }
    }
}

/// Opens the event's ledger for the commands; with its seating where one of them chooses, or where
/// no reservation may leave a seat alone. `None` if there is no such event.
async fn open_ledger<C: BatchedCommand + ?Sized>(
    transaction: &Transaction,
    event: EventId,
    commands: &[Box<C>],
    seatings: &Arc<Seatings>,
) -> Result<Option<(Ledger, Option<SeatingReturn>)>, StoreError> {
    let needs = || commands.iter().map(|command| command.needs());
    let (mut lease, mut foreseen) = (None, BTreeSet::new());
    if needs().any(|needs| needs.best.is_some()) {
        let Some(mut taken) = SeatingLease::take(seatings, transaction, event).await? else {
            return Ok(None);
        };
        foreseen = taken.foresee(needs()).await;
        lease = Some(taken);
    }
    let opening = read_opening(transaction, event, commands, &foreseen).await?;
    let Some(opening) = opening else { return Ok(None) };
    let minds_neighbours = !opening.terms.allows_lone_seats;
    if lease.is_none() && minds_neighbours && needs().any(|needs| needs.holdings_of.is_some()) {
        lease = SeatingLease::take(seatings, transaction, event).await?;
    }
    let mut ledger = Ledger::open(opening);
    let lent = lease.map(|lease| {
        let (seating, lent) = lease.open();
        ledger.put_seating(seating);
        lent
    });
    Ok(Some((ledger, lent)))
}

/// Decides the commands in their order.
async fn decide<C: BatchedCommand + ?Sized>(
    transaction: &Transaction,
    event: EventId,
    commands: &mut [Box<C>],
    (ledger, lent): (&mut Ledger, Option<&SeatingReturn>),
) -> Result<(), StoreError> {
    // Those that change the event come last: what others need was read by what it was.
    let (last, first): (Vec<_>, Vec<_>) =
        commands.iter_mut().partition(|command| command.needs().event_details);
    for command in first.into_iter().chain(last) {
        if let Some((request, lent)) = command.needs().best.zip(lent) {
            admit_choice(transaction, event, ledger, request, lent).await?;
            // Others are booked on this thread too.
            tokio::task::yield_now().await;
        }
        command.decide(ledger);
    }
    Ok(())
}
