//! Amounts of money as JSON numbers.

use async_graphql::{InputValueError, InputValueResult, Number, Scalar, ScalarType, Value};

use crate::domain::money::MAX_MINOR_UNITS;

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

impl MinorUnits {
    /// Reads what a client sent.
    ///
    /// # Errors
    ///
    /// What it should have sent, in words.
    pub(super) fn read(value: &Value) -> Result<Self, &'static str> {
        let number = match value {
            Value::Number(number) => whole(number),
            _ => None,
        };
        let amount = number.filter(|number| (0..=MAX_MINOR_UNITS).contains(number));
        amount.map(Self).ok_or("an amount is a whole number from 0 to 9007199254740991")
    }
}

/// A whole number, however it is written: JSON has no other words for 1.0 and 1e0 than for 1.
fn whole(number: &Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let number = number.as_f64()?;
        let is_exact = number.fract() == 0.0 && number.abs() <= MAX_MINOR_UNITS as f64;
        // Whole and within the bounds of what is exact, so that nothing is cut off.
        is_exact.then_some(number as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<i64> {
        let value = Value::from_json(json.parse().unwrap()).unwrap();
        MinorUnits::read(&value).ok().map(|amount| amount.0)
    }

    #[test]
    fn an_amount_is_a_whole_number_up_to_2_to_the_53_however_it_is_written() {
        for (json, amount) in [
            ("0", Some(0)),
            ("1", Some(1)),
            ("1.0", Some(1)),
            ("1e0", Some(1)),
            ("-0.0", Some(0)),
            ("1.5e14", Some(150_000_000_000_000)),
            ("9007199254740991", Some(MAX_MINOR_UNITS)),
            ("9007199254740992", None),
            ("9007199254740992.0", None),
            ("1e300", None),
            ("1.5", None),
            ("-1", None),
            ("\"1\"", None),
            ("true", None),
            ("null", None),
        ] {
            assert_eq!(read(json), amount, "{json}");
        }
    }
}
