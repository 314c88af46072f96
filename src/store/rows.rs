//! From rows to the types of `domain`, and the numbers that stand for statuses and causes in the
//! tables.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;

use super::StoreError;
use super::entity::seat;
use crate::domain::ledger::Terms;
use crate::domain::seat::Seat;
use crate::domain::{
    CategoryId, Cause, EventId, Hold, OrderId, Revision, Sale, SeatId, SeatState, ViewerId,
};

pub(super) const AVAILABLE: i16 = 0;
pub(super) const RESERVED: i16 = 1;
pub(super) const CONFIRMED: i16 = 2;

pub(super) const fn cause_to_row(cause: Cause) -> i16 {
    match cause {
        Cause::Reserved => 1,
        Cause::Released => 2,
        Cause::Expired => 3,
        Cause::Confirmed => 4,
    }
}

pub(super) fn cause_from_row(cause: i16) -> Result<Cause, StoreError> {
    match cause {
        1 => Ok(Cause::Reserved),
        2 => Ok(Cause::Released),
        3 => Ok(Cause::Expired),
        4 => Ok(Cause::Confirmed),
        _ => Err(StoreError::Corrupt("a cause of change")),
    }
}

pub(super) fn viewer_from_row(viewer: &str) -> Result<ViewerId, StoreError> {
    ViewerId::new(viewer).map_err(|_| StoreError::Corrupt("a viewer"))
}

impl TryFrom<seat::Model> for Seat {
    type Error = StoreError;

    fn try_from(row: seat::Model) -> Result<Self, StoreError> {
        let event = EventId(row.event_id);
        let viewer = row.viewer.as_deref().map(viewer_from_row).transpose()?;
        let state = match (row.status, viewer, row.expires_at, row.order_id) {
            (AVAILABLE, None, None, None) => SeatState::Available {
                lapsed: row.lapsed_viewer.as_deref().map(viewer_from_row).transpose()?,
            },
            (RESERVED, Some(viewer), Some(expires_at), None) => {
                SeatState::Reserved(Hold { viewer, expires_at })
            }
            (CONFIRMED, Some(viewer), None, Some(first)) => SeatState::Confirmed(Sale {
                viewer,
                order: OrderId { event, first: Revision(first) },
            }),
            _ => return Err(StoreError::Corrupt("a seat's state")),
        };
        Ok(Self {
            id: SeatId { event, serial: row.id },
            category: CategoryId { event, serial: row.category_id },
            for_sale: row.for_sale,
            state,
            revision: Revision(row.revision),
        })
    }
}

/// What an event's row says of its conditions of sale.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct TermsRow {
    pub(super) sales_open_at: Option<DateTime<Utc>>,
    pub(super) sales_close_at: Option<DateTime<Utc>>,
    pub(super) hold_seconds: i32,
    pub(super) max_seats_per_viewer: Option<i32>,
    pub(super) currency: String,
}

impl From<TermsRow> for Terms {
    fn from(row: TermsRow) -> Self {
        Self {
            sales_open_at: row.sales_open_at,
            sales_close_at: row.sales_close_at,
            hold: TimeDelta::seconds(row.hold_seconds.into()),
            max_seats_per_viewer: row
                .max_seats_per_viewer
                .and_then(|limit| u32::try_from(limit).ok()),
            currency: row.currency,
        }
    }
}
