//! Raw SQL: what PostgreSQL's own load generator does with the same table, one reservation a
//! transaction.

use std::path::PathBuf;

use grand_arena::domain::SeatStatus;
use tokio::process::Command;

use super::stage::Events;
use crate::Result;
use crate::usage::percentile;

/// Clients of the yardstick, and the threads that serve them.
pub(crate) const CLIENTS: usize = 32;
const THREADS: usize = 2;

/// How raw SQL reserves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Script {
    /// The yardstick: lock, write, commit.
    Plain,
    /// The same, and tells whoever listens.
    Notify,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    /// From when each transaction was due to its end, in milliseconds; without a rate, from its
    /// beginning.
    pub(crate) latencies_ms: Vec<f64>,
}

impl Figures {
    pub(crate) fn latency_ms(&self, part: f64) -> f64 {
        percentile(&self.latencies_ms, part)
    }
}

/// Runs it for some seconds: as fast as it can, or at a rate, when what a transaction waits for its
/// turn counts.
pub(crate) async fn run(
    database_url: &str,
    script: Script,
    clients: usize,
    seconds: u64,
    rate: Option<f64>,
) -> Result<Figures> {
    let folder = std::env::temp_dir().join(format!("grand-arena-pgbench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let figures = async {
        let file = folder.join("reserve.sql");
        std::fs::write(&file, text(script))?;
        let mut command = Command::new(binary()?);
        command
            .current_dir(&folder)
            .arg("--no-vacuum")
            .arg("--protocol=prepared")
            .arg("--log")
            .arg("--log-prefix=times");
        command.arg(format!("--client={clients}")).arg(format!("--jobs={}", THREADS.min(clients)));
        command.arg(format!("--time={seconds}")).arg("--file").arg(&file);
        if let Some(rate) = rate {
            command.arg(format!("--rate={rate:.0}"));
        }
        let output = command.arg(database_url).output().await?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("pgbench: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("tps = "))
            .ok_or("pgbench gave no rate")?;
        let per_second = line.split_whitespace().next().ok_or("pgbench gave no rate")?.parse()?;
        let mut latencies_ms = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("times")) {
                for line in std::fs::read_to_string(path)?.lines() {
                    // client, number, microseconds, …
                    let microseconds: f64 =
                        line.split(' ').nth(2).ok_or("an odd line in pgbench's log")?.parse()?;
                    latencies_ms.push(microseconds / 1e3);
                }
            }
        }
        Ok(Figures { per_second, latencies_ms })
    }
    .await;
    std::fs::remove_dir_all(&folder)?;
    figures
}

/// One reservation of a random seat. Whether it was free is not asked: that only makes it faster.
fn text(script: Script) -> String {
    let hot = Events::known().hot;
    let (event, seats, held) = (hot.id.0, hot.seats, SeatStatus::Reserved.code());
    let notify = match script {
        Script::Plain => "",
        Script::Notify => "SELECT pg_notify('seats', :seat::text);\n",
    };
    format!(
        "\\set seat random(1, {seats})\n\
         BEGIN;\n\
         SELECT status, expires_at FROM seats WHERE event_id = {event} AND id = :seat FOR UPDATE;\n\
         UPDATE seats SET status = {held}, viewer = 'buyer-' || :seat,\n\
                expires_at = now() + interval '300 s',\n\
                revision = revision + 1 WHERE event_id = {event} AND id = :seat;\n\
         {notify}COMMIT;\n"
    )
}

/// PostgreSQL's own, not the wrapper that some distributions put in front.
fn binary() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin/pgbench")).collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    found.extend(std::env::split_paths(&path).map(|folder| folder.join("pgbench")));
    let missing = "pgbench is missing; it comes with PostgreSQL (Debian's package `postgresql`)";
    Ok(found.into_iter().rfind(|path| path.exists()).ok_or(missing)?)
}
