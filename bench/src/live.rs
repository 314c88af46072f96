//! The live map against the least that could do the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};
use sqlx::postgres::PgListener;
use tokio::io::AsyncWriteExt as _;
use tokio::task::JoinHandle;

use crate::Result;
use crate::arena::{Arena, Program};
use crate::report::{Report, progress};
use crate::subscribers::{ALL_WORDS, Subscribers};
use crate::usage::{cpu_seconds, median, percentile, resident_bytes};

/// How much to measure.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// Runs of each measurement, interleaved; medians are reported.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Subscribers that frames are delivered to.
    #[arg(long, default_value_t = 2000)]
    subscribers: usize,
    /// Idle subscribers whose memory is measured.
    #[arg(long, default_value_t = 5000)]
    idle: usize,
    /// Subscribers to hold at once.
    #[arg(long, default_value_t = 18_000)]
    many: usize,
    /// Seconds of each run.
    #[arg(long, default_value_t = 6)]
    seconds: u64,
    /// The file the figures go to.
    #[arg(long, default_value = "bench/RESULTS.md")]
    results: PathBuf,
}

/// Changes in a frame, and frames a second.
const CHANGES: usize = 8;
const FRAMES_PER_SECOND: u64 = 25;

pub(crate) async fn run(settings: Settings) -> Result<()> {
    let mut report = Report::new("Live", "make bench-live");
    let arena = Arc::new(Arena::start().await?);
    let mut baseline = Program::baseline().await?;
    frames(&settings, &arena, &mut baseline, &mut report).await?;
    memory(&settings, &arena, &mut report).await?;
    latency(&settings, &arena, &mut report).await?;
    maps(&settings, &arena, &mut report).await?;
    report.write(&settings.results)?;
    Arc::into_inner(arena).ok_or("something still uses the server")?.stop().await
}

/// Changes [`CHANGES`] seats every frame until dropped.
struct Sale {
    over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Result<()>>,
}

impl Sale {
    fn start(arena: &Arc<Arena>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (arena, is_over) = (Arc::clone(arena), Arc::clone(&over));
        let task = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(1000 / FRAMES_PER_SECOND));
            let mut reserve = true;
            while !is_over.load(Ordering::Relaxed) || !reserve {
                tick.tick().await;
                arena.change(&arena.seats[..CHANGES], reserve).await?;
                reserve = !reserve;
            }
            Ok(())
        });
        Self { over, task }
    }

    async fn stop(self) -> Result<()> {
        self.over.store(true, Ordering::Relaxed);
        self.task.await?
    }
}

async fn revision(arena: &Arena) -> Result<i64> {
    let data = arena
        .query("query ($e: ID!) { event(id: $e) { revision } }", json!({ "e": arena.event }))
        .await?;
    data["event"]["revision"].as_i64().ok_or_else(|| "no revision".into())
}

/// CPU microseconds of the process for each message that the subscribers receive.
async fn cpu_per_message(pid: u32, subscribers: &Subscribers, seconds: u64) -> Result<(f64, f64)> {
    let (cpu, received, started) = (cpu_seconds(pid)?, subscribers.received(), Instant::now());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (cpu, received) = (cpu_seconds(pid)? - cpu, subscribers.received() - received);
    Ok((cpu * 1e6 / received as f64, received as f64 / started.elapsed().as_secs_f64()))
}

async fn frames(
    settings: &Settings,
    arena: &Arc<Arena>,
    baseline: &mut Program,
    report: &mut Report,
) -> Result<()> {
    let (mut ours, mut bare, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    let mut frame = String::new();
    for run in 1..=settings.runs {
        progress(&format!("frames, run {run} of {}", settings.runs));
        let since = revision(arena).await?;
        let subscribers = Subscribers::open(
            &arena.server.address,
            settings.subscribers,
            Some((ALL_WORDS, &arena.event, since)),
        )
        .await?;
        let sale = Sale::start(arena);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (cpu, rate) =
            cpu_per_message(arena.server.pid()?, &subscribers, settings.seconds).await?;
        frame.clone_from(&subscribers.latest().borrow());
        sale.stop().await?;
        drop(subscribers);
        ours.push(cpu);
        rates.push(rate);

        let subscribers = Subscribers::open(&baseline.address, settings.subscribers, None).await?;
        let pid = baseline.pid()?;
        let input = baseline.input.as_mut().ok_or("no input")?;
        let send = format!("send {}\n{frame}\n", 1000 / FRAMES_PER_SECOND);
        input.write_all(send.as_bytes()).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let (cpu, rate) = cpu_per_message(pid, &subscribers, settings.seconds).await?;
        input.write_all(b"stop\n").await?;
        bare.push(cpu);
        rates.push(rate);
    }
    report.say(&format!(
        "**Frames**: {} subscribers, {CHANGES} changes a frame ({} bytes), {FRAMES_PER_SECOND} \
            frames a second, {} runs.\n\n\
         | | CPU for each delivered message (median) | all runs |\n|---|---|---|\n\
         | Grand Arena, the bookings included | {:.2} µs | {} |\n| bare axum WebSocket, prepared \
         text | {:.2} µs | {} |\n\
         | **ratio** | **{:.2}** | |\n",
        settings.subscribers,
        frame.len(),
        settings.runs,
        median(&ours),
        list(&ours),
        median(&bare),
        list(&bare),
        median(&ours) / median(&bare),
    ));
    report.say(&format!(
        "Delivered: {:.0} messages a second at the least.\n",
        percentile(&rates, 0.0)
    ));
    Ok(())
}

async fn memory(settings: &Settings, arena: &Arc<Arena>, report: &mut Report) -> Result<()> {
    let since = revision(arena).await?;
    let each = async |pid: u32, address: &str, subscription| -> Result<f64> {
        let before = resident_bytes(pid)?;
        let subscribers = Subscribers::open(address, settings.idle, subscription).await?;
        let after = resident_bytes(pid)?;
        drop(subscribers);
        Ok((after - before) / settings.idle as f64)
    };
    // Fresh processes: memory that was used before and kept by the allocator would not show.
    progress("memory of idle subscribers");
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..settings.runs {
        let fresh = Program::server(arena.database_url(), &["--demo"]).await?;
        ours.push(
            each(fresh.pid()?, &fresh.address, Some((ALL_WORDS, arena.event.as_str(), since)))
                .await?,
        );
        let fresh = Program::baseline().await?;
        bare.push(each(fresh.pid()?, &fresh.address, None).await?);
    }
    report.say(&format!(
        "**Memory** of an idle subscriber, {} at once, a fresh process each, {} runs.\n\n| | \
            median | all runs |\n|---|---|---|\n\
         | Grand Arena | {:.1} KiB | {} |\n| bare axum WebSocket, same buffers | {:.1} KiB | {} \
         |\n| **ratio** | **{:.2}** | |\n",
        settings.idle,
        settings.runs,
        median(&ours) / 1024.0,
        list_kib(&ours),
        median(&bare) / 1024.0,
        list_kib(&bare),
        median(&ours) / median(&bare),
    ));

    progress(&format!("{} subscribers at once", settings.many));
    let fresh = Program::server(arena.database_url(), &["--demo"]).await?;
    let subscribers =
        Subscribers::open(&fresh.address, settings.many, Some((ALL_WORDS, &arena.event, since)))
            .await?;
    arena.change(&arena.seats[..CHANGES], true).await?;
    let started = Instant::now();
    while subscribers.received() < settings.many as u64
        && started.elapsed() < Duration::from_secs(30)
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (served, took) = (subscribers.received(), started.elapsed());
    arena.change(&arena.seats[..CHANGES], false).await?;
    report.say(&format!(
        "**{} subscribers at once** on one server: {served} of them had the next change within \
            {:.2} s; the process had {:.0} MiB.\n",
        settings.many,
        took.as_secs_f64(),
        resident_bytes(fresh.pid()?)? / (1024.0 * 1024.0),
    ));
    Ok(())
}

/// Many who take seats and give them back, until it is over.
fn begin_rush(arena: &Arc<Arena>, over: &Arc<AtomicBool>) -> Vec<JoinHandle<Result<()>>> {
    let write = |writer: usize| {
        let (arena, over) = (Arc::clone(arena), Arc::clone(over));
        tokio::spawn(async move {
            let seats = &arena.seats[1000 + 4 * writer..1004 + 4 * writer];
            while !over.load(Ordering::Relaxed) {
                arena.change(seats, true).await?;
                arena.change(seats, false).await?;
            }
            Ok(())
        })
    };
    (0..32).map(write).collect()
}

/// Revisions that a bare LISTEN has heard of, and when.
type Heard = Arc<std::sync::Mutex<Vec<(i64, f64)>>>;

/// Listens until the connection ends.
async fn hear(mut listener: PgListener, heard: Heard) -> std::result::Result<(), &'static str> {
    while let Ok(message) = listener.recv().await {
        let revision = message.payload().split(':').nth(1).and_then(|text| text.parse().ok());
        let now = (revision.unwrap_or_default(), now_millis());
        heard.lock().map_err(|_| "poisoned")?.push(now);
    }
    Ok(())
}

/// From the decision (the change's own time, by the database's clock on the same machine) to the
/// message.
async fn latency(settings: &Settings, arena: &Arc<Arena>, report: &mut Report) -> Result<()> {
    report.say(
        "**From the decision to the message**, in milliseconds.\n\n| | p50 | p99 |\n|---|---|---|",
    );
    for rush in [false, true] {
        progress(if rush { "latency in a rush" } else { "latency, quiet" });
        let over = Arc::new(AtomicBool::new(false));
        let rushing = if rush { begin_rush(arena, &over) } else { Vec::new() };
        let since = revision(arena).await?;
        let subscribers =
            Subscribers::open(&arena.server.address, 1, Some((ALL_WORDS, &arena.event, since)))
                .await?;
        let mut listener = PgListener::connect(arena.database_url()).await?;
        listener.listen("grand_arena").await?;
        let heard = Heard::default();
        let hearing = tokio::spawn(hear(listener, Arc::clone(&heard)));
        let mut latest = subscribers.latest();
        let (mut frames, mut notices) = (Vec::new(), Vec::new());
        let sale = (!rush).then(|| Sale::start(arena));
        let end = Instant::now() + Duration::from_secs(2 * settings.seconds);
        while Instant::now() < end {
            if tokio::time::timeout(Duration::from_secs(1), latest.changed()).await.is_err() {
                continue;
            }
            let at = now_millis();
            let frame: Value = serde_json::from_str(&latest.borrow_and_update())?;
            let changes = &frame["payload"]["data"]["seatChanges"]["changes"];
            for change in changes.as_array().into_iter().flatten() {
                let decided = chrono::DateTime::parse_from_rfc3339(
                    change["changedAt"].as_str().unwrap_or_default(),
                )?;
                let decided = decided.timestamp_micros() as f64 / 1000.0;
                frames.push(at - decided);
                let revision = change["revision"].as_i64().unwrap_or_default();
                let heard = heard.lock().map_err(|_| "poisoned")?;
                if let Some((_, at)) = heard.iter().find(|(reached, _)| *reached >= revision) {
                    notices.push(at - decided);
                }
            }
            heard.lock().map_err(|_| "poisoned")?.retain(|(_, heard_at)| at - heard_at < 2000.0);
        }
        over.store(true, Ordering::Relaxed);
        if let Some(sale) = sale {
            sale.stop().await?;
        }
        for task in rushing {
            task.await??;
        }
        hearing.abort();
        let when = if rush { "in a rush of reservations" } else { "quiet" };
        report.say(&format!(
            "| frame, {when} | {:.1} | {:.1} |",
            percentile(&frames, 0.5),
            percentile(&frames, 0.99)
        ));
        report.say(&format!(
            "| bare LISTEN, {when} | {:.1} | {:.1} |",
            percentile(&notices, 0.5),
            percentile(&notices, 0.99)
        ));
    }
    report.say("");
    Ok(())
}

fn now_millis() -> f64 {
    grand_arena::clock::wall_clock().timestamp_micros() as f64 / 1000.0
}

/// Maps while the sale runs: shared, and each in words of its own, so that it has to be resolved
/// anew.
async fn maps(settings: &Settings, arena: &Arc<Arena>, report: &mut Report) -> Result<()> {
    let sale = Sale::start(arena);
    let (mut shared, mut anew) = (Vec::new(), Vec::new());
    for run in 1..=settings.runs {
        progress(&format!("maps, run {run} of {}", settings.runs));
        shared.push(cpu_per_map(arena, settings.seconds, false).await?);
        anew.push(cpu_per_map(arena, settings.seconds, true).await?);
    }
    sale.stop().await?;
    report.say(&format!(
        "**The map** of 20,000 seats, three fields each, eight clients asking while the sale \
            runs, {} runs; the bookings' CPU is included.\n\n\
         | | CPU for each answer (median) | all runs |\n|---|---|---|\n| asked in the same words \
         | {:.1} ms | {} |\n\
         | each in words of its own: resolved anew | {:.1} ms | {} |\n| **ratio** | **{:.3}** | \
         |\n",
        settings.runs,
        median(&shared),
        list(&shared),
        median(&anew),
        list(&anew),
        median(&shared) / median(&anew),
    ));
    Ok(())
}

/// CPU milliseconds for each answer.
async fn cpu_per_map(arena: &Arc<Arena>, seconds: u64, own_words: bool) -> Result<f64> {
    let (pid, cpu) = (arena.server.pid()?, cpu_seconds(arena.server.pid()?)?);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut clients = Vec::new();
    for client in 0..8 {
        let arena = Arc::clone(arena);
        clients.push(tokio::spawn(async move {
            let mut answers = 0u32;
            while Instant::now() < end {
                let name =
                    if own_words { format!("Map{client}x{answers}") } else { "Map".to_owned() };
                let query = format!(
                    "query {name}($e: ID!) {{ seatMap(eventId: $e) {{ revision \
                    seats {{ id status revision }} }} }}"
                );
                arena.fetch(&query, json!({ "e": arena.event })).await?;
                answers += 1;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answers)
        }));
    }
    let mut answers = 0;
    for client in clients {
        answers += client.await??;
    }
    Ok((cpu_seconds(pid)? - cpu) * 1e3 / f64::from(answers))
}

fn list(values: &[f64]) -> String {
    values.iter().map(|value| format!("{value:.2}")).collect::<Vec<_>>().join(", ")
}

fn list_kib(values: &[f64]) -> String {
    values.iter().map(|value| format!("{:.1}", value / 1024.0)).collect::<Vec<_>>().join(", ")
}
