//! What those who run the server are shown of the feed.

use std::sync::Arc;

use super::registry::Feed;
use crate::metrics::Metrics;

impl Feed {
    /// Shows what there is to be known of it.
    pub fn register(self: &Arc<Self>, metrics: &Metrics) {
        self.counts.register(metrics);
        self.allowances().into_iter().for_each(|allowance| metrics.watch(allowance));
        let feed = Arc::clone(self);
        metrics.measure("watched_events", "Events that somebody follows here", move || {
            vec![(vec![], u32::try_from(feed.watches()).unwrap_or(u32::MAX).into())]
        });
        let feed = Arc::clone(self);
        metrics.measure(
            "feed_lag_revisions",
            "The most changes of an event that are known to be there and have not been read",
            move || vec![(vec![], feed.lag() as f64)],
        );
        let feed = Arc::clone(self);
        metrics.measure("feed_listening", "Whether wake-ups arrive: 1 or 0", move || {
            vec![(vec![], f64::from(u8::from(feed.vitals().is_listening())))]
        });
        let feed = Arc::clone(self);
        let help = "How long ago those last got something that look once a second";
        metrics.measure("look_age_seconds", help, move || {
            let vitals = feed.vitals();
            let looks = [
                ("readers", feed.oldest_look()),
                ("wake-ups", vitals.heard_ago()),
                ("writes", vitals.written_ago()),
            ];
            looks.map(|(of, age)| (vec![("of", of)], age.as_secs_f64())).into()
        });
    }
}
