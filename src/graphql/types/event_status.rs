//! How far along an event is.

use async_graphql::Enum;

use crate::domain;

/// How far along an event is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::EventStatus")]
pub enum EventStatus {
    /// Being prepared. Nothing can be reserved, and `events` has it for SHOP and ADMIN only. It is
    /// no secret: whoever knows its id or slug can look at it.
    Draft,
    /// Published, and not on sale yet.
    Upcoming,
    /// Published, and seats can be reserved.
    OnSale,
    /// Seats can no longer be reserved: the sales window is over, or the organiser has closed
    /// sales. Those that are held can still be confirmed.
    Closed,
    /// Does not take place. Nothing can be reserved or confirmed, and holds end. Orders stay.
    Cancelled,
}

impl EventStatus {
    /// What the organiser has to decide for an event to have this status.
    pub(in crate::graphql) fn stage(self) -> domain::EventStage {
        match self {
            Self::Draft => domain::EventStage::Draft,
            Self::Upcoming | Self::OnSale => domain::EventStage::Published,
            Self::Closed => domain::EventStage::Closed,
            Self::Cancelled => domain::EventStage::Cancelled,
        }
    }
}
