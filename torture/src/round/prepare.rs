//! Before a round: terms and prices are set, and clients learn what there is.

use std::sync::Arc;

use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::sync::watch;
use torture::history::{EventSetup, History};

use crate::Result;
use crate::load::{Event, Notes, Person, Phase, World, fetch, place};
use crate::plan::{EventPlan, Plan};
use crate::postgres::EVENT_SLUGS;
use crate::stage::Stage;
use crate::tables;
use crate::tools::{Tools, VIEWERS_MAX, viewer};
use crate::translate::Names;

const WHO: &str = "{ viewer { id } }";
const EVENT: &str = "query ($slug: ID!) { event(id: $slug) { id categories { id name } } }";
const PLAN: &str = "query ($event: ID!) { seatPlan(eventId: $event) {
    seats { id section row number } } }";
const PRICES: &str = "mutation ($input: SetPricesInput!) { setPrices(input: $input) {
    __typename } }";
const TERMS: &str = "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) {
    __typename } }";

/// What all clients know when a round begins.
pub(super) async fn world(
    tools: &Tools,
    stage: &Stage,
    plan: &Plan,
    phase: watch::Receiver<Phase>,
) -> Result<Arc<World>> {
    let people = (0..plan.setting.viewers).map(|number| (viewer(number), number));
    let special = [("shop".to_owned(), VIEWERS_MAX), ("admin".to_owned(), VIEWERS_MAX + 1)];
    let all = people.chain(special);
    let server = stage.own_addresses[0];
    let person = async |(name, number): (String, usize)| {
        let token = tools.tokens[number].clone();
        let nobody = Person { name, id: String::new(), token };
        let data = fetch(&tools.http, server, Some(&nobody), WHO, json!({})).await?;
        Ok::<_, crate::Error>(Person { id: id(&data["viewer"])?, ..nobody })
    };
    let mut viewers = try_join_all(all.map(person)).await?;
    let (admin, shop) = viewers.pop().zip(viewers.pop()).ok_or("there is no admin")?;
    let mut events = Vec::new();
    for (slug, terms) in EVENT_SLUGS.iter().zip(&plan.setting.events) {
        events.push(event(tools, stage, &admin, (slug, terms)).await?);
    }
    let (servers, notes) = (stage.addresses.clone(), Arc::new(Notes::begin()));
    Ok(Arc::new(World { servers, events, viewers, shop, admin, notes, phase }))
}

/// Sets an event's terms and prices.
async fn event(
    tools: &Tools,
    stage: &Stage,
    admin: &Person,
    (slug, terms): (&str, &EventPlan),
) -> Result<Event> {
    let server = stage.own_addresses[0];
    let ask = async |query: &str, variables: Value| {
        fetch(&tools.http, server, Some(admin), query, variables).await
    };
    let found = ask(EVENT, json!({ "slug": slug })).await?;
    let event = id(&found["event"])?;
    let mut categories = Vec::new();
    for (category, price) in
        found["event"]["categories"].as_array().into_iter().flatten().zip([5_000, 2_500])
    {
        let id = id(category)?;
        let types = [("Full", price), ("Reduced", price / 2)].map(|(name, amount)| {
            json!({ "name": name, "price": { "amountMinor": amount, "currency": "EUR" } })
        });
        let prices = json!({ "categoryId": id, "ticketTypes": types });
        let input = json!({ "eventId": event, "categories": [prices] });
        ask(PRICES, json!({ "input": input })).await?;
        let name = category["name"].as_str().ok_or("a category without a name")?;
        categories.push((id, name.to_owned()));
    }
    let input = json!({
        "eventId": event,
        "holdSeconds": terms.hold_seconds,
        "holdExtensionSeconds": terms.hold_extension_seconds,
        "maxSeatsPerViewer": terms.max_seats_per_viewer,
        "maxSeatsLetGo": terms.max_seats_let_go,
        "allowsLoneSeats": terms.allows_lone_seats,
        "confirmedBy": if terms.buyers_confirm { "BUYER" } else { "SHOP" },
    });
    let updated = ask(TERMS, json!({ "input": input })).await?;
    if updated["updateEvent"]["__typename"] != "UpdateEventSuccess" {
        return Err(format!("an event cannot be prepared: {updated}").into());
    }
    let seats = ask(PLAN, json!({ "event": event })).await?;
    let seats = seats["seatPlan"]["seats"].as_array().ok_or("an event without seats")?;
    let seats = seats.iter().map(id).collect::<Result<_>>()?;
    let number = format!("SELECT event_id::text FROM event_slugs WHERE slug = '{slug}'");
    let number = stage.pair.lock().await.primary().ask(&number).await?.parse()?;
    Ok(Event { id: event, number, seats, categories, buyers_confirm: terms.buyers_confirm })
}

/// The events as the database has them before the round.
pub(super) async fn setups(stage: &Stage) -> Result<Vec<EventSetup>> {
    let mut sql = stage.pair.lock().await.primary().connect().await?;
    tables::setups(&mut sql).await
}

/// What every id stands for, once no more seats come in.
pub(super) async fn names(
    stage: &Stage,
    tools: &Tools,
    world: &World,
    history: &History,
) -> Result<Names> {
    let mut names = Names::default();
    for person in world.viewers.iter().chain([&world.shop, &world.admin]) {
        names.viewers.insert(person.id.clone(), person.name.clone());
    }
    for event in &world.events {
        let variables = json!({ "event": event.id });
        let found =
            fetch(&tools.http, stage.own_addresses[0], Some(&world.admin), PLAN, variables).await?;
        let text = |seat: &Value, field: &str| seat[field].as_str().unwrap_or_default().to_owned();
        for seat in found["seatPlan"]["seats"].as_array().into_iter().flatten() {
            let place = place(&text(seat, "section"), &text(seat, "row"), &text(seat, "number"));
            let is_it =
                |row: &&torture::history::SeatRow| row.event == event.number && row.place == place;
            if let Some(row) = history.seats.iter().find(is_it) {
                names.seats.insert(text(seat, "id"), row.seat);
            }
        }
    }
    Ok(names)
}

fn id(value: &Value) -> Result<String> {
    Ok(value["id"].as_str().ok_or("something without an id")?.to_owned())
}
