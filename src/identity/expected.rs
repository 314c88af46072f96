//! Whose tokens are taken, and for whom they must be meant.

use std::str::FromStr;

/// The names that a claim may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcceptedNames {
    /// Any, also none.
    Any,
    /// One of these, letter by letter.
    Only(Vec<String>),
}

/// A list of names has none in it: nothing would be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write at least one name, with commas between them, or * for any")]
pub struct NoNames;

impl FromStr for AcceptedNames {
    type Err = NoNames;

    /// Reads a list with commas; `*` in it stands for any.
    fn from_str(text: &str) -> Result<Self, NoNames> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        match names.as_slice() {
            [] => Err(NoNames),
            names if names.iter().any(|name| name == "*") => Ok(Self::Any),
            _ => Ok(Self::Only(names)),
        }
    }
}

impl AcceptedNames {
    /// Whether every name will do.
    #[must_use]
    pub fn are_any(&self) -> bool {
        *self == Self::Any
    }

    pub(super) fn have(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.iter().any(|accepted| accepted == name),
        }
    }
}

/// What a token of somebody else has to say of itself.
#[derive(Clone, Debug)]
pub struct ExpectedClaims {
    /// Who may have made it: its `iss`.
    pub issuers: AcceptedNames,
    /// For whom it may be meant: one of its `aud`.
    pub audiences: AcceptedNames,
}

impl ExpectedClaims {
    /// Everything will do.
    pub const ANY: Self = Self { issuers: AcceptedNames::Any, audiences: AcceptedNames::Any };
}
