//! Why a command failed: one sentence for the person who typed it.

use std::error::Error;
use std::io;

use crate::database::DatabaseError;
use crate::server::ServerError;

/// Why a command failed: one sentence for the person who typed it.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
    #[cfg(feature = "show")]
    #[error(transparent)]
    Crowd(#[from] crate::show::crowd::CrowdError),
    #[error("{0}")]
    Import(String),
    #[error("{0}")]
    Event(String),
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Log(#[from] crate::log::BadFilter),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Distribute(#[from] crate::store::DistributeError),
    #[error("interrupted")]
    Interrupted,
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// What an error says, and what its sources say, in one line. Some libraries repeat a source's
/// words in their own; they are said once.
pub(super) fn sentence(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_says = cause.to_string();
        if !line.ends_with(&cause_says) {
            line = format!("{line}: {cause_says}");
        }
        source = cause.source();
    }
    line
}
