//! What single fields of a plan may be.

use std::borrow::Cow;

use const_format::formatcp;

use super::limits::{MAX_COORDINATE, MAX_LABEL_CHARS, MAX_SHAPE_POINTS};
use super::names::canonical;
use crate::money::fraction_digits;

/// What [`label`] accepts, in words for messages.
pub const LABEL_RULE: &str =
    "1 to 64 characters, no control characters, nor such as turn the direction of writing";

/// What [`is_currency`] accepts, in words for messages.
pub const CURRENCY_RULE: &str =
    "a currency of ISO 4217 with a minor unit, in three capital letters, for example EUR";

/// What a shape has, in words for messages.
pub const SHAPE_RULE: &str = formatcp!(
    "3 to {MAX_SHAPE_POINTS} points, or 1 point and a text if it is a label, with numbers within \
     ±{}",
    MAX_COORDINATE as i64
);

/// The text as names are kept, if that leaves a label: see [`LABEL_RULE`]. In Unicode's normal form
/// C, with single spaces, and without what is not seen.
#[must_use]
pub fn label(text: &str) -> Option<Cow<'_, str>> {
    // Longer ones are not worth the work: a character that stays has 4 bytes at most, and what is
    // left out is seldom.
    if text.len() > 16 * MAX_LABEL_CHARS {
        return None;
    }
    let name = canonical(text)?;
    // The length in bytes settles the usual case.
    let fits = name.len() <= MAX_LABEL_CHARS || name.chars().nth(MAX_LABEL_CHARS).is_none();
    fits.then_some(name)
}

/// Whether prices can be in this currency: ISO 4217 has it, and divides it or says that it is not
/// divided.
#[must_use]
pub fn is_currency(text: &str) -> bool {
    fraction_digits(text).is_some()
}

/// Whether the text is `#rrggbb`, in hexadecimal digits of either case.
#[must_use]
pub fn is_color(text: &str) -> bool {
    let hexadecimal = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.len() == 7 && text.strip_prefix('#').is_some_and(hexadecimal)
}

/// Whether the number is finite and within ±[`MAX_COORDINATE`].
#[must_use]
pub fn is_coordinate(number: f64) -> bool {
    // Written so that NaN, which compares with nothing, is refused.
    number.abs() <= MAX_COORDINATE
}
