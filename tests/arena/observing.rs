//! What a request leaves behind: its id, its line in the log.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::process::{ServerProcess, grand_arena, run};
use crate::harness::{Arena, Event, Socket, eventually, token};

const RESERVE: &str = "mutation ($input: ReserveSeatsInput!) { \
    reserveSeats(input: $input) { __typename } }";

/// A mutation of somebody's, under an id; the id that the answer has.
async fn reserve(base: &str, event: &Event, serial: i32, id: &str) -> String {
    let input = json!({ "eventId": event.gid, "seatIds": [event.seat_gid(serial)] });
    let request = reqwest::Client::new().post(format!("{base}/graphql")).header("x-request-id", id);
    let request = request.bearer_auth(token("alice", &[]));
    let body = json!({ "query": RESERVE, "variables": { "input": input } });
    let answer = request.json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["x-request-id"].to_str().unwrap().to_owned()
}

/// A server as a process, with a log that is set by these.
fn server(arena: &Arena, filter: &str, format: &str) -> ServerProcess {
    let mut command = grand_arena(&["serve"]);
    command.env("DATABASE_URL", &arena.url).env("ARENA_LOG", filter);
    ServerProcess::start(command.env("ARENA_LOG_FORMAT", format))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_and_what_has_failed_has_a_line_with_the_id_that_the_client_has() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = server(&arena, "info", "json");
    assert_eq!(reserve(&server.base, &event, 1, "of-mine/1").await, "of-mine/1");
    let made = reserve(&server.base, &event, 1, "not good").await;
    assert!(!made.contains(' '));
    let alice = server.client("alice");
    alice.data("{ viewer { id } }", json!({})).await;
    alice.code("{ seat(id: \"x\") { id } nonsense }", json!({})).await;
    let mut socket = Socket::open(&server.base, Some(&token("bob", &[]))).await;
    let input = json!({ "eventId": event.gid, "seatIds": [event.seat_gid(1)] });
    socket.subscribe("1", RESERVE, json!({ "input": input })).await;
    socket.message().await;
    let lines = || -> Vec<Value> {
        let read = |line: &String| serde_json::from_str::<Value>(line).ok();
        let lines = server.log().iter().filter_map(read).collect::<Vec<_>>();
        lines.into_iter().filter(|line| line["target"] == "grand_arena::requests").collect()
    };
    eventually("all lines are there", async || lines().len() >= 4).await;
    let lines = lines();
    let of = |line: &Value| {
        ["method", "type", "operation", "code", "viewer"]
            .map(|name| line[name].as_str().unwrap())
            .map(str::to_owned)
    };
    let (alice, bob) = ("2bd806c97f0e00af", "81b637d8fcd2c6da");
    assert_eq!(of(&lines[0]), ["POST", "mutation", "reserveSeats", "OK", alice]);
    assert_eq!(lines[0]["request_id"], "of-mine/1");
    assert!(lines[0]["ms"].as_f64().unwrap() > 0.0 && lines[0]["timestamp"].is_string());
    assert_eq!(lines[1]["request_id"], made.as_str());
    assert_eq!(of(&lines[2]), ["POST", "none", "none", "GRAPHQL_VALIDATION_FAILED", ""]);
    assert_eq!(of(&lines[3]), ["WS", "mutation", "reserveSeats", "OK", bob]);
    assert!(lines[3]["request_id"].as_str().unwrap().ends_with(".1"));
    assert_eq!(lines.len(), 4, "a quick query has none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_shows_the_way_of_a_booking() {
    let arena = Arena::new().await;
    let event = arena.event(10).await;
    let server = server(&arena, "trace", "");
    let mut socket = Socket::open(&server.base, None).await;
    socket.seat_changes(&event, None).await;
    socket.message().await;
    reserve(&server.base, &event, 1, "a-booking").await;
    for (place, id) in [
        ("grand_arena::http::observed: is to be carried out", "a-booking"),
        ("grand_arena::desk::batch: booked", ""),
        ("grand_arena::desk::dispatcher: tells servers", ""),
        ("grand_arena::feed::registry: heard of changes", ""),
        ("grand_arena::feed::reader: followers are told", ""),
        ("grand_arena::http::observed: answered", "a-booking"),
    ] {
        eventually(place, async || {
            let is_it = |line: &String| {
                line.contains(" TRACE ") && line.contains(place) && line.contains(id)
            };
            server.log().iter().any(is_it)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_is_told_with_the_id_of_its_request_and_logged_with_it() {
    let arena = Arena::new().await;
    arena.expect_warning("internal error");
    let server = arena.server().await;
    sqlx::query("ALTER TABLE webhooks RENAME TO elsewhere").execute(&arena.sql).await.unwrap();
    arena.expect_warning("webhooks are told late");
    let admin = token("root", &[grand_arena::identity::Role::Admin]);
    let query = "{ webhooks(first: 1) { nodes { id } } }";
    let request = reqwest::Client::new().post(format!("{}/graphql", server.base));
    let request = request.header("x-request-id", "report-me").bearer_auth(&admin);
    let answer = request.json(&json!({ "query": query })).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let told = &answer["errors"][0]["extensions"];
    assert_eq!((&told["code"], &told["requestId"]), (&json!("INTERNAL"), &json!("report-me")));
    assert!(arena.warnings.include("request_id=\"report-me\""), "and in the log");
    let mut socket = Socket::open(&server.base, Some(&admin)).await;
    socket.subscribe("1", query, json!({})).await;
    let said = socket.message().await;
    let id = said["payload"]["errors"][0]["extensions"]["requestId"].as_str().unwrap();
    assert!(id.ends_with(".1"), "{said}");
    assert!(arena.warnings.include(&format!("request_id={id:?}")));
}

/// Whoever fills in a form of settings leaves empty what they do not want to say.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_variable_is_one_that_is_not_set() {
    let variables = |command: &str| -> BTreeSet<String> {
        let help = run(&mut grand_arena(&[command, "--help"])).out;
        let named = help.split("[env: ").skip(1);
        named.map(|rest| rest.split(['=', ']']).next().unwrap().to_owned()).collect()
    };
    let all = variables("serve");
    assert!(all.len() > 30 && all.contains("ARENA_LOG_FORMAT"), "{all:?}");
    let arena = Arena::new().await;
    let mut command = grand_arena(&["serve", "--database-url", &arena.url]);
    let folder = std::env::temp_dir().join(format!("arena-empty-{}", fastrand::u64(..)));
    command.arg("--data-dir").arg(&folder).args(["--log", "warn", "--limits", "off"]);
    command.args(["--max-subscriptions", "1000"]);
    command.envs(all.iter().map(|name| (name, "")));
    let server = ServerProcess::start(&mut command);
    let answer = reqwest::get(format!("{}/healthz", server.base)).await.unwrap();
    assert_eq!(answer.status(), 200);
    drop(server);
    for command in ["migrate", "check", "token", "crowd", "import"] {
        let unknown: Vec<_> = variables(command).difference(&all).cloned().collect();
        assert!(unknown.is_empty(), "{command} has more: {unknown:?}");
    }
    let mut token = grand_arena(&["token", "--user", "alice", "--jwt-secret", &"x".repeat(40)]);
    token.envs(all.iter().map(|name| (name, "")));
    let said = run(&mut token);
    assert_eq!(said.code, Some(0), "{}", said.err);
    std::fs::remove_dir_all(folder).unwrap();
}
