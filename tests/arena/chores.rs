//! What an organiser does while a sale storms: seats go off sale and come back, new ones come in,
//! and free ones move; and the event's terms change.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::blocking::{BLOCK, UNBLOCK, input};
use crate::bringing_in::IMPORT;
use crate::events::UPDATE;
use crate::harness::{Client, Event};
use crate::storm::insist;

/// What is done next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chore {
    kind: Kind,
    /// To these seats.
    serials: Vec<i32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Block,
    Unblock,
    /// The first of them moves, and another one comes in.
    Import,
    /// The event has another limit and other holds from now on.
    Update,
}

const KINDS: [Kind; 4] = [Kind::Block, Kind::Unblock, Kind::Import, Kind::Update];

impl Chore {
    /// One to three of so many seats.
    pub fn draw(rng: &mut Rng, seats: i32) -> Self {
        // A seat that is free to be blocked is hard to find.
        let kind = if rng.bool() { Kind::Block } else { KINDS[rng.usize(..KINDS.len())] };
        let most = if kind == Kind::Block { 1 } else { 3 };
        let serials = (0..rng.usize(1..=most)).map(|_| rng.i32(1..=seats)).collect();
        Self { kind, serials }
    }
}

/// A seat of the plan of every test's events, somewhere else.
fn moved(serial: i32, to: usize) -> Value {
    let index = serial - 1;
    json!({ "section": (101 + index / 100).to_string(), "row": (1 + index / 10 % 10).to_string(),
        "number": (1 + index % 10).to_string(), "x": to, "y": -1,
        "category": if index % 10 == 9 { "Silver" } else { "Gold" } })
}

/// Does them one after another until it is over; how many of each kind came to something.
pub async fn do_chores(
    admin: Client,
    event: Arc<Event>,
    is_over: Arc<AtomicBool>,
    chores: Vec<Chore>,
) -> [usize; 4] {
    let (mut done, mut pause) = ([0; 4], tokio::time::interval(Duration::from_millis(40)));
    for (number, Chore { kind, serials }) in chores.into_iter().cycle().enumerate() {
        pause.tick().await;
        if is_over.load(Ordering::Relaxed) {
            return done;
        }
        let of = input(&event, serials.iter().copied(), "HOUSE");
        let answer = match kind {
            Kind::Block => insist(&admin, BLOCK, "blockSeats", of).await,
            Kind::Unblock => insist(&admin, UNBLOCK, "unblockSeats", of).await,
            Kind::Import => {
                let new = json!({ "section": "new", "row": "1", "number": number.to_string(),
                    "category": "Gold" });
                let seats = [moved(serials[0], number), new];
                let input = json!({ "eventId": event.gid, "seats": seats });
                let answer = insist(&admin, IMPORT, "importSeats", input).await;
                assert_eq!(answer["__typename"], "ImportSeatsSuccess", "{answer}");
                answer
            }
            Kind::Update => {
                // Never more than the storm's own limit.
                let (hold, limit) = (1 + serials[0] % 2, 6 + serials[0] / 2 % 2);
                let input = json!({ "eventId": event.gid, "holdSeconds": hold,
                    "maxSeatsPerViewer": limit });
                insist(&admin, UPDATE, "updateEvent", input).await
            }
        };
        let place = KINDS.iter().position(|it| *it == kind).unwrap();
        done[place] += usize::from(answer["__typename"].as_str().unwrap().ends_with("Success"));
    }
    unreachable!("there is always another chore")
}
