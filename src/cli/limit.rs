//! A limit of an event, or that it has none.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A number, or `none`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Limit(pub(super) Option<u32>);

const NONE: &str = "none";

impl FromStr for Limit {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        if text == NONE { Ok(Self(None)) } else { text.parse().map(|limit| Self(Some(limit))) }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(limit) => limit.fmt(f),
            None => f.write_str(NONE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_or_none() {
        assert_eq!("8".parse(), Ok(Limit(Some(8))));
        assert_eq!("none".parse(), Ok(Limit(None)));
        for bad in ["", "None", "-1", "8.0", "4294967296"] {
            assert!(bad.parse::<Limit>().is_err(), "{bad}");
        }
        for limit in [Limit(None), Limit(Some(8))] {
            assert_eq!(limit.to_string().parse(), Ok(limit));
        }
    }
}
