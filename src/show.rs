//! The show beside the server, in builds with the feature `show`: its demo events are kept in the
//! server's [`Store`]. Beside the series in the arena there are three, in the venues that ship as
//! files: a concert with a floor to stand on, a theatre, and a festival.

pub use ::show::{crowd, series, venue};
use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::series::{EventStore, ListedEvent};
use crate::clock::wall_clock;
use crate::domain::ConfirmedBy;
use crate::domain::event::NewEvent;
use crate::domain::plan::SeatPlan;
use crate::import::{EventTerms, Venues};
use crate::store::Store;
use crate::store::catalog::CatalogError;

impl EventStore for Store {
    type Error = CatalogError;

    async fn find(&self, slug: &str) -> Result<Option<ListedEvent>, CatalogError> {
        let Some(event) = self.event_by_slug(slug).await? else { return Ok(None) };
        let counts = self.counts(&[event.id]).await?;
        Ok(counts.get(&event.id).map(|counts| ListedEvent {
            starts_at: event.starts_at,
            available: counts.available,
            reserved: counts.reserved,
            confirmed: counts.confirmed,
        }))
    }

    async fn create(&self, event: &NewEvent, plan: &SeatPlan) -> Result<bool, CatalogError> {
        match self.create_event(event, plan).await {
            Ok(_) => Ok(true),
            Err(CatalogError::SlugTaken(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A demo event in a venue that ships as a file.
#[derive(Clone, Copy, Debug)]
pub struct VenueEvent {
    /// Its slug.
    pub slug: &'static str,
    name: &'static str,
    venue: &'static str,
    time_zone: &'static str,
    /// How far ahead it is when it is brought in: after the arena's first, which pages open with.
    days: i64,
    /// The venue, as docs/venue-format.md has it.
    pub file: &'static str,
}

/// The demo events in venues that ship as files.
pub const VENUE_EVENTS: [VenueEvent; 3] = [
    VenueEvent {
        slug: "demo-concert",
        name: "The Long Encore",
        venue: "Harbour Hall",
        time_zone: "Europe/Berlin",
        days: 40,
        file: include_str!("../venues/concert.json"),
    },
    VenueEvent {
        slug: "demo-theatre",
        name: "The Tempest",
        venue: "Theatre Royal",
        time_zone: "Europe/London",
        days: 45,
        file: include_str!("../venues/theatre.json"),
    },
    VenueEvent {
        slug: "demo-festival",
        name: "Field Day",
        venue: "Riverside Meadows",
        time_zone: "Europe/Amsterdam",
        days: 50,
        file: include_str!("../venues/festival.json"),
    },
];

impl VenueEvent {
    /// Brings it in, unless it is there. It is never followed by another.
    async fn open(self, store: &Store, now: DateTime<Utc>) -> Result<(), CatalogError> {
        if store.event_id_by_slug(self.slug).await?.is_some() {
            return Ok(());
        }
        let mut venues = Venues::open(self.file.as_bytes());
        let venue = venues.as_mut().ok().and_then(|venues| venues.read_next().ok().flatten());
        let venue = venue.expect("a test reads these files");
        let terms = EventTerms {
            slug: Some(self.slug.to_owned()),
            name: Some(self.name.to_owned()),
            venue: Some(self.venue.to_owned()),
            starts_at: Some(now + TimeDelta::days(self.days)),
            time_zone: Some(self.time_zone.to_owned()),
            // A newcomer's first purchase goes through, without a shop.
            confirmed_by: Some(ConfirmedBy::Buyer),
            ..EventTerms::default()
        };
        let event = terms.event().expect("all that is needed is said");
        store.create(&event, &venue.plan).await.map(|_| ())
    }
}

/// Brings in the first demo events, unless they are there, and from then on the next ones.
pub(crate) async fn open(
    store: &Store,
    background: &TaskTracker,
    stop: &CancellationToken,
) -> Result<(), CatalogError> {
    series::open_first(store, wall_clock()).await?;
    for event in VENUE_EVENTS {
        event.open(store, wall_clock()).await?;
    }
    background.spawn(series::keep_open(store.clone(), wall_clock, stop.clone()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::written_as_json;

    fn plans() -> impl Iterator<Item = SeatPlan> {
        VENUE_EVENTS.into_iter().map(|event| {
            let mut venues = Venues::open(event.file.as_bytes()).unwrap();
            let venue =
                venues.read_next().unwrap_or_else(|error| panic!("{}: {error}", event.slug));
            let plan = venue.unwrap().plan;
            assert!(venues.read_next().unwrap().is_none());
            plan
        })
    }

    #[test]
    fn the_venues_that_ship_are_written_as_an_export_writes_them() {
        for (event, plan) in VENUE_EVENTS.into_iter().zip(plans()) {
            assert!(written_as_json(None, &plan) == event.file, "{}", event.slug);
            assert!(event.file.len() < 400_000, "{}", event.slug);
        }
    }

    #[test]
    fn the_venues_that_ship_have_all_that_a_venue_may_have() {
        use crate::domain::plan::{PlaceKind, ShapeKind};

        let plans: Vec<_> = plans().collect();
        let seats = || plans.iter().flat_map(SeatPlan::seats);
        for kind in [PlaceKind::Seat, PlaceKind::Chair, PlaceKind::Standing] {
            assert!(seats().any(|seat| seat.traits.kind == kind), "{kind:?}");
        }
        for kind in [ShapeKind::Stage, ShapeKind::Outline, ShapeKind::Label] {
            let shapes = || plans.iter().flat_map(|plan| &plan.drawing().shapes);
            assert!(shapes().any(|shape| shape.kind == kind), "{kind:?}");
        }
        assert!(seats().any(|seat| seat.accessible) && seats().any(|it| it.traits.is_companion));
        assert!(seats().any(|seat| seat.traits.has_gap_before));
        assert!(seats().any(|seat| seat.traits.floor.is_some()));
        assert!(plans.iter().all(|plan| plan.drawing().focal_point.is_some()));
    }

    /// A page that knows nothing of floors shows every seat.
    #[test]
    fn no_two_places_of_a_venue_that_ships_are_closer_than_40_centimetres() {
        for plan in plans() {
            let at = |seat: &crate::domain::plan::PlannedSeat| (seat.x.unwrap(), seat.y.unwrap());
            let mut points: Vec<_> = plan.seats().iter().map(at).collect();
            points.sort_by(|a, b| a.1.total_cmp(&b.1));
            for (index, a) in points.iter().enumerate() {
                for b in points[index + 1..].iter().take_while(|b| b.1 - a.1 < 0.4) {
                    assert!((b.0 - a.0).hypot(b.1 - a.1) >= 0.4, "{a:?} {b:?}");
                }
            }
        }
    }
}
