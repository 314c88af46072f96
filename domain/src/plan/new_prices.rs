//! What a category costs, as somebody wants it: its types of ticket.

use std::collections::HashSet;

use super::fields::{LABEL_RULE, label};
use super::limits::MAX_PRICE_MINOR;
use super::names::name_key;

/// The most types of ticket in a category: what a person can choose from.
pub const MAX_TICKET_TYPES: usize = 20;

/// The one type of a category for which nobody has named any.
pub const STANDARD: &str = "Standard";

/// The types of ticket in a category as somebody wants them: 1 to [`MAX_TICKET_TYPES`], of
/// different names; the first is the one that is meant where none is chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPrices(Vec<(String, i64)>);

/// What is wrong with the types of ticket of a category.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidPrices {
    /// None, or too many.
    #[error("a category has 1 to {MAX_TICKET_TYPES} types of ticket")]
    Count,
    /// No label.
    #[error("the name of a type of ticket must have {}", LABEL_RULE)]
    Name,
    /// Two of one name, or of names that look the same.
    #[error("a category has two types of ticket named \"{0}\"")]
    Twice(String),
    /// Below zero, or too high.
    #[error("a price must be 0 to {MAX_PRICE_MINOR} minor units")]
    Price,
}

impl NewPrices {
    /// Checks every rule, and takes the space off around the names.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub fn new(types: Vec<(String, i64)>) -> Result<Self, InvalidPrices> {
        if types.is_empty() || types.len() > MAX_TICKET_TYPES {
            return Err(InvalidPrices::Count);
        }
        let (mut checked, mut names) = (Vec::with_capacity(types.len()), HashSet::new());
        for (name, price_minor) in types {
            let name = label(&name).ok_or(InvalidPrices::Name)?.into_owned();
            if !names.insert(name_key(&name)) {
                return Err(InvalidPrices::Twice(name));
            }
            if !(0..=MAX_PRICE_MINOR).contains(&price_minor) {
                return Err(InvalidPrices::Price);
            }
            checked.push((name, price_minor));
        }
        Ok(Self(checked))
    }

    /// One type, which nobody needs to choose.
    ///
    /// # Errors
    ///
    /// If the price is out of bounds.
    pub fn plain(price_minor: i64) -> Result<Self, InvalidPrices> {
        Self::new(vec![(STANDARD.to_owned(), price_minor)])
    }

    /// The types in order: what each is called, and what it costs in minor units.
    #[must_use]
    pub fn types(&self) -> &[(String, i64)] {
        &self.0
    }

    /// What a seat costs where no type is chosen.
    #[must_use]
    pub fn default_minor(&self) -> i64 {
        // There is one: see `new`.
        self.0.first().map_or(0, |(_, price_minor)| *price_minor)
    }

    /// Whether there is nothing to choose from, and no name either.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        matches!(self.0.as_slice(), [(name, _)] if name == STANDARD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(types: &[(&str, i64)]) -> Result<NewPrices, InvalidPrices> {
        NewPrices::new(types.iter().map(|&(name, price)| (name.to_owned(), price)).collect())
    }

    #[test]
    fn a_category_has_1_to_20_types_of_different_names_at_prices_within_bounds() {
        let many: Vec<_> = (0..=20).map(|number| (format!("T{number}"), 1)).collect();
        assert!(NewPrices::new(many[..20].to_vec()).is_ok());
        assert_eq!(NewPrices::new(many), Err(InvalidPrices::Count));
        assert_eq!(new(&[]), Err(InvalidPrices::Count));
        for name in ["", " ", "a\nb", "\u{202e}lluF", &"x".repeat(65)] {
            assert_eq!(new(&[(name, 1)]), Err(InvalidPrices::Name), "{name:?}");
        }
        for (price, is_good) in
            [(-1, false), (0, true), (MAX_PRICE_MINOR, true), (MAX_PRICE_MINOR + 1, false)]
        {
            assert_eq!(new(&[("Full", price)]).is_ok(), is_good, "{price}");
        }
        for twice in [["Full", "Full"], ["Full", " full "], ["É", "E\u{301}"], ["É", "é"]] {
            let refused = new(&twice.map(|name| (name, 1)));
            assert!(matches!(refused, Err(InvalidPrices::Twice(_))), "{twice:?}");
        }
    }
}
