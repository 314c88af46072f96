//! Setting prices.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::domain::command::SetPrices;
use crate::domain::plan::MAX_CATEGORIES;
use crate::domain::prices::{InvalidPrices, MAX_TICKET_TYPES, NewPrices, STANDARD};
use crate::domain::{CategoryId, EventId};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::{self, AnyId};
use crate::graphql::nullable::nullable;
use crate::graphql::serial::SerialUnion;
use crate::graphql::submit::submit;
use crate::graphql::types::{EventScope, MoneyInput, SetPricesResult};
use crate::identity::Role;

/// What organisers do about prices.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pricing;

/// Prices to set.
#[derive(Clone, Debug, InputObject)]
pub(super) struct SetPricesInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// The categories whose prices are set, 1 to 100, each once. The others keep theirs.
    categories: Vec<CategoryPricesInput>,
}

/// What seats of a category cost.
#[derive(Clone, Debug, InputObject)]
pub(super) struct CategoryPricesInput {
    /// The category.
    category_id: ID,
    /// Every type of ticket it has from now on, 1 to 20, of different names. The first is the one
    /// that is meant where a buyer chooses none.
    ticket_types: Vec<TicketTypeInput>,
}

/// A type of ticket.
#[derive(Clone, Debug, InputObject)]
pub(super) struct TicketTypeInput {
    /// For people, 1 to 64 characters. Whoever keeps the name keeps the id.
    #[graphql(default_with = "STANDARD.to_owned()")]
    name: String,
    /// What a seat costs as this, in the event's currency.
    price: MoneyInput,
}

/// What organisers do about prices.
#[Object]
impl Pricing {
    /// Gives categories of an event new prices and types of ticket, all of them or none. Seats that
    /// are held cost what they did until their holds end, and sold ones what was paid. For ADMIN.
    async fn set_prices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which prices.")] input: Argument<SetPricesInput>,
    ) -> Option<Result<SerialUnion<SetPricesResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Admin)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let named = NamedPrices::read(event, input.categories)?;
            let NamedPrices { prices, currency, given } = named;
            let set = SetPrices { by: asker.id.clone(), prices, currency };
            let outcome = submit(ctx, asker, event, set).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(SetPricesResult::new(&scope, &given, outcome))))
        }))
        .await
    }
}

/// Prices as they were named.
struct NamedPrices {
    prices: BTreeMap<CategoryId, NewPrices>,
    /// The one that all of them are in.
    currency: String,
    /// The categories as they were given. What is no id of one has a serial number below 1, which
    /// no category has.
    given: BTreeMap<CategoryId, ID>,
}

impl NamedPrices {
    fn read(event: EventId, categories: Vec<CategoryPricesInput>) -> Result<Self, Fault> {
        if categories.is_empty() || categories.len() > MAX_CATEGORIES {
            let rule = format!("must name 1 to {MAX_CATEGORIES} categories");
            return Err(Fault::bad_input(format!("input.categories {rule}")));
        }
        let (mut prices, mut given) = (BTreeMap::new(), BTreeMap::new());
        let mut currencies = BTreeSet::new();
        for (index, category) in categories.into_iter().enumerate() {
            let argument = format!("input.categories[{index}]");
            let id = match AnyId::decode(&category.category_id) {
                Some(AnyId::Category(id)) => id,
                _ => CategoryId { event, serial: -i32::try_from(index).unwrap_or_default() },
            };
            let new = ticket_types(&argument, category.ticket_types, &mut currencies)?;
            if prices.insert(id, new).is_some() {
                let message = "names a category that was named before";
                return Err(Fault::bad_input(format!("{argument}.categoryId {message}")));
            }
            given.insert(id, category.category_id);
        }
        let (Some(currency), None) = (currencies.pop_first(), currencies.first()) else {
            return Err(Fault::bad_input("input.categories must have prices in one currency"));
        };
        Ok(Self { prices, currency, given })
    }
}

fn ticket_types(
    argument: &str,
    types: Vec<TicketTypeInput>,
    currencies: &mut BTreeSet<String>,
) -> Result<NewPrices, Fault> {
    let invalid = |error: InvalidPrices| {
        Fault::bad_input(format!("{argument}.ticketTypes cannot be taken: {error}"))
    };
    // Counted before any is read: a hostile list costs no more than its length.
    if types.len() > MAX_TICKET_TYPES {
        return Err(invalid(InvalidPrices::Count));
    }
    let mut read = Vec::with_capacity(types.len());
    for (index, TicketTypeInput { name, price }) in types.into_iter().enumerate() {
        let price = price.read(&format!("{argument}.ticketTypes[{index}].price"))?;
        currencies.insert(price.currency);
        read.push((name, price.amount_minor));
    }
    NewPrices::new(read).map_err(invalid)
}
