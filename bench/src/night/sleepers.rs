//! The sleepers: a tenth of the watchers do not read for twenty seconds, as where a Wi-Fi is lost,
//! and go on. The same sale without that is beside it.

use std::sync::Arc;

use super::Settings;
use super::crowd::ONE_SLEEPS_OF;
use super::ground::Ground;
use super::process::Watchers;
use super::sale::{IN_FLIGHT, Paced, paced};
use super::tell::{middle, milliseconds};
use super::watching::Stream;
use crate::Result;
use crate::report::{Report, progress};
use crate::rush::load::Pace;
use crate::rush::stage::Stage;
use crate::usage::peak_bytes;

/// How long they sleep, in seconds.
const ASLEEP_SECONDS: u64 = 20;

/// What one run gave.
struct Run {
    paced: Paced,
    peak_mib: f64,
    /// From the end of the sale until all had all there was, in seconds.
    current_after: f64,
}

/// Those who watch, and whether some of them sleep.
#[derive(Clone, Copy)]
struct Case {
    stream: Stream,
    count: usize,
    sleep: bool,
}

/// Measures both, in turn.
pub(super) async fn measure(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    settings: &Settings,
    report: &mut Report,
) -> Result<()> {
    let mut measured: Vec<(Case, Vec<Run>)> = Vec::new();
    for (stream, count) in settings.crowds() {
        for sleep in [false, true] {
            measured.push((Case { stream, count, sleep }, Vec::new()));
        }
    }
    for number in 1..=settings.runs {
        for (case, runs) in &mut measured {
            let ground = Ground::open(stage, tokens, settings.seats).await?;
            let deflate = settings.deflate.unwrap_or(false);
            let run = one(stage, ground, *case, deflate).await?;
            progress(&format!(
                "{}, run {number} of {}: {:.0} seats/s, map p99 {:.0?} ms, {:.0} MiB, {} lost",
                case.name(),
                settings.runs,
                run.paced.tally.seats_per_second(),
                run.paced.lag.p99_ms,
                run.peak_mib,
                run.paced.look.lost,
            ));
            runs.push(run);
        }
    }
    tell(&measured, settings, report);
    Ok(())
}

impl Case {
    fn name(self) -> String {
        let sleepers = if self.sleep { ", a tenth of them asleep" } else { "" };
        format!("{} on `{}`{sleepers}", self.count, self.stream.field())
    }
}

async fn one(stage: &Stage, mut ground: Ground, case: Case, deflate: bool) -> Result<Run> {
    let watching = ground.watching(case.stream, deflate, case.count);
    let mut watchers = Watchers::open(&watching).await?;
    if case.sleep {
        watchers.sleep(ASLEEP_SECONDS).await?;
    }
    // Longer than they sleep by this, so that they come back while others buy.
    let seconds = ASLEEP_SECONDS + 2;
    let pace = (IN_FLIGHT, Pace::Closed);
    let paced = paced(stage, &mut ground, &mut watchers, pace, seconds).await?;
    let current_after = paced.settled.as_secs_f64();
    ground.take_some().await?;
    ground.verify(&mut watchers).await?;
    let peak_mib = peak_bytes(ground.trial.pids()?[0])? / (1024.0 * 1024.0);
    drop(watchers);
    ground.settle(stage).await?;
    Ok(Run { paced, peak_mib, current_after })
}

fn tell(measured: &[(Case, Vec<Run>)], settings: &Settings, report: &mut Report) {
    report.say(&format!(
        "**The sleepers**: one of {ONE_SLEEPS_OF} watchers reads nothing for {ASLEEP_SECONDS} s, \
         then goes on, while others buy as fast as answers come; an event of {} seats, {} runs; \
         medians. The lag is that of those who are awake.\n\n\
         | watching | seats/s | reservation p99 | map p50 | p99 | server, peak | connections \
         lost | all current after the sale |\n|---|---|---|---|---|---|---|---|",
        settings.seats, settings.runs,
    ));
    for (case, runs) in measured {
        report.say(&format!(
            "| {} | {:.0} | {:.1} ms | {} | {} | {:.0} MiB | {:.0} | {:.1} s |",
            case.name(),
            middle(runs, |run| run.paced.tally.seats_per_second()),
            middle(runs, |run| run.paced.tally.latency_ms(0.99)),
            milliseconds(runs, |run| run.paced.lag.p50_ms),
            milliseconds(runs, |run| run.paced.lag.p99_ms),
            middle(runs, |run| run.peak_mib),
            middle(runs, |run| run.paced.look.lost as f64),
            middle(runs, |run| run.current_after),
        ));
    }
    report.say("");
}
