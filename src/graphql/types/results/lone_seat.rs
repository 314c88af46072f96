//! Seats that a reservation would leave alone.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};

use crate::domain::SeatId;
use crate::graphql::context::ContextExt as _;
use crate::graphql::required::required;
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::seat::Seat;

/// A single seat would be left free between taken ones, or between a taken one and an aisle or the
/// row's end; and the event does not allow that.
#[derive(Clone, Debug)]
pub struct LoneSeatLeft {
    message: String,
    event: Arc<EventScope>,
    seats: Vec<SeatId>,
}

impl LoneSeatLeft {
    pub(super) fn new(event: &Arc<EventScope>, seats: Vec<SeatId>) -> Self {
        let message = match seats.len() {
            1 => "a single seat would be left alone; take it too, or leave it a neighbour",
            _ => "single seats would be left alone; take them too, or leave each a neighbour",
        };
        Self { message: message.to_owned(), event: Arc::clone(event), seats }
    }
}

/// A single seat would be left free between taken ones, or between a taken one and an aisle or the
/// row's end; and the event does not allow that.
#[Object(serial)]
impl LoneSeatLeft {
    /// What happened, for a person.
    pub async fn message(&self) -> &String {
        &self.message
    }

    /// The seats that would be left alone.
    async fn seats(&self, ctx: &Context<'_>) -> Result<Vec<Seat>> {
        required(ctx, async {
            let records = ctx.loader().load_many(self.seats.iter().copied()).await?;
            let known = self.seats.iter().filter_map(|seat| records.get(seat));
            Ok(known.map(|record| Seat::read(&self.event, (**record).clone())).collect())
        })
        .await
    }
}
