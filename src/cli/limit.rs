//! Values of the command line that may be none.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;

use crate::domain::ConfirmedBy;
use crate::domain::churn::DEFAULT_MAX_SEATS_LET_GO;
use crate::domain::event::DEFAULT_MAX_SEATS_PER_VIEWER;

/// A value, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clearable<T>(pub(super) Option<T>);

/// So many seats, or any number of them.
pub(super) type Limit = Clearable<u32>;

pub(super) const DEFAULT_LIMIT: Limit = Clearable(Some(DEFAULT_MAX_SEATS_PER_VIEWER));
pub(super) const DEFAULT_LET_GO: Limit = Clearable(Some(DEFAULT_MAX_SEATS_LET_GO));

/// How none is said.
const NONE: &str = "none";

impl<T: FromStr> FromStr for Clearable<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == NONE {
            return Ok(Self(None));
        }
        let value = text.parse().map_err(|_| format!("write a value, or `{NONE}`"))?;
        Ok(Self(Some(value)))
    }
}

impl<T: fmt::Display> fmt::Display for Clearable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => NONE.fmt(f),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum WhoConfirms {
    Buyer,
    Shop,
}

impl From<WhoConfirms> for ConfirmedBy {
    fn from(who: WhoConfirms) -> Self {
        match who {
            WhoConfirms::Buyer => Self::Buyer,
            WhoConfirms::Shop => Self::Shop,
        }
    }
}
