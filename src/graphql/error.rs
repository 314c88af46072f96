//! Faults: what goes wrong that is not an expected refusal. One list of codes, in [`Code`].

use std::time::Duration;

use async_graphql::{Error, ErrorExtensions, ServerError, Value};
use strum::VariantArray as _;

use super::cost::Cost;
use crate::account::Exceeded;
use crate::desk::DeskError;
use crate::feed::FeedError;
use crate::identity::{IdentityError, TokenError};
use crate::memory::Full;
use crate::store::StoreError;
use crate::trace::current_id;

/// The values of `extensions.code`. Each is documented in README.md.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::VariantArray)]
pub enum Code {
    /// The document cannot be parsed, or there is none.
    GraphqlParseFailed,
    /// The document does not fit the schema, or goes beyond a limit: of depth, aliases, root fields
    /// or size.
    GraphqlValidationFailed,
    /// The request names a document by its hash alone; it is to be sent whole.
    PersistedQueryNotSupported,
    /// An argument breaks a rule; the message says which and what is allowed.
    BadUserInput,
    /// What an id names does not exist (or is nobody's business of the viewer).
    NotFound,
    /// The operation needs a viewer, or the credentials are not good.
    Unauthenticated,
    /// The viewer may not do this.
    Forbidden,
    /// The operation may cost more than is allowed; nothing was done. `cost` and `limit` say how
    /// much.
    CostLimitExceeded,
    /// Whoever asks has asked for more than their share; nothing was done. `retryAfterMs` says when
    /// to come back.
    RateLimited,
    /// Too much is waiting; nothing was done. `retryAfterMs` says when to come back.
    Overloaded,
    /// The database is away or too slow. Repeating the request is safe.
    Unavailable,
    /// A defect of ours; the details are in the server's log.
    Internal,
}

impl Code {
    /// That of an error, if it is one of ours.
    pub fn of(error: &ServerError) -> Option<Self> {
        let Some(Value::String(told)) = error.extensions.as_ref()?.get("code") else { return None };
        Self::VARIANTS.iter().copied().find(|code| code.as_str() == told)
    }

    /// As clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotSupported => "PERSISTED_QUERY_NOT_SUPPORTED",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::NotFound => "NOT_FOUND",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::CostLimitExceeded => "COST_LIMIT_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::Overloaded => "OVERLOADED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// What clients are told of a defect.
const INTERNAL: &str = "something went wrong on our side";

/// For the log: which request it is that has failed.
fn request_id() -> Option<String> {
    current_id().map(|id| id.to_string())
}

/// A fault on its way to the client.
#[derive(Clone, Debug)]
pub struct Fault {
    code: Code,
    message: String,
    retry_after: Option<Duration>,
    /// What something would cost, and what it may.
    excess: Option<Box<(Cost, Cost)>>,
}

impl Fault {
    /// A fault with a message for the client.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after: None, excess: None }
    }

    /// More than somebody's share. `wait` is after which time there is room for it again.
    pub fn rate_limited(message: impl Into<String>, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..Self::new(Code::RateLimited, message) }
    }

    /// An operation that may cost more than is allowed.
    pub fn too_costly(message: impl Into<String>, cost: Cost, limit: Cost) -> Self {
        let excess = Some(Box::new((cost, limit)));
        Self { excess, ..Self::new(Code::CostLimitExceeded, message) }
    }

    /// An argument that breaks a rule.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(Code::BadUserInput, message)
    }

    /// An id of an event that names none.
    pub fn no_such_event() -> Self {
        Self::new(Code::NotFound, "there is no such event")
    }

    /// A defect of ours. What happened goes to the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, request_id = request_id(), "internal error");
        Self::new(Code::Internal, INTERNAL)
    }

    /// What the client is told.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::new(fault.message).extend_with(|_, extensions| {
            extensions.set("code", fault.code.as_str());
            if let Some(wait) = fault.retry_after {
                extensions.set("retryAfterMs", u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
            }
            if let Some((cost, limit)) = fault.excess.as_deref() {
                extensions.set("cost", cost.told());
                extensions.set("limit", limit.told());
            }
        })
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::from(&error)
    }
}

impl From<&StoreError> for Fault {
    fn from(error: &StoreError) -> Self {
        if matches!(error, StoreError::Busy) {
            let message = "too many reads are waiting; try again in a moment";
            let retry_after = Some(Duration::from_secs(1));
            Self { retry_after, ..Self::new(Code::Overloaded, message) }
        } else if error.is_transient() {
            let is_known = matches!(error, StoreError::Unreachable(_));
            let error = error as &dyn std::error::Error;
            if is_known {
                // For each read the same, and said already.
                tracing::debug!(error, request_id = request_id(), "a read failed");
            } else {
                tracing::warn!(error, request_id = request_id(), "a read failed");
            }
            Self::new(
                Code::Unavailable,
                "the database is not available right now; try again in a moment",
            )
        } else {
            let error = error as &dyn std::error::Error;
            tracing::error!(error, request_id = request_id(), "internal error");
            Self::new(Code::Internal, INTERNAL)
        }
    }
}

impl From<DeskError> for Fault {
    fn from(error: DeskError) -> Self {
        let code = match error {
            DeskError::NoSuchEvent => Code::NotFound,
            DeskError::Overloaded { .. } => Code::Overloaded,
            DeskError::Unavailable => Code::Unavailable,
            DeskError::Internal => Code::Internal,
        };
        let retry_after = match error {
            DeskError::Overloaded { retry_after } => Some(retry_after),
            _ => None,
        };
        Self { retry_after, ..Self::new(code, error.to_string()) }
    }
}

impl From<Exceeded> for Fault {
    fn from(exceeded: Exceeded) -> Self {
        Self::rate_limited(exceeded.to_string(), exceeded.wait)
    }
}

impl From<FeedError> for Fault {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::NoSuchEvent => Self::no_such_event(),
            FeedError::Full => Self {
                // Subscriptions come and go with people, not with requests.
                retry_after: Some(Duration::from_secs(5)),
                ..Self::new(Code::Overloaded, error.to_string())
            },
            FeedError::NoRoom(full) => full.into(),
            FeedError::Store(error) => error.as_ref().into(),
        }
    }
}

/// A store is full: what it has goes within moments, or is somebody's who reads too slowly.
impl From<Full> for Fault {
    fn from(full: Full) -> Self {
        let wait = Some(Duration::from_secs(1));
        Self { retry_after: wait, ..Self::new(Code::Overloaded, full.to_string()) }
    }
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        Self::new(Code::Unauthenticated, error.to_string())
    }
}

impl From<IdentityError> for Fault {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::NoSigningSecret => Self::new(
                Code::Forbidden,
                "this server gives out no guest identities; sign in instead",
            ),
            error => Self::internal(error),
        }
    }
}
