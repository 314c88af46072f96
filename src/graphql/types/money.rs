//! Amounts of money, as told and as taken.

use async_graphql::{InputObject, SimpleObject};

use crate::domain;
use crate::domain::money::fraction_digits;
use crate::graphql::error::Fault;
use crate::graphql::scalars::MinorUnits;

/// What most currencies have. Prices are in currencies of ISO 4217, but events of earlier versions
/// may be in anything of three letters.
const USUAL_FRACTION_DIGITS: u16 = 2;

/// An amount of money.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct Money {
    /// The amount in the currency's smallest unit: cents for EUR, yen for JPY.
    amount_minor: MinorUnits,
    /// The currency's code in ISO 4217, for example `EUR`.
    currency: String,
    /// ISO 4217's digits after the point: 2 for EUR, HUF and IDR, 0 for JPY, 3 for KWD and IQD. Not
    /// what a browser's locale data says.
    fraction_digits: i32,
}

impl Money {
    /// An amount in a currency of ISO 4217.
    pub fn new(amount_minor: i64, currency: &str) -> Self {
        Self {
            amount_minor: MinorUnits(amount_minor),
            currency: currency.to_owned(),
            fraction_digits: fraction_digits(currency).unwrap_or(USUAL_FRACTION_DIGITS).into(),
        }
    }
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self::new(money.amount_minor, &money.currency)
    }
}

/// An amount of money that the caller states.
#[derive(Clone, Debug, InputObject)]
pub struct MoneyInput {
    /// The amount in the currency's smallest unit.
    amount_minor: MinorUnits,
    /// The currency's code in ISO 4217.
    currency: String,
}

impl MoneyInput {
    /// What the domain compares.
    ///
    /// # Errors
    ///
    /// If the currency has not the form of a code: no text of any length is kept waiting.
    pub(in crate::graphql) fn read(self, argument: &str) -> Result<domain::Money, Fault> {
        let Self { amount_minor, currency } = self;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let rule = "must have three capital letters, as in ISO 4217, for example EUR";
            return Err(Fault::bad_input(format!("{argument}.currency {rule}")));
        }
        Ok(domain::Money { amount_minor: amount_minor.0, currency })
    }
}
