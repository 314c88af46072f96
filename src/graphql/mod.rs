//! The GraphQL schema: thin. A resolver decodes ids, makes one call, and says the outcome in the
//! contract's words.
//!
//! Expected refusals are members of a mutation's result; faults are errors with a code (see
//! [`error`]). The database's words never get here.

pub mod error;
pub mod ids;
pub mod input_types;
pub mod live;
mod loaders;
mod mutation;
pub mod paging;
mod query;
mod scalars;
mod serial;
mod subscription;
pub mod types;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Schema, SchemaBuilder, ValidationMode};

use self::error::{Code, Fault};
use self::loaders::Loaders;
pub use self::mutation::Mutation;
pub use self::query::Query;
pub use self::subscription::Subscription;
use crate::desk::Desk;
use crate::feed::Feed;
use crate::identity::{Identity, Viewer};
use crate::store::Store;

/// The schema with everything it needs.
pub type ArenaSchema = Schema<Query, Mutation, Subscription>;

type ArenaSchemaBuilder = SchemaBuilder<Query, Mutation, Subscription>;

/// Whether an execution has looked at who is asking; goes into a request's data. An answer that did
/// not depend on the viewer may be given to others.
#[derive(Clone, Debug, Default)]
pub struct ViewerSeen(Arc<AtomicBool>);

impl ViewerSeen {
    /// Whether any field has looked.
    pub fn was_seen(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A page of a list, as Relay has it.
type Page<T> = Connection<String, T, EmptyFields, EmptyFields>;

/// What resolvers work with.
#[derive(Clone, Debug)]
pub struct Services {
    /// Reads.
    pub store: Store,
    /// Every change of a seat.
    pub desk: Arc<Desk>,
    /// What changes.
    pub feed: Arc<Feed>,
    /// Signs guests' tokens.
    pub identity: Arc<Identity>,
}

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

fn builder() -> ArenaSchemaBuilder {
    Schema::build(Query, Mutation, Subscription)
        // Not reachable from a field: nothing returns the interface itself.
        .register_output_type::<types::UserError>()
        .override_output_type_description::<Page<types::Event>>("A page of events.")
        .override_output_type_description::<Page<types::Seat>>("A page of seats.")
        .override_output_type_description::<Page<types::Order>>("A page of orders.")
}

/// What resolvers take from their context. The transport puts an `Option<Viewer>` into every
/// request's data.
trait ContextExt<'a> {
    fn services(&self) -> &'a Services;
    fn loader(&self) -> &'a DataLoader<Loaders>;
    /// Who is asking, if anybody has said so.
    fn viewer(&self) -> Option<&'a Viewer>;

    fn store(&self) -> &'a Store {
        &self.services().store
    }

    /// Who is asking; a fault if nobody has said so.
    fn require_viewer(&self) -> Result<&'a Viewer, Fault> {
        let missing = "this needs a viewer: send `Authorization: Bearer <token>`; \
            startGuestSession gives a browser one";
        self.viewer().ok_or_else(|| Fault::new(Code::Unauthenticated, missing))
    }
}

impl<'a> ContextExt<'a> for Context<'a> {
    fn services(&self) -> &'a Services {
        self.data_unchecked::<Services>()
    }

    fn loader(&self) -> &'a DataLoader<Loaders> {
        self.data_unchecked::<DataLoader<Loaders>>()
    }

    fn viewer(&self) -> Option<&'a Viewer> {
        if let Some(seen) = self.data_opt::<ViewerSeen>() {
            seen.0.store(true, Ordering::Relaxed);
        }
        self.data_opt::<Option<Viewer>>().and_then(Option::as_ref)
    }
}

/// GraphQL's `Int` has 32 bits. Everything that gets here is bounded well below that; a defect
/// shows as the bound.
fn to_int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
