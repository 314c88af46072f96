//! Beginning to log, once in a process.

use std::io::{self, IsTerminal as _};
use std::sync::LazyLock;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use super::buffer::Buffer;
use super::format::LogFormat;
use crate::metrics::Metrics;

/// How long the end of a process waits for whoever reads its log.
const PATIENCE: Duration = Duration::from_secs(2);

static BUFFER: LazyLock<Buffer> = LazyLock::new(Buffer::default);

/// What is to be logged cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error("ARENA_LOG must be a level such as info, or a filter such as grand_arena=debug")]
pub struct BadFilter;

/// Begins to log what a filter lets through.
///
/// # Errors
///
/// If the filter is none. If the operating system has no thread for it, nothing is logged.
pub fn start(filter: &str, format: LogFormat) -> Result<(), BadFilter> {
    let filter = EnvFilter::try_new(filter).map_err(|_| BadFilter)?;
    let lines = fmt().with_env_filter(filter).with_writer(BUFFER.clone());
    match format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    let writing = || BUFFER.write_to(io::stderr());
    // Without it the server is as good as with it, and says nothing.
    let _ = std::thread::Builder::new().name("log".to_owned()).spawn(writing);
    Ok(())
}

/// Waits until what was logged is written, or nobody reads it.
pub fn flush() {
    BUFFER.flush(PATIENCE);
}

/// Shows how many lines were lost.
pub fn register(metrics: &Metrics) {
    let help = "Lines that the log has not, since nobody has read those before in time";
    metrics.register("log_lines_lost", help, BUFFER.lost().clone());
}
