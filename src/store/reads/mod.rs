//! What queries read. Each function is one statement (or one read-only snapshot), so that what it
//! returns belongs together: a map and its revision, a viewer's seats and orders.
//!
//! A hold that has run out is told apart by the reader: records carry the stored state and `now`,
//! the database's clock at the statement, and [`SeatState`](crate::domain::SeatState) answers for
//! an instant.

mod blocks;
mod claims;
mod event_orders;
mod events;
mod history;
mod letters;
mod maps;
mod orders;
mod plans;
mod sales;
mod seats;
mod sizes;
mod snapshot;
mod venues;
mod viewers;

pub use blocks::BlockRecord;
pub use claims::CLAIMED_EVENTS_AT_ONCE;
pub use event_orders::OrderFilter;
pub use events::{CategoryRecord, Counts, EventRecord};
pub use history::{HistoryFrom, HistoryRecord};
pub use letters::{LetterRecord, LettersRecord};
pub use maps::{PublicState, SeatMapRecord, Snapshot};
pub use orders::OrderCursor;
pub(super) use orders::orders;
pub use plans::{PlanParts, PlanRecord, PlanSeatRecord, PlanVersion};
pub use sales::{SalesPart, SalesRecord, SoldInSpan};
pub use seats::{SeatFilter, SeatLocation, SeatRecord};
pub use sizes::EventSize;
pub use venues::{VenueError, VenueRecord};
pub use viewers::{AllowanceRecord, ViewerState};
