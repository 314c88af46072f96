//! Amounts of money, in the smallest unit of a currency of ISO 4217.

use iso_currency::Currency;

/// The largest amount that is told: JSON numbers are exact up to 2^53 - 1.
pub const MAX_MINOR_UNITS: i64 = (1 << 53) - 1;

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Money {
    /// In the currency's smallest unit: cents for EUR, yen for JPY.
    pub amount_minor: i64,
    /// The currency's code in ISO 4217.
    pub currency: String,
}

/// How many digits of an amount stand after the point, by ISO 4217: 2 for EUR, 0 for JPY.
///
/// `None` for what is no currency there, and for what has no minor unit, such as gold (XAU).
#[must_use]
pub fn fraction_digits(currency: &str) -> Option<u16> {
    Currency::from_code(currency)?.exponent()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_after_the_point_are_those_of_iso_4217_and_not_of_a_browser() {
        for (currency, digits) in [
            ("EUR", 2),
            ("HUF", 2),
            ("IDR", 2),
            ("COP", 2),
            ("PKR", 2),
            ("ALL", 2),
            ("JPY", 0),
            ("ISK", 0),
            ("KWD", 3),
            ("IQD", 3),
        ] {
            assert_eq!(fraction_digits(currency), Some(digits), "{currency}");
        }
    }

    #[test]
    fn what_iso_4217_does_not_have_or_does_not_divide_has_no_digits() {
        for text in ["", "eur", "EU", "EURO", "E R", "€", "QQQ", "XAU", "XXX", "XTS"] {
            assert_eq!(fraction_digits(text), None, "{text:?}");
        }
    }
}
