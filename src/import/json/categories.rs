//! The categories of a document, with what they cost.

use super::at::At;
use super::fault::{Fault, JsonProblems, Place};
use super::node::Node;
use super::places::Places;
use super::reader::Object;
use crate::domain::plan::{
    self, Excerpt, MAX_CATEGORIES, MAX_PRICE_MINOR, NewPrices, PlannedCategory,
};

const CATEGORY: [&str; 4] = ["name", "priceMinor", "tickets", "color"];

/// The categories of a document, in order.
pub(super) fn read_categories(
    problems: &mut JsonProblems,
    at: &At<'_>,
    venue: &Object<'_>,
    places: &mut Places,
) -> Vec<PlannedCategory> {
    let mut categories = Vec::new();
    // By their keys: how each is written, and where.
    let mut keys: Vec<(String, String, usize)> = Vec::new();
    if problems.required(at, venue, "categories").is_none() {
        return categories;
    }
    let list = at.field("categories");
    for (index, node) in problems.items(at, venue, "categories").into_iter().enumerate() {
        let at = list.item(index);
        if index == MAX_CATEGORIES {
            problems.push(node, &at, Fault::TooManyCategories);
            break;
        }
        let Some(object) = problems.object(&at, node, &CATEGORY) else {
            continue;
        };
        let prices = read_prices(problems, &at, &object);
        let color = read_color(problems, &at, &object);
        let Some((name, name_node)) = problems.label(&at, &object, "name") else { continue };
        let key = plan::name_key(&name);
        if let Some((_, like, first)) = keys.iter().find(|(known, _, _)| *known == key) {
            let fault = Fault::Alike { like: Excerpt::of(like), first: Place(*first) };
            problems.push(name_node, &at.field("name"), fault);
            continue;
        }
        keys.push((key, name.clone(), name_node.address()));
        places.categories.insert(name.clone(), index);
        // Without prices there is a problem, and the plan is not made.
        categories.extend(prices.map(|prices| PlannedCategory { name, prices, color }));
    }
    categories
}

fn read_color(problems: &mut JsonProblems, at: &At<'_>, object: &Object<'_>) -> Option<String> {
    let (node, at) = (object.get("color")?, at.field("color"));
    let text = problems.text(&at, node)?;
    let color = plan::is_color(&text).then(|| text.to_string());
    problems.some(&at, node, color, Fault::Color(Excerpt::of(&text)))
}

/// What a category costs: one price, or its types of ticket.
fn read_prices(problems: &mut JsonProblems, at: &At<'_>, object: &Object<'_>) -> Option<NewPrices> {
    match (object.get("priceMinor"), object.get("tickets")) {
        (Some(_), None) => NewPrices::plain(read_price(problems, at, object)?).ok(),
        (None, Some(node)) => read_tickets(problems, at, object, node),
        _ => {
            problems.push(object.node, at, Fault::OneOf("priceMinor", "tickets"));
            None
        }
    }
}

fn read_price(problems: &mut JsonProblems, at: &At<'_>, object: &Object<'_>) -> Option<i64> {
    let node = problems.required(at, object, "priceMinor")?;
    let price = node.whole().filter(|price| (0..=MAX_PRICE_MINOR).contains(price));
    problems.some(&at.field("priceMinor"), node, price, Fault::Price)
}

fn read_tickets(
    problems: &mut JsonProblems,
    at: &At<'_>,
    object: &Object<'_>,
    tickets: Node<'_>,
) -> Option<NewPrices> {
    let list = at.field("tickets");
    let items = problems.items(at, object, "tickets");
    let types = items.into_iter().enumerate().map(|(index, node)| {
        let at = list.item(index);
        let ticket = problems.object(&at, node, &["name", "priceMinor"])?;
        let name = problems.label(&at, &ticket, "name");
        Some((name?.0, read_price(problems, &at, &ticket)?))
    });
    // All of them, so that all that is wrong is told.
    let types: Vec<_> = types.collect();
    let types = types.into_iter().collect::<Option<_>>()?;
    match NewPrices::new(types) {
        Ok(prices) => Some(prices),
        Err(error) => {
            problems.push(tickets, &list, Fault::Tickets(error));
            None
        }
    }
}
