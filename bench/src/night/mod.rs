//! The night of the sale: thousands watch one event while others buy its seats.
//!
//! Watchers are a process of their own ([`watchers`]), of real clients that read all they are
//! sent; reservations come from this one. After each run every watcher has to know what the table
//! has, and the books are checked: otherwise the run is void.

mod ask;
mod chart;
mod crowd;
mod door;
mod entrance;
mod fold;
mod frames;
mod ground;
mod herd;
mod lag;
mod loaded;
mod log;
mod process;
mod sale;
mod sleepers;
mod tell;
mod update;
mod watcher;
mod watchers;
mod watching;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

pub(crate) use self::watchers::serve as watch;
pub(crate) use self::watching::Watching;

use self::watching::Stream;
use crate::Result;
use crate::report::{Report, progress};
use crate::rush::stage::{self, Stage, WARM_SEATS, Way};

/// How much to measure.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Runs of each measurement, interleaved; medians are reported.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Seconds of each run, at either pace.
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// How many watch, one case for each; nobody is always among them.
    #[arg(long, value_delimiter = ',', default_value = "1000,3000,10000")]
    watchers: Vec<usize>,
    /// Seats of the event.
    #[arg(long, default_value_t = WARM_SEATS)]
    seats: i32,
    /// Only this part, for working on it; the figures are shown and not written down.
    #[arg(long, value_enum)]
    part: Option<Part>,
    /// Only watchers of this.
    #[arg(long, value_enum)]
    stream: Option<Stream>,
    /// Only watchers to whom the server compresses, or (`false`) does not.
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    deflate: Option<bool>,
    /// The file that the figures go to.
    #[arg(long, default_value = "bench/RESULTS.md")]
    results: PathBuf,
    /// The picture of seats a second, and how late the map is, against watchers.
    #[arg(long, default_value = "docs/night.svg")]
    chart: PathBuf,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Part {
    /// Thousands watch while others buy.
    Night,
    /// Ten thousand come within ten seconds.
    Door,
    /// The server is killed, and all come back.
    Herd,
    /// A tenth of the watchers do not read for twenty seconds.
    Sleepers,
}

/// Viewers that take part.
const VIEWERS: usize = 10_000;

/// Seats of a large house, in the second case.
const LARGE_HOUSE: i32 = 200_000;

/// The most who are told every change: machines, of which there are fewer than eyes.
const MACHINES: usize = 3_000;

impl Settings {
    /// The streams that are watched, compressed or not.
    fn ways(&self) -> Vec<(Stream, bool)> {
        let streams = [Stream::Statuses, Stream::Changes].into_iter();
        let all = streams.flat_map(|stream| [(stream, false), (stream, true)]);
        let is_wanted = |&(stream, deflate): &(Stream, bool)| {
            self.stream.is_none_or(|only| only == stream)
                && self.deflate.is_none_or(|only| only == deflate)
        };
        all.filter(is_wanted).collect()
    }

    /// The same with as many as watch at the most, of what eyes look at, in a large house.
    fn with_a_large_house(&self) -> Self {
        Self {
            seats: LARGE_HOUSE,
            watchers: vec![self.most_watchers()],
            stream: Some(Stream::Statuses),
            deflate: Some(false),
            ..self.clone()
        }
    }

    /// As many as watch at the most.
    fn most_watchers(&self) -> usize {
        self.watchers.iter().copied().max().unwrap_or_default()
    }

    /// How many watch which stream, where one case for each is enough.
    fn crowds(&self) -> Vec<(Stream, usize)> {
        let most = self.most_watchers();
        let crowds = [(Stream::Statuses, most), (Stream::Changes, most.min(MACHINES))];
        let is_wanted =
            |&(stream, _): &(Stream, usize)| self.stream.is_none_or(|only| only == stream);
        crowds.into_iter().filter(is_wanted).collect()
    }
}

pub(crate) async fn run(settings: Settings) -> Result<()> {
    let mut report = Report::new("The night", "make bench-night");
    progress("making the database");
    let mut stage = Stage::open(Way::Socket).await?;
    let measured = measure(&mut stage, &settings, &mut report).await;
    stage.close().await?;
    measured?;
    if settings.part.is_none() { report.write(&settings.results) } else { Ok(()) }
}

async fn measure(stage: &mut Stage, settings: &Settings, report: &mut Report) -> Result<()> {
    report.say(&format!("{}.\n", stage.configuration().await?));
    let tokens = Arc::new(stage::tokens(VIEWERS)?);
    let wants = |part| settings.part.is_none_or(|only| only == part);
    if wants(Part::Night) {
        let measured = sale::measure(stage, &tokens, settings).await?;
        tell::sale(&measured, settings, report);
        if settings.part.is_none() {
            chart::draw(&measured, &settings.chart)?;
        }
    }
    if settings.part.is_none() {
        let settings = settings.with_a_large_house();
        let measured = sale::measure(stage, &tokens, &settings).await?;
        tell::sale(&measured, &settings, report);
    }
    if wants(Part::Door) {
        entrance::measure(stage, &tokens, settings, report).await?;
    }
    if wants(Part::Herd) {
        herd::measure(stage, &tokens, settings, report).await?;
    }
    if wants(Part::Sleepers) {
        sleepers::measure(stage, &tokens, settings, report).await?;
    }
    Ok(())
}
