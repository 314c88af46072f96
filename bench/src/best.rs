//! What it costs to have the server choose, beside naming seats: the rule alone, one request after
//! another, and a thousand at once. In the demo event, of whose seats a random half is taken.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use grand_arena::domain::best::{Adjacency, BestRequest, Layout, Place, Seating};
use grand_arena::domain::plan::PlaceTraits;
use grand_arena::domain::{EventId, SeatId, SeatState};
use serde_json::{Value, json};

use crate::Result;
use crate::arena::Arena;

/// Seats of each request.
const PARTY: usize = 2;
/// Requests one after another, of each kind.
const IN_TURN: usize = 200;
/// Requests at once.
const AT_ONCE: usize = 1000;
/// Rounds of those; medians are told.
const ROUNDS: usize = 5;

const PLAIN: &str = "mutation ($input: ReserveSeatsInput!) { answer: reserveSeats(input: $input) \
    { __typename ... on ReserveSeatsSuccess { seats { id } } } }";
const BEST: &str = "mutation ($input: ReserveBestAvailableInput!) { answer: \
    reserveBestAvailable(input: $input) { __typename ... on ReserveSeatsSuccess { seats { id } } \
    } }";

/// A request: the mutation and its input.
type Ask = (&'static str, Value);

pub(crate) async fn run() -> Result<()> {
    for (asked, time) in rule() {
        tell(&format!("the rule alone, 20,000 seats half sold, {asked}: {time:?}"));
    }
    let arena = Arc::new(Arena::start().await?);
    let mut random = fastrand::Rng::with_seed(7);
    let mut seats = arena.seats.clone();
    random.shuffle(&mut seats);
    let free = seats.split_off(seats.len() / 2);
    for taken in seats.chunks(100) {
        arena.change(taken, true).await?;
    }
    let plain = |number: usize| -> Ask {
        let seats = &free[number * PARTY..][..PARTY];
        (PLAIN, json!({ "eventId": arena.event, "seatIds": seats }))
    };
    let best = |_: usize| -> Ask { (BEST, json!({ "eventId": arena.event, "quantity": PARTY })) };
    let (mut one_plain, mut one_best) = (Vec::new(), Vec::new());
    for number in 0..IN_TURN {
        one_plain.push(at_once(&arena, vec![plain(number)]).await?);
        one_best.push(at_once(&arena, vec![best(number)]).await?);
    }
    let (named, chosen) = (median(one_plain), median(one_best));
    tell(&format!("in turn: {named:?} to name {PARTY} seats, {chosen:?} to have them chosen"));
    let (mut all_plain, mut all_best) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        all_plain.push(at_once(&arena, (0..AT_ONCE).map(plain).collect()).await?);
        all_best.push(at_once(&arena, (0..AT_ONCE).map(best).collect()).await?);
    }
    let (named, chosen) = (median(all_plain), median(all_best));
    let ratio = chosen.as_secs_f64() / named.as_secs_f64();
    tell(&format!("{AT_ONCE} at once: {named:?} to name, {chosen:?} to choose: {ratio:.2} times"));
    let arena = Arc::into_inner(arena).ok_or("somebody still asks")?;
    arena.stop().await
}

#[expect(clippy::print_stdout, reason = "a benchmark shows its figures as they come")]
fn tell(line: &str) {
    println!("{line}");
}

/// How long it takes until all of them have their seats, which are given back then.
async fn at_once(arena: &Arc<Arena>, asks: Vec<Ask>) -> Result<Duration> {
    let started = Instant::now();
    let asking: Vec<_> = asks
        .into_iter()
        .map(|(mutation, input)| {
            let arena = Arc::clone(arena);
            tokio::spawn(async move { arena.query(mutation, json!({ "input": input })).await })
        })
        .collect();
    let mut held: Vec<String> = Vec::new();
    for answer in asking {
        let answer = answer.await??;
        let seats = answer["answer"]["seats"].as_array().ok_or_else(|| answer.to_string())?;
        held.extend(seats.iter().filter_map(|seat| seat["id"].as_str().map(str::to_owned)));
    }
    let taken = started.elapsed();
    let asked = held.len();
    held.sort_unstable();
    held.dedup();
    if held.len() < asked {
        return Err("a seat was held twice".into());
    }
    for seats in held.chunks(100) {
        arena.change(seats, false).await?;
    }
    Ok(taken)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The rule alone, for parties of several sizes; where they are parted, and where there are none.
fn rule() -> Vec<(String, Duration)> {
    let event = EventId(1);
    let place = |index: i32| Place {
        serial: index + 1,
        category: 1 + index % 4,
        section: format!("{}", index / 400),
        row: format!("{}", index / 20 % 20),
        accessible: false,
        position: Some((f64::from(index % 20 + index / 400 % 10 * 25), f64::from(index / 20))),
        traits: PlaceTraits::default(),
    };
    let places: Vec<_> = (0..20_000).map(place).collect();
    let layout = Layout::new(event, &places, Some((125.0, 0.0)));
    let mut seating = Seating::new(Arc::new(layout));
    let mut random = fastrand::Rng::with_seed(7);
    for serial in 1..=20_000 {
        let free = SeatState::Available { lapsed: None };
        seating.put(SeatId { event, serial }, &free, random.bool());
    }
    let asked = [(2, Adjacency::Required), (6, Adjacency::Required), (20, Adjacency::Required)];
    let preferred = [20, 100].map(|quantity| (quantity, Adjacency::Preferred));
    let time = |(quantity, adjacency): (usize, Adjacency)| {
        let (categories, sections) = (None, None);
        let request = BestRequest { quantity, categories, sections, accessible: false, adjacency };
        let times = (0..200).map(|_| {
            let started = Instant::now();
            let _ = black_box(seating.choose(black_box(&request), DateTime::UNIX_EPOCH));
            started.elapsed()
        });
        (format!("{quantity} seats, {adjacency:?}"), median(times.collect()))
    };
    asked.into_iter().chain(preferred).map(time).collect()
}
