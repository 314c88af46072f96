//! Removing an event of which nothing was ever sold. Its entries in the audit log stay.

use const_format::formatcp;
use sea_orm::ConnectionTrait;

use crate::domain::{AuditAction, AuditEntry, EventId, ViewerId};
use crate::store::audit::write_audit;
use crate::store::error::StoreError;
use crate::store::numbers::RESERVED;
use crate::store::pool::Transaction;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// What became of an event that was to be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deletion {
    /// It is gone, with all that it had.
    Deleted,
    /// There is no such event.
    NoSuchEvent,
    /// Seats of it were sold.
    Sold,
    /// Somebody holds seats of it.
    Held,
}

/// The tables that have rows of an event, those first that others must not outlive.
const TABLES: [&str; 15] = [
    "DELETE FROM seats_let_go WHERE event_id = $1",
    "DELETE FROM seat_runs WHERE event_id = $1",
    "DELETE FROM seat_changes WHERE event_id = $1",
    "DELETE FROM seat_blocks WHERE event_id = $1",
    "DELETE FROM ticket_prices WHERE event_id = $1",
    "DELETE FROM price_lists WHERE event_id = $1",
    "DELETE FROM plan_shapes WHERE event_id = $1",
    "DELETE FROM past_terms WHERE event_id = $1",
    "DELETE FROM webhook_cursors WHERE event_id = $1",
    "DELETE FROM webhooks WHERE event_id = $1",
    "DELETE FROM seats WHERE event_id = $1",
    "DELETE FROM seat_places WHERE event_id = $1",
    "DELETE FROM categories WHERE event_id = $1",
    "DELETE FROM event_slugs WHERE event_id = $1",
    "DELETE FROM events WHERE id = $1",
];

impl Store {
    /// Removes an event of which nothing was sold and nothing is held, in one transaction. It locks
    /// the event's row: bookings that wait for it find that there is no such event.
    ///
    /// # Errors
    ///
    /// If the database cannot be asked.
    pub async fn delete_event(
        &self,
        by: &ViewerId,
        event: EventId,
    ) -> Result<Deletion, StoreError> {
        let mut transaction = self.reads.begin().await?;
        transaction.be_patient();
        let found = why_not(&transaction, event).await?;
        let Ok((slug, name)) = found else {
            transaction.rollback().await?;
            return Ok(found.err().unwrap_or(Deletion::NoSuchEvent));
        };
        for delete in TABLES {
            transaction.execute_raw(statement(delete, [event.0.into()])).await?;
        }
        let entry = AuditEntry::new(by, AuditAction::DeleteEvent);
        let entry =
            entry.with_change("slug", Some(slug), None).with_change("name", Some(name), None);
        write_audit(&transaction, Some(event), &[entry]).await?;
        transaction.commit().await?;
        Ok(Deletion::Deleted)
    }
}

/// Locks the event, and says what keeps it; or its slug and name, if nothing does.
async fn why_not(
    transaction: &Transaction,
    event: EventId,
) -> Result<Result<(String, String), Deletion>, StoreError> {
    const LOCK: &str = "SELECT slug, name FROM events WHERE id = $1 FOR UPDATE";
    // Read after the lock is held: nobody reserves or buys meanwhile.
    const IN_USE: &str = formatcp!(
        "SELECT EXISTS (SELECT FROM orders WHERE event_id = $1), EXISTS (
    SELECT FROM seats
     WHERE event_id = $1 AND status = {RESERVED} AND expires_at > clock_timestamp())"
    );
    let row = transaction.query_one_raw(statement(LOCK, [event.0.into()])).await?;
    let Some(row) = row else { return Ok(Err(Deletion::NoSuchEvent)) };
    let (slug, name) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let row = transaction.query_one_raw(statement(IN_USE, [event.0.into()])).await?;
    let row = row.ok_or(StoreError::Corrupt("a question without an answer"))?;
    let (is_sold, is_held): (bool, bool) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(match (is_sold, is_held) {
        (true, _) => Err(Deletion::Sold),
        (false, true) => Err(Deletion::Held),
        (false, false) => Ok((slug, name)),
    })
}
