//! A short round of torture, so that every change of the product and of the tool has met one.

use std::process::Command;

/// The seed of a round whose primary stops, and whose standby takes over.
const SEED: &str = "11";

/// How long load and faults last.
const SECONDS: &str = "4";

#[test]
fn a_short_round_of_faults_breaks_no_promise() {
    let folder = std::env::temp_dir().join(format!("grand-arena-kept-{}", std::process::id()));
    let mut torture = Command::new(env!("CARGO_BIN_EXE_torture"));
    torture.args(["--seed", SEED, "--rounds", "1", "--seconds", SECONDS, "--keep"]).arg(&folder);
    let output = torture.output().expect("the program can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    // Shown if the test fails.
    println!("{said}\n{complaints}");
    assert!(output.status.success(), "a promise was broken, or the round could not be played");
    assert!(said.contains("1 rounds"), "a round was played");
    let is_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!is_ci || !said.contains("SKIPPED"), "everything that faults take is installed in CI");
}
