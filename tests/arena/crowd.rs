//! The simulated buyers, against the real binary; and the demo events that they go through.

use std::process::Child;

use grand_arena::clock::wall_clock;
use grand_arena::domain::SeatStatus;
use grand_arena::show::series;
use serde_json::json;

use crate::harness::process::{ServerProcess, grand_arena, run};
use crate::harness::{Arena, Client, Event, books, eventually};

/// A crowd as a process; killed when dropped.
struct Crowd(Child);

impl Crowd {
    fn send(base: &str, arguments: &[&str]) -> Self {
        let arguments = [&["crowd", "--url", base, "--pace", "50"], arguments].concat();
        Self(grand_arena(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap())
    }

    /// Ctrl-C.
    fn leave(&mut self) -> Option<i32> {
        let pid = self.0.id().to_string();
        assert!(
            std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success()
        );
        self.0.wait().unwrap().code()
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many changes there were.
async fn revision(client: &Client, event: &Event) -> i64 {
    let data = client
        .data("query ($id: ID!) { event(id: $id) { revision } }", json!({ "id": event.gid }))
        .await;
    data["event"]["revision"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_books_within_the_limits_survives_a_restart_of_the_server_and_leaves_when_told() {
    let arena = Arena::new().await;
    let event = arena.event_with(400, |event| event.max_seats_per_viewer = Some(2)).await;
    let start = |address: &str| {
        let (url, address) = (arena.url.clone(), address.to_owned());
        let start = move || {
            ServerProcess::start_at(grand_arena(&["serve"]).env("DATABASE_URL", url), &address)
        };
        tokio::task::spawn_blocking(start)
    };
    let mut server = start("127.0.0.1:0").await.unwrap();
    let address = server.base.trim_start_matches("http://").to_owned();
    let client = server.client("alice");
    let mut crowd = Crowd::send(&server.base, &["--event", &event.slug]);
    eventually("the crowd holds seats", async || revision(&client, &event).await >= 10).await;

    server.signal("KILL");
    server.wait();
    let mut server = start(&address).await.unwrap();
    let before = revision(&client, &event).await;
    eventually("it goes on", async || revision(&client, &event).await >= before + 20).await;
    eventually("it buys", async || {
        let bought = "SELECT count(*) FROM orders WHERE event_id = $1";
        sqlx::query_scalar::<_, i64>(bought).bind(event.id.0).fetch_one(&arena.sql).await.unwrap()
            > 0
    })
    .await;
    assert_eq!(crowd.leave(), Some(0));
    server.signal("TERM");
    server.wait();

    books::check(&arena, &event).await;
    let most: i64 = sqlx::query_scalar(
        "SELECT max(seats) FROM (SELECT count(*) AS seats FROM seats WHERE event_id = $1 AND \
            status <> $2 GROUP BY viewer) v",
    )
    .bind(event.id.0)
    .bind(SeatStatus::Available.code())
    .fetch_one(&arena.sql)
    .await
    .unwrap();
    assert_eq!(most, 2, "couples, and nobody has more than the event allows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_without_an_event_to_go_to_says_so() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    for (arguments, part) in [
        (
            vec!["crowd", "--url", &server.base],
            "has no event \"grand-arena\"; start it with --demo",
        ),
        (vec!["crowd", "--url", &server.base, "--event", "nowhere"], "has no event \"nowhere\""),
        (vec!["crowd", "--url", "https://arena.example"], "is not an address of a server"),
    ] {
        let said = run(&mut grand_arena(&arguments));
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(
            said.err.contains(part) && said.err.trim_end().lines().count() == 1,
            "{}",
            said.err
        );
    }
}

#[tokio::test]
async fn when_a_demo_event_is_nearly_sold_out_the_next_is_brought_in_once() {
    let arena = Arena::new().await;
    let (store, mut newest) = (&arena.store, 1);
    series::open_next_if_over(store, &mut newest, wall_clock()).await.unwrap();
    assert!(
        store.event_by_slug("grand-arena").await.unwrap().is_none(),
        "without a demo event there is no next one"
    );

    let first = arena.event_with(20, |event| event.slug = "grand-arena".to_owned()).await;
    let server = arena.server().await;
    let alice = server.client("alice");
    let sell = async |serials: std::ops::RangeInclusive<i32>, key: &str| {
        alice.reserve(&first, serials.clone()).await;
        alice.confirm(&first, serials, key).await;
    };
    sell(1..=18, "most").await;
    alice.reserve(&first, [19, 20]).await;
    series::open_next_if_over(store, &mut newest, wall_clock()).await.unwrap();
    assert!(
        store.event_by_slug("grand-arena-2").await.unwrap().is_none(),
        "what is held is not sold"
    );

    sell(19..=19, "the last but one").await;
    for _ in 0..2 {
        series::open_next_if_over(store, &mut newest, wall_clock()).await.unwrap();
    }
    let second = store.event_by_slug("grand-arena-2").await.unwrap().unwrap();
    assert_eq!(second.name, "Grand Arena, night 2");
    assert_eq!(store.counts(&[second.id]).await.unwrap()[&second.id].available, 20_000);
    assert!(store.event_by_slug("grand-arena-3").await.unwrap().is_none());
    assert_eq!(newest, 2);
    books::check_all(&arena).await;
}
