//! The night of the sale: thousands watch one event while others buy its seats.
//!
//! Each case has a fresh database and a fresh server. Watchers are a process of their own
//! ([`watchers`]); reservations come from this one. Each seat is taken and given back, so that the
//! sale never ends. First as fast as answers come, then at half of what was reached with nobody
//! watching. Afterwards all watchers have to reach the newest revision without having missed one,
//! and the books are checked.

mod frames;
mod watcher;
mod watchers;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

pub(crate) use self::watchers::Watching;
pub(crate) use self::watchers::serve as watch;

use self::watchers::{Look, Watchers};
use crate::Result;
use crate::report::{Report, progress};
use crate::rush::load::{Pace, Plan, Tally};
use crate::rush::stage::{self, Events, Stage, Way};
use crate::rush::trial::{Terms, Trial, singles};
use crate::usage::{cpu_seconds, median, peak_bytes};

/// How much to measure.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Runs of each measurement, interleaved; medians are reported.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Seconds of each run, at either pace.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// How many watch, one case for each; 0 is always among them.
    #[arg(long, value_delimiter = ',', default_value = "1000,3000,10000")]
    watchers: Vec<usize>,
    /// The file that the figures go to.
    #[arg(long, default_value = "bench/RESULTS.md")]
    results: PathBuf,
}

/// Who buys: as many as ask at a time.
const IN_FLIGHT: usize = 256;

/// Connections that requests are sent over when they are due.
const CONNECTIONS: usize = 1024;

/// Viewers that take part.
const VIEWERS: usize = 10_000;

/// What one run gave.
#[derive(Clone, Debug)]
struct Run {
    /// As fast as answers come.
    rush: Paced,
    /// At half the peak of the same run with nobody watching.
    half: Paced,
    peak_mib: f64,
}

/// What one pace gave.
#[derive(Clone, Debug)]
struct Paced {
    tally: Tally,
    look: Look,
    seconds: f64,
    /// Seconds of server, PostgreSQL, buyers, watchers.
    cpu: [f64; 4],
}

pub(crate) async fn run(settings: Settings) -> Result<()> {
    let mut report = Report::new("The night", "make bench-night");
    progress("making the database");
    let mut stage = Stage::open(Way::Socket).await?;
    let measured = measure(&mut stage, &settings, &mut report).await;
    stage.close().await?;
    measured?;
    report.write(&settings.results)
}

async fn measure(stage: &mut Stage, settings: &Settings, report: &mut Report) -> Result<()> {
    report.say(&format!("{}.\n", stage.configuration().await?));
    let tokens = Arc::new(stage::tokens(VIEWERS)?);
    let mut counts = vec![0];
    counts.extend(settings.watchers.iter().filter(|&&count| count > 0));
    let mut measured: Vec<Vec<Run>> = vec![Vec::new(); counts.len()];
    for number in 1..=settings.runs {
        let mut peak = None;
        for (count, measured) in counts.iter().zip(&mut measured) {
            let run = one(stage, &tokens, *count, peak, settings.seconds).await?;
            let seats = run.rush.tally.seats_per_second();
            peak.get_or_insert(seats);
            progress(&format!(
                "{count} watchers, run {number} of {}: {seats:.0} seats/s, map p99 {:.0?} ms, at \
                 half the peak p99 {:.1} ms, map p99 {:.0?} ms, {:.0} MiB",
                settings.runs,
                run.rush.look.lag_p99_ms,
                run.half.tally.latency_ms(0.99),
                run.half.look.lag_p99_ms,
                run.peak_mib
            ));
            measured.push(run);
        }
    }
    tell(&counts, &measured, settings, report);
    Ok(())
}

/// One run with so many watchers. `peak`: seats a second with none, unless this is that run.
async fn one(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    count: usize,
    peak: Option<f64>,
    seconds: u64,
) -> Result<Run> {
    let terms = Terms { watching: 0, ..Terms::default() };
    let mut trial = Trial::open(stage.database().await?, tokens, terms).await?;
    let event = Events::known().warm;
    let since = trial.counts().changes();
    let watching = Watching {
        address: trial.address().to_owned(),
        event: event.global_id(),
        since: i64::try_from(since)?,
        count,
    };
    let mut watchers = Watchers::open(&watching).await?;
    let rush = paced(stage, &mut trial, &mut watchers, (IN_FLIGHT, Pace::Closed), seconds).await?;
    watchers.reach(trial.counts().changes()).await?;
    let rate = peak.unwrap_or_else(|| rush.tally.seats_per_second()) / 2.0;
    let half =
        paced(stage, &mut trial, &mut watchers, (CONNECTIONS, Pace::Open(rate)), seconds).await?;
    watchers.reach(trial.counts().changes()).await?;
    let pids = trial.pids()?;
    let peak_bytes = pids.into_iter().map(peak_bytes).sum::<Result<f64>>()?;
    drop(watchers);
    trial.settle(stage).await?;
    Ok(Run { rush, half, peak_mib: peak_bytes / (1024.0 * 1024.0) })
}

/// Buys at a pace, and looks at what the watchers were sent meanwhile.
async fn paced(
    stage: &Stage,
    trial: &mut Trial,
    watchers: &mut Watchers,
    (connections, pace): (usize, Pace),
    seconds: u64,
) -> Result<Paced> {
    let used = |trial: &Trial, watchers: &Watchers| -> Result<[f64; 4]> {
        let [server, postgres, buyers] = trial.cpu(stage)?;
        Ok([server, postgres, buyers, cpu_seconds(watchers.pid()?)?])
    };
    watchers.look().await?;
    let (started, before) = (std::time::Instant::now(), used(trial, watchers)?);
    let wishes = singles(&[Events::known().warm]);
    let time = Duration::from_secs(seconds);
    let tally = trial.run(Plan::Return, wishes, connections, pace, time).await?;
    let (look, after) = (watchers.look().await?, used(trial, watchers)?);
    Ok(Paced {
        tally,
        look,
        seconds: started.elapsed().as_secs_f64(),
        cpu: std::array::from_fn(|of| after[of] - before[of]),
    })
}

fn tell(counts: &[usize], measured: &[Vec<Run>], settings: &Settings, report: &mut Report) {
    let seats = |run: &Run| run.rush.tally.seats_per_second();
    let alone = middle(&measured[0], seats);
    for (pace, of) in [
        ("As fast as answers come", (|run| &run.rush) as fn(&Run) -> &Paced),
        ("At half the peak", |run| &run.half),
    ] {
        report.say(&format!(
            "**{pace}**: an event of {} seats, each taken and given back; watchers on \
             `seatChanges`, {} runs of {} s each; medians.\n\n\
             | watchers | seats/s | ratio | reservation p50 | p99 | map p50 | p99 | frames a \
             watcher and second | KB a watcher and second | CPU: server, PostgreSQL, buyers, \
             watchers | memory, peak |\n|---|---|---|---|---|---|---|---|---|---|---|",
            stage::WARM_SEATS,
            settings.runs,
            settings.seconds,
        ));
        for (&count, runs) in counts.iter().zip(measured) {
            let each = |run: &Run, what: u64| what as f64 / count.max(1) as f64 / of(run).seconds;
            let cpu: Vec<String> = (0..4)
                .map(|who| middle(runs, |run| of(run).cpu[who] / of(run).seconds * 100.0))
                .map(|part| format!("{part:.0} %"))
                .collect();
            let reserved = middle(runs, |run| of(run).tally.seats_per_second());
            report.say(&format!(
                "| {count} | {reserved:.0} | **{:.2}** | {:.1} ms | {:.1} ms | {} | {} | {:.1} | \
                 {:.0} | {} | {:.0} MiB |",
                reserved / alone,
                middle(runs, |run| of(run).tally.latency_ms(0.5)),
                middle(runs, |run| of(run).tally.latency_ms(0.99)),
                lag(runs, |run| of(run).look.lag_p50_ms),
                lag(runs, |run| of(run).look.lag_p99_ms),
                middle(runs, |run| each(run, of(run).look.frames)),
                middle(runs, |run| each(run, of(run).look.bytes) / 1e3),
                cpu.join(", "),
                middle(runs, |run| run.peak_mib),
            ));
        }
        report.say("");
    }
}

/// The middle of the runs.
fn middle(runs: &[Run], what: impl Fn(&Run) -> f64) -> f64 {
    median(&runs.iter().map(what).collect::<Vec<_>>())
}

fn lag(runs: &[Run], what: impl Fn(&Run) -> Option<f64>) -> String {
    let lags: Vec<f64> = runs.iter().filter_map(what).collect();
    if lags.is_empty() { "–".to_owned() } else { format!("{:.0} ms", median(&lags)) }
}
