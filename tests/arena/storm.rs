//! The storm: thousands of random operations from many viewers on two servers with short holds,
//! while connections are cut; then the books.
//!
//! What everybody intends is drawn from one seed before it begins, and does not depend on what they
//! are answered: the same seed is the same storm, as far as the operating system's timing is not
//! part of it. `ARENA_TEST_SEED` chooses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use grand_arena::domain::churn::MAX_SEATS_LET_GO;
use grand_arena::domain::{CategoryId, Cause, TicketTypeId, ViewerId};
use grand_arena::graphql::ids::{self, AnyId};
use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::best::BEST;
use crate::chores::{Chore, do_chores};
use crate::harness::client::{CONFIRM, RELEASE, RESERVE};
use crate::harness::{Arena, Client, Event, Socket, TestServer, all_at_once, books, token};

const VIEWERS: usize = 24;
const OPERATIONS: usize = 150;
const SEATS: i32 = 120;
const LIMIT: i64 = 7;
const SUBSCRIBERS: usize = 6;

/// Drawn for each subscriber and for the one who cuts connections; they begin anew after the last.
const CONNECTIONS: usize = 500;
const CUTS: usize = 500;

/// What everybody intends, in order.
#[derive(PartialEq, Eq, Debug)]
struct Schedule {
    viewers: Vec<Vec<Operation>>,
    subscribers: Vec<Vec<Connection>>,
    cuts: Vec<Cut>,
    /// What seats cost, one price after the other; the reduced ticket costs half of it.
    prices: Vec<i64>,
    chores: Vec<Chore>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Reserve,
    Confirm,
    Release,
    /// Signs in after having held seats as a guest.
    Claim,
    /// Passes the last order on.
    Transfer,
    /// Thinks of buying and does not: seats come back, and the storm goes on.
    Hesitate,
}

/// What a viewer does next.
#[derive(PartialEq, Eq, Debug)]
struct Operation {
    server: usize,
    /// With some of the seats that are the viewer's; one who has none reserves.
    kind: Kind,
    /// What would be reserved.
    wanted: Vec<i32>,
    /// Chooses among the viewer's seats, however many they are.
    choice: u64,
}

/// How a subscriber goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Connection {
    server: usize,
    /// Until the restless connect again.
    frames: usize,
}

/// Which connection of the servers is ended next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Cut {
    application: &'static str,
    /// Chooses among the connections, however many there are.
    choice: u32,
}

impl Schedule {
    fn draw(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut viewers = Vec::new();
        for _ in 0..VIEWERS {
            let mut own = rng.fork();
            viewers.push((0..OPERATIONS).map(|_| Operation::draw(&mut own)).collect());
        }
        let mut subscribers = Vec::new();
        for _ in 0..SUBSCRIBERS {
            let mut own = rng.fork();
            subscribers.push((0..CONNECTIONS).map(|_| Connection::draw(&mut own)).collect());
        }
        let cuts = (0..CUTS).map(|_| Cut::draw(&mut rng)).collect();
        let prices = (0..CUTS).map(|_| rng.i64(0..5) * 1_000).collect();
        let chores = (0..CUTS).map(|_| Chore::draw(&mut rng, SEATS)).collect();
        Self { viewers, subscribers, cuts, prices, chores }
    }
}

impl Operation {
    fn draw(rng: &mut Rng) -> Self {
        let kind = match rng.usize(..4) {
            0 => Kind::Reserve,
            1 if rng.u8(..) <= 40 => Kind::Confirm,
            1 => [Kind::Hesitate, Kind::Claim, Kind::Claim, Kind::Transfer][rng.usize(..4)],
            _ => Kind::Release,
        };
        let wanted = (0..rng.usize(1..=3)).map(|_| rng.i32(1..=SEATS)).collect();
        Self { server: rng.usize(..2), kind, wanted, choice: rng.u64(..) }
    }

    /// The seats it is about, of a viewer who has these.
    fn seats(&self, mine: &[i32]) -> Vec<i32> {
        let mut rng = Rng::with_seed(self.choice);
        let count = rng.usize(1..=mine.len());
        rng.choose_multiple(mine, count).into_iter().copied().collect()
    }
}

impl Connection {
    fn draw(rng: &mut Rng) -> Self {
        Self { server: rng.usize(..2), frames: rng.usize(1..20) }
    }
}

impl Cut {
    fn draw(rng: &mut Rng) -> Self {
        let applications = ["grand-arena bookings", "grand-arena reads", "grand-arena listen"];
        Self { application: applications[rng.usize(..3)], choice: rng.u32(..) }
    }
}

/// The seed of this run, chosen or new; shown with the test if it fails.
#[expect(clippy::print_stdout, reason = "shown if the test fails")]
fn seed() -> u64 {
    let seed = match std::env::var("ARENA_TEST_SEED") {
        Ok(chosen) => chosen.parse().unwrap(),
        Err(_) => fastrand::u64(..),
    };
    println!("for the same storm again: ARENA_TEST_SEED={seed} make test");
    seed
}

#[test]
fn a_seed_is_always_the_same_storm() {
    assert_eq!(Schedule::draw(7), Schedule::draw(7));
    assert_ne!(Schedule::draw(7), Schedule::draw(8));
    let operation = Operation::draw(&mut Rng::with_seed(7));
    assert_eq!(operation.seats(&[1, 2, 3, 4, 5]), operation.seats(&[1, 2, 3, 4, 5]));
}

/// What one subscriber saw.
type Seen = Vec<(i64, String, String)>;

/// What the operator hears while connections are cut.
const EXPECTED_WARNINGS: [&str; 8] = [
    "a booking was given up",
    "a read failed",
    "cannot listen for changes",
    "holds that ran out are announced late",
    "subscribers will hear of the last bookings a second late",
    "the change log cannot be read; will look again",
    "the database cannot be reached",
    "the listening connection was lost",
];

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_the_books_are_right_and_every_subscriber_saw_the_log() {
    let schedule = Schedule::draw(seed());
    let arena = Arena::new().await;
    EXPECTED_WARNINGS.iter().for_each(|text| arena.expect_warning(text));
    let event = arena
        .event_with(usize::try_from(SEATS).unwrap(), |event| {
            event.hold_seconds = 1;
            event.max_seats_per_viewer = Some(u32::try_from(LIMIT).unwrap());
            // Everybody lets go what a hundred families would.
            event.max_seats_let_go = Some(MAX_SEATS_LET_GO);
        })
        .await;
    let (arena, event) = (Arc::new(arena), Arc::new(event));
    let servers = Arc::new([arena.server().await, arena.server().await]);
    let is_over = Arc::new(AtomicBool::new(false));

    let subscribers: Vec<_> = (0..)
        .zip(schedule.subscribers)
        .map(|(number, connections)| {
            let (event, servers, is_over) =
                (Arc::clone(&event), Arc::clone(&servers), Arc::clone(&is_over));
            tokio::spawn(watch(event, servers, is_over, connections, number % 2 == 0))
        })
        .collect();
    let saboteur =
        tokio::spawn(cut_connections(Arc::clone(&arena), Arc::clone(&is_over), schedule.cuts));
    let admin = Client::new(&servers[0].base, Some(token("root", &[Role::Admin])));
    set_prices(&admin, &event, 5_000).await;
    let organiser =
        tokio::spawn(reprice(admin, Arc::clone(&event), Arc::clone(&is_over), schedule.prices));
    let chores = do_chores(
        crate::blocking::admin(&servers[1]),
        Arc::clone(&event),
        Arc::clone(&is_over),
        schedule.chores,
    );
    let chores = tokio::spawn(chores);
    let counts = all_at_once((0..).zip(schedule.viewers).map(|(number, operations): (u32, _)| {
        let viewer = format!("viewer-{number}");
        let clients = [0, 1].map(|server| servers[server].client(&viewer));
        buy(clients, Arc::clone(&event), operations)
    }))
    .await;
    let settled = books::log(&arena.sql, &event).await.len();
    is_over.store(true, Ordering::Relaxed);
    let cuts = saboteur.await.unwrap();
    let lists = organiser.await.unwrap();
    let chores = chores.await.unwrap();

    let done: Vec<usize> =
        (0..5).map(|kind| counts.iter().map(|count| count[kind]).sum()).collect();
    println!(
        "{done:?} reserved, confirmed, released, claimed, passed on; {cuts} connections cut; \
         {lists} price lists"
    );
    println!("{chores:?} times seats were blocked, unblocked, brought in, and terms changed");
    assert!(chores.iter().all(|&count| count > 3), "and an organiser was busy: {chores:?}");
    assert!(
        done[..4].iter().all(|&count| count > 30) && done[4] > 5 && cuts > 5 && lists > 5,
        "it was a storm: {done:?}, {cuts} cuts, {lists} price lists"
    );
    let log = books::check(&arena, &event).await;
    check_limit(&log);
    for subscriber in subscribers {
        check_seen(&arena, &event, settled, &subscriber.await.unwrap()).await;
    }
}

/// Somebody saw the log, at least these many changes of it.
async fn check_seen(arena: &Arena, event: &Event, at_least: usize, seen: &Seen) {
    // Holds go on running out: by now there may be more in it than anybody saw.
    let log = books::log(&arena.sql, event).await;
    let expected = log.iter().take(seen.len()).map(|row| {
        let cause = format!("{:?}", row.cause).to_uppercase();
        (row.revision, event.seat_gid(row.seat_id), cause)
    });
    assert!(expected.eq(seen.iter().cloned()), "a subscriber saw something else than the log");
    assert!(seen.len() >= at_least, "a subscriber left before it had seen everything");
}

/// One viewer's doings; how often each kind succeeded.
async fn buy(clients: [Client; 2], event: Arc<Event>, operations: Vec<Operation>) -> [usize; 5] {
    let mut done = [0; 5];
    let mut mine: Vec<i32> = Vec::new();
    let mut orders: Vec<Value> = Vec::new();
    for (number, operation) in operations.into_iter().enumerate() {
        let client = &clients[operation.server];
        match operation.kind {
            Kind::Claim => {
                done[Kind::Claim as usize] += claim(client, &event, &operation, &mut mine).await;
                continue;
            }
            Kind::Transfer => {
                let Some(order) = orders.pop() else { continue };
                done[Kind::Transfer as usize] += pass_on(client, &order, operation.choice).await;
                continue;
            }
            _ => {}
        }
        let kind = if mine.is_empty() { Kind::Reserve } else { operation.kind };
        if kind == Kind::Reserve && operation.choice.is_multiple_of(4) {
            let chosen = choose(client, &event, operation.wanted.len()).await;
            done[Kind::Reserve as usize] += usize::from(!chosen.is_empty());
            mine.extend(chosen);
            continue;
        }
        let (query, field, serials) = match kind {
            Kind::Reserve => (RESERVE, "reserveSeats", operation.wanted),
            Kind::Confirm => (CONFIRM, "confirmSeats", operation.seats(&mine)),
            Kind::Release => (RELEASE, "releaseSeats", operation.seats(&mine)),
            Kind::Hesitate | Kind::Claim | Kind::Transfer => continue,
        };
        let mut input =
            json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials.iter().copied()) });
        if kind == Kind::Confirm {
            input["idempotencyKey"] = json!(format!("key-{number}"));
            // Some of them as reduced tickets, the others as what is meant where nothing is said.
            let reduced =
                serials.iter().filter(|&&serial| (operation.choice >> (serial % 64)) % 2 == 1);
            let line = |&serial: &i32| {
                let (seat, ticket) = (event.seat_gid(serial), reduced_of(&event, serial));
                json!({ "seatId": seat, "ticketTypeId": ticket })
            };
            input["lines"] = json!(reduced.map(line).collect::<Vec<_>>());
        }
        let result = insist(client, query, field, input).await;
        if result["__typename"].as_str().unwrap().ends_with("Success") {
            done[kind as usize] += 1;
            orders.extend(result.get("order").map(|order| order["id"].clone()));
            if kind == Kind::Reserve {
                mine.extend(serials);
            } else {
                mine.retain(|serial| !serials.contains(serial));
            }
        } else if kind != Kind::Reserve {
            assert_ne!(result["__typename"], "TicketTypeUnavailable", "both are always there");
            mine.clear();
        }
    }
    done
}

/// Has the server choose so many seats; none if it has none, or not for this viewer.
async fn choose(client: &Client, event: &Event, quantity: usize) -> Vec<i32> {
    let input = json!({ "eventId": event.gid, "quantity": quantity, "adjacency": "PREFERRED" });
    let held = insist(client, BEST, "reserveBestAvailable", input).await;
    let seats = held["seats"].as_array().map(Vec::as_slice).unwrap_or_default();
    let serial = |seat: &Value| match AnyId::decode(seat["id"].as_str().unwrap()) {
        Some(AnyId::Seat(seat)) => seat.serial,
        other => panic!("{other:?} is no seat"),
    };
    seats.iter().map(serial).collect()
}

/// Holds seats as a guest, and signs in; 1 if that guest held any.
async fn claim(
    client: &Client,
    event: &Event,
    operation: &Operation,
    mine: &mut Vec<i32>,
) -> usize {
    const CLAIM: &str = "mutation ($input: ClaimGuestSessionInput!) {
        claimGuestSession(input: $input) { id } }";
    let session = "mutation { startGuestSession { token } }";
    let session = client.data(session, json!({})).await;
    let token = session["startGuestSession"]["token"].as_str().unwrap();
    let guest = client.with_token(token);
    let seats = event.seat_gids(operation.wanted.iter().copied());
    let input = json!({ "eventId": event.gid, "seatIds": seats });
    let held = insist(&guest, RESERVE, "reserveSeats", input).await;
    let claimed = insist(client, CLAIM, "claimGuestSession", json!({ "guestToken": token })).await;
    assert!(claimed["id"].is_string());
    let is_held = held["__typename"] == "ReserveSeatsSuccess";
    if is_held {
        mine.extend(&operation.wanted);
    }
    usize::from(is_held)
}

/// Passes an order on to any of the viewers; 1 if it was the viewer's until then, as far as the
/// answer says.
async fn pass_on(client: &Client, order: &Value, choice: u64) -> usize {
    const TRANSFER: &str = "mutation ($input: TransferOrderInput!) {
        transferOrder(input: $input) { __typename } }";
    let to = format!("viewer-{}", choice % u64::try_from(VIEWERS).unwrap());
    let to = ids::viewer_id(&ViewerId::new(&to).unwrap());
    let input = json!({ "orderId": order, "toViewerId": to.0 });
    let given = insist(client, TRANSFER, "transferOrder", input).await;
    usize::from(given["__typename"] == "TransferOrderSuccess")
}

/// The categories of the event, whose last seat of ten is in the second.
fn category(event: &Event, serial: i32) -> CategoryId {
    // Those that chores bring in are all of the first.
    CategoryId { event: event.id, serial: 1 + i32::from(serial <= SEATS && serial % 10 == 0) }
}

/// The second ticket that [`set_prices`] names in an event without any.
fn reduced_of(event: &Event, serial: i32) -> String {
    const NUMBER: i32 = 22;
    let category = category(event, serial);
    ids::ticket_type_id(TicketTypeId { category, number: NUMBER }).0
}

/// Sets the prices of both categories, each with the same two tickets.
async fn set_prices(admin: &Client, event: &Event, price: i64) {
    const SET: &str = "mutation ($input: SetPricesInput!) { setPrices(input: $input) {
        __typename } }";
    let ticket = |name: &str, amount: i64| {
        let price = json!({ "amountMinor": amount, "currency": "EUR" });
        json!({ "name": name, "price": price })
    };
    let tickets = json!([ticket("Full", price), ticket("Reduced", price / 2)]);
    let categories = [1, 10].map(|serial| {
        let id = AnyId::Category(category(event, serial)).encode().0;
        json!({ "categoryId": id, "ticketTypes": tickets })
    });
    let input = json!({ "eventId": event.gid, "categories": categories });
    let set = insist(admin, SET, "setPrices", input).await;
    assert_eq!(set["__typename"], "SetPricesSuccess", "{set}");
}

/// Sets prices again and again; how often.
async fn reprice(
    admin: Client,
    event: Arc<Event>,
    is_over: Arc<AtomicBool>,
    prices: Vec<i64>,
) -> usize {
    let mut pause = tokio::time::interval(Duration::from_millis(50));
    for (count, price) in prices.into_iter().cycle().enumerate() {
        pause.tick().await;
        if is_over.load(Ordering::Relaxed) {
            return count;
        }
        set_prices(&admin, &event, price).await;
    }
    unreachable!("there is always another price")
}

/// Sends until there is an outcome, as a client does whose request may have been lost: the same
/// again.
pub async fn insist(client: &Client, query: &str, field: &str, input: Value) -> Value {
    for _ in 0..20 {
        let mut answer = client.send(query, json!({ "input": input })).await;
        if answer.get("errors").is_none() {
            return answer["data"][field].take();
        }
        let code = &answer["errors"][0]["extensions"]["code"];
        assert!(code == "UNAVAILABLE" || code == "OVERLOADED", "{answer}");
    }
    panic!("twenty times without an outcome");
}

/// Ends connections of the servers, from the database's side.
async fn cut_connections(arena: Arc<Arena>, is_over: Arc<AtomicBool>, plan: Vec<Cut>) -> i64 {
    let mut cuts = 0;
    let mut pause = tokio::time::interval(Duration::from_millis(60));
    for Cut { application, choice } in plan.into_iter().cycle() {
        pause.tick().await;
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        // In the order in which they were made, which is the servers' own affair.
        cuts += sqlx::query_scalar::<_, i64>(
            "WITH chosen AS (
                 SELECT pid, row_number() OVER (ORDER BY backend_start, pid) - 1 AS number,
                        count(*) OVER () AS count
                   FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name = $1
             )
             SELECT count(pg_terminate_backend(pid)) FROM chosen WHERE number = $2 % count",
        )
        .bind(application)
        .bind(i64::from(choice))
        .fetch_one(&arena.sql)
        .await
        .unwrap();
    }
    cuts
}

/// Follows the stream from the beginning to the end of the storm; `restless` subscribers reconnect
/// again and again, to one server or the other, and go on where they were.
async fn watch(
    event: Arc<Event>,
    servers: Arc<[TestServer; 2]>,
    is_over: Arc<AtomicBool>,
    connections: Vec<Connection>,
    restless: bool,
) -> Seen {
    let mut seen: Seen = Vec::new();
    for Connection { server, frames } in connections.into_iter().cycle() {
        let base = &servers[server].base;
        let mut socket = Socket::open(base, Some(&token("watcher", &[]))).await;
        let since = seen.last().map_or(0, |(revision, _, _)| *revision);
        socket.seat_changes(&event, Some(since)).await;
        let mut frames_left = if restless { frames } else { usize::MAX };
        while frames_left > 0 {
            if is_over.load(Ordering::Relaxed) && has_all(&servers[0], &event, &seen).await {
                return seen;
            }
            let message = tokio::time::timeout(Duration::from_millis(300), socket.message()).await;
            // Nothing new for a while: look whether it is over.
            let Ok(message) = message else { continue };
            if message["type"] == "error" {
                // The log could not be read just then: connect again, as clients do.
                assert_eq!(message["payload"][0]["extensions"]["code"], "UNAVAILABLE", "{message}");
                break;
            }
            let frame = &message["payload"]["data"]["seatChanges"];
            assert_eq!(frame["__typename"], "SeatChanges", "{message}");
            for change in frame["changes"].as_array().unwrap() {
                let text = |name: &str| change[name].as_str().unwrap().to_owned();
                seen.push((change["revision"].as_i64().unwrap(), text("seatId"), text("cause")));
            }
            frames_left -= 1;
        }
    }
    unreachable!("there is always another connection")
}

/// Whether the subscriber has seen everything that has happened.
async fn has_all(server: &TestServer, event: &Event, seen: &Seen) -> bool {
    let query = "query ($id: ID!) { event(id: $id) { revision } }";
    let answer = server.stranger().send(query, json!({ "id": event.gid })).await;
    let revision = answer["data"]["event"]["revision"].as_i64();
    revision.is_some() && revision == seen.last().map(|(revision, _, _)| *revision)
}

/// Nobody ever held and owned more than the limit: going by the log, at each grant.
fn check_limit(log: &[books::LogRow]) {
    for (index, granted) in log.iter().enumerate().filter(|(_, row)| row.cause == Cause::Reserved) {
        let mut has = std::collections::BTreeSet::new();
        for row in &log[..=index] {
            // What is another's by now is no longer the viewer's.
            let counts = row.viewer == granted.viewer
                && match row.cause {
                    Cause::Reserved | Cause::Extended | Cause::Claimed => {
                        row.expires_at.is_some_and(|at| at > granted.changed_at)
                    }
                    Cause::Confirmed | Cause::Transferred => true,
                    Cause::Released | Cause::Expired | Cause::Cancelled => false,
                    Cause::Blocked | Cause::Unblocked | Cause::Imported => false,
                };
            if counts {
                has.insert(row.seat_id)
            } else {
                has.remove(&row.seat_id)
            };
        }
        assert!(i64::try_from(has.len()).unwrap() <= LIMIT, "{granted:?} makes {}", has.len());
    }
}
