//! The hours and days by which sales are counted: as people at the venue have them.

use chrono::{DateTime, Days, NaiveDate, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// By what sales are counted over time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SalesSpan {
    /// Hour by hour, a week back.
    Hour,
    /// Day by day, a year back.
    Day,
}

/// A change of a zone's clock takes as long at most.
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

impl SalesSpan {
    /// How many there are at most: a week of hours; a leap year of days. Who wants to know more of
    /// a sale has all of its orders.
    pub const fn most(self) -> usize {
        match self {
            Self::Hour => 7 * 24,
            Self::Day => 366,
        }
    }

    /// When each begins in a zone of the IANA database, ascending; `now` is in the last. A zone
    /// that is unknown is UTC.
    pub fn beginnings(self, time_zone: &str, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let zone = time_zone.parse().unwrap_or(Tz::UTC);
        let mut beginnings = match self {
            Self::Hour => hours(zone, now, self.most()),
            Self::Day => days(zone, now, self.most()),
        };
        beginnings.reverse();
        beginnings.dedup();
        beginnings
    }
}

/// The last first.
fn hours(zone: Tz, now: DateTime<Utc>, most: usize) -> Vec<DateTime<Utc>> {
    const HOUR: i64 = 3600;
    let offset = i64::from(now.with_timezone(&zone).offset().fix().local_minus_utc());
    let into = (now.timestamp() + offset).rem_euclid(HOUR);
    let last = DateTime::from_timestamp(now.timestamp() - into, 0).unwrap_or(now);
    (0..).take(most).map(|hours| last - TimeDelta::hours(hours)).collect()
}

/// The last first.
fn days(zone: Tz, now: DateTime<Utc>, most: usize) -> Vec<DateTime<Utc>> {
    let today = now.with_timezone(&zone).date_naive();
    let days = (0..).take(most).map_while(|days| today.checked_sub_days(Days::new(days)));
    days.filter_map(|day| beginning(zone, day)).collect()
}

/// The first instant of a day; where clocks are put forward at midnight, after that.
fn beginning(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.and_hms_opt(0, 0, 0)?;
    let minutes = (0..=LONGEST_GAP_MINUTES).step_by(15);
    let first = minutes.filter_map(|minutes| {
        zone.from_local_datetime(&(midnight + TimeDelta::minutes(minutes))).earliest()
    });
    first.map(|at| at.to_utc()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_when_it_does_at_the_venue() {
        let now = at("2026-11-28T23:30:00Z");
        let berlin = SalesSpan::Day.beginnings("Europe/Berlin", now);
        assert_eq!(berlin.len(), 366);
        assert_eq!(berlin.last(), Some(&at("2026-11-28T23:00:00Z")), "it is tomorrow there");
        assert!(berlin.contains(&at("2026-06-30T22:00:00Z")), "and summer was an hour ahead");
        let utc = SalesSpan::Day.beginnings("Nowhere/Land", now);
        assert_eq!(utc.last(), Some(&at("2026-11-28T00:00:00Z")));
        assert!(berlin.is_sorted() && utc.is_sorted());
    }

    #[test]
    fn a_day_without_a_midnight_begins_after_it() {
        // In 2018, Brazil's clocks went from 0:00 to 1:00 on the fourth of November.
        let days = SalesSpan::Day.beginnings("America/Sao_Paulo", at("2018-11-04T12:00:00Z"));
        assert_eq!(days.last(), Some(&at("2018-11-04T03:00:00Z")));
    }

    #[test]
    fn an_hour_begins_when_clocks_there_strike() {
        let hours = SalesSpan::Hour.beginnings("Asia/Kolkata", at("2026-11-28T12:45:10Z"));
        assert_eq!(hours.len(), 168);
        assert_eq!(hours.last(), Some(&at("2026-11-28T12:30:00Z")));
        assert_eq!(hours[166], at("2026-11-28T11:30:00Z"));
    }
}
