//! The examples in Python and Rust: made from schema.graphql, checked, and run against a server.
//!
//! Both do the same round, so what they say is compared with the same lines.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta};
use grand_arena::domain::ConfirmedBy;
use grand_arena::identity::Role;
use tokio::process::Command;

use crate::harness::node::skip;
use crate::harness::{Arena, TestServer, books, token};

const PYTHON: &str = "examples/python-box-office";
const RUST: &str = "examples/rust-consumer";

/// What a round says that sells two of 40 seats, of which somebody holds the third.
const ROUND: &str = "\
the map begins at revision 1: 39 available, 1 reserved, 0 confirmed
chosen: Section 101, row 1, seat 1; Section 101, row 1, seat 2
held for 300 s
not held: Section 101, row 1, seat 3 is held by somebody else and may become free again
not sold: it costs 100.00 EUR, not 100.01 EUR
sold: order CODE for 100.00 EUR
sold before: order CODE for 100.00 EUR
not sold again: it is order CODE, paid with cash-1
the map shows the sale at revision 5: 37 available, 1 reserved, 2 confirmed
held for 300 s
given back
the map has caught up to revision 7: 37 available, 1 reserved, 2 confirmed
it took 1 snapshot and 6 changes
";

/// What a round says that may not hold two seats, but one.
const LIMITED_ROUND: &str = "\
the map begins at revision 0: 10 available, 0 reserved, 0 confirmed
chosen: Section 101, row 1, seat 1; Section 101, row 1, seat 2
not held: 0 and 2 more are over the limit of 1 for one buyer
held for 300 s
given back
the map has caught up to revision 2: 10 available, 0 reserved, 0 confirmed
it took 1 snapshot and 2 changes
";

/// What a round says after the end of sales.
const CLOSED_ROUND: &str = "\
the map begins at revision 0: 10 available, 0 reserved, 0 confirmed
chosen: Section 101, row 1, seat 1; Section 101, row 1, seat 2
not held: sales have closed
not held: sales have closed
the map has caught up to revision 0: 10 available, 0 reserved, 0 confirmed
it took 1 snapshot and 0 changes
";

#[tokio::test(flavor = "multi_thread")]
async fn the_box_office_in_python_fits_the_schema_and_sells() {
    // `make test` writes it when everything is installed.
    if !path(PYTHON).join(".venv/installed").exists() {
        let obstacle = "its packages are not installed; `make test` does that where there is \
                        Python 3.11 or newer with the module venv";
        return skip("the example in Python", obstacle);
    }
    let tool = |name: &str| {
        let mut command = Command::new(path(PYTHON).join(".venv/bin").join(name));
        command.current_dir(path(PYTHON));
        command
    };
    succeed(&mut tool("ariadne-codegen")).await;
    succeed(&mut tool("mypy")).await;
    succeed(tool("ruff").arg("check")).await;
    succeed(tool("ruff").args(["format", "--check"])).await;
    let program = || {
        let mut python = tool("python");
        python.args(["-m", "box_office"]);
        python.env("ARENA_TOKEN", token("till-1", &[Role::Shop]));
        python
    };
    do_the_rounds(ConfirmedBy::Shop, program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consumer_in_rust_fits_the_schema_and_sells() {
    let target = Path::new(env!("CARGO_BIN_EXE_grand-arena")).ancestors().nth(2).unwrap();
    let cargo = |subcommand: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([subcommand, "--locked", "--offline"]).current_dir(path(RUST));
        cargo
    };
    if !cargo("fetch").output().await.unwrap().status.success() {
        let obstacle = format!(
            "its packages are not downloaded; `make test` does that, or `cargo fetch --locked` in \
             {RUST}"
        );
        return skip("the example in Rust", &obstacle);
    }
    // `make test` has built it, so that this costs the tests beside it nothing.
    succeed(cargo("build").arg("--target-dir").arg(target)).await;
    let program = || {
        let mut program = Command::new(target.join("debug/rust-consumer"));
        program.env("ARENA_TOKEN", token("alice", &[]));
        program
    };
    do_the_rounds(ConfirmedBy::Buyer, program).await;
}

/// Runs a program on events on which something different becomes of its round.
async fn do_the_rounds(confirmed_by: ConfirmedBy, program: impl Fn() -> Command) {
    let arena = Arena::new().await;
    let event = arena.event_with(40, |event| event.confirmed_by = confirmed_by).await;
    let limited = arena.event_with(10, |event| event.max_seats_per_viewer = Some(1)).await;
    let past = DateTime::UNIX_EPOCH + TimeDelta::days(1);
    let closed = arena.event_with(10, |event| event.sales_close_at = Some(past)).await;
    let server = arena.server().await;
    server.client("bob").reserve(&event, [3]).await;

    let said = round(&mut program(), &server, &event.slug).await;
    assert_eq!(said, ROUND);
    let said = round(&mut program(), &server, &closed.slug).await;
    assert_eq!(said, CLOSED_ROUND);
    // As a guest, and by the event's id instead of its slug.
    let said = round(program().env_remove("ARENA_TOKEN"), &server, &limited.gid).await;
    assert_eq!(said, LIMITED_ROUND);

    let mut lost = program();
    let output = at(&mut lost, &server, "nowhere").output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told.trim(), "there is no event nowhere");
    books::check(&arena, &event).await;
}

/// What a program says of its round, after the list of events; the order's code is `CODE`.
async fn round(program: &mut Command, server: &TestServer, event: &str) -> String {
    let said = succeed(at(program, server, event)).await;
    let start = said.find("the map begins").unwrap_or_else(|| panic!("no map:\n{said}"));
    let (events, said) = said.split_at(start);
    assert_eq!(events.lines().count(), 3, "{events}");
    let code = said.split("sold: order ").nth(1).and_then(|rest| rest.split(' ').next());
    code.map_or_else(|| said.to_owned(), |code| said.replace(code, "CODE"))
}

/// Tells a program where to go.
fn at<'a>(program: &'a mut Command, server: &TestServer, event: &str) -> &'a mut Command {
    program.env("ARENA_URL", format!("{}/graphql", server.base)).env("ARENA_EVENT", event)
}

/// Runs a command that has to succeed, and gives what it says.
async fn succeed(command: &mut Command) -> String {
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}{told}", output.status);
    said
}

fn path(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}
