//! Round after round, until there were as many as wanted, or time is over.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use tokio::task::JoinSet;
use torture::{checker, history};

use crate::plan::{Plan, Wrong};
use crate::progress::Progress;
use crate::round::{self, Report};
use crate::tools::Tools;
use crate::{Error, Result};

/// The exit code when a promise was broken.
const EXIT_VIOLATIONS: u8 = 1;

/// The exit code when rounds could not be played to their ends.
const EXIT_FAILED: u8 = 2;

/// What to do.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// The seed of the first round; the next rounds have the numbers after it. Drawn unless said.
    #[arg(long)]
    seed: Option<u64>,
    /// How many rounds; as many as there is time for unless said.
    #[arg(long)]
    rounds: Option<usize>,
    /// No round begins after so many minutes.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// How long the load and the faults of a round last, in seconds, 1 to 600.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Rounds at a time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    parallel: u8,
    /// Only this kind of fault.
    #[arg(long, value_enum)]
    only: Option<Wrong>,
    /// All but these kinds of faults.
    #[arg(long, value_enum, value_delimiter = ',')]
    except: Vec<Wrong>,
    /// The server's binary; the one beside this program unless said.
    #[arg(long, value_name = "FILE")]
    server: Option<PathBuf>,
    /// The binary that a rolling restart goes on with, for example a newer version.
    #[arg(long, value_name = "FILE")]
    other_server: Option<PathBuf>,
    /// Where histories are kept that break a promise.
    #[arg(long, value_name = "FOLDER", default_value = "target/torture")]
    keep: PathBuf,
    /// Says what a round of the seed would be, and plays none.
    #[arg(long)]
    show: bool,
}

/// What all rounds came to.
#[derive(Default)]
struct Sums {
    rounds: usize,
    calls: usize,
    unclear: usize,
    frames: usize,
    faults: usize,
    broken: Vec<u64>,
    failed: Vec<u64>,
}

/// Plays the rounds.
pub(crate) async fn run(settings: Settings) -> Result<ExitCode> {
    let first = settings.seed.unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let tools =
        Tools::prepare(settings.server.as_deref(), settings.other_server.as_deref()).await?;
    let tools = Arc::new(tools);
    let mut progress = Progress::new(settings.rounds, settings.minutes);
    progress.say(&format!("{}, seeds from {first}", tools.programs.version().await?));
    for line in lacks(&tools) {
        progress.say(&line);
    }
    if settings.show {
        progress.say(&plan(&settings, &tools, first).words());
        return Ok(ExitCode::SUCCESS);
    }
    let until = Instant::now() + Duration::from_secs(60 * settings.minutes);
    let (mut sums, mut playing) = (Sums::default(), JoinSet::new());
    let mut seeds = (first..).take(settings.rounds.unwrap_or(usize::MAX));
    loop {
        while playing.len() < usize::from(settings.parallel) && Instant::now() < until {
            let Some(seed) = seeds.next() else { break };
            playing.spawn(play(settings.clone(), Arc::clone(&tools), seed));
        }
        let Some(played) = playing.join_next().await else { break };
        let (seed, played) = played?;
        sums.add(seed, &played);
        progress.tell(&line(seed, &played, &settings), &sums.words());
    }
    progress.end();
    progress.say(&sums.words());
    Ok(sums.code())
}

fn plan(settings: &Settings, tools: &Tools, seed: u64) -> Plan {
    let lasts = Duration::from_secs(settings.seconds);
    let mut plan = Plan::draw(seed, lasts, tools.kit, settings.only);
    plan.faults.retain(|timed| !settings.except.contains(&timed.fault.wrong()));
    plan
}

async fn play(settings: Settings, tools: Arc<Tools>, seed: u64) -> (u64, Result<Report>) {
    let plan = plan(&settings, &tools, seed);
    let lasts = Duration::from_secs(settings.seconds);
    (seed, round::play(tools, plan, lasts, &settings.keep).await)
}

/// What this machine does without, a line each.
fn lacks(tools: &Tools) -> Vec<String> {
    let kit = tools.kit;
    let all = [
        (kit.has_disks, "no disk is full: that takes root, for a disk in memory"),
        (kit.has_clocks, "no clock is wrong: that takes libfaketime (Debian's faketime)"),
        (kit.has_pooler, "no pooler is in between: that takes PgBouncer (Debian's pgbouncer)"),
    ];
    let missing = all.into_iter().filter(|(has, _)| !has);
    missing.map(|(_, what)| format!("SKIPPED: {what}")).collect()
}

/// What a round came to, in one line or several.
fn line(seed: u64, played: &Result<Report>, settings: &Settings) -> String {
    let again = again(seed, settings);
    match played {
        Err(error) => format!("seed {seed}: could not be played: {error}\n  again: {again}"),
        Ok(report) if report.violations.is_empty() => format!(
            "seed {seed}: {} calls, {} unclear, {} frames, {} changes, {} orders, {} faults, \
             {:.1} s",
            report.calls,
            report.unclear,
            report.frames,
            report.changes,
            report.orders,
            report.faults,
            report.took.as_secs_f64(),
        ),
        Ok(report) => {
            let kept = report.kept.as_deref().unwrap_or(Path::new("nowhere")).display();
            let count = report.violations.len();
            let shown: Vec<&str> = report.violations.iter().take(20).map(String::as_str).collect();
            format!(
                "seed {}: {count} VIOLATIONS\n  {}\n  kept: {kept}\n  again: {again}",
                report.seed,
                shown.join("\n  ")
            )
        }
    }
}

/// The command that plays a seed once more.
fn again(seed: u64, settings: &Settings) -> String {
    let mut arguments = format!("--seed {seed} --rounds 1 --seconds {}", settings.seconds);
    let name = |wrong: &Wrong| {
        use clap::ValueEnum as _;
        wrong.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    };
    if let Some(only) = &settings.only {
        arguments += &format!(" --only {}", name(only));
    }
    if !settings.except.is_empty() {
        let except: Vec<String> = settings.except.iter().map(name).collect();
        arguments += &format!(" --except {}", except.join(","));
    }
    format!("make torture ARGS=\"{arguments}\"")
}

impl Sums {
    fn add(&mut self, seed: u64, played: &Result<Report, Error>) {
        let Ok(report) = played else {
            self.failed.push(seed);
            return;
        };
        self.rounds += 1;
        self.calls += report.calls;
        self.unclear += report.unclear;
        self.frames += report.frames;
        self.faults += report.faults;
        if !report.violations.is_empty() {
            self.broken.push(seed);
        }
    }

    fn words(&self) -> String {
        let Self { rounds, calls, unclear, frames, faults, broken, failed } = self;
        let mut words = format!(
            "{rounds} rounds, {calls} calls ({unclear} unclear), {frames} frames, {faults} faults; \
             {} with violations",
            broken.len()
        );
        if !broken.is_empty() {
            words += &format!(": {broken:?}");
        }
        if !failed.is_empty() {
            words += &format!("; not played: {failed:?}");
        }
        words
    }

    fn code(&self) -> ExitCode {
        match self {
            Self { broken, .. } if !broken.is_empty() => ExitCode::from(EXIT_VIOLATIONS),
            Self { failed, rounds, .. } if !failed.is_empty() || *rounds == 0 => {
                ExitCode::from(EXIT_FAILED)
            }
            _ => ExitCode::SUCCESS,
        }
    }
}

/// Checks a history that was kept, and says what is wrong with it.
pub(crate) fn check(file: &Path) -> Result<ExitCode> {
    let read = std::io::BufReader::new(std::fs::File::open(file)?);
    let history = history::read(read)?;
    let violations = checker::check(&history);
    let progress = Progress::new(None, 0);
    for violation in &violations {
        progress.say(&violation.to_string());
    }
    progress.say(&format!("{} calls, {} violations", history.calls.len(), violations.len()));
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_VIOLATIONS) })
}
