//! What those who run a server read of it: metrics, and what is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::node::skip;
use crate::harness::socket::{MY_RESERVATIONS, SEAT_CHANGES};
use crate::harness::{Arena, TestServer, eventually};
use crate::sse::{self, Events};

const DOCUMENT: &str = include_str!("../../docs/metrics.md");

/// What a server has to say in Prometheus' own format.
async fn scrape(server: &TestServer) -> String {
    let address = server.server.metrics_address().unwrap();
    reqwest::get(format!("http://{address}/metrics")).await.unwrap().text().await.unwrap()
}

/// The value of a metric with these labels, 0 if it is not there yet.
fn value(text: &str, metric: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

/// Names, types and labels of all metrics of a text; of histograms without what is made of them.
fn shown(text: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut shown = BTreeMap::<String, (String, BTreeSet<String>)>::new();
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').unwrap();
            shown.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
        } else if let Some((name, labels)) = line.split_once('{') {
            let of_histogram = ["_bucket", "_sum", "_count"];
            let base = of_histogram.iter().find_map(|suffix| name.strip_suffix(suffix));
            let base = base.filter(|base| shown.contains_key(*base)).unwrap_or(name);
            let labels = labels.split_once('}').unwrap().0.split("\",");
            let names = labels.map(|label| label.split_once('=').unwrap().0.to_owned());
            shown.get_mut(base).unwrap().1.extend(names.filter(|name| name != "le"));
        }
    }
    shown
}

/// Runs `promtool`, which has something on its standard input or runs in a folder; what it says if
/// it does not agree. `None` if it is not here.
fn promtool(arguments: &[&str], folder: &Path, input: &str) -> Option<Result<(), String>> {
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        let obstacle = "there is no promtool here; install the package `prometheus`";
        skip(&format!("promtool {}", arguments.join(" ")), obstacle);
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    Some(if output.status.success() { Ok(()) } else { Err(said) })
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_an_address_of_their_own_and_clients_find_none() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let address = server.server.metrics_address().unwrap();
    let asked = reqwest::Client::new().get(format!("http://{address}/metrics"));
    let answer = asked.header("accept", "application/openmetrics-text").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().contains("openmetrics-text"));
    let text = answer.text().await.unwrap();
    assert!(text.contains("# TYPE arena_store_bytes gauge\n"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    let answer = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().contains("version=0.0.4"));
    let answer = reqwest::get(format!("{}/metrics", server.base)).await.unwrap();
    assert_eq!(answer.status(), 404);
    let none = arena.server_with(|settings| settings.metrics_listen = None).await;
    assert_eq!(none.server.metrics_address(), None);
}

/// On a server where something of everything has happened.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted_and_prometheus_has_nothing_to_say_against_how() {
    let arena = Arena::new().await;
    let event = arena.event_with(40, |event| event.hold_seconds = 30).await;
    let server = arena.server().await;
    let mut socket = server.socket("watcher").await;
    socket.seat_changes(&event, None).await;
    socket.message().await;
    socket.subscribe("mine", MY_RESERVATIONS, json!({ "event": event.gid })).await;
    let asked = sse::get(&server, SEAT_CHANGES, json!({ "event": event.gid }));
    let mut events = Events::open(asked).await;
    events.next().await;
    let alice = server.client("alice");
    alice.reserve(&event, [1, 2]).await;
    alice.confirm(&event, [1], "key").await;
    server.client("bob").reserve(&event, [1]).await;
    alice.code("{ nonsense }", json!({})).await;
    arena.pass(&event, 60).await;
    eventually("what has happened is counted", async || {
        let text = scrape(&server).await;
        let is = |metric: &str, least: f64| value(&text, metric) >= least;
        let of = |operation: &str, code: &str| {
            let labels = format!("type=\"mutation\",operation=\"{operation}\",code=\"{code}\"");
            format!("arena_operations_total{{{labels}}}")
        };
        is(&of("reserveSeats", "OK"), 2.0)
            && is(&of("confirmSeats", "OK"), 1.0)
            && is(
                "arena_refusals_total{operation=\"reserveSeats\",refusal=\"SeatsUnavailable\"}",
                1.0,
            )
            && is(
                "arena_operations_total{type=\"none\",operation=\"none\",\
                    code=\"GRAPHQL_VALIDATION_FAILED\"}",
                1.0,
            )
            && is("arena_booking_batch_commands_count", 3.0)
            && is("arena_booking_transaction_duration_seconds_count", 3.0)
            && is("arena_statement_duration_seconds_count{pool=\"bookings\"}", 6.0)
            && is("arena_watchers{stream=\"seatChanges\"}", 2.0)
            && is("arena_watchers{stream=\"myReservations\"}", 1.0)
            && is("arena_frames_total{carrier=\"websocket\"}", 2.0)
            && is("arena_frame_bytes_total{carrier=\"events\"}", 100.0)
            && is("arena_snapshots_total{reason=\"no_position\"}", 2.0)
            && is("arena_feed_change_age_seconds_count", 1.0)
            && is("arena_holds_expired_total", 1.0)
            && is("arena_hold_expiry_delay_seconds_sum", 1.0)
            && is("arena_pool_max_connections{pool=\"reads\"}", 6.0)
    })
    .await;
    let text = scrape(&server).await;
    if let Some(said) = promtool(&["check", "metrics"], root(), &text) {
        assert_eq!(said, Ok(()), "{text}");
    }
    drop((socket, events));
    let nobody = "arena_watchers{stream=\"seatChanges\"}";
    eventually("nobody follows", async || value(&scrape(&server).await, nobody) == 0.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_has_every_metric_with_its_type_and_labels() {
    let arena = Arena::new().await;
    let server = arena.server_with(|settings| settings.limits.are_on = true).await;
    let event = arena.event(10).await;
    let alice = server.client("alice");
    alice.reserve(&event, [1]).await;
    server.client("bob").reserve(&event, [1]).await;
    let shown = shown(&scrape(&server).await);
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `arena_"));
    let documented: BTreeMap<_, _> = rows
        .map(|row| {
            let cells: Vec<_> = row.split(" | ").collect();
            let [name, kind, labels, ..] = cells[..] else { panic!("{row}") };
            let name = format!("arena_{}", name.trim_end_matches('`'));
            let labels = labels.split(", ").filter(|label| !label.is_empty());
            let labels = labels.map(|label| label.trim_matches('`').to_owned());
            (name, (kind.to_owned(), labels.collect::<BTreeSet<_>>()))
        })
        .collect();
    assert_eq!(Vec::from_iter(shown.keys()), Vec::from_iter(documented.keys()));
    for (name, (kind, labels)) in &shown {
        let (told_kind, told_labels) = &documented[name];
        assert_eq!(kind, told_kind, "{name}");
        // Some appear only with the first that is counted.
        assert!(labels.is_subset(told_labels), "{name}: {labels:?}, {told_labels:?}");
    }
}

/// The names of metrics in an expression.
fn metrics_in(expression: &str) -> BTreeSet<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = expression.split(|c| !is_of_name(c)).filter(|word| word.starts_with("arena_"));
    let base = |word: &str| {
        let suffix = ["_bucket", "_sum", "_count"].into_iter().find(|end| word.ends_with(end));
        let base = suffix.and_then(|suffix| word.strip_suffix(suffix)).unwrap_or(word);
        let histogram = format!("| `{base}` | histogram |");
        if DOCUMENT.contains(&histogram) { base.to_owned() } else { word.to_owned() }
    };
    words.map(base).collect()
}

fn assert_known(metrics: &BTreeSet<String>, place: &str) {
    assert!(!metrics.is_empty(), "{place}");
    for metric in metrics {
        assert!(DOCUMENT.contains(&format!("| `{metric}` |")), "{place}: there is no {metric}");
    }
}

#[test]
fn the_alerts_are_rules_that_ring_when_they_should_and_know_no_other_metrics() {
    let folder = root().join("ops/prometheus");
    let rules = std::fs::read_to_string(folder.join("alerts.yml")).unwrap();
    assert_known(&metrics_in(&rules), "alerts.yml");
    let tests = std::fs::read_to_string(folder.join("alerts_test.yml")).unwrap();
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    for alert in alerts {
        assert!(tests.contains(&format!("alertname: {alert}\n")), "{alert} is not tried");
    }
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]] {
        if let Some(said) = promtool(&arguments, &folder, "") {
            assert_eq!(said, Ok(()));
        }
    }
}

#[test]
fn the_dashboard_shows_metrics_that_there_are() {
    let path = root().join("ops/grafana/grand-arena.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let (mut ids, mut expressions) = (BTreeSet::new(), 0);
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_known(&metrics_in(target["expr"].as_str().unwrap()), title);
            expressions += 1;
        }
    }
    assert!(expressions > 20, "{expressions}");
}
