//! The numbers that stand for statuses and stages in SQL: those of the enums in `domain`. No
//! statement has them as literals.

use crate::domain::{EventStage, SeatStatus};

pub(super) const AVAILABLE: i16 = SeatStatus::Available.code();
pub(super) const RESERVED: i16 = SeatStatus::Reserved.code();
pub(super) const CONFIRMED: i16 = SeatStatus::Confirmed.code();

pub(super) const CANCELLED_EVENT: i16 = EventStage::Cancelled.code();
