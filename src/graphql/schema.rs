//! The schema, put together.

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder, ValidationMode};

use super::loaders;
use super::mutation::Mutation;
use super::paging::ConnectionOf;
use super::query::Query;
use super::services::Services;
use super::subscription::Subscription;
use super::types::{
    AuditLogConnection, Event, Order, Seat, SeatHistoryConnection, UserError, Webhook,
};

/// The schema with everything it needs.
pub type ArenaSchema = Schema<Query, Mutation, Subscription>;

type ArenaSchemaBuilder = SchemaBuilder<Query, Mutation, Subscription>;

/// The schema, ready to execute operations in their normal form
/// ([`document`](super::document)): it validates nothing.
pub fn schema(services: Services) -> ArenaSchema {
    let loader = loaders::loader(services.store.clone());
    builder().validation_mode(ValidationMode::Fast).data(loader).data(services).finish()
}

/// What the schema as a whole is for. The library has no place for it.
const DESCRIPTION: &str = "Seat reservations that never sell a seat twice.

Members of unions, fields and values of enums may be added at any time: switch over them with a
default. What is deprecated stays for a while, and says what is used instead. Expected refusals are
members of a mutation's result; faults are errors with `extensions.code`.";

/// The schema in GraphQL's schema definition language.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().include_specified_by();
    let sdl = builder().finish().sdl_with_options(options);
    // It is the last definition.
    let (before, schema) = sdl.split_at(sdl.rfind("schema {").unwrap_or(sdl.len()));
    format!("{before}\"\"\"\n{DESCRIPTION}\n\"\"\"\n{schema}")
}

fn builder() -> ArenaSchemaBuilder {
    Schema::build(Query, Mutation::default(), Subscription)
        // Not reachable from a field: nothing returns the interface itself.
        .register_output_type::<UserError>()
        .override_output_type_description::<ConnectionOf<Event>>("A page of events.")
        .override_output_type_description::<AuditLogConnection>("A page of the audit log.")
        .override_output_type_description::<ConnectionOf<Seat>>("A page of seats.")
        .override_output_type_description::<ConnectionOf<Order>>("A page of orders.")
        .override_output_type_description::<SeatHistoryConnection>("A page of a seat's history.")
        .override_output_type_description::<ConnectionOf<Webhook>>("A page of webhooks.")
}
