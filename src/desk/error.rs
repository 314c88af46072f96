//! Why a command has no outcome.

use std::time::Duration;

/// Why a command has no outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DeskError {
    /// There is no such event.
    #[error("there is no such event")]
    NoSuchEvent,
    /// Too much is waiting already; nothing was done.
    #[error("too many requests are waiting; try again in a moment")]
    Overloaded {
        /// After which time a new attempt has a chance.
        retry_after: Duration,
    },
    /// The database is away or too slow, or the desk is closed. It is unknown whether the command
    /// was carried out; repeating it never books twice.
    #[error(
        "the booking could not be completed now; repeat the same request to learn what became of it"
    )]
    Unavailable,
    /// A defect of ours.
    #[error("something went wrong on our side")]
    Internal,
}
