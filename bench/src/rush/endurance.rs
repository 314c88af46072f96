//! More than it can do, and ten minutes of what it can.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::sync::watch;

use super::load::{Pace, Plan};
use super::stage::{Event, Events, Stage, make_event};
use super::throughput::Peaks;
use super::trial::{Terms, Trial, resident_mib, singles};
use crate::Result;
use crate::arena::lift_limits;
use crate::report::{Report, progress};
use crate::usage::{median, percentile};

/// How much more than the peak is demanded.
const TIMES_THE_PEAK: f64 = 3.0;

/// Over as many connections: twice what may wait for one event, since many of the requests are on
/// their way at any time.
const CONNECTIONS: usize = 16_000;

/// For so long, which is long beside the moment that the first answers take.
const STORM: Duration = Duration::from_secs(10);

/// Seats of the event that everybody wants then: more than can be reserved. Its own peak is
/// measured first, with some of them, since the rows of a larger event lie further apart.
const SEATS: i32 = 400_000;
const SEATS_BEFORE: usize = 100_000;
const IN_FLIGHT_BEFORE: usize = 1024;

/// A database with the event that everybody wants, and one to warm up with.
async fn wanted_by_all(stage: &mut Stage) -> Result<(String, Event, Event)> {
    let url = stage.empty_database().await?;
    let mut sql = PgConnection::connect(&url).await?;
    let hot = make_event(&mut sql, "hot", SEATS).await?;
    let warm = make_event(&mut sql, "warm", super::stage::WARM_SEATS).await?;
    sql.execute("VACUUM (FREEZE, ANALYZE)").await?;
    sql.close().await?;
    stage.checkpoint().await?;
    Ok((url, hot, warm))
}

/// Demands three times the peak, and looks whether as much is done as before, and whether it
/// passes.
pub(crate) async fn overload(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    peaks: Peaks,
    (runs, seconds): (usize, u64),
    report: &mut Report,
) -> Result<()> {
    let seconds = Duration::from_secs(seconds);
    let [mut peak, mut answered, mut done, mut kept] = [const { Vec::new() }; 4];
    let [mut refused, mut refused_p99] = [const { Vec::new() }; 2];
    let [mut before, mut after, mut memory] = [const { Vec::new() }; 3];
    for number in 1..=runs {
        let (url, hot, warm) = wanted_by_all(stage).await?;
        let mut trial = Trial::open(url, tokens, Terms::default()).await?;
        let quarter = Pace::Open(peaks.ours / 4.0);
        let calm = trial.run(Plan::Return, singles(&[warm]), 256, quarter, seconds).await?;
        let mut wishes = singles(&[hot]);
        let before_that = wishes.split_off(wishes.len() - SEATS_BEFORE);
        let most =
            trial.run(Plan::Reserve, before_that, IN_FLIGHT_BEFORE, Pace::Closed, seconds).await?;
        let most = most.seats_per_second();
        let used = trial.cpu(stage)?;
        let storm = trial
            .run(Plan::Reserve, wishes, CONNECTIONS, Pace::Surplus(most * TIMES_THE_PEAK), STORM)
            .await?;
        let cpu = trial.cpu(stage)?;
        let cpu_us: [f64; 3] =
            std::array::from_fn(|of| (cpu[of] - used[of]) * 1e6 / storm.latencies.len() as f64);
        let resident = trial.resident_mib()?;
        let again = trial.run(Plan::Return, singles(&[warm]), 256, quarter, seconds).await?;
        let refusals: Vec<f64> =
            storm.turned_away.iter().map(|&seconds| f64::from(seconds) * 1e3).collect();
        answered.push((storm.latencies.len() + refusals.len()) as f64 / storm.seconds);
        refused.push(refusals.len() as f64 / storm.seconds);
        peak.push(most);
        done.push(storm.seats_per_second());
        kept.push(storm.seats_per_second() / most);
        refused_p99.push(if refusals.is_empty() { 0.0 } else { percentile(&refusals, 0.99) });
        before.push(calm.latency_ms(0.99));
        after.push(again.latency_ms(0.99));
        memory.push(resident);
        progress(&format!(
            "overload, run {number} of {runs}: peak {most:.0}; {:.0} requests/s answered, {:.0} \
                seats/s reserved, {:.0}/s turned away, CPU {cpu_us:.0?} µs, {resident:.0} MiB",
            answered[number - 1],
            done[number - 1],
            refused[number - 1]
        ));
        trial.settle(stage).await?;
    }
    report.say(&format!(
        "**Overload**: {TIMES_THE_PEAK} times the peak demanded over {CONNECTIONS} connections, \
            {runs} runs of {} s; medians: {:.0} requests a second were answered, {:.0} seats/s \
            reserved (**{:.2}** of the same event's peak, {:.0}), {:.0} a second turned away with \
            OVERLOADED, p99 {:.0} ms; {:.0} MiB. p99 at half of the peak in requests {:.1} ms \
            before and {:.1} ms after.\n",
        STORM.as_secs(),
        median(&answered),
        median(&done),
        median(&kept),
        median(&peak),
        median(&refused),
        median(&refused_p99),
        median(&memory),
        median(&before),
        median(&after),
    ));
    Ok(())
}

/// How often the long run is looked at, and when it has settled.
const LOOK_EVERY: Duration = Duration::from_secs(10);
const SETTLED_AFTER: Duration = Duration::from_secs(120);

/// One look at the long run.
struct Look {
    at: Duration,
    resident_mib: f64,
    /// Changes that are committed and not yet with the subscribers.
    behind: i64,
    tables_mib: f64,
}

/// Looks at the servers, the tables and what the subscribers have got, for so long.
async fn look_again(
    mut sql: PgConnection,
    watching: watch::Receiver<String>,
    pids: Vec<u32>,
    duration: Duration,
) -> Result<Vec<Look>> {
    let (begin, mut looks) = (Instant::now(), Vec::new());
    while begin.elapsed() + LOOK_EVERY <= duration {
        tokio::time::sleep_until((begin + LOOK_EVERY * (u32::try_from(looks.len())? + 1)).into())
            .await;
        let (revision, bytes): (i64, i64) = sqlx::query_as(
            "SELECT revision, (SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
                                WHERE relname IN ('seats', 'seat_changes', 'events')) FROM \
                                events WHERE id = 1",
        )
        .fetch_one(&mut sql)
        .await?;
        let seen = to_revision(&watching.borrow()).unwrap_or(0);
        let look = Look {
            at: begin.elapsed(),
            resident_mib: resident_mib(&pids)?,
            behind: (revision - seen).max(0),
            tables_mib: bytes as f64 / (1024.0 * 1024.0),
        };
        progress(&format!(
            "long run, {:.0} s: {:.0} MiB, {} changes behind, tables {:.0} MiB",
            look.at.as_secs_f64(),
            look.resident_mib,
            look.behind,
            look.tables_mib
        ));
        looks.push(look);
    }
    sql.close().await?;
    Ok(looks)
}

/// Half of the peak for a long time, with a log that is pruned meanwhile.
pub(crate) async fn soak(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    peaks: Peaks,
    minutes: u64,
    report: &mut Report,
) -> Result<()> {
    const LOG_CHANGES: &str = "200000";
    let terms = Terms { arguments: &["--log-changes", LOG_CHANGES], ..Terms::default() };
    let url = stage.database().await?;
    lift_limits(&url).await?;
    let mut trial = Trial::open(url, tokens, terms).await?;
    let duration = Duration::from_secs(minutes * 60);
    let pids = trial.pids()?;
    let watching = trial.watching().ok_or("nobody watches")?.latest();
    let sql = PgConnection::connect(trial.database_url()).await?;
    let looking = tokio::spawn(look_again(sql, watching, pids, duration));
    let wishes = singles(&[Events::known().hot]);
    let tally =
        trial.run(Plan::Return, wishes, 1024, Pace::Open(peaks.ours / 4.0), duration).await?;
    let looks = looking.await??;
    let settled: Vec<&Look> =
        looks.iter().filter(|look| look.at >= SETTLED_AFTER.min(duration / 2)).collect();
    let (first, last) = (settled.first().ok_or("no look")?, settled.last().ok_or("no look")?);
    let behind: Vec<f64> = settled.iter().map(|look| look.behind as f64).collect();
    report.say(&format!(
        "**{minutes} minutes** at half of the peak in requests, each seat taken and given back, \
            the log kept to {LOG_CHANGES} changes: {:.0} answers/s, p99 {:.1} ms. Memory {:.0} \
            MiB after {:.0} s and {:.0} MiB at the end; tables and indexes {:.0} MiB and {:.0} \
            MiB; subscribers at most {:.0} changes behind (p50 {:.0}).\n",
        tally.answers_per_second(),
        tally.latency_ms(0.99),
        first.resident_mib,
        first.at.as_secs_f64(),
        last.resident_mib,
        first.tables_mib,
        last.tables_mib,
        percentile(&behind, 1.0),
        median(&behind),
    ));
    let (url, _) = trial.close()?;
    // The log does not go back to the beginning any more: it cannot be counted.
    super::books::check_pruned(&url).await?;
    stage.drop_database(&url).await
}

/// The last revision in a frame.
fn to_revision(frame: &str) -> Option<i64> {
    let rest = frame.split_once("\"toRevision\":")?.1;
    rest[..rest.find(|character: char| !character.is_ascii_digit())?].parse().ok()
}
