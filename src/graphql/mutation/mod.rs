//! Mutations, a file for each part of them. They are carried out one after another.

mod best_available;
mod booking;
mod events;
mod handing_over;
mod imported_seats;
mod prices;
mod seats;
mod webhooks;

use async_graphql::MergedObject;

use best_available::BestAvailable;
use booking::Booking;
pub(super) use booking::START_GUEST_SESSION;
use events::Events;
use handing_over::HandingOver;
use prices::Pricing;
use seats::Seats;
use webhooks::Webhooks;

/// Everything that can be done.
#[derive(Clone, Copy, Debug, Default, MergedObject)]
#[graphql(serial)]
pub struct Mutation(Booking, BestAvailable, Events, HandingOver, Pricing, Seats, Webhooks);
