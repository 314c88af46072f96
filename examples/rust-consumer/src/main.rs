//! One round of a shop: look, hold, buy, follow the map, go on after a lost connection.
//!
//! `ARENA_URL` is the API's address, `ARENA_EVENT` an event's slug. Whoever sells has a token in
//! `ARENA_TOKEN`; without one, the server makes a guest.

mod answers;
mod api;
mod events;
mod failure;
mod live;
mod seat_map;
mod shop;

use std::env;
use std::error::Error;
use std::process::ExitCode;

use crate::api::{
    Api, BecomeGuest, EventsOnSale, FreeSeats, become_guest, events_on_sale, free_seats,
};
use crate::live::LiveMap;
use crate::shop::Shop;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match round().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

async fn round() -> Result<(), Box<dyn Error>> {
    let (url, slug) = (env::var("ARENA_URL")?, env::var("ARENA_EVENT")?);
    let api = sign_in(Api::new(&url)).await?;
    list_events(&api).await?;
    let variables = free_seats::Variables { event: slug.clone() };
    let event = api.ask_until_answered(FreeSeats, variables).await?.event;
    let event = event.ok_or_else(|| format!("there is no event {slug}"))?;
    // AVAILABLE says that nobody has a seat; whether it is offered at all is another question.
    let seats = event.seats.into_iter().flat_map(|page| page.nodes);
    let seats: Vec<_> = seats.filter(|seat| seat.for_sale).collect();

    let live = LiveMap::new(event.id.clone());
    let shop = Shop { api: &api, event: event.id, live: &live };
    // The map is followed while the rest goes on, and left when that is done.
    tokio::select! {
        failure = live.follow(&api) => return Err(failure.into()),
        done = shop.sell(&seats[..seats.len().min(2)]) => done?,
    }
    // Nobody follows now, as after a lost connection, and the sale goes on.
    let revision = shop.change_their_mind(seats.get(2)).await?;
    tokio::select! {
        failure = live.follow(&api) => return Err(failure.into()),
        done = live.until(revision) => done?,
    }
    let seats = live.seats.borrow();
    println!("the map has caught up to {}", *seats);
    println!("it took {} snapshot and {} changes", seats.snapshots, seats.changes);
    Ok(())
}

async fn sign_in(api: Api) -> Result<Api, Box<dyn Error>> {
    let token = match env::var("ARENA_TOKEN") {
        Ok(token) => token,
        Err(_) => {
            let guest = api.ask_until_answered(BecomeGuest, become_guest::Variables {}).await?;
            guest.start_guest_session.token
        }
    };
    Ok(api.with_token(token))
}

async fn list_events(api: &Api) -> Result<(), Box<dyn Error>> {
    let answer = api.ask_until_answered(EventsOnSale, events_on_sale::Variables {}).await?;
    for event in answer.events.into_iter().flat_map(|page| page.nodes) {
        let available = event.availability.available;
        println!("{}: {}, {available} seats available", event.slug, event.name);
    }
    Ok(())
}
