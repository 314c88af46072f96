//! A new event, checked.

use chrono::{DateTime, TimeDelta, Utc};

use super::ids::is_plain_text;

/// How long a hold lasts unless said otherwise, in seconds: time to pay, not time to sleep on it.
pub const DEFAULT_HOLD_SECONDS: u32 = 300;
/// The longest hold, in seconds: a day. Longer ones are sales.
pub const MAX_HOLD_SECONDS: u32 = 86_400;
/// The largest limit of seats per viewer; an event without a limit has none.
pub const MAX_SEATS_PER_VIEWER: u32 = 100_000;
/// The longest slug, in characters: short enough for an address.
pub const MAX_SLUG_CHARS: usize = 63;
/// The longest name of an event or a venue, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// An event's name, place, time and conditions of sale. Its seats come with a [`SeatPlan`](super::plan::SeatPlan).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEvent {
    /// Its name in addresses; see [`is_slug`].
    pub slug: String,
    /// Its name for people, 1 to [`MAX_NAME_CHARS`] characters.
    pub name: String,
    /// Where it takes place, 1 to [`MAX_NAME_CHARS`] characters.
    pub venue: String,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// From when seats can be reserved; `None`: at once.
    pub sales_open_at: Option<DateTime<Utc>>,
    /// From when they no longer can; `None`: never.
    pub sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts, 1 to [`MAX_HOLD_SECONDS`].
    pub hold_seconds: u32,
    /// The most seats one viewer may hold and own together, 1 to [`MAX_SEATS_PER_VIEWER`]; `None`: no limit.
    pub max_seats_per_viewer: Option<u32>,
}

/// What is wrong with a new event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NewEventError {
    /// See [`is_slug`].
    #[error(
        "the event's slug must have 1 to {MAX_SLUG_CHARS} lower-case letters, digits and hyphens, and begin and end with a letter or digit"
    )]
    Slug,
    /// Empty, too long, or with control characters.
    #[error("the event's {0} must have 1 to {MAX_NAME_CHARS} characters and no control characters")]
    Name(&'static str),
    /// Sales would close before they open.
    #[error("sales must close after they open")]
    SalesWindow,
    /// Too short or too long.
    #[error("a hold must last 1 to {MAX_HOLD_SECONDS} seconds")]
    Hold,
    /// Too small or too large.
    #[error("the limit of seats per viewer must be 1 to {MAX_SEATS_PER_VIEWER}")]
    Limit,
    /// Before the year 1 or after the year 9999.
    #[error("an instant must lie in the years 1 to 9999")]
    Instant,
}

impl NewEvent {
    /// Checks every bound.
    pub fn check(&self) -> Result<(), NewEventError> {
        if !is_slug(&self.slug) {
            return Err(NewEventError::Slug);
        }
        for (what, text) in [("name", &self.name), ("venue", &self.venue)] {
            if !is_plain_text(text, MAX_NAME_CHARS) || text.trim().is_empty() {
                return Err(NewEventError::Name(what));
            }
        }
        if let (Some(open), Some(close)) = (self.sales_open_at, self.sales_close_at)
            && close <= open
        {
            return Err(NewEventError::SalesWindow);
        }
        if !(1..=MAX_HOLD_SECONDS).contains(&self.hold_seconds) {
            return Err(NewEventError::Hold);
        }
        if self.max_seats_per_viewer.is_some_and(|limit| !(1..=MAX_SEATS_PER_VIEWER).contains(&limit)) {
            return Err(NewEventError::Limit);
        }
        let instants = [Some(self.starts_at), self.sales_open_at, self.sales_close_at];
        if instants.into_iter().flatten().any(|at| !is_storable(at)) {
            return Err(NewEventError::Instant);
        }
        Ok(())
    }
}

/// Whether an event may go by this name in addresses: 1 to [`MAX_SLUG_CHARS`] lower-case ASCII letters, digits and
/// hyphens, first and last a letter or digit.
pub fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=MAX_SLUG_CHARS).contains(&bytes.len())
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
        && bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
}

/// RFC 3339 has four-digit years.
fn is_storable(at: DateTime<Utc>) -> bool {
    const YEAR_ONE: TimeDelta = TimeDelta::seconds(-62_135_596_800);
    const YEAR_TEN_THOUSAND: TimeDelta = TimeDelta::seconds(253_402_300_800);
    let since_epoch = at - DateTime::UNIX_EPOCH;
    (YEAR_ONE..YEAR_TEN_THOUSAND).contains(&since_epoch)
}
