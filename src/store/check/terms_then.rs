//! An event's terms as they were.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use sea_orm::FromQueryResult;

use crate::domain::ledger::GrantTerms;
use crate::domain::seat::Seat;
use crate::domain::{Cause, Change, EventId, Revision};
use crate::store::error::StoreError;
use crate::store::pool::Transaction;
use crate::store::sql::statement;

/// The terms of an event from its beginning on.
#[derive(Debug)]
pub(super) struct TermsThen {
    /// By the last revision that was decided by them.
    past: BTreeMap<Revision, GrantTerms>,
    now: GrantTerms,
}

#[derive(FromQueryResult)]
struct PastRow {
    until_revision: i64,
    hold_seconds: i32,
    hold_extension_seconds: i32,
    max_seats_per_viewer: Option<i32>,
}

impl TermsThen {
    pub(super) async fn read(
        snapshot: &Transaction,
        event: EventId,
        now: GrantTerms,
    ) -> Result<Self, StoreError> {
        const PAST: &str = "SELECT until_revision, hold_seconds, hold_extension_seconds,
       max_seats_per_viewer FROM past_terms WHERE event_id = $1";
        let rows = PastRow::find_by_statement(statement(PAST, [event.0.into()]));
        let of_row = |row: PastRow| {
            let terms = GrantTerms {
                hold: TimeDelta::seconds(row.hold_seconds.into()),
                hold_extension: TimeDelta::seconds(row.hold_extension_seconds.into()),
                max_seats_per_viewer: row.max_seats_per_viewer.and_then(|it| it.try_into().ok()),
            };
            (Revision(row.until_revision), terms)
        };
        let past = rows.all(snapshot).await?.into_iter().map(of_row).collect();
        Ok(Self { past, now })
    }

    /// Those that this revision was decided by.
    pub(super) fn at(&self, revision: Revision) -> &GrantTerms {
        self.past.range(revision..).next().map_or(&self.now, |(_, terms)| terms)
    }

    /// The longest hold that there can be after this revision which was not prolonged.
    fn longest_hold(&self, revision: Revision) -> TimeDelta {
        let before = self.past.range(..revision).map(|(_, terms)| terms.hold);
        before.fold(self.at(revision).hold, TimeDelta::max)
    }

    /// How long a hold may be that was granted or prolonged by this change.
    pub(super) fn length(&self, change: &Change) -> Option<TimeDelta> {
        let terms = self.at(change.revision);
        match change.cause {
            Cause::Reserved => Some(terms.hold),
            Cause::Extended => Some(self.longest_hold(change.revision) + terms.hold_extension),
            _ => None,
        }
    }

    /// How far off the end of a seat's hold may be whose beginning is not known.
    pub(super) fn furthest(&self, seat: &Seat, is_extended: bool) -> TimeDelta {
        let longest = self.longest_hold(seat.revision);
        let extension = self.past.values().chain([&self.now]).map(|terms| terms.hold_extension);
        if is_extended { longest + extension.max().unwrap_or_default() } else { longest }
    }
}
