//! The numbers that stand for statuses in SQL: those of the enum in `domain`. No statement has them
//! as literals.

use crate::domain::SeatStatus;

pub(super) const AVAILABLE: i16 = SeatStatus::Available.code();
pub(super) const RESERVED: i16 = SeatStatus::Reserved.code();
pub(super) const CONFIRMED: i16 = SeatStatus::Confirmed.code();
