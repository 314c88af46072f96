//! How late frames are: from the decision of each change to its arrival, by revision.
//!
//! A change's time in the log is the database's clock after the locks were held. So the commit is
//! part of the lag, which is then rather more than what is promised.

use std::collections::BTreeMap;

use sqlx::{Connection as _, PgConnection};

use super::ask::Arrival;
use super::log::EventLog;
use crate::Result;

/// How late frames were, in milliseconds; nothing if none came.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Lag {
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

/// When the changes of an event were decided.
#[derive(Clone, Debug, Default)]
pub(super) struct Times {
    first: u64,
    decided_us: Vec<i64>,
}

impl Times {
    /// Reads them for the revisions that have arrived.
    pub(super) async fn read(log: EventLog<'_>, arrivals: &[Arrival]) -> Result<Self> {
        let first = arrivals.iter().map(|arrival| arrival.from).min().unwrap_or(1);
        let mut sql = PgConnection::connect(log.database_url).await?;
        let decided_us = sqlx::query_scalar(
            "SELECT (extract(epoch FROM changed_at) * 1000000)::bigint FROM seat_changes
              WHERE event_id = $1 AND revision >= $2 ORDER BY revision",
        )
        .bind(log.event.id.0)
        .bind(i64::try_from(first)?)
        .fetch_all(&mut sql)
        .await?;
        sql.close().await?;
        Ok(Self { first, decided_us })
    }

    /// How late these frames were. Each change counts for each watcher that it came to.
    pub(super) fn lag(&self, arrivals: &[Arrival]) -> Lag {
        /// As fine as it is told, in microseconds.
        const STEP_US: i64 = 100;
        let mut lags: BTreeMap<i64, u64> = BTreeMap::new();
        for arrival in arrivals {
            let index = |revision: u64| usize::try_from(revision.saturating_sub(self.first)).ok();
            let (Some(from), Some(to)) = (index(arrival.from), index(arrival.to)) else { continue };
            let known = self.decided_us.len();
            for decided in &self.decided_us[from.min(known)..(to + 1).min(known)] {
                *lags.entry((arrival.at_us - decided).max(0) / STEP_US).or_default() += 1;
            }
        }
        let all: u64 = lags.values().sum();
        let part = |part: f64| {
            let wanted = (all as f64 * part).ceil() as u64;
            let mut so_far = 0;
            let (lag, _) = lags.iter().find(|&(_, count)| {
                so_far += count;
                so_far >= wanted
            })?;
            Some((*lag * STEP_US) as f64 / 1e3)
        };
        Lag { p50_ms: part(0.5), p99_ms: part(0.99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_of_a_frame_has_its_own_lag() {
        let times = Times { first: 11, decided_us: (0..100).map(|at| at * 1000).collect() };
        // All hundred at once, when the last was decided: 0 to 99 ms late.
        let all = Arrival { from: 11, to: 110, at_us: 99_000 };
        let lag = times.lag(&[all]);
        assert_eq!((lag.p50_ms, lag.p99_ms), (Some(49.0), Some(98.0)));
        let one_late = Arrival { from: 11, to: 11, at_us: 500_000 };
        assert_eq!(times.lag(&[one_late]).p50_ms, Some(500.0));
        assert_eq!(times.lag(&[]), Lag::default());
        // Of what is not in the log there is nothing to say.
        assert_eq!(times.lag(&[Arrival { from: 111, to: 120, at_us: 0 }]), Lag::default());
    }
}
