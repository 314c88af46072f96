//! What viewers have let go: read for a booking, and written by it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::domain::churn::{LetGo, Run};
use crate::domain::ledger::Closing;
use crate::domain::{EventId, SeatId, ViewerId};
use crate::store::error::StoreError;
use crate::store::numbers::RESERVED;
use crate::store::pool::Transaction;
use crate::store::rows;
use crate::store::sql::{bigints, bools, instants, ints, statement, texts};

/// What of it a ledger opens with.
#[derive(Debug, Default)]
pub(super) struct Churn {
    pub(super) let_go: HashMap<ViewerId, LetGo>,
    pub(super) runs: HashMap<SeatId, Run>,
}

/// What the viewers who ask have let go, with what has run out and is not logged; and the runs of
/// seats, whose rows have a `seat_id`. Of each viewer as many rows as decide: each is a seat at
/// least. LATERAL, so that each is a look-up by key.
const READ: &str = formatcp!(
    "
SELECT NULL::integer AS seat_id, asked.viewer, let_go_at, seats AS number,
       NULL::bigint AS kept_micros, NULL::boolean AS is_asked_for
  FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT let_go_at, seats FROM seats_let_go
     WHERE event_id = $1 AND viewer = asked.viewer ORDER BY let_go_at DESC LIMIT $5
) AS logged
UNION ALL
SELECT NULL, asked.viewer, let_go_at, seats, NULL, NULL
  FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT expires_at AS let_go_at, count(*)::integer AS seats FROM seats
     WHERE event_id = $1 AND viewer = asked.viewer AND status = {RESERVED} AND expires_at <= $2
     GROUP BY expires_at ORDER BY expires_at DESC LIMIT $5
) AS due
UNION ALL
SELECT asked.seat_id, viewer, let_go_at, holds, kept_micros, is_asked_for
  FROM UNNEST($4::integer[]) AS asked (seat_id), LATERAL (
    SELECT viewer, let_go_at, holds, kept_micros, is_asked_for FROM seat_runs
     WHERE event_id = $1 AND seat_id = asked.seat_id LIMIT 1
) AS run"
);

#[derive(FromQueryResult)]
struct ChurnRow {
    seat_id: Option<i32>,
    viewer: String,
    let_go_at: DateTime<Utc>,
    number: i32,
    kept_micros: Option<i64>,
    is_asked_for: Option<bool>,
}

/// Reads what these viewers have let go, and the runs of these seats.
pub(super) async fn read_churn(
    transaction: &Transaction,
    event: EventId,
    now: DateTime<Utc>,
    (viewers, seats): (BTreeSet<&str>, BTreeSet<i32>),
    max_seats_let_go: u32,
) -> Result<Churn, StoreError> {
    let values = [
        event.0.into(),
        now.into(),
        texts(viewers),
        ints(seats),
        (i64::from(max_seats_let_go) + 1).into(),
    ];
    let rows = ChurnRow::find_by_statement(statement(READ, values)).all(transaction).await?;
    let mut churn = Churn::default();
    for row in rows {
        let viewer = rows::viewer_from_row(&row.viewer)?;
        let number = u32::try_from(row.number).unwrap_or_default();
        let Some(serial) = row.seat_id else {
            churn.let_go.entry(viewer).or_default().add(row.let_go_at, number);
            continue;
        };
        let run = Run {
            viewer,
            holds: number,
            kept: TimeDelta::microseconds(row.kept_micros.unwrap_or_default()),
            is_asked_for: row.is_asked_for.unwrap_or_default(),
            let_go_at: row.let_go_at,
        };
        churn.runs.insert(SeatId { event, serial }, run);
    }
    Ok(churn)
}

const WRITE: &str = "
WITH let_go AS (
    INSERT INTO seats_let_go AS known (event_id, viewer, let_go_at, seats)
    SELECT $1, * FROM UNNEST($2::text[], $3::timestamptz[], $4::integer[])
    ON CONFLICT (event_id, viewer, let_go_at) DO UPDATE SET seats = known.seats + EXCLUDED.seats
)
INSERT INTO seat_runs (event_id, seat_id, viewer, holds, kept_micros, is_asked_for, let_go_at)
SELECT $1, * FROM UNNEST($5::integer[], $6::text[], $7::integer[], $8::bigint[], $9::boolean[],
                         $10::timestamptz[])
ON CONFLICT (event_id, seat_id) DO UPDATE SET
    viewer = EXCLUDED.viewer, holds = EXCLUDED.holds, kept_micros = EXCLUDED.kept_micros,
    is_asked_for = EXCLUDED.is_asked_for, let_go_at = EXCLUDED.let_go_at";

/// Writes down what was let go, and which seats were asked for.
pub(super) async fn write_churn(
    transaction: &Transaction,
    event: EventId,
    closing: &Closing,
) -> Result<(), StoreError> {
    let to_row = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let let_go = || closing.let_go.iter();
    let runs = || closing.runs.values();
    let values = [
        event.0.into(),
        texts(let_go().map(|((viewer, _), _)| viewer.as_str())),
        instants(let_go().map(|(&(_, at), _)| at)),
        ints(let_go().map(|(_, &seats)| to_row(seats))),
        ints(closing.runs.keys().map(|seat| seat.serial)),
        texts(runs().map(|run| run.viewer.as_str())),
        ints(runs().map(|run| to_row(run.holds))),
        bigints(runs().map(|run| run.kept.num_microseconds().unwrap_or(i64::MAX))),
        bools(runs().map(|run| run.is_asked_for)),
        instants(runs().map(|run| run.let_go_at)),
    ];
    transaction.execute_raw(statement(WRITE, values)).await?;
    Ok(())
}
