//! `grand-arena event`, beside a running server.

use serde_json::{Value, json};

use super::audit_log;
use crate::harness::client::kind;
use crate::harness::process::{Said, grand_arena, run};
use crate::harness::{Arena, books};

fn event(arena: &Arena, arguments: &[&str]) -> Said {
    let mut command = grand_arena(&["event"]);
    run(command.args(arguments).env("DATABASE_URL", &arena.url))
}

fn as_json(said: &Said) -> Value {
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_managed_from_the_shell_by_the_same_rules() {
    let arena = Arena::new().await;
    let hall = arena.event(20).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let create = [
        "create",
        "gala",
        "--name",
        "The Gala",
        "--venue",
        "The Hall",
        "--starts-at",
        "2040-05-01T18:00:00Z",
        "--plan-from",
        &hall.slug,
        "--json",
    ];
    let made = as_json(&event(&arena, &create));
    assert_eq!((&made["status"], &made["available"]), (&json!("DRAFT"), &json!(20)));
    let taken = event(&arena, &create);
    assert_eq!(taken.code, Some(2));
    assert!(taken.err.contains("already an event with the slug"), "{}", taken.err);

    assert_eq!(as_json(&event(&arena, &["open", "gala", "--json"]))["status"], "ON_SALE");
    let terms = [
        "update",
        "gala",
        "--hold-seconds",
        "60",
        "--max-seats-per-viewer",
        "none",
        "--sales-close-at",
        "2040-04-30T18:00:00Z",
        "--json",
    ];
    let now = as_json(&event(&arena, &terms));
    assert_eq!((&now["holdSeconds"], &now["maxSeatsPerViewer"]), (&json!(60), &json!(null)));
    let wrong = event(&arena, &["update", "gala", "--hold-seconds", "0"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("a hold must last"), "{}", wrong.err);

    alice.reserve(&hall, [1, 2]).await;
    assert_eq!(as_json(&event(&arena, &["close", &hall.slug, "--json"]))["status"], "CLOSED");
    assert_eq!(kind(&alice.reserve(&hall, [3]).await), "SalesClosed");
    let cancelled = as_json(&event(&arena, &["cancel", &hall.slug, "--json"]));
    assert_eq!(cancelled["status"], "CANCELLED");
    super::cancelling::until_nothing_is_held(&arena, &hall).await;
    let refused = event(&arena, &["open", &hall.slug]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("CANCELLED does not become PUBLISHED"), "{}", refused.err);

    let log = audit_log(&super::admin(&server)).await;
    let actions: Vec<_> = log.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let updates = ["updateEvent"; 4];
    assert_eq!((&actions[..4], actions[4]), (&updates[..], "createEvent"));
    assert!(log.iter().all(|entry| entry["actor"].as_str().unwrap().starts_with("cli:")));
    books::check_all(&arena).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_are_blocked_from_the_shell_by_their_names_all_of_them_or_none() {
    let arena = Arena::new().await;
    let hall = arena.event(20).await;
    let server = arena.server().await;
    let row = ["--section", "101", "--row", "1"];
    let block =
        |what: &str, more: &[&str]| event(&arena, &[&[what, &hall.slug], &row[..], more].concat());
    let one = ["--seat", "1", "--reason", "sponsor", "--label", "Acme", "--json"];
    assert_eq!(as_json(&block("block", &one))["seats"], 1);
    assert!(block("block", &[]).out.starts_with("10 seats are blocked"));
    assert_eq!(block("unblock", &["--seat", "1"]).out, "1 seat is unblocked\n");
    server.client("alice").reserve(&hall, [1]).await;
    let refused = block("block", &[]);
    assert_eq!((refused.code, &*refused.out), (Some(2), ""));
    assert!(refused.err.contains("row 1, seat 1 is held"), "{}", refused.err);
    let unknown = block("block", &["--seat", "no such seat"]);
    assert!(unknown.err.contains("in the plan"), "{}", unknown.err);
    assert_eq!(audit_log(&super::admin(&server)).await.len(), 3);
    books::check_all(&arena).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_listed_and_shown_as_tables_and_as_json() {
    let arena = Arena::new().await;
    let hall = arena.event_with(20, |event| event.name = "The Hall".to_owned()).await;
    arena.event_with(5, |event| event.slug = "gala".to_owned()).await;
    event(&arena, &["cancel", &hall.slug]);
    let list = event(&arena, &["list"]);
    let lines: Vec<_> = list.out.lines().collect();
    assert!(lines[0].starts_with("slug") && lines.len() == 3, "{}", list.out);
    assert!(list.out.contains("gala  ") && list.out.contains("CANCELLED"), "{}", list.out);
    let all = as_json(&event(&arena, &["list", "--json"]));
    assert_eq!(all.as_array().unwrap().len(), 2);
    let shown = event(&arena, &["show", &hall.slug]).out;
    assert!(shown.contains("holdSeconds") && shown.contains("The Hall"), "{shown}");
    assert!(event(&arena, &["show", "nowhere"]).err.contains("there is no event"));
}
