//! The command line: `grand-arena serve | migrate | schema | import | token | crowd`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::clock::wall_clock;
use crate::config::{DatabaseSettings, IdentitySettings, ServeSettings};
use crate::database::{Database, DatabaseError};
use crate::domain::ViewerId;
use crate::domain::event::{DEFAULT_HOLD_SECONDS, NewEvent};
use crate::identity::Role;
use crate::server::{self, Server};
#[cfg(feature = "show")]
use crate::show::{
    crowd::{self, CrowdError, CrowdSettings},
    series::DEMO_SLUG,
};
use crate::{graphql, import};

/// The exit code of everything that a person can put right: a bad setting, a port that is taken, no
/// database.
const EXIT_USAGE: u8 = 2;

/// The longest token that can be signed for trying things out.
const MAX_TTL: Duration = Duration::from_hours(24 * 365);

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

    #[command(flatten)]
    serve: ServeSettings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server; also what happens without a command.
    Serve(ServeSettings),
    /// Brings the database's tables up to date, and ends.
    Migrate(DatabaseSettings),
    /// Prints the API's schema in GraphQL's schema definition language.
    Schema,
    /// Brings in an event with the seats of a CSV file:
    /// section,row,number,category,price_minor,currency, and optionally accessible,x,y. If a line
    /// is bad, nothing is brought in.
    Import(ImportArguments),
    /// Signs a token, for trying things out.
    Token(TokenArguments),
    /// Sends simulated buyers to a running server, so that its map comes alive; until Ctrl-C.
    #[cfg(feature = "show")]
    Crowd(CrowdSettings),
}

#[derive(Debug, Args)]
struct ImportArguments {
    /// The CSV file, in UTF-8, with a header line.
    file: PathBuf,
    /// The event's name in addresses: lower-case letters, digits and hyphens.
    #[arg(long, value_name = "SLUG")]
    event: String,
    /// The event's name for people.
    #[arg(long)]
    name: String,
    /// Where it takes place.
    #[arg(long)]
    venue: String,
    /// When it starts, as 2026-12-31T20:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    starts_at: DateTime<Utc>,
    /// From when seats can be reserved, as 2026-12-01T10:00:00Z; at once unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_open_at: Option<DateTime<Utc>>,
    /// From when seats can no longer be reserved; never unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts, in seconds, 1 to 86400.
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_HOLD_SECONDS)]
    hold_seconds: u32,
    /// The most seats one viewer may hold and own together, 1 to 100000; no limit unless said.
    #[arg(long, value_name = "NUMBER")]
    max_seats_per_viewer: Option<u32>,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Debug, Args)]
struct TokenArguments {
    /// Whom the token stands for.
    #[arg(long, value_name = "NAME")]
    user: String,
    /// A role beside that of a buyer.
    #[arg(long)]
    role: Option<RoleName>,
    /// How long it is good for, as 90s, 30m, 1h or 7d.
    #[arg(long, default_value = "1h", value_parser = parse_duration)]
    ttl: Duration,
    /// The data folder that the signing secret is kept in.
    #[arg(long, env = "ARENA_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    identity: IdentitySettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    Buyer,
    Admin,
}

/// Why a command failed: one sentence for the person who typed it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Server(#[from] server::ServerError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
    #[cfg(feature = "show")]
    #[error(transparent)]
    Crowd(#[from] CrowdError),
    #[error("{0}")]
    Import(String),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Output(#[from] io::Error),
}

/// Reads the command line, does what it says, and returns the exit code: 0, or 2 with a sentence on
/// standard error.
pub fn main() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // clap's own words say what is allowed; help and version are not errors.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match run(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "grand-arena: {failure}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn run(line: CommandLine) -> Result<(), Failure> {
    start_log(&line.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match line.command.unwrap_or(Command::Serve(line.serve)) {
        Command::Serve(settings) => runtime.block_on(serve(settings)),
        Command::Migrate(settings) => runtime.block_on(migrate(settings)),
        Command::Schema => Ok(io::stdout().write_all(graphql::sdl().as_bytes())?),
        Command::Import(arguments) => runtime.block_on(bring_in(arguments)),
        Command::Token(arguments) => sign(&arguments),
        #[cfg(feature = "show")]
        Command::Crowd(settings) => runtime.block_on(let_in(&settings)),
    }
}

fn start_log(filter: &str) -> Result<(), Failure> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).map_err(|_| {
        Failure::Usage(
            "ARENA_LOG must be a level such as info, or a filter such as grand_arena=debug"
                .to_owned(),
        )
    })?;
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colours)
        .init();
    Ok(())
}

async fn serve(settings: ServeSettings) -> Result<(), Failure> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let server = tokio::select! {
        server = Server::start(&settings) => server?,
        _ = interrupted.recv() => return Ok(()),
        _ = terminated.recv() => return Ok(()),
    };
    greet(&server, &settings)?;
    let told_to_stop = async {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        tracing::info!("shutting down");
    };
    Ok(server.run_until(told_to_stop).await?)
}

/// Tells a person at the terminal where things are.
fn greet(server: &Server, settings: &ServeSettings) -> io::Result<()> {
    let address = server.address();
    let mut out = io::stdout();
    writeln!(out, "Grand Arena is open.")?;
    writeln!(out, "  map         http://{address}/")?;
    if settings.has_playground() {
        writeln!(out, "  playground  http://{address}/playground")?;
    }
    writeln!(out, "  API         http://{address}/graphql (WebSocket: ws://{address}/graphql)")?;
    #[cfg(feature = "show")]
    if settings.has_demo() {
        writeln!(out, "  demo event  event(id: \"{DEMO_SLUG}\")")?;
    }
    // As it was called: after `make run` it is not on the path.
    let program = std::env::args().next().unwrap_or_else(|| "grand-arena".to_owned());
    writeln!(
        out,
        "  a token     {program} token --user alice (or the mutation startGuestSession)"
    )?;
    out.flush()
}

async fn migrate(settings: DatabaseSettings) -> Result<(), Failure> {
    let database = Database::open_beside(&settings).await?;
    let migrated = async { database.connect(&settings).await?.migrate().await }.await;
    let closed = database.close().await;
    migrated.map_err(DatabaseError::from)?;
    Ok(closed?)
}

async fn bring_in(arguments: ImportArguments) -> Result<(), Failure> {
    let file = File::open(&arguments.file).map_err(|error| {
        Failure::Import(format!("{} cannot be read: {error}", arguments.file.display()))
    })?;
    let plan = import::parse(file)
        .map_err(|error| Failure::Import(format!("{}: {error}", arguments.file.display())))?;
    let event = NewEvent {
        slug: arguments.event,
        name: arguments.name,
        venue: arguments.venue,
        starts_at: arguments.starts_at,
        sales_open_at: arguments.sales_open_at,
        sales_close_at: arguments.sales_close_at,
        hold_seconds: arguments.hold_seconds,
        max_seats_per_viewer: arguments.max_seats_per_viewer,
    };
    event.check().map_err(|error| Failure::Import(error.to_string()))?;
    let database = Database::open_beside(&arguments.database).await?;
    let brought_in = async {
        let store = database.connect(&arguments.database).await.map_err(DatabaseError::from)?;
        store.migrate().await.map_err(DatabaseError::from)?;
        store.create_event(&event, &plan).await.map_err(|error| Failure::Import(error.to_string()))
    }
    .await;
    let closed = database.close().await;
    let id = brought_in?;
    closed?;
    let id = graphql::ids::AnyId::Event(id).encode();
    writeln!(
        io::stdout(),
        "{}: brought in, seats: {}, id: {}",
        event.slug,
        plan.seats().len(),
        *id
    )?;
    Ok(())
}

fn sign(arguments: &TokenArguments) -> Result<(), Failure> {
    let user = ViewerId::new(&arguments.user)
        .map_err(|error| Failure::Usage(format!("--user: {error}")))?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(crate::embedded::default_data_dir);
    let identity = server::identity(&arguments.identity, &data_dir)?;
    let roles: &[Role] = match arguments.role {
        None | Some(RoleName::Buyer) => &[],
        Some(RoleName::Admin) => &[Role::Admin],
    };
    let (token, _) = identity.sign(&user, roles, wall_clock(), arguments.ttl)?;
    writeln!(io::stdout(), "{token}")?;
    Ok(())
}

#[cfg(feature = "show")]
async fn let_in(settings: &CrowdSettings) -> Result<(), Failure> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tokio::select! {
        ended = crowd::run(settings) => Ok(ended?),
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
    }
}

/// Reads `90s`, `30m`, `1h` or `7d`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let allowed = || {
        "write a number and s, m, h or d, for example 90s, 30m, 1h or 7d; at most 365d".to_owned()
    };
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(allowed)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(allowed()),
    };
    let number: u64 = number.parse().map_err(|_| allowed())?;
    let duration = Duration::from_secs(number.checked_mul(seconds).ok_or_else(allowed)?);
    if duration.is_zero() || duration > MAX_TTL { Err(allowed()) } else { Ok(duration) }
}
