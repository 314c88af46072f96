//! Orders on the shell: shown, listed and exported.

use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind};
use crate::harness::process::{Said, grand_arena, run};
use crate::harness::{Arena, Client, Event, books};

fn shell(arena: &Arena, arguments: &[&str]) -> Said {
    run(grand_arena(arguments).env("DATABASE_URL", &arena.url))
}

/// Buys, and gives the order's code.
async fn buy(client: &Client, event: &Event, serials: &[i32], reference: Option<&str>) -> String {
    client.reserve(event, serials.iter().copied()).await;
    let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials.iter().copied()),
        "idempotencyKey": format!("{serials:?}"), "paymentReference": reference });
    let bought = client.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take();
    assert_eq!(kind(&bought), "ConfirmSeatsSuccess");
    bought["order"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn orders_are_shown_and_listed_on_the_shell() {
    let arena = Arena::new().await;
    let event = arena.event(20).await;
    let server = arena.server().await;
    let (alice, bob) = (server.client("alice"), server.client("bob"));
    let first = buy(&alice, &event, &[9, 10], Some("pi_1")).await;
    let second = buy(&bob, &event, &[3], None).await;
    books::check(&arena, &event).await;

    let shown = shell(&arena, &["order", "show", &first.to_lowercase()]);
    assert_eq!((shown.code, &*shown.err), (Some(0), ""));
    for part in [&first, &event.slug, "alice", "pi_1", "75.00 EUR", "Silver", "25.00 EUR"] {
        assert!(shown.out.contains(part), "{part} in {}", shown.out);
    }
    let shown = shell(&arena, &["order", "show", &first, "--json"]);
    let order: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!((&order["code"], &order["totalMinor"]), (&json!(first), &json!(7500)));
    assert_eq!(order["seats"][1]["priceMinor"], 2500);

    let list = |more: &[&str]| shell(&arena, &[&["event", "orders", &event.slug], more].concat());
    let table = list(&[]).out;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("CODE") && lines[1].starts_with(&second), "{table}");
    assert!(lines[2].contains("alice") && lines[2].ends_with("pi_1"), "{table}");
    assert_eq!(list(&["--first", "1"]).out.lines().count(), 2);
    for filter in [["--viewer", "alice"], ["--payment-reference", "pi_1"]] {
        let found: Value =
            serde_json::from_str(&list(&[&filter[..], &["--json"]].concat()).out).unwrap();
        assert_eq!(found.as_array().unwrap().len(), 1, "{filter:?}");
        assert_eq!(found[0]["code"], first);
    }
    for refused in [
        shell(&arena, &["order", "show", "AAAAA-AAAAA"]),
        shell(&arena, &["order", "show", "nonsense"]),
        shell(&arena, &["event", "orders", "nowhere"]),
        list(&["--first", "0"]),
    ] {
        assert_eq!((refused.code, &*refused.out), (Some(2), ""), "{}", refused.err);
    }
}

#[tokio::test]
async fn every_order_is_exported_as_csv_and_json_and_no_cell_is_a_formula() {
    let arena = Arena::new().await;
    let event = arena.event(400).await;
    let server = arena.server().await;
    let (alice, eve) = (server.client("alice"), server.client("=HYPERLINK(\"//evil\")"));
    let mut codes = vec![buy(&eve, &event, &[1, 2], Some("@SUM(1,2)\"")).await];
    // More than are read at a time.
    for serial in 3..=250 {
        codes.push(buy(&alice, &event, &[serial], None).await);
    }
    books::check(&arena, &event).await;

    let json = shell(&arena, &["export", &event.slug, "--orders"]);
    let orders: Value = serde_json::from_str(&json.out).unwrap();
    let told: Vec<_> = orders.as_array().unwrap().iter().map(|order| &order["code"]).collect();
    assert_eq!(told, codes.iter().collect::<Vec<_>>(), "in the order in which they were made");
    assert_eq!(orders[0]["viewer"], "=HYPERLINK(\"//evil\")", "JSON is no spreadsheet");
    assert_eq!(orders[0]["totalMinor"], 10_000);

    let csv = shell(&arena, &["export", &event.gid, "--orders", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.out.as_bytes());
    let head = reader.headers().unwrap().clone();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 250, "a line for each seat");
    let cell = |row: usize, name: &str| {
        rows[row].get(head.iter().position(|known| known == name).unwrap()).unwrap()
    };
    assert_eq!(cell(1, "code"), codes[0]);
    assert_eq!((cell(1, "section"), cell(1, "row"), cell(1, "number")), ("101", "1", "2"));
    assert_eq!((cell(1, "price_minor"), cell(1, "order_total_minor")), ("5000", "10000"));
    assert_eq!(cell(249, "code"), codes[248]);
    assert_eq!(cell(0, "viewer"), "'=HYPERLINK(\"//evil\")");
    assert_eq!(cell(0, "payment_reference"), "'@SUM(1,2)\"");
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));

    let none = arena.event(10).await;
    let empty = shell(&arena, &["export", &none.slug, "--orders"]);
    assert_eq!((empty.code, &*empty.out), (Some(0), "[]\n"));
    let empty = shell(&arena, &["export", &none.slug, "--orders", "--format", "csv"]);
    assert_eq!(empty.out.lines().count(), 1, "the names of the columns");
    assert_eq!(shell(&arena, &["export", "nowhere", "--orders"]).code, Some(2));
}
