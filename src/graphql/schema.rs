//! The schema, put together.

use async_graphql::{Schema, SchemaBuilder, ValidationMode};

use super::loaders;
use super::mutation::Mutation;
use super::paging::ConnectionOf;
use super::query::Query;
use super::services::Services;
use super::subscription::Subscription;
use super::types::{Event, Order, Seat, UserError};

/// The schema with everything it needs.
pub type ArenaSchema = Schema<Query, Mutation, Subscription>;

type ArenaSchemaBuilder = SchemaBuilder<Query, Mutation, Subscription>;

/// The schema, ready to execute.
pub fn schema(services: Services) -> ArenaSchema {
    with_services(builder(), services)
}

/// The schema for operations that [`schema`] has found valid before: all that it leaves out is to
/// find it again.
pub fn schema_for_valid(services: Services) -> ArenaSchema {
    with_services(builder().validation_mode(ValidationMode::Fast), services)
}

fn with_services(builder: ArenaSchemaBuilder, services: Services) -> ArenaSchema {
    let loader = loaders::loader(services.store.clone());
    builder.data(loader).data(services).finish()
}

/// The schema in GraphQL's schema definition language.
pub fn sdl() -> String {
    builder().finish().sdl()
}

pub(super) fn builder() -> ArenaSchemaBuilder {
    Schema::build(Query, Mutation, Subscription)
        // Not reachable from a field: nothing returns the interface itself.
        .register_output_type::<UserError>()
        .override_output_type_description::<ConnectionOf<Event>>("A page of events.")
        .override_output_type_description::<ConnectionOf<Seat>>("A page of seats.")
        .override_output_type_description::<ConnectionOf<Order>>("A page of orders.")
}
