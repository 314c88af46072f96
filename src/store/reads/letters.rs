//! What a map shows of an event's seats: a letter for each, in the order of the plan.

use const_format::formatcp;
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::domain::{EventId, Letter, LogPoint, SeatStatus};
use crate::store::changes::{POINT_COLUMNS, point_from_row};
use crate::store::error::StoreError;
use crate::store::numbers::RESERVED;
use crate::store::pools::Store;
use crate::store::sql::statement;

/// What a map shows of an event's seats as of one revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LettersRecord {
    /// Where the log ended when it was read: all of it is true for that.
    pub end: LogPoint,
    /// The plan in whose order the seats are.
    pub plan_version: i32,
    /// The seats, ascending.
    pub seats: Vec<LetterRecord>,
}

/// What a map shows of a seat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LetterRecord {
    /// Which of the event's seats.
    pub serial: i32,
    /// Whether it is offered.
    pub for_sale: bool,
    /// What was shown when it was read: a hold that had run out is gone.
    pub letter: Letter,
}

#[derive(FromQueryResult)]
struct LetterRow {
    id: i32,
    for_sale: bool,
    status: i16,
    has_run_out: bool,
}

impl TryFrom<LetterRow> for LetterRecord {
    type Error = StoreError;

    fn try_from(row: LetterRow) -> Result<Self, StoreError> {
        let status = SeatStatus::from_code(row.status).ok_or(StoreError::Corrupt("a status"))?;
        let status = if row.has_run_out { SeatStatus::Available } else { status };
        let letter = Letter::of(status, row.for_sale);
        Ok(Self { serial: row.id, for_sale: row.for_sale, letter })
    }
}

impl Store {
    /// What a map shows of an event's seats; `None` if there is no such event. Comes after a turn
    /// to read a map ([`Store::look_up_map_in_turn`]).
    pub async fn seat_letters(&self, event: EventId) -> Result<Option<LettersRecord>, StoreError> {
        const HEAD: &str =
            formatcp!("SELECT {POINT_COLUMNS}, plan_version FROM events WHERE id = $1");
        const LETTERS: &str = formatcp!(
            "SELECT id, for_sale, status,
       status = {RESERVED} AND expires_at <= statement_timestamp() AS has_run_out
  FROM seats WHERE event_id = $1 ORDER BY id"
        );
        let snapshot = self.read_snapshot().await?;
        let Some(head) = snapshot.query_one_raw(statement(HEAD, [event.0.into()])).await? else {
            return Ok(None);
        };
        let rows = LetterRow::find_by_statement(statement(LETTERS, [event.0.into()]));
        let rows = rows.all(&snapshot).await?;
        snapshot.commit().await?;
        let seats = rows.into_iter().map(LetterRecord::try_from).collect::<Result<_, _>>()?;
        let (end, plan_version) = (point_from_row(&head, 0)?, head.try_get_by_index(2)?);
        Ok(Some(LettersRecord { end, plan_version, seats }))
    }
}
