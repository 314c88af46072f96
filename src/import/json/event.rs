//! The terms of the event that a document brings along. Each may be missing: then the command line
//! says it, or it is what it is unless said otherwise.

use chrono::{DateTime, Utc};

use super::at::At;
use super::fault::{Fault, JsonProblems};
use super::node::Node;
use super::reader::Object;
use crate::domain::ConfirmedBy;
use crate::domain::churn::DEFAULT_MAX_SEATS_LET_GO;
use crate::domain::event::{
    DEFAULT_HOLD_SECONDS, DEFAULT_MAX_SEATS_PER_VIEWER, DEFAULT_TIME_ZONE, NewEvent,
};

/// An event's terms, as far as they are said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventTerms {
    /// See [`NewEvent::slug`], as with all others.
    pub slug: Option<String>,
    /// Its name for people.
    pub name: Option<String>,
    /// Where it takes place.
    pub venue: Option<String>,
    /// When it starts.
    pub starts_at: Option<DateTime<Utc>>,
    /// What its start is said in.
    pub time_zone: Option<String>,
    /// From when seats can be reserved.
    pub sales_open_at: Option<DateTime<Utc>>,
    /// From when they no longer can.
    pub sales_close_at: Option<DateTime<Utc>>,
    /// How long a hold lasts.
    pub hold_seconds: Option<u32>,
    /// By how much it may be prolonged.
    pub hold_extension_seconds: Option<u32>,
    /// The most seats one viewer may have; `Some(None)`: no limit.
    pub max_seats_per_viewer: Option<Option<u32>>,
    /// The most seats one viewer may let go; `Some(None)`: no limit.
    pub max_seats_let_go: Option<Option<u32>>,
    /// Who confirms seats that cost money.
    pub confirmed_by: Option<ConfirmedBy>,
}

/// The names of all terms, in the order in which they are written.
pub(super) const TERMS: [&str; 12] = [
    "slug",
    "name",
    "venue",
    "startsAt",
    "timeZone",
    "salesOpenAt",
    "salesCloseAt",
    "holdSeconds",
    "holdExtensionSeconds",
    "maxSeatsPerViewer",
    "maxSeatsLetGo",
    "confirmedBy",
];

/// Who confirms, as it is written.
pub(super) const BY_BUYER: &str = "BUYER";
pub(super) const BY_SHOP: &str = "SHOP";

impl EventTerms {
    /// These terms, and where they say nothing, the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            slug: self.slug.or(other.slug),
            name: self.name.or(other.name),
            venue: self.venue.or(other.venue),
            starts_at: self.starts_at.or(other.starts_at),
            time_zone: self.time_zone.or(other.time_zone),
            sales_open_at: self.sales_open_at.or(other.sales_open_at),
            sales_close_at: self.sales_close_at.or(other.sales_close_at),
            hold_seconds: self.hold_seconds.or(other.hold_seconds),
            hold_extension_seconds: self.hold_extension_seconds.or(other.hold_extension_seconds),
            max_seats_per_viewer: self.max_seats_per_viewer.or(other.max_seats_per_viewer),
            max_seats_let_go: self.max_seats_let_go.or(other.max_seats_let_go),
            confirmed_by: self.confirmed_by.or(other.confirmed_by),
        }
    }

    /// The event, with what holds unless said otherwise.
    ///
    /// # Errors
    /// The names of terms that have to be said and are not.
    pub fn event(self) -> Result<NewEvent, Vec<&'static str>> {
        let is_said = [
            self.slug.is_some(),
            self.name.is_some(),
            self.venue.is_some(),
            self.starts_at.is_some(),
        ];
        match (self.slug, self.name, self.venue, self.starts_at) {
            (Some(slug), Some(name), Some(venue), Some(starts_at)) => Ok(NewEvent {
                slug,
                name,
                venue,
                starts_at,
                time_zone: self.time_zone.unwrap_or_else(|| DEFAULT_TIME_ZONE.to_owned()),
                sales_open_at: self.sales_open_at,
                sales_close_at: self.sales_close_at,
                hold_seconds: self.hold_seconds.unwrap_or(DEFAULT_HOLD_SECONDS),
                hold_extension_seconds: self.hold_extension_seconds.unwrap_or_default(),
                max_seats_per_viewer: self
                    .max_seats_per_viewer
                    .unwrap_or(Some(DEFAULT_MAX_SEATS_PER_VIEWER)),
                max_seats_let_go: self.max_seats_let_go.unwrap_or(Some(DEFAULT_MAX_SEATS_LET_GO)),
                confirmed_by: self.confirmed_by.unwrap_or_default(),
            }),
            _ => {
                let names = TERMS.into_iter().zip(is_said);
                Err(names.filter(|(_, is_said)| !is_said).map(|(name, _)| name).collect())
            }
        }
    }
}

impl JsonProblems {
    /// The terms of an event, each in its bounds as far as its type has some.
    pub(super) fn terms(&mut self, at: &At<'_>, node: Node<'_>) -> EventTerms {
        let Some(object) = self.object(at, node, &TERMS) else { return EventTerms::default() };
        EventTerms {
            slug: self.term(at, &object, "slug"),
            name: self.term(at, &object, "name"),
            venue: self.term(at, &object, "venue"),
            starts_at: self.instant(at, &object, "startsAt"),
            time_zone: self.term(at, &object, "timeZone"),
            sales_open_at: self.instant(at, &object, "salesOpenAt"),
            sales_close_at: self.instant(at, &object, "salesCloseAt"),
            hold_seconds: self.count(at, &object, "holdSeconds"),
            hold_extension_seconds: self.count(at, &object, "holdExtensionSeconds"),
            max_seats_per_viewer: self.limit(at, &object, "maxSeatsPerViewer"),
            max_seats_let_go: self.limit(at, &object, "maxSeatsLetGo"),
            confirmed_by: self.confirmed_by(at, &object, "confirmedBy"),
        }
    }

    fn term(&mut self, at: &At<'_>, object: &Object<'_>, name: &'static str) -> Option<String> {
        self.text(&at.field(name), object.get(name)?).map(Into::into)
    }

    fn instant(
        &mut self,
        at: &At<'_>,
        object: &Object<'_>,
        name: &'static str,
    ) -> Option<DateTime<Utc>> {
        let node = object.get(name)?;
        let made = node.text().and_then(|text| text.parse().ok());
        let expected = Fault::Expected("an instant, as \"2026-12-31T20:00:00Z\"");
        self.some(&at.field(name), node, made, expected)
    }

    fn count(&mut self, at: &At<'_>, object: &Object<'_>, name: &'static str) -> Option<u32> {
        let node = object.get(name)?;
        let made = node.whole().and_then(|number| u32::try_from(number).ok());
        self.some(&at.field(name), node, made, Fault::Expected("a whole number, 0 or more"))
    }

    /// Null is no limit.
    fn limit(
        &mut self,
        at: &At<'_>,
        object: &Object<'_>,
        name: &'static str,
    ) -> Option<Option<u32>> {
        object.has(name).then(|| self.count(at, object, name))
    }

    fn confirmed_by(
        &mut self,
        at: &At<'_>,
        object: &Object<'_>,
        name: &'static str,
    ) -> Option<ConfirmedBy> {
        let node = object.get(name)?;
        let made = match node.text().as_deref() {
            Some(BY_BUYER) => Some(ConfirmedBy::Buyer),
            Some(BY_SHOP) => Some(ConfirmedBy::Shop),
            _ => None,
        };
        self.some(&at.field(name), node, made, Fault::Expected("\"BUYER\" or \"SHOP\""))
    }
}
