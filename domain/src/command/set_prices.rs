//! Setting prices: the event has another price list from now on, or the one that it had.
//!
//! Seats that are held keep the list that they are held by, and sold ones what they were sold at.

use std::collections::BTreeMap;

use super::decide::{Command, Needs};
use crate::audit::{AuditAction, AuditEntry};
use crate::ids::{CategoryId, ViewerId};
use crate::ledger::Ledger;
use crate::prices::NewPrices;

/// Gives some of an event's categories new prices. The others keep theirs.
#[derive(Clone, Debug)]
pub struct SetPrices {
    /// Who sets them.
    pub by: ViewerId,
    /// What seats of these categories cost from now on, by the type of ticket.
    pub prices: BTreeMap<CategoryId, NewPrices>,
    /// What the prices are in: ISO 4217.
    pub currency: String,
}

/// Why no price was changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetPricesRefusal {
    /// The event has no such categories.
    NoSuchCategories(Vec<CategoryId>),
    /// The event's prices are in this currency.
    OtherCurrency(String),
    /// The event has had as many price lists as there may be.
    TooManyLists,
}

/// The types of ticket of a category, as the audit log has them.
fn said(ledger: &Ledger, category: CategoryId) -> String {
    let types = ledger.ticket_types(category).iter();
    let types = types.map(|known| format!("{} {}", known.ticket.name, known.price_minor));
    format!("category {}: {}", category.serial, types.collect::<Vec<_>>().join(", "))
}

impl Command for SetPrices {
    /// Whether a price changed.
    type Outcome = Result<bool, SetPricesRefusal>;

    /// The second time no price changes.
    const REPEATABLE: bool = true;

    fn needs(&self) -> Needs<'_> {
        Needs { prices: true, ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        if self.currency != ledger.terms().currency {
            return Err(SetPricesRefusal::OtherCurrency(ledger.terms().currency.clone()));
        }
        let is_unknown = |category: &&CategoryId| ledger.ticket_types(**category).is_empty();
        let unknown: Vec<_> = self.prices.keys().filter(is_unknown).copied().collect();
        if !unknown.is_empty() {
            return Err(SetPricesRefusal::NoSuchCategories(unknown));
        }
        let before: Vec<_> = self.prices.keys().map(|&id| said(ledger, id)).collect();
        let is_new = ledger.set_prices(&self.prices).ok_or(SetPricesRefusal::TooManyLists)?;
        if is_new {
            let mut entry = AuditEntry::new(&self.by, AuditAction::SetPrices);
            for (&category, before) in self.prices.keys().zip(before) {
                let now = said(ledger, category);
                entry = entry.with_change("ticketTypes", Some(before), Some(now));
            }
            ledger.note(entry);
        }
        Ok(is_new)
    }

    /// It changed prices if either attempt did.
    fn decided_again(first: Self::Outcome, again: Self::Outcome) -> Self::Outcome {
        match (first, again) {
            (Ok(first), Ok(again)) => Ok(first || again),
            (_, again) => again,
        }
    }
}
