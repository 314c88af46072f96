//! Settings: each a flag and an environment variable, each with its bounds, all in this one place.

mod limits;
mod tokens;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

pub use self::limits::LimitSettings;
pub use self::tokens::IdentitySettings;
use crate::endpoint::Networks;
use crate::http::{AllowedOrigins, PublicUrls};
use crate::trace::collector_address;

/// What the server and the commands that use the database are told.
#[derive(Clone, Debug, Args)]
pub struct DatabaseSettings {
    /// PostgreSQL 14 or newer, as postgres://user:password@host:5432/database. Of several hosts
    /// with commas between them, the one that takes writes is used. Left out, a private PostgreSQL
    /// runs under the data folder.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// Where the private PostgreSQL and the signing secret are kept: /var/lib/grand-arena for root,
    /// else ~/.local/share/grand-arena.
    #[arg(long, env = "ARENA_DATA_DIR", value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,

    /// Connections to the database for bookings, 2 to 128: transactions that may be under way at a
    /// time, each with up to 512 bookings of one event. More than the database has processors make
    /// batches smaller, not bookings faster.
    #[arg(
        long,
        env = "ARENA_BOOKING_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(2..=128),
    )]
    pub booking_connections: u32,

    /// Connections to the database for queries and the feed's reads, 2 to 500.
    #[arg(
        long,
        env = "ARENA_READ_CONNECTIONS",
        value_name = "NUMBER",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(2..=500),
    )]
    pub read_connections: u32,
}

/// What the server is told beside that.
#[derive(Clone, Debug, Args)]
pub struct ServeSettings {
    /// The address to listen on; port 0 takes a free one.
    #[arg(
        long,
        env = "ARENA_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// An address of its own for `/metrics`, as Prometheus reads it; port 0 takes a free one. Left
    /// out, there are no metrics. Everybody who can reach it can read them.
    #[arg(long, env = "ARENA_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,

    /// Where a collector of OpenTelemetry takes traces over HTTP, such as http://localhost:4318.
    /// Left out, nothing is traced. The standard's other variables say how: OTEL_SERVICE_NAME,
    /// OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        value_parser = collector_address
    )]
    pub otlp_endpoint: Option<String>,

    /// The database's direct address, for LISTEN, if DATABASE_URL leads to a pooler that hands out
    /// connections by transaction.
    #[arg(long, env = "ARENA_LISTEN_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub listen_database_url: Option<String>,

    /// Leaves the database's tables as they are; `grand-arena migrate` brings them up to date.
    #[arg(long, env = "ARENA_NO_MIGRATE", value_parser = BoolishValueParser::new())]
    pub no_migrate: bool,

    /// Brings in the demo event "Grand Arena" of 20,000 seats, unless it is there already.
    #[cfg(feature = "show")]
    #[arg(long, env = "ARENA_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,

    /// Whether there is an explorer of the API at `/playground`: true or false. Unless said, there
    /// is with the demo event or on a private PostgreSQL, and there is none on a database of your
    /// own.
    #[arg(
        long,
        env = "ARENA_PLAYGROUND",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new(),
    )]
    pub playground: Option<bool>,

    /// Whose pages may use this server from a browser, beside its own: origins such as
    /// `https://shop.example` with commas between them, or `*` for any.
    #[arg(
        long,
        env = "ARENA_ALLOWED_ORIGINS",
        value_name = "ORIGINS",
        default_value = "",
        hide_default_value = true
    )]
    pub allowed_origins: AllowedOrigins,

    /// Where people find the live map, if that is not where this server listens: an address such as
    /// `https://shop.example` or `https://shop.example/arena`; several with commas between them,
    /// the first of which people are told. By other names than these the server is not to be asked
    /// for, except localhost. Pages of their origins are its own. Requests may come with or
    /// without their paths before theirs.
    #[arg(long, env = "ARENA_PUBLIC_URL", value_name = "URLS")]
    pub public_url: Option<PublicUrls>,

    /// Subscriptions that this server carries at a time, 1 to 1,000,000.
    #[arg(
        long,
        env = "ARENA_MAX_SUBSCRIPTIONS",
        value_name = "NUMBER",
        default_value_t = 50_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
    )]
    pub max_subscriptions: u32,

    /// Changes of each event that the change log keeps, the newest, 1,000 to 1,000,000,000. A
    /// client that comes back after more than these gets a snapshot.
    #[arg(
        long,
        env = "ARENA_LOG_CHANGES",
        value_name = "NUMBER",
        default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u32).range(1_000..=1_000_000_000),
    )]
    pub log_changes: u32,

    /// How long the change log keeps a change, in hours, 1 to 87,600. A client that comes back
    /// after more gets a snapshot.
    #[arg(
        long,
        env = "ARENA_LOG_HOURS",
        value_name = "HOURS",
        default_value_t = 168,
        value_parser = clap::value_parser!(u32).range(1..=87_600),
    )]
    pub log_hours: u32,

    /// Lets webhooks be in private networks, and be called by http. Otherwise they are called by
    /// https, at addresses of the internet.
    #[arg(long, env = "ARENA_WEBHOOKS_ALLOW_PRIVATE", value_parser = BoolishValueParser::new())]
    pub webhooks_allow_private: bool,

    /// How long a shutdown may take, in seconds, 1 to 600: for requests under way to finish and
    /// sockets to say goodbye.
    #[arg(
        long,
        env = "ARENA_SHUTDOWN_SECONDS",
        value_name = "SECONDS",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=600),
    )]
    pub shutdown_seconds: u32,

    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,

    /// Who is asking.
    #[command(flatten)]
    pub identity: IdentitySettings,

    /// How much each account may have.
    #[command(flatten)]
    pub limits: LimitSettings,
}

impl ServeSettings {
    /// Whether there is to be a demo event; never in a build without the show.
    #[must_use]
    pub fn has_demo(&self) -> bool {
        #[cfg(feature = "show")]
        return self.demo;
        #[cfg(not(feature = "show"))]
        return false;
    }

    /// Where webhooks may be.
    #[must_use]
    pub fn webhook_networks(&self) -> Networks {
        if self.webhooks_allow_private { Networks::Any } else { Networks::Public }
    }

    /// Whether there is an explorer: not in production, unless it is asked for.
    #[must_use]
    pub fn has_playground(&self) -> bool {
        self.playground.unwrap_or(self.has_demo() || self.database.database_url.is_none())
    }
}
