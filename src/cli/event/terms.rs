//! What is said of an event on the command line.

use chrono::{DateTime, Utc};
use clap::Args;

use super::output::OutputArguments;
use crate::cli::limit::{Clearable, DEFAULT_LET_GO, DEFAULT_LIMIT, Limit, WhoConfirms};
use crate::domain::event::{DEFAULT_HOLD_SECONDS, DEFAULT_TIME_ZONE, NewEvent};
use crate::domain::event_details::EventChanges;

/// A new event.
#[derive(Debug, Args)]
pub(super) struct CreateArguments {
    /// Its name in addresses: lower-case letters, digits and hyphens.
    #[arg(value_name = "SLUG")]
    slug: String,
    /// Its name for people.
    #[arg(long)]
    name: String,
    /// Where it takes place.
    #[arg(long)]
    venue: String,
    /// When it starts, as 2026-12-31T20:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    starts_at: DateTime<Utc>,
    /// The time zone that its start is said in, as America/New_York: a name of the IANA database.
    #[arg(long, value_name = "ZONE", default_value = DEFAULT_TIME_ZONE)]
    time_zone: String,
    /// What its prices are in, as EUR; needed without --plan-from.
    #[arg(long, value_name = "CODE")]
    pub(super) currency: Option<String>,
    /// The slug of the event whose plan is copied.
    #[arg(long, value_name = "SLUG")]
    pub(super) plan_from: Option<String>,
    /// From when seats can be reserved, as 2026-12-01T10:00:00Z; at once unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_open_at: Option<DateTime<Utc>>,
    /// From when seats can no longer be reserved; when it starts unless said.
    #[arg(long, value_name = "INSTANT")]
    sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts, in seconds, 1 to 86400.
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_HOLD_SECONDS)]
    hold_seconds: u32,
    /// By how much a hold may be prolonged, once, in seconds, up to 86400.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    hold_extension_seconds: u32,
    /// The most seats one viewer may hold and own together, 1 to 100000, or `none` for no limit.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_LIMIT)]
    max_seats_per_viewer: Limit,
    /// The most seats one viewer may let go in ten minutes and still get more, 1 to 1000, or `none`
    /// for no limit.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_LET_GO)]
    max_seats_let_go: Limit,
    /// Who confirms seats that cost money: the buyer, or the shop's own server after payment.
    #[arg(long, value_name = "WHO", default_value = "shop")]
    confirmed_by: WhoConfirms,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

/// What is to be different of an event.
#[derive(Debug, Args)]
pub(super) struct TermArguments {
    /// Its name for people.
    #[arg(long)]
    name: Option<String>,
    /// Where it takes place.
    #[arg(long)]
    venue: Option<String>,
    /// When it starts.
    #[arg(long, value_name = "INSTANT")]
    starts_at: Option<DateTime<Utc>>,
    /// The time zone that its start is said in.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// From when seats can be reserved, or `none`: at once.
    #[arg(long, value_name = "INSTANT")]
    sales_open_at: Option<Clearable<DateTime<Utc>>>,
    /// From when seats can no longer be reserved, or `none`: when it starts.
    #[arg(long, value_name = "INSTANT")]
    sales_close_at: Option<Clearable<DateTime<Utc>>>,
    /// How long a hold lasts from now on, in seconds.
    #[arg(long, value_name = "SECONDS")]
    hold_seconds: Option<u32>,
    /// By how much a hold may be prolonged from now on, in seconds.
    #[arg(long, value_name = "SECONDS")]
    hold_extension_seconds: Option<u32>,
    /// The most seats one viewer may hold and own together, or `none`. Whoever has more keeps them.
    #[arg(long, value_name = "NUMBER")]
    max_seats_per_viewer: Option<Limit>,
    /// The most seats one viewer may let go in ten minutes and still get more, or `none`.
    #[arg(long, value_name = "NUMBER")]
    max_seats_let_go: Option<Limit>,
    /// Who confirms seats that cost money.
    #[arg(long, value_name = "WHO")]
    confirmed_by: Option<WhoConfirms>,
    /// Whether a reservation may leave a single free seat between taken ones.
    #[arg(long, value_name = "true|false")]
    allows_lone_seats: Option<bool>,
}

impl CreateArguments {
    pub(super) fn event(&self) -> NewEvent {
        NewEvent {
            slug: self.slug.clone(),
            name: self.name.clone(),
            venue: self.venue.clone(),
            starts_at: self.starts_at,
            time_zone: self.time_zone.clone(),
            sales_open_at: self.sales_open_at,
            sales_close_at: self.sales_close_at,
            hold_seconds: self.hold_seconds,
            hold_extension_seconds: self.hold_extension_seconds,
            max_seats_per_viewer: self.max_seats_per_viewer.0,
            max_seats_let_go: self.max_seats_let_go.0,
            confirmed_by: self.confirmed_by.into(),
        }
    }
}

impl TermArguments {
    pub(super) fn changes(self) -> EventChanges {
        EventChanges {
            name: self.name,
            venue: self.venue,
            starts_at: self.starts_at,
            time_zone: self.time_zone,
            sales_open_at: self.sales_open_at.map(|at| at.0),
            sales_close_at: self.sales_close_at.map(|at| at.0),
            hold_seconds: self.hold_seconds,
            hold_extension_seconds: self.hold_extension_seconds,
            max_seats_per_viewer: self.max_seats_per_viewer.map(|limit| limit.0),
            max_seats_let_go: self.max_seats_let_go.map(|limit| limit.0),
            confirmed_by: self.confirmed_by.map(Into::into),
            allows_lone_seats: self.allows_lone_seats,
            stage: None,
        }
    }
}
