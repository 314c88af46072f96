//! The clients that people use, on Node, against the real binary: tests/clients.

use crate::harness::node::{Stage, obstacle, skip};

const FOLDER: &str = "tests/clients";

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_that_people_use_get_everything_across_restarts_of_the_server() {
    if let Some(obstacle) = obstacle(FOLDER) {
        return skip("the tests with real clients", &obstacle);
    }
    let stage = Stage::open(&["serve"]).await;
    let other = stage.arena.server().await;
    let (url, other_url) = (format!("{}/graphql", stage.base()), format!("{}/graphql", other.base));
    stage.run(FOLDER, &[("ARENA_URL", &url), ("ARENA_OTHER_URL", &other_url)]).await;
}
