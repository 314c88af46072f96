//! What came of a request, and whether it is known what became of it.

use serde_json::Value;

/// What came of a request.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Reply {
    /// An answer without errors: what its field has.
    Data(Value),
    /// The code of an error, and whether it says that nothing was done.
    Error { code: String, is_certain: bool },
    /// No answer.
    Nothing(String),
    /// It was never sent: there was no connection.
    Unsent,
}

/// Codes of errors that say that nothing was done. `UNAVAILABLE` and `INTERNAL` do not.
const CERTAIN: [&str; 8] = [
    "BAD_USER_INPUT",
    "COST_LIMIT_EXCEEDED",
    "FORBIDDEN",
    "GRAPHQL_VALIDATION_FAILED",
    "NOT_FOUND",
    "OVERLOADED",
    "RATE_LIMITED",
    "UNAUTHENTICATED",
];

impl Reply {
    /// Whether nobody knows what became of it.
    pub(crate) fn is_unclear(&self) -> bool {
        match self {
            Self::Data(_) | Self::Unsent => false,
            Self::Error { is_certain, .. } => !is_certain,
            Self::Nothing(_) => true,
        }
    }

    /// Reads an answer, whose data are those of one field.
    pub(super) fn read(mut answer: Value, field: &str) -> Self {
        if let Some(error) = answer["errors"].get(0) {
            let code = error["extensions"]["code"].as_str().unwrap_or("no code").to_owned();
            let is_certain = CERTAIN.contains(&code.as_str());
            return Self::Error { code, is_certain };
        }
        Self::Data(answer["data"][field].take())
    }
}
