//! The GraphQL schema: thin. A resolver decodes ids, makes one call, and says the outcome in the
//! contract's words.
//!
//! Expected refusals are members of a mutation's result; faults are errors with a code (see
//! [`error`]). The database's words never get here.
//!
//! What many ask for in the same words is made once: [`operation_key`] says when that is so,
//! [`shared_operation`] and [`live_frames`] do it for frames, [`whole_map`] names the field whose
//! answers are shared.

mod argument;
mod context;
pub mod cost;
pub mod delivery;
pub mod document;
pub mod error;
pub mod ids;
mod known_events;
pub mod live_frames;
mod loaders;
mod mutation;
mod named_lines;
mod named_seats;
mod nullable;
mod operation_counts;
pub mod operation_key;
pub mod paging;
mod query;
mod ready_value;
pub mod required;
mod sales;
mod scalars;
mod schema;
mod serial;
mod services;
pub mod shared_operation;
mod slugs;
mod submit;
mod subscription;
pub mod types;
mod viewer_states;
pub mod whole_map;

pub use self::context::{PlansSeen, ViewerSeen};
pub use self::known_events::KnownEvents;
pub use self::operation_counts::{OK, OperationCounts};
pub use self::schema::{ArenaSchema, schema, sdl};
pub use self::services::Services;
pub use self::slugs::Slugs;
pub use self::viewer_states::ViewerStates;
