//! The entrance: how long it takes those who come when a sale opens, all within ten seconds.
//!
//! The event is on sale already, with nobody there; the process of [`super::door`] has all come.

use std::sync::Arc;

use super::Settings;
use super::ask::Came;
use super::ground::Ground;
use super::process::Watchers;
use super::tell::middle;
use super::watching::{Stream, Watching};
use crate::Result;
use crate::report::{Report, progress};
use crate::rush::load::Counts;
use crate::rush::stage::Stage;
use crate::usage::{cpu_seconds, peak_bytes, percentile};

/// Within which time they come, in seconds.
const WITHIN_SECONDS: u64 = 10;

/// What one run gave.
struct Run {
    came: Came,
    peak_mib: f64,
    /// Seconds of server, PostgreSQL, and those who come.
    cpu: [f64; 3],
}

/// Has as many come as watch at the most, and tells how long each waited.
pub(super) async fn measure(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    settings: &Settings,
    report: &mut Report,
) -> Result<()> {
    let count = settings.most_watchers();
    let deflate = settings.deflate.unwrap_or(false);
    let mut runs = Vec::new();
    for number in 1..=settings.runs {
        let ground = Ground::open(stage, tokens, settings.seats).await?;
        let run = one(stage, ground, (count, deflate)).await?;
        progress(&format!(
            "the door, run {number} of {}: map p99 {:.0} ms, first frame p99 {:.0} ms, answer p99 \
             {:.0} ms, {} put off, {} broken",
            settings.runs,
            part(&run.came.map_us, 0.99),
            part(&run.came.first_us, 0.99),
            part(&run.came.answer_us, 0.99),
            run.came.refused,
            run.came.broken,
        ));
        runs.push(run);
    }
    tell(&runs, (count, settings), report);
    Ok(())
}

async fn one(stage: &Stage, mut ground: Ground, (count, deflate): (usize, bool)) -> Result<Run> {
    let watching = ground.watching(Stream::Statuses, deflate, count);
    let watching = Watching { door: Some(WITHIN_SECONDS), ..watching };
    let mut watchers = Watchers::open(&watching).await?;
    let used = |ground: &Ground, watchers: &Watchers| -> Result<[f64; 3]> {
        let [server, postgres, _] = ground.trial.cpu(stage)?;
        Ok([server, postgres, cpu_seconds(watchers.pid()?)?])
    };
    let before = used(&ground, &watchers)?;
    let came = watchers.arrive().await?;
    let after = used(&ground, &watchers)?;
    ground.trial.count(Counts { reserved: came.reserved, ..Counts::default() });
    ground.verify(&mut watchers).await?;
    let peak_mib = peak_bytes(ground.trial.pids()?[0])? / (1024.0 * 1024.0);
    drop(watchers);
    ground.settle(stage).await?;
    Ok(Run { came, peak_mib, cpu: std::array::from_fn(|of| after[of] - before[of]) })
}

/// In milliseconds.
fn part(times_us: &[i64], part: f64) -> f64 {
    let times: Vec<f64> = times_us.iter().map(|&us| us as f64 / 1e3).collect();
    percentile(&times, part)
}

fn tell(runs: &[Run], (count, settings): (usize, &Settings), report: &mut Report) {
    report.say(&format!(
        "**The door**: {count} viewers come within {WITHIN_SECONDS} s to an event of {} seats. \
         Each loads the plan ({:.1} KB as it comes) and the statuses ({:.1} KB), watches \
         `seatStatuses`, and reserves one seat; times are from when it was to come. {} runs; \
         medians.\n\n| | p50 | p99 | the last |\n|---|---|---|---|",
        settings.seats,
        middle(runs, |run| run.came.plan_bytes as f64 / 1e3),
        middle(runs, |run| run.came.statuses_bytes as f64 / 1e3),
        settings.runs,
    ));
    for (what, of) in [
        ("the map", (|came| &came.map_us) as fn(&Came) -> &Vec<i64>),
        ("the first frame", |came| &came.first_us),
        ("the answer", |came| &came.answer_us),
    ] {
        let at = |at: f64| middle(runs, |run| part(of(&run.came), at));
        report.say(&format!(
            "| {what} | {:.0} ms | {:.0} ms | {:.0} ms |",
            at(0.5),
            at(0.99),
            at(1.0)
        ));
    }
    report.say(&format!(
        "\nPut off with a time to come back, and served then: {:.0}; connections that broke: \
         {:.0}; {:.0} had their seats. CPU: server {:.1} s, PostgreSQL {:.1} s, viewers {:.1} s; \
         memory of the server {:.0} MiB at the most.\n",
        middle(runs, |run| run.came.refused as f64),
        middle(runs, |run| run.came.broken as f64),
        middle(runs, |run| run.came.reserved as f64),
        middle(runs, |run| run.cpu[0]),
        middle(runs, |run| run.cpu[1]),
        middle(runs, |run| run.cpu[2]),
        middle(runs, |run| run.peak_mib),
    ));
}
