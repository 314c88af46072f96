//! An organiser: blocks seats, brings some in, sets prices and terms, and may cancel an
//! event when a round is nearly over.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::sleep;
use torture::history::{EventPatch, Stage};

use super::ask::Ask;
use super::call::{Client, Question};
use super::reply::Reply;
use super::world::{Phase, World};
use crate::Result;
use crate::plan::Chore;

/// Between two chores, in milliseconds: organisers are few and think.
const PAUSE_MS: [u64; 2] = [20, 250];

/// What seats can cost, in minor units.
const PRICES: [i64; 4] = [0, 1_000, 2_500, 5_000];

/// One of the rounds in so many ends with an event that is cancelled.
const CANCELLED_OF: u8 = 4;

/// Works until the storm is over.
pub(crate) async fn organise(world: Arc<World>, number: u32, seed: u64) -> Result<()> {
    let http = reqwest::Client::new();
    let client = Client { world: &world, http, number };
    let mut rng = Rng::with_seed(seed);
    let cancels = rng.u8(..CANCELLED_OF) == 0;
    let mut phase = world.phase.clone();
    let mut count = 0;
    while *phase.borrow_and_update() == Phase::Storm {
        count += 1;
        let event = rng.usize(..world.events.len());
        let chore = Chore::draw(&mut rng);
        let ask = chore_ask(&world, &mut rng, (event, chore), &format!("{number}-{count}"));
        let (server, patience) = (rng.usize(..world.servers.len()), Duration::from_secs(3));
        let pause = Duration::from_millis(rng.u64(PAUSE_MS[0]..PAUSE_MS[1]));
        insist(&client, (server, event), &ask, patience).await;
        sleep(pause).await;
    }
    if cancels {
        let (input, patch) = (
            json!({ "status": "CANCELLED" }),
            EventPatch { stage: Some(Stage::Cancelled), ..EventPatch::default() },
        );
        let event = rng.usize(..world.events.len());
        let ask = Ask::Update { input, patch };
        insist(&client, (rng.usize(..world.servers.len()), event), &ask, Duration::from_secs(8))
            .await;
    }
    Ok(())
}

/// All that organisers do may be repeated: three times, until there is an answer.
async fn insist(client: &Client<'_>, (server, event): (usize, usize), ask: &Ask, wait: Duration) {
    let admin = &client.world.admin;
    for _ in 0..3 {
        let question = Question {
            server,
            event: Some(event),
            ask,
            speaker: admin,
            viewer: &admin.name,
            patience: wait,
        };
        let reply = client.ask(question).await;
        if !reply.is_unclear() && reply != Reply::Unsent {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// What is asked for a chore with an event; `name` is of nothing else.
fn chore_ask(world: &World, rng: &mut Rng, what: (usize, Chore), name: &str) -> Ask {
    let (event, chore) = (&world.events[what.0], what.1);
    let count = rng.usize(1..=2);
    let seats: Vec<String> =
        rng.choose_multiple(&event.seats, count).into_iter().cloned().collect();
    let (category_id, category) = event.categories[rng.usize(..event.categories.len())].clone();
    match chore {
        Chore::Block => Ask::Block { seats },
        Chore::Unblock => Ask::Unblock { seats },
        Chore::Import => Ask::Import { number: name.to_owned(), category },
        Chore::SetPrices => {
            let full = PRICES[rng.usize(1..PRICES.len())];
            let mut prices = vec![("Full".to_owned(), full), ("Reduced".to_owned(), full / 2)];
            if rng.u8(..4) == 0 {
                prices.push(("Child".to_owned(), PRICES[rng.usize(..PRICES.len())]));
            }
            Ask::SetPrices { category, category_id, prices }
        }
        Chore::Update => {
            let (input, patch) = terms(rng);
            Ask::Update { input, patch }
        }
    }
}

/// Other terms from now on.
fn terms(rng: &mut Rng) -> (Value, EventPatch) {
    let (hold, extension) = (rng.i64(1..=4), rng.i64(0..=2));
    let limit = [None, Some(4), Some(7)][rng.usize(..3)];
    match rng.usize(..4) {
        0 => (
            json!({ "holdSeconds": hold, "holdExtensionSeconds": extension }),
            EventPatch {
                hold_seconds: Some(hold),
                hold_extension_seconds: Some(extension),
                ..EventPatch::default()
            },
        ),
        1 => (
            json!({ "maxSeatsPerViewer": limit }),
            EventPatch { max_seats_per_viewer: Some(limit), ..EventPatch::default() },
        ),
        2 => {
            let allows = rng.bool();
            (
                json!({ "allowsLoneSeats": allows }),
                EventPatch { allows_lone_seats: Some(allows), ..EventPatch::default() },
            )
        }
        _ => {
            let is_closed = rng.u8(..4) == 0;
            let (word, stage) =
                if is_closed { ("CLOSED", Stage::Closed) } else { ("ON_SALE", Stage::Published) };
            (json!({ "status": word }), EventPatch { stage: Some(stage), ..EventPatch::default() })
        }
    }
}
