//! Events that are managed: made, changed, cancelled and removed.

mod cancelling;
mod following;
mod races;
mod shell;

use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::harness::client::kind;
use crate::harness::{Arena, Client, Event, TestServer, books, token};

const CREATE: &str =
    "mutation ($input: CreateEventInput!) { createEvent(input: $input) { __typename
    ... on CreateEventSuccess { event { ...All } }
    ... on UserError { message } ... on InvalidEvent { field } } }
    fragment All on Event { id slug name venue startsAt timeZone status version salesOpenAt \
    salesCloseAt holdSeconds holdExtensionSeconds maxSeatsPerViewer confirmedBy }";

pub const UPDATE: &str =
    "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { __typename
    ... on UpdateEventSuccess { event { ...All } }
    ... on UserError { message } ... on InvalidEvent { field } ... on StatusRefused { status } } }
    fragment All on Event { id slug name venue startsAt timeZone status version salesOpenAt \
    salesCloseAt holdSeconds holdExtensionSeconds maxSeatsPerViewer confirmedBy }";

const DELETE: &str =
    "mutation ($input: DeleteEventInput!) { deleteEvent(input: $input) { __typename
    ... on DeleteEventSuccess { eventId } ... on UserError { message } } }";

/// Somebody who may manage events.
fn admin(server: &TestServer) -> Client {
    Client::new(&server.base, Some(token("root", &[Role::Admin])))
}

async fn create(client: &Client, input: Value) -> Value {
    client.data(CREATE, json!({ "input": input })).await["createEvent"].take()
}

async fn update(client: &Client, event: &str, changes: Value) -> Value {
    let mut input = changes;
    input["eventId"] = event.into();
    client.data(UPDATE, json!({ "input": input })).await["updateEvent"].take()
}

async fn delete(client: &Client, event: &str) -> Value {
    client.data(DELETE, json!({ "input": { "eventId": event } })).await["deleteEvent"].take()
}

/// What is said of a new event at least.
fn new_event() -> Value {
    json!({ "slug": "gala", "name": " The Gala ", "venue": "The Hall", "currency": "EUR",
        "startsAt": "2040-05-01T18:00:00Z" })
}

/// With something else said.
fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

async fn audit_log(client: &Client) -> Vec<Value> {
    let query = "{ auditLog { nodes { at actor action eventId event { id } \
        details { name before value } } } }";
    let mut data = client.data(query, json!({})).await;
    data["auditLog"]["nodes"].as_array_mut().unwrap().drain(..).collect()
}

fn status(answer: &Value) -> &str {
    answer["event"]["status"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn a_new_event_is_a_draft_that_is_published_when_it_is_ready() {
    let arena = Arena::new().await;
    let hall = arena.event(20).await;
    let server = arena.server().await;
    let (root, alice) = (admin(&server), server.client("alice"));
    let made = create(&root, with(new_event(), "planFrom", json!(hall.slug))).await;
    let event = &made["event"];
    assert_eq!(kind(&made), "CreateEventSuccess", "{made}");
    let id = event["id"].as_str().unwrap();
    let gala: i64 = sqlx::query_scalar("SELECT id FROM events WHERE slug = 'gala'")
        .fetch_one(&arena.sql)
        .await
        .unwrap();
    let gala = Event { id: grand_arena::domain::EventId(gala), gid: id.to_owned(), ..hall.clone() };
    assert_eq!((status(&made), &event["name"]), ("DRAFT", &json!("The Gala")));
    assert_eq!((&event["holdSeconds"], &event["maxSeatsPerViewer"]), (&json!(300), &json!(8)));
    assert_eq!((&event["timeZone"], &event["confirmedBy"]), (&json!("UTC"), &json!("SHOP")));

    let list = "{ events { nodes { slug } } }";
    let listed = async |client: &Client| {
        client.data(list, json!({})).await["events"]["nodes"].as_array().unwrap().len()
    };
    let shop = Client::new(&server.base, Some(token("till", &[Role::Shop])));
    let seen = [listed(&server.stranger()).await, listed(&alice).await, listed(&shop).await];
    assert_eq!((seen, listed(&root).await), ([1, 1, 2], 2));
    let draft = "query ($id: ID!) { event(id: $id) { status } }";
    assert_eq!(alice.data(draft, json!({ "id": "gala" })).await["event"]["status"], "DRAFT");
    let refused = alice.reserve(&gala, [1]).await;
    assert_eq!((kind(&refused), &refused["status"]), ("SalesClosed", &json!("DRAFT")));
    assert_eq!((&refused["opensAt"], &refused["closedAt"]), (&json!(null), &json!(null)));

    assert_eq!(status(&update(&root, "gala", json!({ "status": "UPCOMING" })).await), "ON_SALE");
    assert_eq!(kind(&alice.reserve(&gala, [1]).await), "ReserveSeatsSuccess");
    assert_eq!(listed(&alice).await, 2);
    let log = audit_log(&root).await;
    assert_eq!(log.len(), 2);
    assert_eq!((&log[1]["action"], &log[1]["actor"]), (&json!("createEvent"), &json!("root")));
    assert_eq!((&log[1]["eventId"], &log[1]["event"]["id"]), (&json!(id), &json!(id)));
    let published = json!([{ "name": "stage", "before": "DRAFT", "value": "PUBLISHED" }]);
    assert_eq!(log[0]["details"], published);
    books::check_all(&arena).await;
}

#[tokio::test]
async fn a_plan_is_copied_with_its_prices_and_everything_is_for_sale() {
    let arena = Arena::new().await;
    let hall = arena.event(30).await;
    for statement in [
        "UPDATE seat_places SET kind = 1, is_companion = true, has_gap_before = true, rank = 7,
                floor = 'Upstairs' WHERE event_id = $1 AND id = 3",
        "INSERT INTO plan_shapes (event_id, id, kind, label, points)
         VALUES ($1, 91, 0, 'Stage', '{0,1,2,3}')",
        "UPDATE events SET focal_x = 1, focal_y = 2, price_version = 4 WHERE id = $1",
        "INSERT INTO ticket_prices VALUES ($1, 3, 1, 1, 1, 'Old', 1),
                ($1, 4, 1, 1, 1, 'Full', 5000), ($1, 4, 1, 2, 2, 'Child', 450)",
        "UPDATE seats SET for_sale = false WHERE event_id = $1 AND id = 5",
    ] {
        arena.execute(statement, &hall).await;
    }
    let server = arena.server().await;
    let root = admin(&server);
    let input = with(new_event(), "planFrom", json!(hall.gid));
    let input = with(input, "currency", json!(null));
    assert_eq!(kind(&create(&root, input).await), "CreateEventSuccess");
    for (what, rows) in [
        ("places", "SELECT to_jsonb(t) - 'event_id' FROM seat_places t WHERE event_id = E"),
        ("shapes", "SELECT to_jsonb(t) - 'event_id' FROM plan_shapes t WHERE event_id = E"),
        ("categories", "SELECT to_jsonb(t) - 'event_id' FROM categories t WHERE event_id = E"),
        ("seats", "SELECT to_jsonb(t) - 'event_id' - 'for_sale' FROM seats t WHERE event_id = E"),
        (
            "prices",
            "SELECT to_jsonb(t) - 'event_id' - 'price_version' FROM ticket_prices t
               JOIN events ON events.id = event_id AND t.price_version = events.price_version
              WHERE event_id = E",
        ),
        ("focus", "SELECT jsonb_build_array(focal_x, focal_y, currency) FROM events WHERE id = E"),
    ] {
        let rows = |slug: &str| {
            let event = format!("(SELECT event_id FROM event_slugs WHERE slug = '{slug}')");
            let text = rows.replace(" = E", &format!(" = {event}"));
            let all =
                format!("SELECT jsonb_agg(r ORDER BY r::text)::text FROM ({text}) AS rows (r)");
            sqlx::query_scalar::<_, Option<String>>(sqlx::AssertSqlSafe(all)).fetch_one(&arena.sql)
        };
        let (copied, source) = (rows("gala").await.unwrap(), rows(&hall.slug).await.unwrap());
        assert!(copied.is_some() && copied == source, "{what}: {copied:?} of {source:?}");
    }
    let blocked = "SELECT count(*) FROM seats WHERE NOT for_sale";
    assert_eq!(sqlx::query_scalar::<_, i64>(blocked).fetch_one(&arena.sql).await.unwrap(), 1);
    books::check_all(&arena).await;
}

#[tokio::test]
async fn what_cannot_be_an_event_is_refused_with_the_field_that_is_wrong() {
    let arena = Arena::new().await;
    let hall = arena.event(2).await;
    let server = arena.server().await;
    let root = admin(&server);
    let late = json!("2040-05-01T18:00:00Z");
    for (field, value, wrong) in [
        ("slug", json!("No Slug"), "slug"),
        ("name", json!(" "), "name"),
        ("venue", json!("a\u{202e}b"), "venue"),
        ("timeZone", json!("Mars/Olympus"), "timeZone"),
        ("currency", json!("ABC"), "currency"),
        ("currency", json!(null), "currency"),
        ("salesOpenAt", late.clone(), "salesOpenAt"),
        ("holdSeconds", json!(0), "holdSeconds"),
        ("holdSeconds", json!(-1), "holdSeconds"),
        ("holdExtensionSeconds", json!(86_401), "holdExtensionSeconds"),
        ("maxSeatsPerViewer", json!(0), "maxSeatsPerViewer"),
        ("maxSeatsLetGo", json!(1_001), "maxSeatsLetGo"),
        ("startsAt", json!("0000-01-01T00:00:00Z"), "startsAt"),
    ] {
        let refused = create(&root, with(new_event(), field, value.clone())).await;
        assert_eq!(kind(&refused), "InvalidEvent", "{field} {value}: {refused}");
        assert_eq!(refused["field"], wrong, "{refused}");
        assert!(!refused["message"].as_str().unwrap().is_empty());
        if matches!(field, "slug" | "currency") {
            continue;
        }
        let refused = update(&root, &hall.gid, json!({ field: value })).await;
        let expected = if field == "salesOpenAt" { "UpdateEventSuccess" } else { "InvalidEvent" };
        assert_eq!(kind(&refused), expected, "{field} {value}: {refused}");
    }
    let other = with(with(new_event(), "planFrom", json!(hall.gid)), "currency", json!("USD"));
    assert_eq!(create(&root, other).await["field"], "currency");
    assert_eq!(
        kind(&create(&root, with(new_event(), "slug", json!(hall.slug))).await),
        "SlugTaken"
    );
    let query = CREATE;
    let nowhere = json!({ "input": with(new_event(), "planFrom", json!("nowhere")) });
    assert_eq!(root.code(query, nowhere).await, "NOT_FOUND");
    let events = "SELECT count(*) FROM events";
    assert_eq!(sqlx::query_scalar::<_, i64>(events).fetch_one(&arena.sql).await.unwrap(), 1);
}

#[tokio::test]
async fn only_what_is_said_changes_and_what_may_be_cleared_is_cleared_by_null() {
    let arena = Arena::new().await;
    let event = arena.event_with(5, |event| event.max_seats_per_viewer = Some(4)).await;
    let server = arena.server().await;
    let root = admin(&server);
    let before = update(&root, &event.gid, json!({})).await;
    assert_eq!(before["event"]["version"], 1, "nothing was said");
    let window = json!({ "salesOpenAt": "2030-01-01T00:00:00Z",
        "salesCloseAt": "2031-01-01T00:00:00Z" });
    let windowed = update(&root, &event.gid, window.clone()).await;
    assert_eq!((status(&windowed), &windowed["event"]["version"]), ("UPCOMING", &json!(2)));
    let renamed = update(
        &root,
        &event.slug,
        json!({ "name": "Another", "venue": "Elsewhere", "timeZone": "Asia/Tokyo",
            "holdSeconds": 60, "holdExtensionSeconds": 30, "maxSeatsPerViewer": null,
            "confirmedBy": "SHOP", "allowsLoneSeats": false }),
    )
    .await;
    let now = &renamed["event"];
    assert_eq!(now["version"], 3);
    let said = [&now["name"], &now["venue"], &now["timeZone"], &now["confirmedBy"]];
    assert_eq!(json!(said), json!(["Another", "Elsewhere", "Asia/Tokyo", "SHOP"]));
    let numbers = [&now["holdSeconds"], &now["holdExtensionSeconds"], &now["maxSeatsPerViewer"]];
    assert_eq!(json!(numbers), json!([60, 30, null]));
    assert_eq!(now["salesOpenAt"], windowed["event"]["salesOpenAt"]);
    assert_eq!(now["startsAt"], before["event"]["startsAt"]);
    let again = update(&root, &event.gid, json!({ "holdSeconds": 60, "name": "Another" })).await;
    assert_eq!(again["event"]["version"], 3, "it was so already");
    let cleared = json!({ "salesOpenAt": null, "salesCloseAt": null });
    let cleared = update(&root, &event.gid, cleared).await;
    assert_eq!(status(&cleared), "ON_SALE");
    assert_eq!(cleared["event"]["salesCloseAt"], cleared["event"]["startsAt"]);
    let log = audit_log(&root).await;
    assert_eq!(log.len(), 3, "what changed nothing is not in it: {log:?}");
    let changed = log[1]["details"].as_array().unwrap();
    let names: Vec<_> = changed.iter().map(|detail| detail["name"].as_str().unwrap()).collect();
    let expected = ["name", "venue", "timeZone", "holdSeconds", "holdExtensionSeconds"];
    assert_eq!(names[..5], expected);
    let limit = changed.iter().find(|detail| detail["name"] == "maxSeatsPerViewer").unwrap();
    assert_eq!((&limit["before"], &limit["value"]), (&json!("4"), &json!(null)));
    let lone = "SELECT allows_lone_seats FROM events";
    assert!(!sqlx::query_scalar::<_, bool>(lone).fetch_one(&arena.sql).await.unwrap());
    let not_there = UPDATE;
    let nowhere = json!({ "input": { "eventId": "nowhere", "name": "x" } });
    assert_eq!(root.code(not_there, nowhere).await, "NOT_FOUND");
}

#[tokio::test]
async fn an_event_goes_on_sale_is_closed_and_opened_again_and_never_comes_back_from_cancelled() {
    let arena = Arena::new().await;
    let hall = arena.event(5).await;
    let server = arena.server().await;
    let root = admin(&server);
    create(&root, with(new_event(), "planFrom", json!(hall.gid))).await;
    let to = async |status: &str| update(&root, "gala", json!({ "status": status })).await;
    for (asked, refused) in [
        ("CLOSED", true),
        ("DRAFT", false),
        ("ON_SALE", false),
        ("DRAFT", true),
        ("CLOSED", false),
        ("DRAFT", true),
        ("UPCOMING", false),
        ("CANCELLED", false),
        ("CANCELLED", false),
        ("ON_SALE", true),
        ("CLOSED", true),
    ] {
        let answer = to(asked).await;
        assert_eq!(kind(&answer) == "StatusRefused", refused, "{asked}: {answer}");
        assert!(!refused || answer["status"] != asked);
    }
    assert_eq!(to("UPCOMING").await["status"], "CANCELLED");

    let over = json!({ "status": "CLOSED", "salesCloseAt": "2020-01-01T00:00:00Z" });
    assert_eq!(status(&update(&root, &hall.gid, over).await), "CLOSED");
    let refused = update(&root, &hall.gid, json!({ "status": "ON_SALE" })).await;
    assert_eq!((kind(&refused), &refused["status"]), ("StatusRefused", &json!("CLOSED")));
    let longer = json!({ "status": "ON_SALE", "salesCloseAt": null });
    assert_eq!(status(&update(&root, &hall.gid, longer).await), "ON_SALE");
    books::check_all(&arena).await;
}

#[tokio::test]
async fn what_was_granted_stays_so_when_holds_become_shorter_and_the_limit_lower() {
    let arena = Arena::new().await;
    let terms = |event: &mut grand_arena::domain::event::NewEvent| {
        event.max_seats_per_viewer = Some(6);
        event.hold_extension_seconds = 120;
    };
    let event = arena.event_with(20, terms).await;
    let server = arena.server().await;
    let (root, alice) = (admin(&server), server.client("alice"));
    let held = alice.reserve(&event, [1, 2, 3, 4]).await;
    let less = json!({ "holdSeconds": 2, "holdExtensionSeconds": 0, "maxSeatsPerViewer": 2 });
    assert_eq!(kind(&update(&root, &event.gid, less).await), "UpdateEventSuccess");
    let again = alice.reserve(&event, [1, 2, 3, 4]).await;
    assert_eq!(again["expiresAt"], held["expiresAt"], "they keep their end");
    assert_eq!(kind(&alice.reserve(&event, [5]).await), "SeatLimitExceeded");
    assert_eq!(kind(&alice.confirm(&event, [1, 2, 3], "key").await), "ConfirmSeatsSuccess");
    assert_eq!(kind(&server.client("bob").reserve(&event, [5, 6]).await), "ReserveSeatsSuccess");
    assert_eq!(kind(&server.client("bob").reserve(&event, [7]).await), "SeatLimitExceeded");
    books::check_all(&arena).await;
    let more = json!({ "holdSeconds": 3_600, "maxSeatsPerViewer": null });
    update(&root, &event.gid, more).await;
    assert_eq!(kind(&alice.reserve(&event, [8, 9, 10, 11]).await), "ReserveSeatsSuccess");
    update(&root, &event.gid, json!({ "holdSeconds": 1, "maxSeatsPerViewer": 1 })).await;
    books::check_all(&arena).await;
    // Their beginnings are in the log no longer.
    arena.execute("DELETE FROM seat_changes WHERE event_id = $1", &event).await;
    books::check_all(&arena).await;
    // Terms of another time would not have allowed that.
    arena.execute("DELETE FROM past_terms WHERE event_id = $1", &event).await;
    let found = books::violations(&arena).await;
    assert!(found.iter().any(|line| line.contains("further off")), "{found:?}");
}

#[tokio::test]
async fn the_check_holds_each_grant_against_the_terms_of_its_time() {
    let arena = Arena::new().await;
    let event = arena.event_with(20, |event| event.max_seats_per_viewer = Some(3)).await;
    let server = arena.server().await;
    let (root, alice) = (admin(&server), server.client("alice"));
    alice.reserve(&event, [1, 2, 3]).await;
    update(&root, &event.gid, json!({ "maxSeatsPerViewer": 8, "holdSeconds": 600 })).await;
    alice.reserve(&event, [4, 5]).await;
    books::check_all(&arena).await;
    let earlier = "UPDATE past_terms SET until_revision = 4 WHERE event_id = $1";
    arena.execute(earlier, &event).await;
    let found = books::violations(&arena).await;
    let limit =
        format!("event {}: the holder of seat 4 has taken 4 seats, the event allows 3", event.id.0);
    assert!(found.contains(&limit), "{found:?}");
    assert!(found.iter().any(|line| line.contains("the event allows 300 s")), "{found:?}");
}

#[tokio::test]
async fn what_was_never_sold_is_removed_with_all_that_it_has_and_anything_else_is_not() {
    let arena = Arena::new().await;
    let (event, sold) = (arena.event(5).await, arena.event(5).await);
    let server = arena.server().await;
    let (root, alice) = (admin(&server), server.client("alice"));
    alice.reserve(&sold, [1]).await;
    alice.confirm(&sold, [1], "key").await;
    assert_eq!(kind(&delete(&root, &sold.gid).await), "EventInUse");
    alice.reserve(&event, [1, 2]).await;
    assert_eq!(kind(&delete(&root, &event.slug).await), "EventInUse", "somebody holds seats");
    alice.release(&event, [1, 2]).await;
    update(&root, &event.gid, json!({ "holdSeconds": 7 })).await;
    for statement in [
        "INSERT INTO seat_blocks VALUES ($1, 1, 'kill', NULL, 'root', now())",
        "INSERT INTO ticket_prices VALUES ($1, 1, 1, 1, 1, 'Full', 1)",
        "INSERT INTO plan_shapes VALUES ($1, 91, 0, NULL, NULL, '{}')",
    ] {
        arena.execute(statement, &event).await;
    }
    let gone = delete(&root, &event.slug).await;
    assert_eq!((kind(&gone), &gone["eventId"]), ("DeleteEventSuccess", &json!(event.gid)));
    let tables = "SELECT table_name::text FROM information_schema.columns
        WHERE column_name = 'event_id' AND table_schema = 'public' AND table_name <> 'audit_log'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&arena.sql).await.unwrap();
    assert!(tables.len() > 12);
    for table in tables {
        let rows = format!("SELECT count(*) FROM {table} WHERE event_id = {}", event.id.0);
        let rows = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(rows));
        assert_eq!(rows.fetch_one(&arena.sql).await.unwrap(), 0, "{table}");
    }
    let query = DELETE;
    let again = json!({ "input": { "eventId": event.gid } });
    assert_eq!(root.code(query, again).await, "NOT_FOUND");
    let made = create(&root, with(new_event(), "slug", json!(event.slug))).await;
    let found = "query ($id: ID!) { event(id: $id) { id } }";
    let found = alice.data(found, json!({ "id": event.slug })).await;
    assert_eq!(found["event"]["id"], made["event"]["id"], "the name is another event's");
    let log = audit_log(&root).await;
    let deleted = log.iter().find(|entry| entry["action"] == "deleteEvent").unwrap();
    assert_eq!((&deleted["eventId"], &deleted["event"]), (&json!(event.gid), &json!(null)));
    assert_eq!(deleted["details"][0]["before"], json!(event.slug));
    books::check_all(&arena).await;
}

#[tokio::test]
async fn events_are_managed_by_those_who_may() {
    let arena = Arena::new().await;
    let event = arena.event(2).await;
    let server = arena.server().await;
    let session = "mutation { startGuestSession { token } }";
    let session = server.stranger().data(session, json!({})).await;
    let guest = session["startGuestSession"]["token"].as_str().unwrap().to_owned();
    let of = |token| Client::new(&server.base, token);
    for (who, client, code) in [
        ("nobody", server.stranger(), "UNAUTHENTICATED"),
        ("guest", of(Some(guest)), "FORBIDDEN"),
        ("buyer", server.client("alice"), "FORBIDDEN"),
        ("shop", of(Some(token("till", &[Role::Shop]))), "FORBIDDEN"),
    ] {
        for (mutation, input) in [
            (CREATE, new_event()),
            (UPDATE, json!({ "eventId": event.gid, "name": "x" })),
            (DELETE, json!({ "eventId": event.gid })),
        ] {
            let refused = client.code(mutation, json!({ "input": input })).await;
            assert_eq!(refused, code, "{who} {mutation}");
        }
        let log = client.code("{ auditLog { nodes { actor } } }", json!({})).await;
        assert_eq!(log, code, "{who}");
    }
    let events = "SELECT count(*) FROM events WHERE version = 1";
    assert_eq!(sqlx::query_scalar::<_, i64>(events).fetch_one(&arena.sql).await.unwrap(), 1);
    assert!(audit_log(&admin(&server)).await.is_empty());
}

#[tokio::test]
async fn the_audit_log_is_read_in_pages_newest_first() {
    let arena = Arena::new().await;
    let event = arena.event(2).await;
    let server = arena.server().await;
    let root = admin(&server);
    for number in 1..=5 {
        update(&root, &event.gid, json!({ "name": format!("Name {number}") })).await;
    }
    let (mut names, mut after) = (Vec::new(), None::<String>);
    loop {
        let query = "query ($after: String) { auditLog(first: 2, after: $after) {
            nodes { details { value } } pageInfo { endCursor hasNextPage } } }";
        let data = root.data(query, json!({ "after": after })).await;
        let page = &data["auditLog"];
        let nodes = page["nodes"].as_array().unwrap().iter();
        names.extend(nodes.map(|node| node["details"][0]["value"].as_str().unwrap().to_owned()));
        after = page["pageInfo"]["endCursor"].as_str().map(str::to_owned);
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(names, [5, 4, 3, 2, 1].map(|number| format!("Name {number}")));
    let query = "{ auditLog(first: 101) { nodes { actor } } }";
    assert_eq!(root.code(query, json!({})).await, "BAD_USER_INPUT");
}
