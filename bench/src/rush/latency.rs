//! How long a reservation takes at a given load, and when nobody else asks.

use std::sync::Arc;
use std::time::Duration;

use super::load::{Pace, Plan};
use super::pgbench::{self, Script};
use super::stage::{Events, Stage};
use super::throughput::Peaks;
use super::trial::{Terms, Trial, singles};
use crate::Result;
use crate::report::{Report, progress};
use crate::usage::median;

/// Loads, as parts of what each can do at most.
const LOADS: [f64; 5] = [0.1, 0.25, 0.5, 0.8, 0.9];

/// Connections that requests are sent over when they are due: enough for what is under way at any
/// load that is borne.
const CONNECTIONS: usize = 1024;

/// Latencies at one load, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// What was demanded and what was done, in seats a second.
    pub(crate) offered: f64,
    pub(crate) done: f64,
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
}

/// The curves of both.
#[derive(Clone, Debug)]
pub(crate) struct Curves {
    pub(crate) raw: Vec<Point>,
    pub(crate) ours: Vec<Point>,
}

/// Measures open loop: requests are due at fixed times, and what they wait for their turn counts.
pub(crate) async fn measure(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    peaks: Peaks,
    (runs, seconds): (usize, u64),
    report: &mut Report,
) -> Result<Curves> {
    let mut measured: Vec<[Vec<Point>; 2]> =
        LOADS.iter().map(|_| [Vec::new(), Vec::new()]).collect();
    for number in 1..=runs {
        for (load, measured) in LOADS.iter().zip(&mut measured) {
            let raw = raw(stage, peaks.yardstick * load, seconds).await?;
            let ours = ours(stage, tokens, peaks.ours * load, seconds).await?;
            progress(&format!(
                "latency at {:.0} %, run {number} of {runs}: raw SQL p99 {:.1} ms, ours {:.1} ms",
                load * 100.0,
                raw.p99,
                ours.p99
            ));
            measured[0].push(raw);
            measured[1].push(ours);
        }
    }
    let middle = |points: &[Point]| {
        let of = |what: fn(&Point) -> f64| median(&points.iter().map(what).collect::<Vec<_>>());
        Point {
            offered: of(|point| point.offered),
            done: of(|point| point.done),
            p50: of(|point| point.p50),
            p95: of(|point| point.p95),
            p99: of(|point| point.p99),
        }
    };
    let curve = |of: usize| measured.iter().map(|both| middle(&both[of])).collect();
    let curves = Curves { raw: curve(0), ours: curve(1) };
    report.say(&format!(
        "**Latency at a steady load** (open loop: what a request waits for its turn counts), \
            parts of what each can do at most, {runs} runs of {seconds} s each; medians.\n\n\
         | load | raw SQL: seats/s | p50 | p95 | p99 | ours: seats/s | p50 | p95 | p99 | p99, \
         ratio |\n|---|---|---|---|---|---|---|---|---|---|"
    ));
    for ((load, raw), ours) in LOADS.iter().zip(&curves.raw).zip(&curves.ours) {
        report.say(&format!(
            "| {:.0} % | {:.0} | {:.1} ms | {:.1} ms | {:.1} ms | {:.0} | {:.1} ms | {:.1} ms | \
                {:.1} ms | **{:.2}** |",
            load * 100.0,
            raw.done,
            raw.p50,
            raw.p95,
            raw.p99,
            ours.done,
            ours.p50,
            ours.p95,
            ours.p99,
            ours.p99 / raw.p99
        ));
    }
    report.say("");
    lonely(stage, tokens, runs, report).await?;
    Ok(curves)
}

async fn raw(stage: &mut Stage, rate: f64, seconds: u64) -> Result<Point> {
    let url = stage.database().await?;
    let figures = pgbench::run(&url, Script::Plain, pgbench::CLIENTS, seconds, Some(rate)).await?;
    stage.drop_database(&url).await?;
    Ok(Point {
        offered: rate,
        done: figures.per_second,
        p50: figures.latency_ms(0.5),
        p95: figures.latency_ms(0.95),
        p99: figures.latency_ms(0.99),
    })
}

async fn ours(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    rate: f64,
    seconds: u64,
) -> Result<Point> {
    let mut trial = Trial::open(stage.database().await?, tokens, Terms::default()).await?;
    let wishes = singles(&[Events::known().hot]);
    let tally = trial
        .run(Plan::Reserve, wishes, CONNECTIONS, Pace::Open(rate), Duration::from_secs(seconds))
        .await?;
    trial.settle(stage).await?;
    Ok(Point {
        offered: rate,
        done: tally.seats_per_second(),
        p50: tally.latency_ms(0.5),
        p95: tally.latency_ms(0.95),
        p99: tally.latency_ms(0.99),
    })
}

/// One after the other, and nobody else.
async fn lonely(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    runs: usize,
    report: &mut Report,
) -> Result<()> {
    const SECONDS: u64 = 2;
    let (mut raw, mut ours) = (Vec::new(), Vec::new());
    for number in 1..=runs {
        let url = stage.database().await?;
        raw.push(pgbench::run(&url, Script::Plain, 1, SECONDS, None).await?.latency_ms(0.5));
        stage.drop_database(&url).await?;
        let terms = Terms { watching: 0, ..Terms::default() };
        let mut trial = Trial::open(stage.database().await?, tokens, terms).await?;
        let wishes = singles(&[Events::known().hot]);
        let tally =
            trial.run(Plan::Reserve, wishes, 1, Pace::Closed, Duration::from_secs(SECONDS)).await?;
        ours.push(tally.latency_ms(0.5));
        trial.settle(stage).await?;
        progress(&format!(
            "alone, run {number} of {runs}: raw SQL {:.2} ms, ours {:.2} ms",
            raw[number - 1],
            ours[number - 1]
        ));
    }
    report.say(&format!(
        "**Alone**, one request after the other on an idle server, p50, median of {runs}: raw SQL \
            {:.2} ms, ours {:.2} ms, ratio **{:.2}**.\n",
        median(&raw),
        median(&ours),
        median(&ours) / median(&raw)
    ));
    Ok(())
}
