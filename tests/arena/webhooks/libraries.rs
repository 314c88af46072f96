//! What receivers verify messages with: the libraries of Standard Webhooks on npm and PyPI, and the
//! receivers of docs/webhooks.md, which use them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tokio::process::Command;

use super::receiver::{Received, Receiver};
use super::webhook;
use crate::harness::Arena;
use crate::harness::node::{obstacle, run, skip};

const FOLDER: &str = "tests/webhooks";

#[tokio::test(flavor = "multi_thread")]
async fn the_library_on_npm_verifies_what_is_told_and_nothing_else() {
    if let Some(obstacle) = obstacle(FOLDER) {
        return skip("the webhooks' library on npm", &obstacle);
    }
    let mut node = Command::new("node");
    verify(node.arg("verify.mjs")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_on_pypi_verifies_what_is_told_and_nothing_else() {
    // `make test` writes it when everything is installed.
    if !folder().join(".venv/installed").exists() {
        let obstacle = "its packages are not installed; `make test` does that where there is \
                        Python 3.11 or newer with the module venv";
        return skip("the webhooks' library on PyPI", obstacle);
    }
    let mut python = Command::new(folder().join(".venv/bin/python"));
    verify(python.arg("verify.py")).await;
}

/// Hands messages, as they were received, to a program that verifies them.
async fn verify(program: &mut Command) {
    let (arena, receiver) = (Arena::new().await, Receiver::open().await);
    let event = arena.event(5).await;
    let server = arena.server().await;
    let (_, secret) = webhook(&server, &event, &receiver, &[]).await;
    server.client("ann").reserve(&event, [1, 2]).await;
    // With letters that are more than a byte.
    let rename = "UPDATE events SET name = 'Fête à Zürich', version = version + 1 WHERE id = $1";
    arena.execute(rename, &event).await;
    let received = receiver.wait_for(2).await;
    let deliveries: Vec<_> = received.iter().map(delivery).collect();
    program.current_dir(folder()).env("ARENA_WEBHOOK_SECRET", secret);
    program.env("ARENA_WEBHOOK_DELIVERIES", json!(deliveries).to_string());
    let said = run(program, FOLDER).await;
    assert_eq!(said.trim(), format!("verified: {}", deliveries.len()));
}

fn delivery(received: &Received) -> Value {
    let headers = json!({
        "webhook-id": received.id,
        "webhook-timestamp": received.timestamp.to_string(),
        "webhook-signature": received.signature,
    });
    json!({ "headers": headers, "body": str::from_utf8(&received.bytes).unwrap() })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER)
}
