//! From rows to the types of `domain`. What no version of this program writes is refused.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;

use super::entity::{event, seat};
use super::error::StoreError;
use crate::domain::event::NewEvent;
use crate::domain::event_details::EventDetails;
use crate::domain::ledger::Terms;
use crate::domain::seat::Seat;
use crate::domain::{
    CategoryId, Cause, ConfirmedBy, EventId, EventStage, Hold, OrderId, PriceVersion, Revision,
    Sale, SeatId, SeatState, SeatStatus, ViewerId,
};

pub(super) fn cause_from_row(cause: i16) -> Result<Cause, StoreError> {
    Cause::from_code(cause).ok_or(StoreError::Corrupt("a cause of change"))
}

pub(super) fn viewer_from_row(viewer: &str) -> Result<ViewerId, StoreError> {
    ViewerId::stored(viewer).map_err(|_| StoreError::Corrupt("a viewer"))
}

impl TryFrom<seat::Model> for Seat {
    type Error = StoreError;

    fn try_from(row: seat::Model) -> Result<Self, StoreError> {
        let event = EventId(row.event_id);
        let viewer = row.viewer.as_deref().map(viewer_from_row).transpose()?;
        let status = SeatStatus::from_code(row.status).ok_or(StoreError::Corrupt("a status"))?;
        let state = match (status, viewer, row.expires_at, row.order_id) {
            (SeatStatus::Available, None, None, None) => {
                let lapsed = row.lapsed_viewer.as_deref().map(viewer_from_row).transpose()?;
                SeatState::Available { lapsed }
            }
            (SeatStatus::Reserved, Some(viewer), Some(expires_at), None) => {
                let is_extended = row.extended_until == Some(expires_at);
                SeatState::Reserved(Hold { viewer, expires_at, is_extended })
            }
            (SeatStatus::Confirmed, Some(viewer), None, Some(first)) => {
                let order = OrderId { event, number: first };
                SeatState::Confirmed(Sale { viewer, order })
            }
            _ => return Err(StoreError::Corrupt("a seat's state")),
        };
        Ok(Self {
            id: SeatId { event, serial: row.id },
            category: CategoryId { event, serial: row.category_id },
            for_sale: row.for_sale,
            state,
            revision: Revision(row.revision),
            price_list: row.price_version.map_or(PriceVersion::FIRST, PriceVersion),
        })
    }
}

/// A bound that has room in the tables; the tables refuse what has none.
pub(super) fn to_row(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Everything about an event.
pub(super) fn details_from_row(row: event::Model) -> Result<EventDetails, StoreError> {
    // The tables have no negative ones.
    let number = |number: i32| u32::try_from(number).unwrap_or_default();
    let confirmed_by = ConfirmedBy::from_code(row.confirmed_by);
    let stage = EventStage::from_code(row.stage);
    Ok(EventDetails {
        event: NewEvent {
            slug: row.slug,
            name: row.name,
            venue: row.venue,
            starts_at: row.starts_at,
            time_zone: row.time_zone,
            sales_open_at: row.sales_open_at,
            sales_close_at: row.sales_close_at,
            hold_seconds: number(row.hold_seconds),
            hold_extension_seconds: number(row.hold_extension_seconds),
            max_seats_per_viewer: row.max_seats_per_viewer.map(number),
            max_seats_let_go: row.max_seats_let_go.map(number),
            confirmed_by: confirmed_by.ok_or(StoreError::Corrupt("who confirms"))?,
        },
        allows_lone_seats: row.allows_lone_seats,
        stage: stage.ok_or(StoreError::Corrupt("a stage"))?,
    })
}

/// What an event's row says of its conditions of sale.
#[derive(Clone, Debug, FromQueryResult)]
pub(super) struct TermsRow {
    pub(super) stage: i16,
    pub(super) sales_open_at: Option<DateTime<Utc>>,
    /// Or when the event starts, where nothing else is said.
    pub(super) sales_close_at: DateTime<Utc>,
    pub(super) hold_seconds: i32,
    pub(super) hold_extension_seconds: i32,
    pub(super) max_seats_per_viewer: Option<i32>,
    pub(super) max_seats_let_go: Option<i32>,
    pub(super) allows_lone_seats: bool,
    pub(super) confirmed_by: i16,
    pub(super) currency: String,
}

impl TryFrom<TermsRow> for Terms {
    type Error = StoreError;

    fn try_from(row: TermsRow) -> Result<Self, StoreError> {
        let to_limit = |limit| u32::try_from(limit).ok();
        let confirmed_by = ConfirmedBy::from_code(row.confirmed_by);
        let stage = EventStage::from_code(row.stage);
        Ok(Self {
            stage: stage.ok_or(StoreError::Corrupt("a stage"))?,
            sales_open_at: row.sales_open_at,
            sales_close_at: row.sales_close_at,
            hold: TimeDelta::seconds(row.hold_seconds.into()),
            hold_extension: TimeDelta::seconds(row.hold_extension_seconds.into()),
            max_seats_per_viewer: row.max_seats_per_viewer.and_then(to_limit),
            max_seats_let_go: row.max_seats_let_go.and_then(to_limit),
            allows_lone_seats: row.allows_lone_seats,
            confirmed_by: confirmed_by.ok_or(StoreError::Corrupt("who confirms"))?,
            currency: row.currency,
        })
    }
}
