//! Why seats change.

use async_graphql::Enum;

use crate::domain;

/// Why a seat changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[graphql(remote = "domain::Cause")]
pub enum ChangeCause {
    /// A viewer took hold of it.
    Reserved,
    /// Its holder gave it back.
    Released,
    /// Its hold ran out.
    Expired,
    /// Its holder bought it.
    Confirmed,
    /// Its hold has another end: it was prolonged; or the database's clock was put back, and it
    /// ends earlier than was said.
    Extended,
    /// It went off sale.
    Blocked,
    /// It went on sale again.
    Unblocked,
    /// It came into the plan, or its place or category in it is another: read the plan again.
    Imported,
    /// The event is cancelled, and the hold on it with that.
    Cancelled,
    /// A guest who signed in took the hold along.
    Claimed,
    /// Its order has another owner.
    Transferred,
}
