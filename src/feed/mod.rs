//! The feed: the change logs of the events that somebody watches, as they grow.
//!
//! For each watched event a reader follows the log and keeps the newest changes in memory; any
//! number of [`Follower`]s read from it, each at its own position. Those that are further back than
//! the watch reaches are given pieces of the log, each read once for all of them. Nobody waits for
//! anybody: there is no queue between the reader and its followers. So a slow follower costs
//! nothing but its own position.
//!
//! What this server has committed itself it need not read: the desk tells it ([`Feed::committed`]).
//! That is a short cut and not the truth either; whenever it does not continue what a reader has,
//! the reader turns to the log.
//!
//! Invariants: a follower is given every revision in order, or told that it has [`Lost`] its
//! position. NOTIFY is a wake-up, never the truth: readers look at the log every second, whether or
//! not they hear anything. After the listening connection was lost they listen first and then look.
//!
//! Followers wake up in parts, one after another (`parts`): all of them at once would take all
//! processors from those who buy.
//!
//! What is handed out to many is shared, and so is what they make of it (see [`Rendered`]): a batch
//! becomes a frame once, not once for each subscriber. So does a part of one: parts end at fixed
//! revisions, whoever begins where (see [`Batch`]). Whoever is further behind than a snapshot is
//! large gets the snapshot.
//!
//! What is kept is bounded in bytes, over all events together: changes and frames. The oldest go
//! first. A follower for whose changes there is no room gets a snapshot too.
//!
//! Whoever follows the event itself is told by its version (`event_watch`), apart from its log.
//!
//! Deliberately absent: what any of it looks like to a client. That is for whoever follows.

mod batch;
mod board;
mod bounds;
mod counts;
mod error;
mod event_watch;
mod follower;
mod heard;
mod inboxes;
mod kept;
mod last_seen;
mod listen;
mod lost;
mod pace;
mod parts;
mod payload;
mod permit;
mod pieces;
mod reader;
mod registry;
mod rendered;
#[cfg(test)]
mod sample;
mod shared_look_up;
mod shown;
mod snapshots;
mod status_frame;
mod status_watch;
mod teller;
mod viewer_follower;
mod vitals;
mod watch;
mod woken;

pub use self::batch::{Batch, KEPT_CHANGES, MAX_BATCH_CHANGES};
pub use self::error::FeedError;
pub use self::event_watch::EventFollower;
pub use self::follower::{Follower, Step};
pub use self::listen::listen;
pub use self::lost::Lost;
pub use self::payload::Payload;
pub use self::registry::{Feed, Start};
pub use self::rendered::Rendered;
pub use self::snapshots::SharedSnapshot;
pub use self::status_frame::Statuses;
pub use self::status_watch::StatusFollower;
pub use self::viewer_follower::{ViewerFollower, ViewerStep};
pub use self::vitals::Vitals;
pub use self::woken::Woken;
