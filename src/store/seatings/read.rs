//! Seatings and what they are made of, as the database has it. Each answer is one row of lists: a
//! tenth of the time that a row for each seat takes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, QueryResult};

use super::kept::{KeptSeating, PlanStamp};
use crate::domain::best::{Layout, Place, Seating};
use crate::domain::plan::{PlaceKind, PlaceTraits};
use crate::domain::{Cause, EventId, LogPoint, Revision, SeatId, SeatStatus};
use crate::store::changes::{log_point, point_from_row};
use crate::store::error::StoreError;
use crate::store::limits::LIMITED;
use crate::store::rows;
use crate::store::sql::statement;

/// The event's row, as far as seatings need it.
#[derive(Debug)]
pub(super) struct Head {
    /// The end of its log.
    pub(super) at: LogPoint,
    pub(super) plan: PlanStamp,
    /// The database's clock, perhaps read before the row was locked.
    pub(super) now: DateTime<Utc>,
}

/// The columns of a [`Head`], in its order.
macro_rules! head {
    () => {
        "SELECT revision, CASE WHEN marked_revision = revision THEN mark END, plan_version, focal_x,
       focal_y, clock_timestamp(), plan_mark FROM events WHERE id = $1"
    };
}

/// The event's row; `None` if there is no such event.
pub(super) async fn read_head(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<Head>, StoreError> {
    head(connection, head!(), event).await
}

/// The same, locked.
pub(super) async fn lock_head(
    connection: &impl ConnectionTrait,
    event: EventId,
) -> Result<Option<Head>, StoreError> {
    const LOCK: &str = formatcp!("{} AND {LIMITED} FOR UPDATE", head!());
    head(connection, LOCK, event).await
}

async fn head(
    connection: &impl ConnectionTrait,
    query: &'static str,
    event: EventId,
) -> Result<Option<Head>, StoreError> {
    let row = connection.query_one_raw(statement(query, [event.0.into()])).await?;
    let head = |row: QueryResult| {
        let focal: (Option<f64>, Option<f64>) =
            (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
        let plan = PlanStamp {
            version: row.try_get_by_index(2)?,
            mark: row.try_get_by_index(6)?,
            focal_point: focal.0.zip(focal.1),
        };
        Ok(Head { at: point_from_row(&row, 0)?, plan, now: row.try_get_by_index(5)? })
    };
    row.map(head).transpose()
}

/// The seating of an event as it stands, in a transaction in which it stands still; on the layout
/// that is known, if that is of the same plan.
pub(super) async fn read_seating(
    connection: &impl ConnectionTrait,
    event: EventId,
    head: &Head,
    known: Option<Arc<Layout>>,
) -> Result<KeptSeating, StoreError> {
    let layout = match known {
        Some(layout) => layout,
        None => Arc::new(read_layout(connection, event, head.plan.focal_point).await?),
    };
    let mut seating = Seating::new(layout);
    const SEATS: &str = "
SELECT array_agg(id), array_agg(for_sale), array_agg(status),
       array_agg(COALESCE(expires_at, 'epoch')) FROM seats WHERE event_id = $1";
    let query = statement(SEATS, [event.0.into()]);
    if let Some(row) = connection.query_one_raw(query).await? {
        let (ids, for_sale): (Vec<i32>, Vec<bool>) = (list(&row, 0)?, list(&row, 1)?);
        let (statuses, ends): (Vec<i16>, Vec<DateTime<Utc>>) = (list(&row, 2)?, list(&row, 3)?);
        for (((serial, for_sale), status), end) in
            ids.into_iter().zip(for_sale).zip(statuses).zip(ends)
        {
            let status = SeatStatus::from_code(status).ok_or(StoreError::Corrupt("a status"))?;
            seating.put_status(SeatId { event, serial }, (status, Some(end)), for_sale);
        }
    }
    Ok(KeptSeating { seating, plan: head.plan, at: head.at, charge: None })
}

async fn read_layout(
    connection: &impl ConnectionTrait,
    event: EventId,
    focal_point: Option<(f64, f64)>,
) -> Result<Layout, StoreError> {
    // What is not there: NaN, -1 and an empty text, none of which a plan has.
    const PLACES: &str = "
SELECT array_agg(id), array_agg(category_id), array_agg(section), array_agg(row_label),
       array_agg(accessible), array_agg(COALESCE(x, 'NaN')), array_agg(COALESCE(y, 'NaN')),
       array_agg(kind), array_agg(is_companion), array_agg(has_gap_before),
       array_agg(COALESCE(rank, -1)), array_agg(COALESCE(floor, ''))
  FROM (SELECT * FROM seats JOIN seat_places USING (event_id, id)
         WHERE event_id = $1 ORDER BY id) AS place";
    let query = statement(PLACES, [event.0.into()]);
    let Some(row) = connection.query_one_raw(query).await? else {
        return Ok(Layout::new(event, &[], focal_point));
    };
    let (ids, categories): (Vec<i32>, Vec<i32>) = (list(&row, 0)?, list(&row, 1)?);
    let (sections, labels): (Vec<String>, Vec<String>) = (list(&row, 2)?, list(&row, 3)?);
    let accessible: Vec<bool> = list(&row, 4)?;
    let (x, y): (Vec<f64>, Vec<f64>) = (list(&row, 5)?, list(&row, 6)?);
    let kinds: Vec<i16> = list(&row, 7)?;
    let (companions, gaps): (Vec<bool>, Vec<bool>) = (list(&row, 8)?, list(&row, 9)?);
    let (ranks, floors): (Vec<i32>, Vec<String>) = (list(&row, 10)?, list(&row, 11)?);
    let mut places = Vec::with_capacity(ids.len());
    for (index, (section, row)) in sections.into_iter().zip(labels).enumerate() {
        let kind = PlaceKind::from_code(kinds[index]);
        let position = Some((x[index], y[index])).filter(|(x, y)| !x.is_nan() && !y.is_nan());
        places.push(Place {
            serial: ids[index],
            category: categories[index],
            section,
            row,
            accessible: accessible[index],
            position,
            traits: PlaceTraits {
                kind: kind.ok_or(StoreError::Corrupt("a kind of place"))?,
                is_companion: companions[index],
                has_gap_before: gaps[index],
                rank: Some(ranks[index]).filter(|rank| *rank >= 0),
                floor: Some(floors[index].clone()).filter(|floor| !floor.is_empty()),
            },
        });
    }
    Ok(Layout::new(event, &places, focal_point))
}

/// Has a seating follow the log to its end; whether it could, nothing was missing, and the log is
/// the one that it has followed so far.
pub(super) async fn follow_log(
    connection: &impl ConnectionTrait,
    event: EventId,
    kept: &mut KeptSeating,
    end: LogPoint,
) -> Result<bool, StoreError> {
    // With the mark of the change that it has followed last.
    const CHANGES: &str = "
SELECT array_agg(revision), array_agg(seat_id), array_agg(cause),
       array_agg(COALESCE(expires_at, 'epoch')),
       (SELECT mark FROM seat_changes WHERE event_id = $1 AND revision = $2)
  FROM (SELECT * FROM seat_changes WHERE event_id = $1 AND revision > $2 AND revision <= $3
         ORDER BY revision) AS change";
    let from = kept.at.revision;
    let values = [event.0.into(), from.0.into(), end.revision.0.into()];
    let row = connection.query_one_raw(statement(CHANGES, values)).await?;
    let Some(row) = row else { return Ok(false) };
    // Where its mark is not known, neither is it certain what the log goes on from.
    let followed = log_point(from.0, row.try_get_by_index(4)?);
    if followed.mark.is_none() || followed != kept.at {
        return Ok(false);
    }
    let (revisions, seats): (Vec<i64>, Vec<i32>) = (list(&row, 0)?, list(&row, 1)?);
    let (causes, ends): (Vec<i16>, Vec<DateTime<Utc>>) = (list(&row, 2)?, list(&row, 3)?);
    let mut reached = from;
    for (((revision, serial), cause), end) in revisions.into_iter().zip(seats).zip(causes).zip(ends)
    {
        if reached.next() != Revision(revision) {
            return Ok(false);
        }
        let cause: Cause = rows::cause_from_row(cause)?;
        kept.seating.apply(SeatId { event, serial }, cause, Some(end));
        reached = Revision(revision);
    }
    kept.at = end;
    Ok(reached == end.revision)
}

/// A list that is NULL where nothing was found.
fn list<T>(row: &QueryResult, index: usize) -> Result<Vec<T>, StoreError>
where
    Option<Vec<T>>: sea_orm::TryGetable,
{
    let list: Option<Vec<T>> = row.try_get_by_index(index)?;
    Ok(list.unwrap_or_default())
}
