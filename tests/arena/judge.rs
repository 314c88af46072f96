//! Whether answers are those of the specification, as graphql-js executes it: tests/judge.
//!
//! The server gets a small data set with one of everything. The tests there get:
//!
//! - `ARENA_URL`, the address of the API;
//! - `ARENA_SCHEMA`, the file of the schema;
//! - `ARENA_TOKEN`, `ARENA_OTHER_TOKEN` and `ARENA_ADMIN_TOKEN`: tokens of two buyers who hold
//!   seats and have orders, and of somebody with the role ADMIN;
//! - `ARENA_TEST_SEED`, if it is set: the documents are drawn from it.
//!
//! The slugs of the events and what is made of them are in [`set_up`].

use chrono::{DateTime, TimeDelta};
use grand_arena::domain::ConfirmedBy;
use grand_arena::domain::event::NewEvent;
use grand_arena::domain::plan::{
    Drawing, NewPrices, PlaceKind, PlaceTraits, PlannedCategory, PlannedSeat, PlannedShape, Point,
    SeatPlan, ShapeKind,
};
use grand_arena::identity::Role;

use crate::harness::node::{Stage, obstacle, show, skip};
use crate::harness::{Arena, Client, Event, books, client, token};

const FOLDER: &str = "tests/judge";

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_what_the_specification_says() {
    if let Some(obstacle) = obstacle(FOLDER) {
        return skip("the judge of answers", &obstacle);
    }
    let stage = Stage::open(&["serve"]).await;
    set_up(&stage.arena, &stage.base()).await;
    let environment = [
        ("ARENA_URL", format!("{}/graphql", stage.base())),
        ("ARENA_SCHEMA", concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql").to_owned()),
        ("ARENA_OTHER_TOKEN", token("bob", &[])),
        ("ARENA_ADMIN_TOKEN", token("root", &[Role::Admin])),
    ];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, &**value)).collect();
    let said = stage.run(FOLDER, &environment).await;
    said.lines().filter(|line| line.starts_with("judged ")).for_each(show);
    books::check_all(&stage.arena).await;
}

/// What one event is like.
struct Sale {
    slug: &'static str,
    currency: &'static str,
    /// Name, price, colour.
    categories: &'static [(&'static str, i64, Option<&'static str>)],
    seats: usize,
    has_coordinates: bool,
    change: fn(&mut NewEvent),
}

const SALES: [Sale; 4] = [
    // One of everything.
    Sale {
        slug: "judge-hall",
        currency: "EUR",
        categories: &[("Stalls", 5050, Some("#aa0022")), ("Gallery", 0, None)],
        seats: 24,
        has_coordinates: true,
        change: |event| {
            event.name = "Søren \"spielt\" \u{1d11e} \\ C#".to_owned();
            event.max_seats_per_viewer = Some(6);
            event.hold_extension_seconds = 600;
            // However many documents are judged, the holds are there to the end.
            event.hold_seconds = 86_400;
        },
    },
    // Sales are still to open.
    Sale {
        slug: "judge-club",
        currency: "JPY",
        categories: &[("Floor", 12_000, None)],
        seats: 5,
        has_coordinates: false,
        change: |event| {
            event.sales_open_at = Some(DateTime::UNIX_EPOCH + TimeDelta::days(39_000));
            event.sales_close_at = Some(DateTime::UNIX_EPOCH + TimeDelta::days(39_999));
            event.confirmed_by = ConfirmedBy::Shop;
        },
    },
    Sale {
        slug: "judge-lawn",
        currency: "KWD",
        categories: &[("Lawn", 1_250, Some("#00ff7f"))],
        seats: 9,
        has_coordinates: true,
        change: |event| event.hold_seconds = 86_400,
    },
    // Where cases change something.
    Sale {
        slug: "judge-changes",
        currency: "EUR",
        categories: &[("All", 700, None)],
        seats: 40,
        has_coordinates: false,
        change: |event| event.hold_extension_seconds = 600,
    },
];

impl Sale {
    fn plan(&self) -> SeatPlan {
        let category = |&(name, price_minor, color): &(&str, i64, Option<&str>)| PlannedCategory {
            name: name.to_owned(),
            prices: NewPrices::plain(price_minor).unwrap(),
            color: color.map(str::to_owned),
        };
        // Fractions, since a whole number of type Float may be written in two ways.
        let at = |place: usize| self.has_coordinates.then_some(place as f64 * 1.5 - 2.25);
        let seat = |index: usize| PlannedSeat {
            section: if index % 12 < 8 { "A" } else { "Ränge" }.to_owned(),
            row: format!("{}", 1 + index / 6),
            number: format!("{}{}", 1 + index % 6, if index % 7 == 3 { "b" } else { "" }),
            category: (index / 5) % self.categories.len(),
            accessible: index.is_multiple_of(5),
            x: at(index % 6),
            y: at(index / 6),
            traits: PlaceTraits {
                kind: [PlaceKind::Seat, PlaceKind::Chair, PlaceKind::Standing][index % 3],
                is_companion: index % 5 == 1,
                floor: (index % 12 >= 8).then(|| "Ränge".to_owned()),
                ..PlaceTraits::default()
            },
        };
        let categories = self.categories.iter().map(category).collect();
        let seats = (0..self.seats).map(seat).collect();
        let plan = SeatPlan::new(self.currency, categories, seats).unwrap();
        plan.with_drawing(self.drawing()).unwrap()
    }

    /// Events without coordinates have no drawing either.
    fn drawing(&self) -> Drawing {
        let corner = |x| Point { x, y: x * x - 0.75 };
        let outline = PlannedShape {
            kind: ShapeKind::Outline,
            label: None,
            floor: Some("Ränge".to_owned()),
            points: [0.5, 2.5, 4.5].map(corner).to_vec(),
        };
        let label = PlannedShape {
            kind: ShapeKind::Label,
            label: Some("Bar «1»".to_owned()),
            floor: None,
            points: vec![corner(1.5)],
        };
        let shapes = if self.has_coordinates { vec![outline, label] } else { Vec::new() };
        Drawing { focal_point: None, shapes }
    }
}

/// Makes the events, and has two people hold and buy. Of the first event, Alice holds seats 1 and
/// 2. She has bought 5 and 6 with the key `bought`, and 9 with the key `again`. Bob holds seat 3
/// and has bought 12. Seats 20 to 22 are not for sale. Of the third, Alice has bought 2 and 4.
async fn set_up(arena: &Arena, base: &str) {
    let mut events = Vec::new();
    for sale in &SALES {
        // Two of them start at one time.
        let day = i64::try_from(events.len() / 2).unwrap();
        let change = |event: &mut NewEvent| {
            event.slug = sale.slug.to_owned();
            event.starts_at += TimeDelta::days(day);
            (sale.change)(event);
        };
        events.push(arena.event_of(&sale.plan(), change).await);
    }
    let [hall, _, lawn, _] = &events[..] else { panic!("there are four sales") };
    let off_sale = "UPDATE seats SET for_sale = false WHERE event_id = $1 AND id BETWEEN 20 AND 22";
    arena.execute(off_sale, hall).await;
    let [alice, bob] = ["alice", "bob"].map(|user| Client::new(base, Some(token(user, &[]))));
    buy(&alice, hall, &[5, 6], "bought").await;
    buy(&bob, hall, &[12], "bought").await;
    buy(&alice, hall, &[9], "again").await;
    buy(&alice, lawn, &[2, 4], "bought").await;
    assert_eq!(client::kind(&alice.reserve(hall, [1, 2]).await), "ReserveSeatsSuccess");
    assert_eq!(client::kind(&bob.reserve(hall, [3]).await), "ReserveSeatsSuccess");
}

async fn buy(client: &Client, event: &Event, seats: &[i32], key: &str) {
    let reserved = client.reserve(event, seats.iter().copied()).await;
    assert_eq!(client::kind(&reserved), "ReserveSeatsSuccess");
    let confirmed = client.confirm(event, seats.iter().copied(), key).await;
    assert_eq!(client::kind(&confirmed), "ConfirmSeatsSuccess");
}
