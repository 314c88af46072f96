//! The demo events, one after another: when the newest is nearly sold out or has begun, the next is
//! brought in, so that there is always something to buy. Nothing is ever taken away.
//!
//! Several servers on one database may do this at the same time: one of them gets the slug.
//!
//! Invariant: the events are numbered from 1 without a gap, and each starts a day or more after the
//! one before.
//!
//! Deliberately absent: SQL, which is behind [`EventStore`], and a clock of our own.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ConfirmedBy;
use domain::churn::DEFAULT_MAX_SEATS_LET_GO;
use domain::event::{
    DEFAULT_HOLD_SECONDS, DEFAULT_MAX_SEATS_PER_VIEWER, DEFAULT_TIME_ZONE, NewEvent,
};
use domain::plan::SeatPlan;
use tokio_util::sync::CancellationToken;

use crate::venue;

/// The slug of the first demo event.
pub const DEMO_SLUG: &str = "grand-arena";

/// From when an event counts as sold out, in percent of its seats: what is left are single seats
/// here and there.
const SOLD_OUT_PERCENT: i64 = 95;

/// How often to look: 20,000 seats take minutes to sell out, and looking takes milliseconds.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// How far ahead an event is that does not follow one to come.
const UNTIL_FIRST: TimeDelta = TimeDelta::days(30);

/// From the start of one event to the start of the next.
const UNTIL_NEXT: TimeDelta = TimeDelta::days(1);

/// Where events are kept.
pub trait EventStore {
    /// Why it could not be asked.
    type Error: std::error::Error + 'static;

    /// The event with this slug, as it is now.
    fn find(
        &self,
        slug: &str,
    ) -> impl Future<Output = Result<Option<ListedEvent>, Self::Error>> + Send;

    /// Creates an event; false if its slug is taken, by another server for example.
    fn create(
        &self,
        event: &NewEvent,
        plan: &SeatPlan,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// What the series has to know of an event.
#[derive(Clone, Copy, Debug)]
pub struct ListedEvent {
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// How many seats are available,
    pub available: i64,
    /// reserved
    pub reserved: i64,
    /// and confirmed.
    pub confirmed: i64,
}

impl ListedEvent {
    /// Only confirmed seats count: what is held may come back.
    fn is_sold_out(self) -> bool {
        let all = self.available + self.reserved + self.confirmed;
        self.confirmed * 100 >= all * SOLD_OUT_PERCENT
    }
}

/// The slug of a demo event by its number, from 1.
#[must_use]
pub fn slug(number: u32) -> String {
    if number <= 1 { DEMO_SLUG.to_owned() } else { format!("{DEMO_SLUG}-{number}") }
}

/// Brings in the first demo event, unless it is there. It starts a month after `now`.
pub async fn open_first<S: EventStore>(store: &S, now: DateTime<Utc>) -> Result<(), S::Error> {
    if store.find(DEMO_SLUG).await?.is_none() {
        create(store, &new_event(1, now + UNTIL_FIRST)).await?;
    }
    Ok(())
}

/// Brings in one demo event after the other until told to stop.
pub async fn keep_open<S: EventStore>(
    store: S,
    clock: impl Fn() -> DateTime<Utc>,
    stop: CancellationToken,
) {
    let mut newest = 1;
    let looking = async {
        loop {
            if let Err(error) = open_next_if_over(&store, &mut newest, clock()).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the next demo event was not brought in");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::select! {
        () = looking => {}
        () = stop.cancelled() => {}
    }
}

/// Looks at the newest demo event, which is number `newest` or a later one. Brings in the next if
/// that is sold out or has begun. Does nothing if there is no event of that number.
pub async fn open_next_if_over<S: EventStore>(
    store: &S,
    newest: &mut u32,
    now: DateTime<Utc>,
) -> Result<(), S::Error> {
    let Some(mut last) = store.find(&slug(*newest)).await? else { return Ok(()) };
    while let Some(later) = store.find(&slug(*newest + 1)).await? {
        (*newest, last) = (*newest + 1, later);
    }
    let has_begun = last.starts_at <= now;
    if has_begun || last.is_sold_out() {
        let starts_at = if has_begun { now + UNTIL_FIRST } else { last.starts_at + UNTIL_NEXT };
        let next = new_event(*newest + 1, starts_at);
        if create(store, &next).await? {
            let event = next.slug;
            tracing::info!(event, "the demo event before is over or sold out; this one is open");
        }
    }
    Ok(())
}

/// Whether this server created it: of several, another may have been faster.
async fn create<S: EventStore>(store: &S, event: &NewEvent) -> Result<bool, S::Error> {
    store.create(event, &venue::grand_arena()).await
}

fn new_event(number: u32, starts_at: DateTime<Utc>) -> NewEvent {
    let name =
        if number == 1 { "Grand Arena".to_owned() } else { format!("Grand Arena, night {number}") };
    NewEvent {
        slug: slug(number),
        name,
        venue: "Grand Arena".to_owned(),
        starts_at,
        time_zone: DEFAULT_TIME_ZONE.to_owned(),
        sales_open_at: None,
        sales_close_at: None,
        hold_seconds: DEFAULT_HOLD_SECONDS,
        hold_extension_seconds: 0,
        max_seats_per_viewer: Some(DEFAULT_MAX_SEATS_PER_VIEWER),
        max_seats_let_go: Some(DEFAULT_MAX_SEATS_LET_GO),
        // A newcomer's first purchase goes through, without a shop.
        confirmed_by: ConfirmedBy::Buyer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::convert::Infallible;
    use std::sync::Mutex;

    /// Events and their names, by their slugs.
    #[derive(Default)]
    struct Memory {
        events: Mutex<HashMap<String, (String, ListedEvent)>>,
        is_slower_than_another: bool,
    }

    impl Memory {
        fn sell(&self, slug: &str, reserved: i64, confirmed: i64) {
            let mut events = self.events.lock().unwrap();
            let (_, event) = events.get_mut(slug).unwrap();
            let available = 20_000 - reserved - confirmed;
            *event = ListedEvent { available, reserved, confirmed, ..*event };
        }

        fn get(&self, slug: &str) -> Option<(String, ListedEvent)> {
            self.events.lock().unwrap().get(slug).cloned()
        }
    }

    impl EventStore for Memory {
        type Error = Infallible;

        async fn find(&self, slug: &str) -> Result<Option<ListedEvent>, Infallible> {
            Ok(self.get(slug).map(|(_, event)| event))
        }

        async fn create(&self, event: &NewEvent, plan: &SeatPlan) -> Result<bool, Infallible> {
            event.check().unwrap();
            let available = i64::try_from(plan.seats().len()).unwrap();
            let listed =
                ListedEvent { starts_at: event.starts_at, available, reserved: 0, confirmed: 0 };
            let mut events = self.events.lock().unwrap();
            let before = events.insert(event.slug.clone(), (event.name.clone(), listed));
            assert!(before.is_none(), "{} is created twice", event.slug);
            Ok(!self.is_slower_than_another)
        }
    }

    #[tokio::test]
    async fn the_first_event_is_brought_in_once_and_starts_in_a_month() {
        let (store, now) = (Memory::default(), DateTime::UNIX_EPOCH);
        open_first(&store, now).await.unwrap();
        open_first(&store, now + TimeDelta::days(1)).await.unwrap();
        let (name, event) = store.get("grand-arena").unwrap();
        assert_eq!((name.as_str(), event.available), ("Grand Arena", 20_000));
        assert_eq!(event.starts_at, now + TimeDelta::days(30));
    }

    #[tokio::test]
    async fn the_next_event_is_brought_in_when_95_percent_are_sold_and_not_before() {
        let (store, mut newest) = (Memory::default(), 1);
        open_next_if_over(&store, &mut newest, DateTime::UNIX_EPOCH).await.unwrap();
        assert!(store.get("grand-arena").is_none(), "there is no demo event to be followed");
        open_first(&store, DateTime::UNIX_EPOCH).await.unwrap();
        store.sell("grand-arena", 1_001, 18_999);
        open_next_if_over(&store, &mut newest, DateTime::UNIX_EPOCH).await.unwrap();
        assert!(store.get("grand-arena-2").is_none(), "what is held is not sold");

        store.sell("grand-arena", 0, 19_000);
        for _ in 0..3 {
            open_next_if_over(&store, &mut newest, DateTime::UNIX_EPOCH).await.unwrap();
        }
        let (name, event) = store.get("grand-arena-2").unwrap();
        assert_eq!(name, "Grand Arena, night 2");
        assert_eq!(event.starts_at, DateTime::UNIX_EPOCH + TimeDelta::days(31));
        assert!(store.get("grand-arena-3").is_none());
        assert_eq!(newest, 2);
    }

    #[tokio::test]
    async fn the_next_event_is_brought_in_when_the_last_begins_and_starts_in_a_month() {
        let (store, mut newest) = (Memory::default(), 1);
        open_first(&store, DateTime::UNIX_EPOCH).await.unwrap();
        let begins = store.get("grand-arena").unwrap().1.starts_at;
        for now in [begins - TimeDelta::seconds(1), begins, begins + TimeDelta::days(1)] {
            open_next_if_over(&store, &mut newest, now).await.unwrap();
            assert_eq!(store.get("grand-arena-2").is_some(), begins <= now);
        }
        let (_, event) = store.get("grand-arena-2").unwrap();
        assert_eq!((event.starts_at, newest), (begins + TimeDelta::days(30), 2));
    }

    #[tokio::test]
    async fn a_server_that_starts_late_goes_on_from_the_newest_event() {
        let store = Memory::default();
        open_first(&store, DateTime::UNIX_EPOCH).await.unwrap();
        for number in 1..=3 {
            store.sell(&slug(number), 0, 20_000);
            open_next_if_over(&store, &mut 1, DateTime::UNIX_EPOCH).await.unwrap();
        }
        let mut newest = 1;
        open_next_if_over(&store, &mut newest, DateTime::UNIX_EPOCH).await.unwrap();
        assert_eq!(newest, 4);
        assert!(store.get("grand-arena-4").is_some() && store.get("grand-arena-5").is_none());
    }

    #[tokio::test]
    async fn another_server_may_be_faster() {
        let store = Memory { is_slower_than_another: true, ..Memory::default() };
        open_first(&store, DateTime::UNIX_EPOCH).await.unwrap();
        store.sell("grand-arena", 0, 20_000);
        let mut newest = 1;
        for _ in 0..2 {
            open_next_if_over(&store, &mut newest, DateTime::UNIX_EPOCH).await.unwrap();
        }
        assert_eq!(newest, 2);
    }
}
