//! Runs Grand Arena under faults, and checks what everybody was told.
//!
//! Each round has a seed, from which its schedule is drawn ([`plan`]). Servers are the real binary,
//! the database is a real PostgreSQL with a synchronous standby ([`stage`]). Clients do what
//! `docs/api.md` tells them to ([`load`]). What they were told is checked by the library of this
//! crate, which shares no code with the product. Nor does this program: it knows the product by its
//! API, its command line and its tables.
//!
//! Deliberately absent: faults of the kernel and the disk itself (a lost write, a flipped bit).

mod clock;
mod load;
mod machine;
mod plan;
mod pooler;
mod postgres;
mod progress;
mod proxy;
mod round;
mod series;
mod server;
mod stage;
mod tables;
mod tools;
mod translate;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What is wrong with us or the machine, in a sentence; what is wrong with the product is no error
/// of ours.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T, E = Error> = std::result::Result<T, E>;

/// Grand Arena under faults.
#[derive(Debug, Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: series::Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks a history that was kept.
    Check {
        /// Its `history.jsonl`.
        file: PathBuf,
    },
}

fn main() -> Result<ExitCode> {
    let CommandLine { command, settings } = CommandLine::parse();
    if let Some(Command::Check { file }) = command {
        return series::check(&file);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(series::run(settings))
}
