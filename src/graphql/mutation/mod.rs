//! Mutations, a file for each part of them. They are carried out one after another.

mod booking;
mod events;

use async_graphql::MergedObject;

use booking::Booking;
pub(super) use booking::START_GUEST_SESSION;
use events::Events;

/// Everything that can be done.
#[derive(Clone, Copy, Debug, Default, MergedObject)]
#[graphql(serial)]
pub struct Mutation(Booking, Events);
