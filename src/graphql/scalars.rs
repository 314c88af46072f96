//! The contract's own scalars.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime as Instant, SecondsFormat, Utc};

use crate::domain;
use crate::domain::money::MAX_MINOR_UNITS;

/// An instant, RFC 3339 in UTC, for example `2026-11-22T19:30:00.000000Z`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateTime(pub Instant<Utc>);

/// An instant, RFC 3339 in UTC, for example `2026-11-22T19:30:00.000000Z`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        Self::read(&value).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        // PostgreSQL keeps microseconds.
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

/// A position in one event's change log: a whole number (a JSON number, at most 2^53 - 1) that
/// grows by exactly 1 with every seat change of that event. A hole between two revisions is a lost
/// change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revision(pub domain::Revision);

/// A position in one event's change log: a whole number (a JSON number, at most 2^53 - 1) that
/// grows by exactly 1 with every seat change of that event. A hole between two revisions is a lost
/// change.
#[Scalar(
    specified_by_url = "https://github.com/grand-arena/grand-arena/blob/main/docs/api.md#revision"
)]
impl ScalarType for Revision {
    fn parse(value: Value) -> InputValueResult<Self> {
        Self::read(&value).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.0.into())
    }
}

/// A whole number of minor units: a JSON number, at most 2^53 - 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MinorUnits(pub(super) i64);

/// A whole number of minor units: a JSON number, at most 2^53 - 1.
#[Scalar(
    specified_by_url = "https://github.com/grand-arena/grand-arena/blob/main/docs/api.md#minorunits"
)]
impl ScalarType for MinorUnits {
    fn parse(value: Value) -> InputValueResult<Self> {
        Self::read(&value).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        // What the database holds is bounded; a defect shows as the bound.
        Value::Number(self.0.clamp(0, MAX_MINOR_UNITS).into())
    }
}

/// Why a value is none of the contract's scalar of this name; `None` if it is one.
pub(super) fn refusal(name: &str, value: &Value) -> Option<&'static str> {
    match name {
        "DateTime" => DateTime::read(value).err(),
        "MinorUnits" => MinorUnits::read(value).err(),
        "Revision" => Revision::read(value).err(),
        _ => Some("the schema has no such scalar"),
    }
}

impl DateTime {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let at = match value {
            Value::String(text) => Instant::parse_from_rfc3339(text).ok(),
            _ => None,
        };
        let wrong = "an instant is written as in RFC 3339, for example 2026-11-22T19:30:00Z";
        at.map(|at| Self(at.to_utc())).ok_or(wrong)
    }
}

impl Revision {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let wrong = "a revision is a whole number from 0 to 9007199254740991";
        let number = whole_number(value, domain::Revision::MAX.0).ok_or(wrong)?;
        Ok(Self(domain::Revision(number)))
    }
}

impl MinorUnits {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let wrong = "an amount is a whole number from 0 to 9007199254740991";
        whole_number(value, MAX_MINOR_UNITS).map(Self).ok_or(wrong)
    }
}

/// A number from 0 to `most`.
fn whole_number(value: &Value, most: i64) -> Option<i64> {
    let Value::Number(number) = value else { return None };
    number.as_i64().filter(|number| (0..=most).contains(number))
}

/// GraphQL's `Int` has 32 bits. Everything that gets here is bounded well below that; a defect
/// shows as the bound.
pub(super) fn to_int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
