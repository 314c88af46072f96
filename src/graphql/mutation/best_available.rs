//! Buying whichever seats are the best.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result};

use crate::domain::best::{self, BestRequest};
use crate::domain::command::{MAX_SEATS_PER_REQUEST, ReserveBest};
use crate::domain::{CategoryId, EventId};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::{self, AnyId};
use crate::graphql::nullable::nullable;
use crate::graphql::serial::SerialUnion;
use crate::graphql::submit::{require_event, submit};
use crate::graphql::types::{EventScope, ReserveBestAvailableResult};
use crate::identity::Role;

/// The most sections or categories that one request names: more than any venue has.
const MAX_NAMED: usize = 1000;

/// What buyers do who leave the choice to the server.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BestAvailable;

/// Whether seats have to be together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "best::Adjacency")]
pub(super) enum Adjacency {
    /// Together, or none: next to each other in one row, at one table, or standing in one section.
    Required,
    /// Together where that is possible, else in two neighbouring rows, else as close to each other
    /// as they can be.
    Preferred,
}

/// A number of seats.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ReserveBestAvailableInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// How many seats, 1 to 100.
    quantity: i32,
    /// Only of these categories, up to 1000; of any unless said.
    category_ids: Option<Vec<ID>>,
    /// Only in these sections, up to 1000; in any unless said.
    sections: Option<Vec<String>>,
    /// Whether it is for somebody who needs an accessible seat: at least one of the seats is, and
    /// as many others as can be are accessible or companions'. Nobody else is given such seats.
    accessible: Option<bool>,
    /// Whether they have to be together.
    #[graphql(default_with = "Adjacency::Required")]
    adjacency: Adjacency,
}

/// What buyers do who leave the choice to the server.
#[Object]
impl BestAvailable {
    /// Chooses the best seats that are free, and holds them. Repeating it holds others: whoever got
    /// no answer looks first at what the viewer holds.
    async fn reserve_best_available(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, and which are good enough.")] input: Argument<
            ReserveBestAvailableInput,
        >,
    ) -> Option<Result<SerialUnion<ReserveBestAvailableResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let request = input.request(event)?;
            require_event(ctx, event).await?;
            if !ctx.services().store.has_seating(event) {
                ctx.look_up_map(async move |store| store.prepare_seating(event).await).await?;
            }
            let quantity = request.quantity;
            let reserve = ReserveBest { viewer: asker.id.clone(), request };
            let outcome = submit(ctx, asker, event, reserve).await?;
            let scope = EventScope::new(event);
            let result = ReserveBestAvailableResult::new(&scope, quantity, outcome)?;
            Ok(Some(SerialUnion(result)))
        }))
        .await
    }
}

impl ReserveBestAvailableInput {
    /// What the event has not restricts to nothing, as in a filter of seats.
    fn request(self, event: EventId) -> Result<BestRequest, Fault> {
        let quantity = usize::try_from(self.quantity).unwrap_or_default();
        if !(1..=MAX_SEATS_PER_REQUEST).contains(&quantity) {
            let message = format!("input.quantity must be 1 to {MAX_SEATS_PER_REQUEST}");
            return Err(Fault::bad_input(message));
        }
        let lengths = [
            ("categoryIds", self.category_ids.as_ref().map(Vec::len)),
            ("sections", self.sections.as_ref().map(Vec::len)),
        ];
        for (name, length) in lengths {
            if length.is_some_and(|length| length > MAX_NAMED) {
                let message = format!("input.{name} has at most {MAX_NAMED} values");
                return Err(Fault::bad_input(message));
            }
        }
        let category = |id: &ID| -> Option<CategoryId> {
            match AnyId::decode(id) {
                Some(AnyId::Category(category)) if category.event == event => Some(category),
                _ => None,
            }
        };
        let categories = self.category_ids;
        Ok(BestRequest {
            quantity,
            categories: categories.map(|ids| ids.iter().filter_map(category).collect()),
            sections: self.sections,
            accessible: self.accessible.unwrap_or_default(),
            adjacency: self.adjacency.into(),
        })
    }
}
