//! The command line: `grand-arena serve`, and commands beside it, each in a file of its own.

mod argv;
mod check;
mod distribute;
mod doctor;
mod error;
mod event;
mod export;
mod export_orders;
mod import;
mod limit;
mod manual;
mod order;
mod order_sheet;
mod orders;
mod progress;
mod serve;
mod token;
mod with_store;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::doctor::DoctorArguments;
use self::error::{CommandError, sentence};
use self::event::EventArguments;
use self::export::ExportArguments;
use self::import::ImportArguments;
use self::manual::{CompletionsArguments, ManArguments};
use self::order::OrderArguments;
use self::token::TokenArguments;
use self::with_store::with_store;
use crate::config::{DatabaseSettings, ServeSettings};
use crate::database::{Database, DatabaseError};
use crate::graphql;
use crate::log::{self, LogFormat};
#[cfg(feature = "show")]
use crate::show::crowd::{self, CrowdSettings};

/// The exit code of everything that a person can put right: a bad setting, a port that is taken, no
/// database.
const EXIT_USAGE: u8 = 2;

/// Threads for what keeps one busy: maps are compressed there, names looked up, files read. tokio's
/// 512 would have a gigabyte of stacks when everybody wants a map, and no more processors.
const MOST_BLOCKING_THREADS: usize = 32;

/// Seat reservations that never sell a seat twice: a GraphQL API with live subscriptions over
/// PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "grand-arena", version, about, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,

    /// What to log: error, warn, info, debug, trace, or a filter such as
    /// grand_arena=debug,sqlx=info.
    #[arg(
        long,
        env = "ARENA_LOG",
        default_value = "info,sqlx=warn,sea_orm_migration=warn",
        global = true,
        value_name = "FILTER"
    )]
    log: String,

    /// How lines of the log look: text for people, json for what collects logs.
    #[arg(
        long,
        env = "ARENA_LOG_FORMAT",
        value_name = "text|json",
        hide_possible_values = true,
        default_value = "text",
        global = true
    )]
    log_format: LogFormat,

    #[command(flatten)]
    serve: ServeSettings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server; also what happens without a command.
    Serve(ServeSettings),
    /// Brings the database's tables up to date, and ends.
    Migrate(DatabaseSettings),
    /// Spreads the database's tables over a cluster of Citus, by event; what is spread already
    /// stays. Before the sale: it moves what there is, and bookings wait.
    Distribute(DatabaseSettings),
    /// Verifies the books of a database: each sold seat in exactly one order, the change log
    /// folded equal to the seats, totals, keys. Reads only, beside running servers too. Says a
    /// line for each violation, and ends with 1 if there are any.
    Check(DatabaseSettings),
    /// Looks at the database, the settings and the machine, and says what would hurt on the night
    /// of a sale, why, and what to do. Changes nothing. Takes the settings of `serve`; run it as
    /// the server's user, where the server runs. Ends with 1 if anything hurts.
    Doctor(DoctorArguments),
    /// Prints what a shell needs to complete this command line: `grand-arena completions bash`.
    Completions(CompletionsArguments),
    /// Prints the manual page of grand-arena(1), or writes those of all commands into a folder.
    Man(ManArguments),
    /// Prints the API's schema in GraphQL's schema definition language.
    Schema,
    /// Brings in events with their seats, from JSON (docs/venue-format.md) or CSV:
    /// section,row,number,category,price_minor,currency, and optionally
    /// accessible,x,y,companion,gap_before,rank,kind,floor,color. If anything is wrong in a file,
    /// nothing is brought in. An event that is there already with the same plan is left as it is.
    Import(ImportArguments),
    /// Writes an event to standard output as an import takes it; with --orders, every order of it.
    Export(ExportArguments),
    /// Shows orders.
    Order(OrderArguments),
    /// Manages events, beside running servers: lists and shows them, makes and changes them.
    Event(EventArguments),
    /// Signs a token, for trying things out.
    Token(TokenArguments),
    /// Sends simulated buyers to a running server, so that its map comes alive; until Ctrl-C.
    #[cfg(feature = "show")]
    Crowd(CrowdSettings),
}

/// The command line as clap knows it.
#[must_use]
pub fn command() -> clap::Command {
    CommandLine::command()
}

/// Reads the command line, does what it says, and returns the exit code: 0; 1 if `check` or
/// `doctor` finds something; or 2 with a sentence on standard error.
pub fn main() -> ExitCode {
    let read = argv::without_empty_variables(command())
        .try_get_matches()
        .and_then(|matches| Ok((CommandLine::from_arg_matches(&matches)?, matches)));
    let (line, matches) = match read {
        Ok(read) => read,
        Err(error) => {
            // clap's own words say what is allowed; help and version are not errors.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let ended = run(line, &matches);
    // Before what is said below, which is the last word.
    log::flush();
    match ended {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "grand-arena: {}", sentence(&error));
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn run(line: CommandLine, matches: &ArgMatches) -> Result<ExitCode, CommandError> {
    log::start(&line.log, line.log_format)?;
    argv::warn_of_secrets(matches);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(MOST_BLOCKING_THREADS)
        .enable_all()
        .build()?;
    match line.command.unwrap_or(Command::Serve(line.serve)) {
        Command::Check(settings) => return runtime.block_on(check::check(settings)),
        Command::Doctor(arguments) => return runtime.block_on(doctor::look(arguments)),
        Command::Serve(settings) => runtime.block_on(serve::serve(settings))?,
        Command::Migrate(settings) => runtime.block_on(migrate(settings))?,
        Command::Distribute(settings) => runtime.block_on(distribute::distribute(settings))?,
        Command::Completions(arguments) => manual::complete(&arguments, command())?,
        Command::Man(arguments) => manual::write(&arguments, command())?,
        Command::Schema => io::stdout().write_all(graphql::sdl().as_bytes())?,
        Command::Import(arguments) => runtime.block_on(import::bring_in(arguments))?,
        Command::Export(arguments) => runtime.block_on(export::write_out(arguments))?,
        Command::Order(arguments) => runtime.block_on(order::show(arguments))?,
        Command::Event(arguments) => runtime.block_on(event::manage(arguments))?,
        Command::Token(arguments) => token::sign(&arguments)?,
        #[cfg(feature = "show")]
        Command::Crowd(settings) => runtime.block_on(let_in(&settings))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(settings: DatabaseSettings) -> Result<(), CommandError> {
    let database = Database::open_beside(&settings).await?;
    with_store(&settings, database, async |store| {
        Ok(store.migrate().await.map_err(DatabaseError::from)?)
    })
    .await
}

#[cfg(feature = "show")]
async fn let_in(settings: &CrowdSettings) -> Result<(), CommandError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::select! {
        ended = crowd::run(settings) => Ok(ended?),
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
    }
}
