//! What the crowd is told. Each setting is a flag, with its bounds.

use clap::Args;

/// What the crowd is told.
#[derive(Clone, Debug, Args)]
pub struct CrowdSettings {
    /// The server's address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,

    /// The event's slug; unless said, the newest demo event, and then the next.
    #[arg(long, value_name = "SLUG")]
    pub event: Option<String>,

    /// How many buyers are there at a time, 1 to 10,000.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=10_000),
    )]
    pub buyers: u32,

    /// How many come each second, 1 to 1,000, as long as there is room for them.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(1..=1_000),
    )]
    pub pace: u32,
}
