//! Plans: the same for everybody until they change, and kept by clients so long.

use std::time::{Duration, Instant};

use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use grand_arena::domain::plan::{
    Drawing, NewPrices, PlaceKind, PlaceTraits, PlannedCategory, PlannedSeat, PlannedShape, Point,
    SeatPlan, ShapeKind,
};

use crate::harness::{Arena, Event, TestServer, books, eventually};
use crate::sse::get;
use crate::statuses::STATUSES;

const PLAN: &str = "query ($event: ID!) { seatPlan(eventId: $event) { version seats { id section \
    row number categoryId accessible x y } shapes { kind } } }";

/// A plan asked for by GET, by somebody who accepts Brotli and knows this tag.
async fn get_plan(server: &TestServer, event: &Event, tag: Option<&str>, query: &str) -> Response {
    let mut request = get(server, query, json!({ "event": event.gid }));
    request = request.header("accept", "application/graphql-response+json");
    request = request.header("accept-encoding", "br");
    request = tag.into_iter().fold(request, |it, tag| it.header("if-none-match", tag));
    request.send().await.unwrap()
}

fn header(response: &Response, name: &str) -> Option<String> {
    let values = response.headers().get_all(name).iter();
    let values: Vec<_> = values.map(|value| value.to_str().unwrap()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

fn unpacked(compressed: &[u8]) -> Value {
    serde_json::from_reader(brotli::Decompressor::new(compressed, 4096)).unwrap()
}

#[tokio::test]
async fn a_plan_has_the_order_of_its_places_and_is_kept_by_clients_until_it_changes() {
    let arena = Arena::new().await;
    let event = arena.event(200).await;
    let servers = [arena.server().await, arena.server().await];
    let first = get_plan(&servers[0], &event, None, PLAN).await;
    let tag = header(&first, "etag").unwrap();
    let caching = "public, max-age=0, s-maxage=1, stale-while-revalidate=86400";
    assert_eq!(header(&first, "cache-control").as_deref(), Some(caching));
    assert_eq!(header(&first, "vary").as_deref(), Some("accept, accept-encoding"));
    assert_eq!(header(&first, "content-encoding").as_deref(), Some("br"));
    let plan = unpacked(&first.bytes().await.unwrap());
    let plan = &plan["data"]["seatPlan"];
    let stage = json!([{ "kind": "STAGE" }]);
    assert_eq!((&plan["version"], &plan["shapes"]), (&json!(1), &stage));
    let seats = plan["seats"].as_array().unwrap();
    assert_eq!(seats.len(), 200);
    for (place, seat) in seats.iter().enumerate() {
        assert_eq!(seat["id"], event.seat_gid(i32::try_from(place + 1).unwrap()));
    }
    let map = "query ($event: ID!) { seatMap(eventId: $event) { seats { id section row number \
        accessible x y category { id } } } }";
    let map = servers[0].stranger().data(map, json!({ "event": event.gid })).await;
    for (seat, mapped) in seats.iter().zip(map["seatMap"]["seats"].as_array().unwrap()) {
        let mut mapped = mapped.clone();
        let category = mapped.as_object_mut().unwrap().remove("category").unwrap();
        mapped["categoryId"] = category["id"].clone();
        assert_eq!(*seat, mapped);
    }

    for server in &servers {
        for known in [tag.as_str(), "\"other\", W/\"x\"", "*"] {
            let again = get_plan(server, &event, Some(known), PLAN).await;
            let is_known = known != "\"other\", W/\"x\"";
            let expected = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
            assert_eq!(again.status(), expected, "{known}");
            assert_eq!(header(&again, "etag").as_ref(), Some(&tag));
            assert_eq!(header(&again, "cache-control").as_deref(), Some(caching));
            assert_eq!(again.bytes().await.unwrap().is_empty(), is_known);
        }
    }
    // A booking changes nothing about it.
    servers[0].client("alice").reserve(&event, [1]).await;
    let again = get_plan(&servers[0], &event, Some(&tag), PLAN).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    arena.execute("UPDATE events SET plan_version = 2 WHERE id = $1", &event).await;
    eventually("the change is seen", async || {
        let again = get_plan(&servers[0], &event, Some(&tag), PLAN).await;
        let is_new = again.status() == StatusCode::OK;
        assert_eq!(header(&again, "etag").as_ref() != Some(&tag), is_new);
        is_new && unpacked(&again.bytes().await.unwrap())["data"]["seatPlan"]["version"] == 2
    })
    .await;
    books::check(&arena, &event).await;
}

/// A seat, a chair and a place to stand on, each said with all that can be said of it.
fn mixed_plan() -> SeatPlan {
    let category = PlannedCategory {
        name: "All".to_owned(),
        prices: NewPrices::plain(1_000).unwrap(),
        color: None,
    };
    let place = |section: &str, kind, floor: Option<&str>| PlannedSeat {
        section: section.to_owned(),
        row: "1".to_owned(),
        number: "1".to_owned(),
        category: 0,
        accessible: false,
        x: None,
        y: None,
        traits: PlaceTraits {
            kind,
            is_companion: kind == PlaceKind::Chair,
            has_gap_before: true,
            rank: Some(3),
            floor: floor.map(str::to_owned),
        },
    };
    let places = vec![
        place("Stalls", PlaceKind::Seat, None),
        place("Tables", PlaceKind::Chair, Some("Circle")),
        place("Lawn", PlaceKind::Standing, None),
    ];
    let shape = |kind, label: Option<&str>, floor: Option<&str>, points: &[(f64, f64)]| {
        let points = points.iter().map(|&(x, y)| Point { x, y }).collect();
        let [label, floor] = [label, floor].map(|text| text.map(str::to_owned));
        PlannedShape { kind, label, floor, points }
    };
    let corners = [(0.5, 0.0), (1.5, 0.0), (1.5, -2.25)];
    let drawing = Drawing {
        focal_point: Some(Point { x: 1.0, y: -1.0 }),
        shapes: vec![
            shape(ShapeKind::Outline, None, Some("Circle"), &corners),
            shape(ShapeKind::Label, Some("Bar"), None, &[(7.5, 0.25)]),
        ],
    };
    SeatPlan::new("EUR", vec![category], places).unwrap().with_drawing(drawing).unwrap()
}

#[tokio::test]
async fn a_plan_says_what_its_places_are_and_what_is_drawn_beside_them() {
    let arena = Arena::new().await;
    let event = arena.event_of(&mixed_plan(), |_| {}).await;
    let server = arena.server().await;
    let ask = async |what: &str| {
        let query =
            format!("query ($event: ID!) {{ seatPlan(eventId: $event) {{ version {what} }} }}");
        server.stranger().data(&query, json!({ "event": event.gid })).await["seatPlan"].take()
    };
    let shapes = json!([
        {
            "kind": "OUTLINE", "label": null, "floor": "Circle",
            "points": [0.5, 0.0, 1.5, 0.0, 1.5, -2.25],
        },
        { "kind": "LABEL", "label": "Bar", "floor": null, "points": [7.5, 0.25] },
    ]);
    let seats = json!([
        { "kind": "SEAT", "companion": false, "floor": null },
        { "kind": "CHAIR", "companion": true, "floor": "Circle" },
        { "kind": "STANDING", "companion": false, "floor": null },
    ]);
    let both = ask("shapes { kind label floor points } seats { kind companion floor }").await;
    assert_eq!(both, json!({ "version": 1, "shapes": shapes, "seats": seats }));
    let drawn = ask("shapes { kind label floor points }").await;
    assert_eq!(drawn, json!({ "version": 1, "shapes": shapes }));
    let focal = "SELECT focal_x, focal_y FROM events WHERE id = $1";
    let focal = sqlx::query_as::<_, (f64, f64)>(focal).bind(event.id.0);
    assert_eq!(focal.fetch_one(&arena.sql).await.unwrap(), (1.0, -1.0));
    let kept = "SELECT has_gap_before, rank FROM seat_places WHERE event_id = $1 AND id = 3";
    let kept = sqlx::query_as::<_, (bool, i32)>(kept).bind(event.id.0);
    assert_eq!(kept.fetch_one(&arena.sql).await.unwrap(), (true, 3));
}

#[tokio::test]
async fn what_may_change_although_the_plan_does_not_is_kept_by_nobody() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = arena.server().await;
    for query in [
        STATUSES,
        "query ($event: ID!) { seatPlan(eventId: $event) { version event { name } } }",
        "query ($event: ID!) { seatPlan(eventId: $event) { version } viewer { id } }",
        "query ($event: ID!) { seatPlan(eventId: $event) { version } no: seatPlan(eventId: \"-\") \
            { version } }",
    ] {
        let answer = get_plan(&server, &event, Some("*"), query).await;
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-store"), "{query}");
        assert_eq!((answer.status(), header(&answer, "etag")), (StatusCode::OK, None), "{query}");
    }
    let posted = reqwest::Client::new()
        .post(format!("{}/graphql", server.base))
        .header("if-none-match", "*")
        .json(&json!({ "query": PLAN, "variables": { "event": event.gid } }));
    assert_eq!(posted.send().await.unwrap().status(), StatusCode::OK);
}

/// What a page of the demo event loads once. In this order what is alike in neighbouring seats
/// stands together, which makes a tenth of the size.
const PLAN_OF_PAGE: &str = "query ($event: ID!) { seatPlan(eventId: $event) { version seats { \
    section row accessible categoryId id number y x } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_of_20_000_seats_is_at_most_120_kb_once_some_have_asked_for_it() {
    let arena = Arena::new().await;
    let event = arena.event_of(&show::venue::grand_arena(), |_| {}).await;
    let server = arena.server().await;
    let started = Instant::now();
    let (mut sizes, mut plans) = (Vec::new(), Vec::new());
    while sizes.last().is_none_or(|size| *size > 120_000) {
        assert!(started.elapsed() < Duration::from_secs(120), "{sizes:?}");
        let answer = get_plan(&server, &event, None, PLAN_OF_PAGE).await;
        let tag = header(&answer, "etag");
        let plan = answer.bytes().await.unwrap();
        sizes.push(plan.len());
        plans.push((tag, plan));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(sizes[..7].iter().all(|size| *size > 120_000), "few have asked: {sizes:?}");
    let [first, last] = [&plans[0], &plans[plans.len() - 1]];
    let plan = unpacked(&first.1);
    assert_eq!(plan["data"]["seatPlan"]["seats"].as_array().unwrap().len(), 20_000);
    assert!(first.0 == last.0 && plan == unpacked(&last.1), "it is the same");
}
