//! A new event, checked.

use chrono::{DateTime, TimeDelta, Utc};

use super::churn::MAX_SEATS_LET_GO;
use super::confirmed_by::ConfirmedBy;
use super::text::{self, TEXT_RULE};

/// The time zone of an event unless said otherwise.
pub const DEFAULT_TIME_ZONE: &str = "UTC";
/// How long a hold lasts unless said otherwise, in seconds: time to pay, not time to sleep on it.
pub const DEFAULT_HOLD_SECONDS: u32 = 300;
/// The longest hold, in seconds: a day. Longer ones are sales.
pub const MAX_HOLD_SECONDS: u32 = 86_400;
/// The longest that a hold may be prolonged, in seconds: by as much again.
pub const MAX_HOLD_EXTENSION_SECONDS: u32 = MAX_HOLD_SECONDS;
/// The limit of seats per viewer unless said otherwise: a family with its friends, and no reseller.
pub const DEFAULT_MAX_SEATS_PER_VIEWER: u32 = 8;
/// The largest limit of seats per viewer; an event without a limit has none.
pub const MAX_SEATS_PER_VIEWER: u32 = 100_000;
/// The longest slug, in characters: short enough for an address.
pub const MAX_SLUG_CHARS: usize = 63;
/// The longest name of an event or a venue, in characters.
pub const MAX_NAME_CHARS: usize = 200;

/// An event's name, place, time and conditions of sale. Its seats come with a
/// [`SeatPlan`](super::plan::SeatPlan).
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
    /// What the start is said in, by its name in the IANA time zone database; see
    /// [`is_time_zone`].
    pub time_zone: String,
    /// From when seats can be reserved; `None`: at once.
    pub sales_open_at: Option<DateTime<Utc>>,
    /// From when they no longer can; `None`: from its start.
    pub sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts, 1 to [`MAX_HOLD_SECONDS`].
    pub hold_seconds: u32,
    /// By how much a hold may be prolonged, once, while its holder pays: 0, which is not at all, to
    /// [`MAX_HOLD_EXTENSION_SECONDS`].
    pub hold_extension_seconds: u32,
    /// The most seats one viewer may hold and own together, 1 to [`MAX_SEATS_PER_VIEWER`]; `None`:
    /// no limit.
    pub max_seats_per_viewer: Option<u32>,
    /// The most seats one viewer may let go in ten minutes and still get more, 1 to
    /// [`MAX_SEATS_LET_GO`]; `None`: nobody is refused for that. See [`churn`](super::churn).
    pub max_seats_let_go: Option<u32>,
    /// Who confirms seats that cost money.
    pub confirmed_by: ConfirmedBy,
}

/// What is wrong with a new event.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NewEventError {
    /// See [`is_slug`].
    #[error(
        "the event's slug must have 1 to {MAX_SLUG_CHARS} lower-case letters, digits and hyphens, \
            and begin and end with a letter or digit"
    )]
    Slug,
    /// Empty, too long, or with what no text may hold.
    #[error("the event's {0} must have 1 to {MAX_NAME_CHARS} characters, {TEXT_RULE}")]
    Name(&'static str),
    /// See [`is_time_zone`].
    #[error(
        "the event's time zone must be a name of the IANA time zone database, for example \
            America/New_York"
    )]
    TimeZone,
    /// Nobody could buy in time for the event.
    #[error("sales must open before the event starts, and close after they open")]
    SalesWindow,
    /// Too short or too long.
    #[error("a hold must last 1 to {MAX_HOLD_SECONDS} seconds")]
    Hold,
    /// Too long.
    #[error("a hold must be prolonged by 0 to {MAX_HOLD_EXTENSION_SECONDS} seconds")]
    HoldExtension,
    /// Too small or too large.
    #[error("the limit of seats that a viewer may let go must be 1 to {MAX_SEATS_LET_GO}")]
    LetGo,
    /// Too small or too large.
    #[error("the limit of seats per viewer must be 1 to {MAX_SEATS_PER_VIEWER}")]
    Limit,
    /// Before the year 1 or after the year 9999.
    #[error("an instant must lie in the years 1 to 9999")]
    Instant,
}

impl NewEventError {
    /// What is wrong, by its name in the API.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Slug => "slug",
            Self::Name(what) => what,
            Self::TimeZone => "timeZone",
            Self::SalesWindow => "salesOpenAt",
            Self::Hold => "holdSeconds",
            Self::HoldExtension => "holdExtensionSeconds",
            Self::LetGo => "maxSeatsLetGo",
            Self::Limit => "maxSeatsPerViewer",
            Self::Instant => "startsAt",
        }
    }
}

impl NewEvent {
    /// From when seats can no longer be reserved.
    pub fn sales_close_at(&self) -> DateTime<Utc> {
        self.sales_close_at.unwrap_or(self.starts_at)
    }

    /// How long a hold lasts.
    pub fn hold(&self) -> TimeDelta {
        TimeDelta::seconds(self.hold_seconds.into())
    }

    /// By how much a hold may be prolonged.
    pub fn hold_extension(&self) -> TimeDelta {
        TimeDelta::seconds(self.hold_extension_seconds.into())
    }

    /// Checks every bound.
    pub fn check(&self) -> Result<(), NewEventError> {
        if !is_slug(&self.slug) {
            return Err(NewEventError::Slug);
        }
        for (what, text) in [("name", &self.name), ("venue", &self.venue)] {
            if !text::is_plain(text, MAX_NAME_CHARS) || text.trim().is_empty() {
                return Err(NewEventError::Name(what));
            }
        }
        if !is_time_zone(&self.time_zone) {
            return Err(NewEventError::TimeZone);
        }
        let latest = self.starts_at.min(self.sales_close_at());
        if self.sales_open_at.is_some_and(|opens_at| latest <= opens_at) {
            return Err(NewEventError::SalesWindow);
        }
        if !(1..=MAX_HOLD_SECONDS).contains(&self.hold_seconds) {
            return Err(NewEventError::Hold);
        }
        if self.hold_extension_seconds > MAX_HOLD_EXTENSION_SECONDS {
            return Err(NewEventError::HoldExtension);
        }
        if self.max_seats_let_go.is_some_and(|limit| !(1..=MAX_SEATS_LET_GO).contains(&limit)) {
            return Err(NewEventError::LetGo);
        }
        if self
            .max_seats_per_viewer
            .is_some_and(|limit| !(1..=MAX_SEATS_PER_VIEWER).contains(&limit))
        {
            return Err(NewEventError::Limit);
        }
        let instants = [Some(self.starts_at), self.sales_open_at, self.sales_close_at];
        if instants.into_iter().flatten().any(|at| !is_storable(at)) {
            return Err(NewEventError::Instant);
        }
        Ok(())
    }
}

/// Whether an event may go by this name in addresses: 1 to [`MAX_SLUG_CHARS`] lower-case ASCII
/// letters, digits and hyphens, first and last a letter or digit.
pub fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=MAX_SLUG_CHARS).contains(&bytes.len())
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
        && bytes.first().is_some_and(plain)
        && bytes.last().is_some_and(plain)
}

/// Whether the IANA time zone database has a zone or a link of this name, in this spelling.
pub fn is_time_zone(text: &str) -> bool {
    text.parse::<chrono_tz::Tz>().is_ok()
}

/// RFC 3339 has four-digit years.
fn is_storable(at: DateTime<Utc>) -> bool {
    const YEAR_ONE: TimeDelta = TimeDelta::seconds(-62_135_596_800);
    const YEAR_TEN_THOUSAND: TimeDelta = TimeDelta::seconds(253_402_300_800);
    let since_epoch = at - DateTime::UNIX_EPOCH;
    (YEAR_ONE..YEAR_TEN_THOUSAND).contains(&since_epoch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::churn::DEFAULT_MAX_SEATS_LET_GO;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn event() -> NewEvent {
        NewEvent {
            slug: "arena-2031".to_owned(),
            name: "The Opening".to_owned(),
            venue: "Grand Arena".to_owned(),
            starts_at: at("2031-05-01T18:00:00Z"),
            time_zone: DEFAULT_TIME_ZONE.to_owned(),
            sales_open_at: Some(at("2031-01-01T09:00:00Z")),
            sales_close_at: Some(at("2031-05-01T17:00:00Z")),
            hold_seconds: DEFAULT_HOLD_SECONDS,
            hold_extension_seconds: 0,
            max_seats_per_viewer: Some(DEFAULT_MAX_SEATS_PER_VIEWER),
            max_seats_let_go: Some(DEFAULT_MAX_SEATS_LET_GO),
            confirmed_by: ConfirmedBy::default(),
        }
    }

    #[test]
    fn an_event_may_do_without_sales_window_and_limit() {
        assert_eq!(event().check(), Ok(()));
        let free = NewEvent {
            sales_open_at: None,
            sales_close_at: None,
            max_seats_per_viewer: None,
            max_seats_let_go: None,
            ..event()
        };
        assert_eq!(free.check(), Ok(()));
    }

    #[test]
    fn a_slug_is_lower_case_letters_digits_and_inner_hyphens() {
        for good in ["a", "7", "a-b", "a--b", &"x".repeat(63)] {
            assert!(is_slug(good), "{good:?}");
        }
        for bad in ["", "-", "-a", "a-", "A", "a b", "a_b", "é", "a/b", &"x".repeat(64)] {
            assert!(!is_slug(bad), "{bad:?}");
            assert_eq!(
                NewEvent { slug: bad.to_owned(), ..event() }.check(),
                Err(NewEventError::Slug)
            );
        }
    }

    #[test]
    fn names_have_1_to_200_characters_of_which_one_can_be_seen() {
        for (text, is_good) in
            [("é".repeat(200), true), ("é".repeat(201), false), (" ".into(), false)]
        {
            let named = NewEvent { name: text.clone(), ..event() }.check();
            let placed = NewEvent { venue: text, ..event() }.check();
            assert_eq!(named, if is_good { Ok(()) } else { Err(NewEventError::Name("name")) });
            assert_eq!(placed, if is_good { Ok(()) } else { Err(NewEventError::Name("venue")) });
        }
        for bad in ["a\nb", "1202 \u{202e}anerA"] {
            assert!(NewEvent { name: bad.to_owned(), ..event() }.check().is_err(), "{bad:?}");
            assert!(NewEvent { venue: bad.to_owned(), ..event() }.check().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_time_zone_is_one_of_the_iana_database() {
        for (name, is_good) in [
            ("America/New_York", true),
            ("Asia/Kathmandu", true),
            ("Etc/GMT+5", true),
            ("", false),
            ("america/new_york", false),
            ("+02:00", false),
            ("CEST", false),
            ("Europe/Gotham", false),
        ] {
            let checked = NewEvent { time_zone: name.to_owned(), ..event() }.check();
            assert_eq!(checked.is_ok(), is_good, "{name:?}");
        }
    }

    #[test]
    fn sales_close_after_they_open_and_open_before_the_event_starts() {
        let starts_at = Some(event().starts_at);
        let check = |sales_open_at, sales_close_at| {
            NewEvent { sales_open_at, sales_close_at, ..event() }.check()
        };
        let open = event().sales_open_at;
        assert_eq!(check(open, open), Err(NewEventError::SalesWindow));
        let late = Some(at("2031-05-02T00:00:00Z"));
        for close in [None, late] {
            assert_eq!(check(starts_at, close), Err(NewEventError::SalesWindow));
            assert_eq!(check(open, close), Ok(()), "late comers may buy where that is said");
        }
    }

    #[test]
    fn a_hold_lasts_a_second_to_a_day() {
        for (hold_seconds, is_good) in
            [(0, false), (1, true), (MAX_HOLD_SECONDS, true), (MAX_HOLD_SECONDS + 1, false)]
        {
            assert_eq!(
                NewEvent { hold_seconds, ..event() }.check().is_ok(),
                is_good,
                "{hold_seconds}"
            );
        }
    }

    #[test]
    fn a_hold_is_prolonged_by_a_day_at_most() {
        let most = MAX_HOLD_EXTENSION_SECONDS;
        for (hold_extension_seconds, is_good) in [(0, true), (most, true), (most + 1, false)] {
            let checked = NewEvent { hold_extension_seconds, ..event() }.check();
            assert_eq!(checked.is_ok(), is_good, "{hold_extension_seconds}");
        }
    }

    #[test]
    fn of_the_seats_that_may_be_let_go_there_is_at_least_one() {
        for (limit, is_good) in
            [(0, false), (1, true), (MAX_SEATS_LET_GO, true), (MAX_SEATS_LET_GO + 1, false)]
        {
            let checked = NewEvent { max_seats_let_go: Some(limit), ..event() }.check();
            assert_eq!(checked.is_ok(), is_good, "{limit}");
        }
    }

    #[test]
    fn a_limit_allows_at_least_one_seat() {
        for (limit, is_good) in
            [(0, false), (1, true), (MAX_SEATS_PER_VIEWER, true), (MAX_SEATS_PER_VIEWER + 1, false)]
        {
            let limited = NewEvent { max_seats_per_viewer: Some(limit), ..event() };
            assert_eq!(limited.check().is_ok(), is_good, "{limit}");
        }
    }

    #[test]
    fn instants_have_four_digit_years() {
        let second = TimeDelta::seconds(1);
        let (first, last) = (at("0001-01-01T00:00:00Z"), at("9999-12-31T23:59:59Z"));
        for (starts_at, is_good) in
            [(first, true), (first - second, false), (last, true), (last + second, false)]
        {
            assert_eq!(
                NewEvent { starts_at, sales_open_at: None, ..event() }.check().is_ok(),
                is_good,
                "{starts_at}"
            );
        }
        let opens_too_early = NewEvent { sales_open_at: Some(first - second), ..event() };
        assert_eq!(opens_too_early.check(), Err(NewEventError::Instant));
        let closes_too_late = NewEvent { sales_close_at: Some(last + second), ..event() };
        assert_eq!(closes_too_late.check(), Err(NewEventError::Instant));
    }
}
