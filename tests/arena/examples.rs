//! The examples that people begin with, made from schema.graphql, against a server: examples.
//!
//! Each gets the API's address in `ARENA_URL` and an event's slug as its argument. It ends with 0
//! and tells its story, whose last line is what its folded map says.

use grand_arena::domain::SeatStatus;

use crate::attacks::accounts::limited;
use crate::harness::node::{npm_start, obstacle, skip};
use crate::harness::{Arena, Event, TestServer, books};

/// A server, and an event of 40 seats for one example.
struct Round {
    arena: Arena,
    server: TestServer,
    event: Event,
}

impl Round {
    async fn begin() -> Self {
        let arena = Arena::new().await;
        let (server, event) = (limited(&arena, |_| {}).await, arena.event(40).await);
        Self { arena, server, event }
    }

    /// The address of the API.
    fn url(&self) -> String {
        format!("{}/graphql", self.server.base)
    }

    /// The map that the example has folded is what the books say: so many seats free, held, sold.
    async fn ends_with(&self, said: &str, [free, held, sold]: [usize; 3]) {
        let counts = format!(": {free} free, {held} held, {sold} sold");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.ends_with(&counts), "the map ends with{counts}\n{last}");
        books::check(&self.arena, &self.event).await;
        let seats = books::seats(&self.arena.sql, &self.event).await;
        let statuses = [SeatStatus::Available, SeatStatus::Reserved, SeatStatus::Confirmed];
        let count = |status| seats.iter().filter(|seat| seat.status == status).count();
        assert_eq!(statuses.map(count), [free, held, sold]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_shop_sells_and_folds_the_stream() {
    const FOLDER: &str = "examples/typescript-shop";
    if let Some(obstacle) = obstacle(FOLDER) {
        return skip(FOLDER, &obstacle);
    }
    let round = Round::begin().await;
    let said = npm_start(FOLDER, &round.event.slug, &[("ARENA_URL", &round.url())]).await;
    // Across a lost connection, and without another snapshot.
    let snapshots = said.lines().filter(|line| line.starts_with("Stream: all 40 seats")).count();
    assert_eq!(snapshots, 1);
    assert!(said.contains("Stream: connected again, goes on after revision"));
    round.ends_with(&said, [38, 0, 2]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_page_sells_and_folds_the_stream() {
    const FOLDER: &str = "examples/relay-page";
    if let Some(obstacle) = obstacle(FOLDER) {
        return skip(FOLDER, &obstacle);
    }
    let round = Round::begin().await;
    let said = npm_start(FOLDER, &round.event.slug, &[("ARENA_URL", &round.url())]).await;
    // Somebody else holds the third seat, which was chosen as well.
    assert!(said.contains("Refused, all of them: Section 101, row 1, seat 3 is held"));
    round.ends_with(&said, [38, 1, 1]).await;
}
