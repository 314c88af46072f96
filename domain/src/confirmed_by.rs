//! Who confirms seats.

use strum::{Display, FromRepr, VariantArray};

/// Who confirms seats that cost money: who says that they are paid.
///
/// Each has the number that stands for it in a database: never changed, never given to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Display, FromRepr, VariantArray)]
#[strum(serialize_all = "UPPERCASE")]
#[repr(i16)]
pub enum ConfirmedBy {
    /// The viewer who holds them.
    Buyer = 1,
    /// The shop's own server, after payment.
    #[default]
    Shop = 2,
}

impl ConfirmedBy {
    /// Each of them, in the order of their numbers.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The number that stands for it in a database.
    pub const fn code(self) -> i16 {
        self as i16
    }

    /// Who a number stands for; `None` for a number that no version has written.
    pub const fn from_code(code: i16) -> Option<Self> {
        Self::from_repr(code)
    }

    /// Who confirms seats at these prices, where the event says `self` of those that cost money.
    /// The buyer takes what is free.
    #[must_use]
    pub fn of_prices(self, prices_minor: impl IntoIterator<Item = i64>) -> Self {
        match self {
            Self::Shop if prices_minor.into_iter().any(|price| price > 0) => Self::Shop,
            Self::Shop | Self::Buyer => Self::Buyer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ConfirmedBy::{Buyer, Shop};
    use super::*;

    #[test]
    fn the_shop_confirms_what_costs_money_unless_the_event_says_buyer() {
        for (says, prices, confirms) in [
            (Shop, &[][..], Buyer),
            (Shop, &[0, 0], Buyer),
            (Shop, &[0, 1], Shop),
            (Shop, &[4_900], Shop),
            (Buyer, &[4_900, 0], Buyer),
        ] {
            assert_eq!(says.of_prices(prices.iter().copied()), confirms, "{says} {prices:?}");
        }
        assert_eq!(ConfirmedBy::default(), Shop);
    }
}
