//! The rush: reservations through GraphQL against raw SQL that does them one at a time.
//!
//! Everything runs on one machine: PostgreSQL with fsync on, the servers, the load generator, and
//! the subscribers who watch. Each run has a fresh copy of the same database, servers that have
//! warmed up, and books that are checked afterwards; the cases take turns, and medians are told.

mod answer;
pub(crate) mod books;
mod chart;
pub(crate) mod connection;
mod endurance;
mod growth;
mod latency;
pub(crate) mod load;
mod pgbench;
pub(crate) mod stage;
mod throughput;
pub(crate) mod trial;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use self::stage::{Stage, Way};
use self::throughput::Case;
use crate::Result;
use crate::report::{Report, progress};

/// How much to measure.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Runs of each measurement, interleaved; medians are reported.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Seconds of each run.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Minutes of the long run; 0 leaves it out.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Only this part, for working on it; the figures are shown and not written down.
    #[arg(long, value_enum)]
    part: Option<Part>,
    /// Of the throughput only the cases with this in their names, and the yardstick.
    #[arg(long)]
    case: Option<String>,
    /// The file that the figures go to.
    #[arg(long, default_value = "bench/RESULTS.md")]
    results: PathBuf,
    /// The picture of latency against load.
    #[arg(long, default_value = "docs/rush.svg")]
    chart: PathBuf,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Part {
    /// Seats a second against raw SQL.
    Throughput,
    /// Latency at a steady load, and alone.
    Latency,
    /// Larger databases.
    Growth,
    /// Very many holds that end at once.
    Expiry,
    /// Three times more than it can do.
    Overload,
    /// Ten minutes.
    Long,
}

/// Viewers that take part.
const VIEWERS: usize = 10_000;

pub(crate) async fn run(settings: Settings) -> Result<()> {
    let mut report = Report::new("The rush", "make bench");
    progress("making the database");
    let mut stage = Stage::open(Way::Socket).await?;
    let measured = measure(&mut stage, &settings, &mut report).await;
    stage.close().await?;
    measured?;
    if settings.part.is_none() && settings.case.is_none() {
        report.write(&settings.results)
    } else {
        Ok(())
    }
}

async fn measure(stage: &mut Stage, settings: &Settings, report: &mut Report) -> Result<()> {
    report.say(&format!("{}.\n", stage.configuration().await?));
    let tokens = Arc::new(stage::tokens(VIEWERS)?);
    let times = (settings.runs, settings.seconds);
    let wants = |part| settings.part.is_none_or(|only| only == part);
    let cases = match &settings.case {
        // The other parts go by the peaks.
        None if !wants(Part::Throughput) => vec![Case::Yardstick, Case::Hot { in_flight: 1024 }],
        None => Case::ALL.to_vec(),
        Some(name) => Case::ALL
            .into_iter()
            .filter(|case| *case == Case::Yardstick || case.name().contains(name.as_str()))
            .collect(),
    };
    let peaks = throughput::measure(stage, &tokens, &cases, times, report).await?;
    if settings.case.is_some() {
        return Ok(());
    }
    if wants(Part::Latency) {
        let curves = latency::measure(stage, &tokens, peaks, times, report).await?;
        if settings.part.is_none() {
            chart::draw(&curves, &settings.chart)?;
        }
    }
    if wants(Part::Growth) {
        growth::sizes(stage, &tokens, times, report).await?;
    }
    if wants(Part::Expiry) {
        growth::mass_expiry(stage, &tokens, peaks, settings.runs, report).await?;
    }
    if wants(Part::Overload) {
        endurance::overload(stage, &tokens, peaks, times, report).await?;
    }
    if wants(Part::Long) && settings.minutes > 0 {
        endurance::soak(stage, &tokens, peaks, settings.minutes, report).await?;
    }
    Ok(())
}
