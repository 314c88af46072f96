//! The numbers that stand for statuses, causes and stages in SQL: those of the enums in `domain`.
//! No statement has them as literals.

use crate::domain::{Cause, EventStage, SeatStatus};

pub(super) const AVAILABLE: i16 = SeatStatus::Available.code();
pub(super) const RESERVED: i16 = SeatStatus::Reserved.code();
pub(super) const CONFIRMED: i16 = SeatStatus::Confirmed.code();

pub(super) const CANCELLED_EVENT: i16 = EventStage::Cancelled.code();
pub(super) const CLAIMED: i16 = Cause::Claimed.code();
pub(super) const TRANSFERRED: i16 = Cause::Transferred.code();
