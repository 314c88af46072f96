//! What setPrices answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{ID, SimpleObject, Union};

use crate::domain::CategoryId;
use crate::domain::command::SetPricesRefusal;
use crate::domain::prices::MAX_PRICE_LISTS;
use crate::graphql::types::event::Event;
use crate::graphql::types::event_scope::EventScope;

/// What became of setPrices.
#[derive(Clone, Debug, Union)]
pub enum SetPricesResult {
    /// These are the prices from now on.
    Success(SetPricesSuccess),
    /// The event has no such categories; no price was changed.
    NoSuchCategories(CategoriesNotFound),
    /// The event's prices are in another currency; none was changed.
    OtherCurrency(CurrencyMismatch),
    /// The event has had too many price lists; no price was changed.
    TooManyLists(TooManyPriceLists),
}

/// These are the prices from now on.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SetPricesSuccess {
    /// The event, whose `categories` have them.
    event: Event,
    /// False if they were the prices before.
    changed: bool,
}

/// The event has no such categories; nothing was changed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct CategoriesNotFound {
    /// What happened, for a person.
    pub message: String,
    /// Each that the event has not, as it was given.
    category_ids: Vec<ID>,
}

/// The event's prices are in another currency; nothing was changed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct CurrencyMismatch {
    /// What happened, for a person.
    pub message: String,
    /// What the event's prices are in, as ISO 4217 has it.
    currency: String,
}

/// The prices of the event have been changed as often as they can be; nothing was changed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct TooManyPriceLists {
    /// What happened, for a person.
    pub message: String,
}

impl SetPricesResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        given: &BTreeMap<CategoryId, ID>,
        outcome: Result<bool, SetPricesRefusal>,
    ) -> Self {
        match outcome {
            Ok(changed) => {
                Self::Success(SetPricesSuccess { event: Arc::clone(event).into(), changed })
            }
            Err(SetPricesRefusal::NoSuchCategories(categories)) => {
                let known = categories.iter().filter_map(|category| given.get(category));
                Self::NoSuchCategories(CategoriesNotFound {
                    message: "the event has not all of these categories; no price was changed"
                        .to_owned(),
                    category_ids: known.cloned().collect(),
                })
            }
            Err(SetPricesRefusal::OtherCurrency(currency)) => {
                let message = format!("the event's prices are in {currency}; none was changed");
                Self::OtherCurrency(CurrencyMismatch { message, currency })
            }
            Err(SetPricesRefusal::TooManyLists) => Self::TooManyLists(TooManyPriceLists {
                message: format!(
                    "an event has up to {MAX_PRICE_LISTS} price lists, one after \
                    the other; no price was changed"
                ),
            }),
        }
    }
}
