//! Grand Arena measured side by side with what it is compared to, on one machine, in one run, as
//! ratios.
//!
//! `bench live` measures the live map: CPU and memory of a subscriber against a bare axum
//! WebSocket; the way from a commit to the frame against a bare LISTEN; and the map against
//! resolving it anew. It needs the server's binary of the same build beside its own.

/// The same as the server's, so that neither side has the better one.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

mod arena;
mod baseline;
mod best;
mod live;
mod night;
mod report;
mod rush;
mod subscribers;
mod usage;

use clap::{Parser, Subcommand};

/// Grand Arena measured side by side.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The live map.
    Live(live::Settings),
    /// Seats that the server chooses, beside seats that are named.
    Best,
    /// The rush: reservations against raw SQL.
    Rush(rush::Settings),
    /// The night: thousands watch while others buy.
    Night(night::Settings),
    /// The watchers of a night; started by `night`.
    #[command(hide = true)]
    Watchers(night::Watching),
    /// The bare WebSocket that the live map is compared to; started by `live`.
    #[command(hide = true)]
    Baseline,
}

/// What goes wrong in a benchmark ends it.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Error> = std::result::Result<T, E>;

fn main() -> Result<()> {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match CommandLine::parse().command {
        Command::Live(settings) => runtime()?.block_on(live::run(settings)),
        Command::Best => runtime()?.block_on(best::run()),
        Command::Rush(settings) => runtime()?.block_on(rush::run(settings)),
        Command::Night(settings) => runtime()?.block_on(night::run(settings)),
        Command::Watchers(watching) => night::watch(watching),
        Command::Baseline => runtime()?.block_on(baseline::serve()),
    }
}
