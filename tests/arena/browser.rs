//! The pages in a real browser, against the real binary: tests/browser.
//!
//! The tests there get:
//!
//! - `ARENA_URL`, the address of the server, which has the demo event `grand-arena` of 20,000 seats
//!   and the explorer. All of it is there once more under the path `/arena`;
//! - `ARENA_CHROMIUM`, the browser's binary;
//! - `ARENA_TOKEN`, a token of a viewer, and `ARENA_SHOP_TOKEN`, one with the role SHOP;
//! - `ARENA_CONTROL_URL`, which takes POST requests: `/event` makes an event and answers `{"id",
//!   "slug", "seats": [ids]}`. It takes `{"name", "seats", "holdSeconds", "maxSeatsPerViewer",
//!   "isConfirmedByShop"}` as JSON, each as it likes (40 seats, held for 300 s, without a limit,
//!   confirmed by buyers). `/demo/without-limits` lifts those of the demo event. `/stop/TERM` and
//!   `/stop/KILL` stop the server and wait for its end; `/start` starts it again at the same
//!   address, `/start/limited` with the limits for viewers and addresses.

use std::path::PathBuf;

use crate::harness::node::{Stage, obstacle, show, skip};

/// Where the server is from outside. Its host does not matter: the browser asks for the inner one.
const OUTSIDE: &str = "http://127.0.0.1/arena";

const FOLDER: &str = "tests/browser";

/// As Debian, other systems, and people who set `CHROMIUM` name it.
fn chromium() -> Option<String> {
    if let Ok(chosen) = std::env::var("CHROMIUM") {
        return Some(chosen);
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let mut candidates =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    Some(candidates.find(|candidate| candidate.is_file())?.to_str()?.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn people_can_use_the_pages_in_a_browser() {
    const WHAT: &str = "the tests in a browser";
    if let Some(obstacle) = obstacle(FOLDER) {
        return skip(WHAT, &obstacle);
    }
    let Some(chromium) = chromium() else {
        return skip(
            WHAT,
            "there is no Chromium here; install the package `chromium`, or set CHROMIUM to its \
                path",
        );
    };
    let stage = Stage::open(&["serve", "--demo", "--playground", "--public-url", OUTSIDE]).await;
    if crate::assets::are_missing(&stage.base()).await {
        return skip(
            WHAT,
            "the pages were not built into this binary; `make test` does that, or `npm run build` \
                in web",
        );
    }
    let said =
        stage.run(FOLDER, &[("ARENA_URL", &stage.base()), ("ARENA_CHROMIUM", &chromium)]).await;
    // How long a frame of the map takes is worth seeing each time.
    said.lines().filter(|line| line.starts_with("main-thread time")).for_each(show);
}
