//! The sale: what thousands who watch cost those who buy, and how late what they see is.
//!
//! Each case has a fresh database and a fresh server. Each seat is taken and given back, so that
//! the sale never ends: first as fast as answers come, then at half of what was reached with nobody
//! watching.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Settings;
use super::ask::Look;
use super::ground::Ground;
use super::lag::{Lag, Times};
use super::process::Watchers;
use super::watching::Stream;
use crate::Result;
use crate::report::progress;
use crate::rush::load::{Pace, Plan, Tally};
use crate::rush::stage::Stage;
use crate::rush::trial::singles;
use crate::usage::{cpu_seconds, peak_bytes, resident_bytes};

/// Who buys: as many as ask at a time.
pub(super) const IN_FLIGHT: usize = 256;

/// Connections that requests are sent over when they are due.
const CONNECTIONS: usize = 1024;

/// Who watches what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Case {
    pub(super) stream: Stream,
    pub(super) deflate: bool,
    pub(super) count: usize,
}

impl Case {
    /// How it is called in a table.
    pub(super) fn name(self) -> String {
        if self.count == 0 {
            return "nobody".to_owned();
        }
        let compressed = if self.deflate { ", compressed" } else { "" };
        format!("{} on `{}`{compressed}", self.count, self.stream.field())
    }
}

/// What one run gave.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// As fast as answers come.
    pub(super) rush: Paced,
    /// At half the peak of the same run with nobody watching.
    pub(super) half: Paced,
    pub(super) peak_mib: f64,
    /// What each watcher's connection takes before anything comes over it, and at the most.
    pub(super) idle_kib: f64,
    pub(super) peak_kib: f64,
}

/// What one pace gave.
#[derive(Clone, Debug)]
pub(super) struct Paced {
    pub(super) tally: Tally,
    pub(super) look: Look,
    pub(super) lag: Lag,
    pub(super) seconds: f64,
    /// From the end until all had all there was.
    pub(super) settled: Duration,
    /// Seconds of server, PostgreSQL, buyers, watchers.
    pub(super) cpu: [f64; 4],
}

/// All cases in turn, as many times as is wanted. Nobody watches in the first.
pub(super) async fn measure(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    settings: &Settings,
) -> Result<Vec<(Case, Vec<Run>)>> {
    let nobody = Case { stream: Stream::Statuses, deflate: false, count: 0 };
    let mut measured = vec![(nobody, Vec::new())];
    for (stream, deflate) in settings.ways() {
        for &count in settings.watchers.iter().filter(|&&count| count > 0) {
            measured.push((Case { stream, deflate, count }, Vec::new()));
        }
    }
    for number in 1..=settings.runs {
        let mut peak = None;
        for (case, runs) in &mut measured {
            let ground = Ground::open(stage, tokens, settings.seats).await?;
            let run = one(stage, ground, *case, peak, settings.seconds).await?;
            let seats = run.rush.tally.seats_per_second();
            peak.get_or_insert(seats);
            progress(&format!(
                "{}, run {number} of {}: {seats:.0} seats/s, map p99 {:.0?} ms, at half the peak \
                 p99 {:.1} ms, map p99 {:.0?} ms, {:.0} MiB, {} lost",
                case.name(),
                settings.runs,
                run.rush.lag.p99_ms,
                run.half.tally.latency_ms(0.99),
                run.half.lag.p99_ms,
                run.peak_mib,
                run.rush.look.lost + run.half.look.lost,
            ));
            runs.push(run);
        }
    }
    Ok(measured)
}

/// One run. `peak`: seats a second with nobody watching, unless this is that run.
async fn one(
    stage: &Stage,
    mut ground: Ground,
    case: Case,
    peak: Option<f64>,
    seconds: u64,
) -> Result<Run> {
    let server = ground.trial.pids()?[0];
    let before = resident_bytes(server)?;
    let watching = ground.watching(case.stream, case.deflate, case.count);
    let mut watchers = Watchers::open(&watching).await?;
    let idle = resident_bytes(server)?;
    let rush = paced(stage, &mut ground, &mut watchers, (IN_FLIGHT, Pace::Closed), seconds).await?;
    let rate = peak.unwrap_or_else(|| rush.tally.seats_per_second()) / 2.0;
    let open = (CONNECTIONS, Pace::Open(rate));
    let half = paced(stage, &mut ground, &mut watchers, open, seconds).await?;
    ground.take_some().await?;
    ground.verify(&mut watchers).await?;
    let peak = peak_bytes(server)?;
    drop(watchers);
    ground.settle(stage).await?;
    let each_kib = |bytes: f64| (bytes - before).max(0.0) / 1024.0 / case.count.max(1) as f64;
    Ok(Run {
        rush,
        half,
        peak_mib: peak / (1024.0 * 1024.0),
        idle_kib: each_kib(idle),
        peak_kib: each_kib(peak),
    })
}

/// Buys at a pace, and looks at what the watchers were sent meanwhile.
pub(super) async fn paced(
    stage: &Stage,
    ground: &mut Ground,
    watchers: &mut Watchers,
    (connections, pace): (usize, Pace),
    seconds: u64,
) -> Result<Paced> {
    let used = |ground: &Ground, watchers: &Watchers| -> Result<[f64; 4]> {
        let [server, postgres, buyers] = ground.trial.cpu(stage)?;
        Ok([server, postgres, buyers, cpu_seconds(watchers.pid()?)?])
    };
    watchers.look().await?;
    let (started, before) = (Instant::now(), used(ground, watchers)?);
    let (wishes, time) = (singles(&[ground.event]), Duration::from_secs(seconds));
    let tally = ground.trial.run(Plan::Return, wishes, connections, pace, time).await?;
    let (mut look, after) = (watchers.look().await?, used(ground, watchers)?);
    let seconds = started.elapsed().as_secs_f64();
    // What was decided and has not arrived would be the latest of all. So one pace does not pay for
    // another, too.
    let ended = Instant::now();
    watchers.expect(ground.log().revision().await?).await?;
    watchers.reached().await?;
    let settled = ended.elapsed();
    let rest = watchers.look().await?;
    look.arrivals.extend(rest.arrivals);
    look.lost += rest.lost;
    let lag = Times::read(ground.log(), &look.arrivals).await?.lag(&look.arrivals);
    let cpu = std::array::from_fn(|of| after[of] - before[of]);
    Ok(Paced { tally, look, lag, seconds, settled, cpu })
}
