//! Why a seat is off sale: for those who sell.

use async_graphql::{Enum, SimpleObject};

use crate::domain;
use crate::graphql::scalars::DateTime;
use crate::store::reads::BlockRecord;

/// Why seats are kept off sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::BlockReason")]
pub enum BlockReason {
    /// Kept by the house: guests, staff, the police.
    House,
    /// Given to a sponsor.
    Sponsor,
    /// Cannot be used: no view, broken, or in the way of a camera.
    Kill,
    /// Anything else.
    Other,
}

/// Why a seat is off sale.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub(super) struct SeatBlock {
    /// For what kind of reason.
    reason: BlockReason,
    /// For whom or what, in words.
    label: Option<String>,
    /// Since when for this reason.
    blocked_at: DateTime,
}

impl From<&BlockRecord> for SeatBlock {
    fn from(record: &BlockRecord) -> Self {
        Self {
            reason: record.block.reason.into(),
            label: record.block.label.clone(),
            blocked_at: DateTime(record.blocked_at),
        }
    }
}
