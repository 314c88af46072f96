//! The herd: a server is killed while thousands watch, and all of them come back to the next one.
//!
//! Two servers are on one database. Others buy through one, and the watchers are with the other.
//! That is killed, and started again at the same address once all have missed so many changes. They
//! come back when it is ready, each at a moment of its own within the time that it has suggested.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};

use super::Settings;
use super::crowd::{LOOK_EVERY, now_us};
use super::ground::{database, verify};
use super::log::EventLog;
use super::process::Watchers;
use super::tell::middle;
use super::watching::{Stream, Watching};
use crate::Result;
use crate::arena::Program;
use crate::report::{Report, progress};
use crate::rush::books;
use crate::rush::load::{self, Counts, Demand, Pace, Plan, Wish};
use crate::rush::stage::{Event, Stage};
use crate::rush::trial::singles;
use crate::usage::{cpu_seconds, peak_bytes, percentile};

/// How many changes all have missed.
const BEHIND: [usize; 3] = [1, 2_000, 20_000];

/// The sale that they watch before: seats a second, which anybody can bear.
const CALM: f64 = 500.0;
const CALM_FOR: Duration = Duration::from_secs(2);

/// Requests of the box office at a time.
const IN_FLIGHT: usize = 64;

/// What one run gave.
struct Run {
    /// From readiness until each had all there was, in seconds.
    current_after: Vec<f64>,
    /// From the start of the server until it was ready, in seconds.
    ready_after: f64,
    peak_mib: f64,
    /// Of the new server and of the watchers, in seconds.
    cpu: [f64; 2],
    /// Rows of the log that were read meanwhile, and statements that read it.
    rows: i64,
    scans: i64,
    /// Attempts that were put off, and connections lost on the way back.
    refused: u64,
    lost: u64,
}

/// Who comes back to what.
#[derive(Clone, Copy)]
struct Case {
    stream: Stream,
    deflate: bool,
    count: usize,
    behind: usize,
}

/// Kills the server for each case in turn.
pub(super) async fn measure(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    settings: &Settings,
    report: &mut Report,
) -> Result<()> {
    let deflate = settings.deflate.unwrap_or(false);
    let mut measured: Vec<(Case, Vec<Run>)> = Vec::new();
    for (stream, count) in settings.crowds() {
        for behind in BEHIND {
            let behind = behind.min(usize::try_from(settings.seats)?);
            measured.push((Case { stream, deflate, count, behind }, Vec::new()));
        }
    }
    for number in 1..=settings.runs {
        for (case, runs) in &mut measured {
            let (url, event) = database(stage, settings.seats).await?;
            let mut herd = Herd::open(url, event, tokens).await?;
            let run = herd.run(*case).await?;
            herd.settle(stage).await?;
            progress(&format!(
                "{} on `{}`, {} behind, run {number} of {}: all current after {:.2} s, {:.0} MiB, \
                 {} rows of the log in {} scans",
                case.count,
                case.stream.field(),
                case.behind,
                settings.runs,
                percentile(&run.current_after, 1.0),
                run.peak_mib,
                run.rows,
                run.scans,
            ));
            runs.push(run);
        }
    }
    tell(&measured, settings, report);
    Ok(())
}

/// Both servers, and what was bought.
struct Herd {
    database_url: String,
    event: Event,
    tokens: Arc<Vec<String>>,
    /// Where others buy; nothing once all is bought.
    box_office: Option<Program>,
    /// Where the watchers are; nothing while it is down.
    watched: Option<Program>,
    address: String,
    counts: Counts,
}

impl Herd {
    async fn open(database_url: String, event: Event, tokens: &Arc<Vec<String>>) -> Result<Self> {
        let box_office = Program::server(&database_url, &[]).await?;
        let watched = Program::server(&database_url, &[]).await?;
        let address = watched.address.clone();
        Ok(Self {
            database_url,
            event,
            tokens: Arc::clone(tokens),
            box_office: Some(box_office),
            watched: Some(watched),
            address,
            counts: Counts::default(),
        })
    }

    fn log(&self) -> EventLog<'_> {
        EventLog { database_url: &self.database_url, event: self.event }
    }

    async fn run(&mut self, case: Case) -> Result<Run> {
        let Case { stream, deflate, count, behind } = case;
        let (address, event) = (self.address.clone(), self.event.global_id());
        let watching = Watching { address, event, stream, deflate, count, door: None };
        let mut watchers = Watchers::open(&watching).await?;
        let calm = Pace::Open(CALM);
        self.buy(Plan::Return, singles(&[self.event]), (calm, CALM_FOR)).await?;
        // With what the last changes are told still on its way.
        watchers.gate(false).await?;
        watchers.look().await?;
        kill(&mut self.watched).await?;
        let mut lost = 0;
        while lost < u64::try_from(count)? {
            lost += watchers.look().await?.lost;
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let mut missed = singles(&[self.event]);
        missed.truncate(behind);
        // Until all are taken.
        let as_long_as_it_takes = (Pace::Closed, Duration::from_mins(10));
        self.buy(Plan::Reserve, missed, as_long_as_it_takes).await?;
        kill(&mut self.box_office).await?;
        let read_before = self.log_reads().await?;
        let run = self.come_back(&mut watchers).await?;
        verify(self.log(), &watching, &mut watchers).await?;
        drop(watchers);
        kill(&mut self.watched).await?;
        let read_after = self.log_reads().await?;
        let (rows, scans) = (read_after.0 - read_before.0, read_after.1 - read_before.1);
        Ok(Run { rows, scans, ..run })
    }

    /// Starts the server again, and waits until all are back and have all there is.
    async fn come_back(&mut self, watchers: &mut Watchers) -> Result<Run> {
        watchers.expect(self.log().revision().await?).await?;
        watchers.look().await?;
        let (started, cpu) = (now_us(), cpu_seconds(watchers.pid()?)?);
        let server = Program::server_at(&self.database_url, &self.address, &[]).await?;
        let ready = now_us();
        watchers.gate(true).await?;
        let reached = watchers.reached().await?;
        let cpu = [cpu_seconds(server.pid()?)?, cpu_seconds(watchers.pid()?)? - cpu];
        let look = watchers.look().await?;
        let peak_mib = peak_bytes(server.pid()?)? / (1024.0 * 1024.0);
        self.watched = Some(server);
        Ok(Run {
            current_after: reached.into_iter().map(|at| (at - ready) as f64 / 1e6).collect(),
            ready_after: (ready - started) as f64 / 1e6,
            peak_mib,
            cpu,
            rows: 0,
            scans: 0,
            refused: look.refused,
            lost: look.lost,
        })
    }

    async fn buy(&mut self, plan: Plan, wishes: Vec<Wish>, pace: (Pace, Duration)) -> Result<()> {
        let office = self.box_office.as_ref().ok_or("the box office is closed")?;
        let (tokens, addresses) = (Arc::clone(&self.tokens), vec![office.address.clone()]);
        let (connections, (pace, duration)) = (IN_FLIGHT, pace);
        let demand = Demand { plan, wishes, tokens, addresses, connections, pace, duration };
        self.counts += load::make(demand).await?.counts;
        Ok(())
    }

    /// Rows of the log that were read so far, and scans. PostgreSQL tells of what a connection
    /// did when that ends; so both servers have to be down.
    async fn log_reads(&self) -> Result<(i64, i64)> {
        const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
              AND backend_type = 'client backend'";
        let mut sql = PgConnection::connect(&self.database_url).await?;
        while sqlx::query_scalar::<_, i64>(OTHERS).fetch_one(&mut sql).await? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let reads = sqlx::query_as(
            "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0),
                    coalesce(seq_scan, 0) + coalesce(idx_scan, 0)
               FROM pg_stat_user_tables WHERE relname = 'seat_changes'",
        )
        .fetch_one(&mut sql)
        .await?;
        sql.close().await?;
        Ok(reads)
    }

    /// Checks the books and removes the database.
    async fn settle(self, stage: &Stage) -> Result<()> {
        books::check(&self.database_url, self.counts).await?;
        stage.drop_database(&self.database_url).await
    }
}

/// Kills a server, so that it has no time for anything.
async fn kill(server: &mut Option<Program>) -> Result<()> {
    server.take().ok_or("the server is down already")?.kill().await
}

fn tell(measured: &[(Case, Vec<Run>)], settings: &Settings, report: &mut Report) {
    report.say(&format!(
        "**The herd**: a server is killed while they watch; it is started again when so many \
         changes were made elsewhere, and all come back. From its readiness until each had all \
         there was; an event of {} seats, {} runs; medians.\n\n\
         | who comes back | behind | p50 | p99 | the last | ready after | peak memory | rows of \
         the log read, and scans | CPU: server, watchers | put off | lost again |\n\
         |---|---|---|---|---|---|---|---|---|---|---|",
        settings.seats, settings.runs,
    ));
    for (case, runs) in measured {
        let at = |part: f64| middle(runs, |run| percentile(&run.current_after, part));
        report.say(&format!(
            "| {} on `{}`{} | {} | {:.2} s | {:.2} s | **{:.2} s** | {:.2} s | {:.0} MiB | {:.0}, \
             {:.0} | {:.1} s, {:.1} s | {:.0} | {:.0} |",
            case.count,
            case.stream.field(),
            if case.deflate { ", compressed" } else { "" },
            case.behind,
            at(0.5),
            at(0.99),
            at(1.0),
            middle(runs, |run| run.ready_after),
            middle(runs, |run| run.peak_mib),
            middle(runs, |run| run.rows as f64),
            middle(runs, |run| run.scans as f64),
            middle(runs, |run| run.cpu[0]),
            middle(runs, |run| run.cpu[1]),
            middle(runs, |run| run.refused as f64),
            middle(runs, |run| run.lost as f64),
        ));
    }
    report.say("");
}
