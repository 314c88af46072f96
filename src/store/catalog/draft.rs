//! Events that are made to be prepared: drafts, with the plan of another event or without one.

use sea_orm::ConnectionTrait;

use super::{CatalogError, insert_event, take_slug};
use crate::domain::event::NewEvent;
use crate::domain::event_details::EventDetails;
use crate::domain::plan::is_currency;
use crate::domain::{AuditAction, AuditEntry, EventId, EventStage, ViewerId};
use crate::store::audit::write_audit;
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// Where a new event's plan comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlanSource {
    /// There is none yet. What prices will be in.
    Nowhere {
        /// ISO 4217.
        currency: String,
    },
    /// It is that of another event, with its prices.
    Event {
        /// Which.
        event: EventId,
        /// What its prices must be in, if that is said.
        currency: Option<String>,
    },
}

impl Store {
    /// Creates an event that is to be prepared, in one transaction. All of its seats are for sale.
    ///
    /// # Errors
    ///
    /// See [`CatalogError`].
    pub async fn create_draft(
        &self,
        by: &ViewerId,
        event: &NewEvent,
        plan: &PlanSource,
    ) -> Result<EventId, CatalogError> {
        event.check()?;
        let mut transaction = self.reads.begin().await?;
        transaction.be_patient();
        let currency = currency_of(&transaction, plan).await?;
        let said = (currency.as_str(), EventStage::Draft, None);
        let id = insert_event(&transaction, event, said).await?;
        if !take_slug(&transaction, &event.slug, id).await? {
            transaction.rollback().await?;
            return Err(CatalogError::SlugTaken(event.slug.clone()));
        }
        let mut entry = AuditEntry::new(by, AuditAction::CreateEvent);
        let stage = EventStage::Draft;
        let details = EventDetails { event: event.clone(), allows_lone_seats: true, stage };
        entry = details.noted_anew(entry).with("currency", currency);
        if let PlanSource::Event { event: source, .. } = plan {
            copy_plan(&transaction, *source, id).await?;
            entry = entry.with("planFrom", source.0);
        }
        write_audit(&transaction, Some(id), &[entry]).await?;
        transaction.commit().await?;
        Ok(id)
    }
}

/// What the prices of a plan are in.
async fn currency_of(transaction: &Transaction, plan: &PlanSource) -> Result<String, CatalogError> {
    match plan {
        PlanSource::Nowhere { currency } if is_currency(currency) => Ok(currency.clone()),
        PlanSource::Nowhere { .. } => Err(CatalogError::Currency),
        PlanSource::Event { event, currency: asked } => {
            let query = statement("SELECT currency FROM events WHERE id = $1", [event.0.into()]);
            let row = transaction.query_one_raw(query).await?.ok_or(CatalogError::NoPlan)?;
            let currency: String = row.try_get_by_index(0)?;
            match asked {
                Some(asked) if *asked != currency => Err(CatalogError::OtherCurrency(currency)),
                _ => Ok(currency),
            }
        }
    }
}

/// Copies a plan as it is at one moment: one statement sees all of it as of one instant. Places,
/// categories and what the map shows come along. So does the price list of that moment, which is
/// the first of the new event.
async fn copy_plan(
    transaction: &Transaction,
    from: EventId,
    to: EventId,
) -> Result<(), StoreError> {
    const COPY: &str = "
WITH category AS (
    INSERT INTO categories (event_id, id, name, amount_minor, price_minor, color)
    SELECT $2, id, name, amount_minor, price_minor, color FROM categories WHERE event_id = $1
), place AS (
    INSERT INTO seat_places (event_id, id, section, row_label, number, accessible, x, y, kind,
                             is_companion, has_gap_before, rank, floor)
    SELECT $2, id, section, row_label, number, accessible, x, y, kind,
           is_companion, has_gap_before, rank, floor
      FROM seat_places WHERE event_id = $1
), seat AS (
    INSERT INTO seats (event_id, id, category_id)
    SELECT $2, id, category_id FROM seats WHERE event_id = $1
), shape AS (
    INSERT INTO plan_shapes (event_id, id, kind, label, floor, points)
    SELECT $2, id, kind, label, floor, points FROM plan_shapes WHERE event_id = $1
), ticket AS (
    INSERT INTO ticket_prices
           (event_id, price_version, category_id, id, position, name, amount_minor)
    SELECT $2, 1, category_id, ticket_prices.id, position, ticket_prices.name, amount_minor
      FROM ticket_prices JOIN events ON events.id = event_id
     WHERE event_id = $1 AND ticket_prices.price_version = events.price_version
)
UPDATE events SET focal_x = source.focal_x, focal_y = source.focal_y
  FROM events AS source WHERE events.id = $2 AND source.id = $1";
    transaction.execute_raw(statement(COPY, [from.0.into(), to.0.into()])).await?;
    Ok(())
}
