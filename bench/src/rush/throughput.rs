//! Seats a second, with as many requests in flight as clients make.

use std::sync::Arc;
use std::time::Duration;

use super::load::{Pace, Plan, Wish};
use super::pgbench::{self, Script};
use super::stage::{self, Event, Events, Stage, Way};
use super::trial::{Terms, Trial, singles};
use crate::Result;
use crate::report::{Report, progress};
use crate::usage::median;

/// How many ask at a time where it is not the point; and where it is: spread over many events or
/// servers, they still fill the machine.
const IN_FLIGHT: usize = 512;
const MANY_IN_FLIGHT: usize = 1024;

/// Everything that is measured against the yardstick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    Yardstick,
    OverTcp,
    Notify,
    Hot { in_flight: usize },
    Spread,
    Fours,
    Buy,
    Refusals,
    TwoServers,
}

impl Case {
    pub(crate) const ALL: [Self; 12] = [
        Self::Yardstick,
        Self::OverTcp,
        Self::Notify,
        Self::Hot { in_flight: 64 },
        Self::Hot { in_flight: 256 },
        Self::Hot { in_flight: 512 },
        Self::Hot { in_flight: 1024 },
        Self::Spread,
        Self::Fours,
        Self::Buy,
        Self::Refusals,
        Self::TwoServers,
    ];

    pub(crate) fn name(self) -> String {
        match self {
            Self::Yardstick => {
                format!("raw SQL (pgbench, {} clients): the yardstick", pgbench::CLIENTS)
            }
            Self::OverTcp => "raw SQL over TCP, as our clients come".to_owned(),
            Self::Notify => "raw SQL with pg_notify".to_owned(),
            Self::Hot { in_flight } => format!("one hot event, {in_flight} in flight"),
            Self::Spread => format!("{} events, {MANY_IN_FLIGHT} in flight", stage::SPREAD_EVENTS),
            Self::Fours => format!("four seats at a time, {IN_FLIGHT} in flight"),
            Self::Buy => format!("reserve, then confirm, {IN_FLIGHT} in flight"),
            Self::Refusals => format!("nine of ten refused, {IN_FLIGHT} in flight"),
            Self::TwoServers => format!("two servers, one hot event, {MANY_IN_FLIGHT} in flight"),
        }
    }
}

/// What one run gave.
#[derive(Clone, Debug)]
struct Run {
    seats_per_second: f64,
    answers_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// CPU for each answer in microseconds: servers, PostgreSQL, load generator.
    cpu_us: [f64; 3],
    resident_mib: f64,
}

/// The rates that later measurements go by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peaks {
    /// Seats a second of raw SQL.
    pub(crate) yardstick: f64,
    /// Seats a second of the best run of one hot event.
    pub(crate) ours: f64,
}

/// Measures all cases in turn, as many times as asked.
pub(crate) async fn measure(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    cases: &[Case],
    (runs, seconds): (usize, u64),
    report: &mut Report,
) -> Result<Peaks> {
    let mut measured: Vec<Vec<Run>> = vec![Vec::new(); cases.len()];
    let mut over_tcp =
        if cases.contains(&Case::OverTcp) { Some(Stage::open(Way::Tcp).await?) } else { None };
    for number in 1..=runs {
        for (case, measured) in cases.iter().zip(&mut measured) {
            let stage = match (&mut over_tcp, case) {
                (Some(over_tcp), Case::OverTcp) => over_tcp,
                _ => &mut *stage,
            };
            let url = stage.database().await?;
            let run = match case {
                Case::Yardstick | Case::OverTcp => raw(stage, url, Script::Plain, seconds).await?,
                Case::Notify => raw(stage, url, Script::Notify, seconds).await?,
                case => ours(stage, url, *case, tokens, seconds).await?,
            };
            progress(&format!(
                "{}, run {number} of {runs}: {:.0} seats/s, {:.0} answers/s, p99 {:.1} ms, CPU \
                    {:.1?} µs",
                case.name(),
                run.seats_per_second,
                run.answers_per_second,
                run.p99_ms,
                run.cpu_us
            ));
            measured.push(run);
        }
    }
    if let Some(over_tcp) = over_tcp {
        over_tcp.close().await?;
    }
    Ok(tell(cases, &measured, (runs, seconds), report))
}

/// Writes the table of all cases, and says what the later measurements go by.
fn tell(
    cases: &[Case],
    measured: &[Vec<Run>],
    (runs, seconds): (usize, u64),
    report: &mut Report,
) -> Peaks {
    let of = |measured: &[Run], what: fn(&Run) -> f64| {
        median(&measured.iter().map(what).collect::<Vec<_>>())
    };
    let seats = |measured: &[Run]| of(measured, |run| run.seats_per_second);
    let peak = |wanted: fn(&Case) -> bool| {
        let wanted = cases.iter().zip(measured).filter(|(case, _)| wanted(case));
        wanted.map(|(_, measured)| seats(measured)).fold(0.0, f64::max)
    };
    let peaks = Peaks {
        yardstick: peak(|case| *case == Case::Yardstick),
        ours: peak(|case| matches!(case, Case::Hot { .. })),
    };
    report.say(&format!(
        "**Throughput**, {runs} runs of {seconds} s each, interleaved; medians. Latency here is \
            that of clients who ask as fast as they are answered.\n\n\
         | | seats/s | ratio | to raw SQL over TCP | all runs | answers/s | p50 | p99 | CPU an \
         answer: server, PostgreSQL, load | memory |\n\
         |---|---|---|---|---|---|---|---|---|---|"
    ));
    let raw_over_tcp = peak(|case| *case == Case::OverTcp);
    for (case, measured) in cases.iter().zip(measured) {
        let all: Vec<String> =
            measured.iter().map(|run| format!("{:.0}", run.seats_per_second)).collect();
        report.say(&format!(
            "| {} | {:.0} | **{:.2}** | {} | {} | {:.0} | {:.1} ms | {:.1} ms | {:.0}, {:.0}, \
                {:.0} µs | {:.0} MiB |",
            case.name(),
            seats(measured),
            seats(measured) / peaks.yardstick,
            if raw_over_tcp > 0.0 {
                format!("{:.2}", seats(measured) / raw_over_tcp)
            } else {
                "–".to_owned()
            },
            all.join(", "),
            of(measured, |run| run.answers_per_second),
            of(measured, |run| run.p50_ms),
            of(measured, |run| run.p99_ms),
            of(measured, |run| run.cpu_us[0]),
            of(measured, |run| run.cpu_us[1]),
            of(measured, |run| run.cpu_us[2]),
            of(measured, |run| run.resident_mib),
        ));
    }
    report.say("");
    peaks
}

async fn raw(stage: &Stage, url: String, script: Script, seconds: u64) -> Result<Run> {
    let before = stage.cpu_seconds()?;
    let figures = pgbench::run(&url, script, pgbench::CLIENTS, seconds, None).await?;
    let postgres = (stage.cpu_seconds()? - before) * 1e6 / figures.latencies_ms.len() as f64;
    stage.drop_database(&url).await?;
    Ok(Run {
        seats_per_second: figures.per_second,
        answers_per_second: figures.per_second,
        p50_ms: figures.latency_ms(0.5),
        p99_ms: figures.latency_ms(0.99),
        cpu_us: [0.0, postgres, 0.0],
        resident_mib: 0.0,
    })
}

async fn ours(
    stage: &Stage,
    url: String,
    case: Case,
    tokens: &Arc<Vec<String>>,
    seconds: u64,
) -> Result<Run> {
    let servers = if case == Case::TwoServers { 2 } else { 1 };
    let mut trial = Trial::open(url, tokens, Terms { servers, ..Terms::default() }).await?;
    let events = Events::known();
    let (plan, wishes, connections) = match case {
        Case::Yardstick | Case::OverTcp | Case::Notify => {
            return Err("raw SQL has no server".into());
        }
        Case::Hot { in_flight } => (Plan::Reserve, singles(&[events.hot]), in_flight),
        Case::TwoServers => (Plan::Reserve, singles(&[events.hot]), MANY_IN_FLIGHT),
        Case::Spread => (Plan::Reserve, singles(&events.spread), MANY_IN_FLIGHT),
        Case::Fours => (Plan::Reserve, fours(events.hot), IN_FLIGHT),
        Case::Buy => (Plan::Buy, singles(&[events.hot]), IN_FLIGHT),
        Case::Refusals => {
            let (block, wishes) = refusals(events.hot);
            let everybody =
                trial.change_viewers(Arc::new(vec![stage::token("the-one-who-has-it")?]));
            trial.run(Plan::Reserve, block, 64, Pace::Closed, Duration::from_secs(60)).await?;
            trial.change_viewers(everybody);
            (Plan::Reserve, wishes, IN_FLIGHT)
        }
    };
    let before = trial.cpu(stage)?;
    let tally =
        trial.run(plan, wishes, connections, Pace::Closed, Duration::from_secs(seconds)).await?;
    let after = trial.cpu(stage)?;
    let answered = tally.latencies.len() as f64;
    let run = Run {
        seats_per_second: tally.seats_per_second(),
        answers_per_second: tally.answers_per_second(),
        p50_ms: tally.latency_ms(0.5),
        p99_ms: tally.latency_ms(0.99),
        cpu_us: std::array::from_fn(|of| (after[of] - before[of]) * 1e6 / answered),
        resident_mib: trial.resident_mib()?,
    };
    trial.settle(stage).await?;
    Ok(run)
}

/// Four neighbours at a time.
fn fours(event: Event) -> Vec<Wish> {
    let mut wishes: Vec<Wish> =
        (1..event.seats).step_by(4).map(|first| Wish { event, first, count: 4 }).collect();
    fastrand::shuffle(&mut wishes);
    wishes
}

/// A block that is taken before, and what is wanted then: nine times of ten a seat in it.
fn refusals(event: Event) -> (Vec<Wish>, Vec<Wish>) {
    const BLOCK: i32 = 1_000;
    let single = |first| Wish { event, first, count: 1 };
    let block = (1..=BLOCK).map(single).collect();
    let wishes = (BLOCK + 1..=event.seats)
        .flat_map(|free| (0..9).map(|_| single(fastrand::i32(1..=BLOCK))).chain([single(free)]))
        .collect();
    (block, wishes)
}
