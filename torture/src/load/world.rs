//! What all clients share: where servers are, what there is, and how far the round is.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use super::notes::Notes;

/// What all clients know.
pub(crate) struct World {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) events: Vec<Event>,
    pub(crate) viewers: Vec<Person>,
    pub(crate) shop: Person,
    pub(crate) admin: Person,
    pub(crate) notes: Arc<Notes>,
    pub(crate) phase: watch::Receiver<Phase>,
}

/// Somebody with a token.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The token's subject.
    pub(crate) name: String,
    /// The id that the API has for them.
    pub(crate) id: String,
    pub(crate) token: String,
}

/// An event as it was before the round.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) number: i64,
    pub(crate) seats: Vec<String>,
    /// Ids and names.
    pub(crate) categories: Vec<(String, String)>,
    pub(crate) buyers_confirm: bool,
}

/// How far a round is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    /// Load and faults.
    Storm,
    /// The faults are over: what is unclear is cleared up.
    Settling,
    /// Nothing changes any more: these are the revisions of the events.
    Quiet(Vec<i64>),
}
