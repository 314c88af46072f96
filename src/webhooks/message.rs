//! What a webhook is told: a type, a time, and data, in the ids and the words of the API.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::runs::Run;
use crate::domain::{Change, EventId, Mark, Revision, WebhookKind};
use crate::graphql::ids::{AnyId, viewer_id};
use crate::store::WebhookId;
use crate::store::reads::EventRecord;

/// What a message is called that says that changes were not told.
const MISSED: &str = "changes.missed";

/// A message. What has the same id says the same.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: Bytes,
}

/// Whose messages they are. When the webhook was made is part of it: in another database there may
/// be one of the same number, and receivers remember ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source {
    pub(super) webhook: WebhookId,
    pub(super) made_at: DateTime<Utc>,
    pub(super) event: EventId,
}

#[derive(Serialize)]
struct Envelope<D> {
    r#type: String,
    timestamp: String,
    data: D,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SeatsData {
    event_id: String,
    from_revision: i64,
    to_revision: i64,
    changes: Vec<ChangeData>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeData {
    revision: i64,
    seat_id: String,
    cause: String,
    status: String,
    viewer_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reservation_expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    changed_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventData {
    event_id: String,
    version: i64,
    revision: i64,
    slug: String,
    name: String,
    venue: String,
    starts_at: String,
    time_zone: String,
    status: String,
    sales_open_at: Option<String>,
    sales_close_at: String,
    hold_seconds: i64,
    hold_extension_seconds: i64,
    max_seats_per_viewer: Option<u32>,
    currency: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MissedData {
    event_id: String,
    from_revision: i64,
    to_revision: i64,
}

impl Source {
    /// What has become of seats.
    pub(super) fn seats(self, run: &Run<'_>) -> Message {
        let (first, last) = (run.first(), run.last());
        let at = run.changes.last().map_or(self.made_at, |change| change.changed_at);
        let data = SeatsData {
            event_id: self.event_id(),
            from_revision: first.0,
            to_revision: last.0,
            changes: run.changes.iter().map(|change| ChangeData::new(change)).collect(),
        };
        // The mark tells them from others of these revisions, in a history that is lost.
        let mark = run.changes.last().and_then(|change| change.mark);
        let mark = mark.map(|Mark(mark)| format!("_{mark:016x}")).unwrap_or_default();
        self.message(&format!("{first}_{last}{mark}"), run.kind.to_string(), at, data)
    }

    /// What an event is now.
    pub(super) fn event(self, event: &EventRecord) -> Message {
        let terms = &event.terms;
        let data = EventData {
            event_id: self.event_id(),
            version: event.version,
            revision: event.revision.0,
            slug: event.slug.clone(),
            name: event.name.clone(),
            venue: event.venue.clone(),
            starts_at: instant(event.starts_at),
            time_zone: event.time_zone.clone(),
            status: event.status().to_string(),
            sales_open_at: terms.sales_open_at.map(instant),
            sales_close_at: instant(terms.sales_close_at),
            hold_seconds: terms.hold.num_seconds(),
            hold_extension_seconds: terms.hold_extension.num_seconds(),
            max_seats_per_viewer: terms.max_seats_per_viewer,
            currency: terms.currency.clone(),
        };
        let kind = WebhookKind::EventChanged.to_string();
        self.message(&format!("v{}", event.version), kind, event.read_at, data)
    }

    /// That these changes are no longer in the log, and were not told.
    pub(super) fn missed(self, from: Revision, to: Revision, now: DateTime<Utc>) -> Message {
        let data =
            MissedData { event_id: self.event_id(), from_revision: from.0, to_revision: to.0 };
        self.message(&format!("missed_{from}_{to}"), MISSED.to_owned(), now, data)
    }

    fn message<D: Serialize>(
        self,
        what: &str,
        kind: String,
        at: DateTime<Utc>,
        data: D,
    ) -> Message {
        let (webhook, made_at, event) = (self.webhook.0, self.made_at.timestamp(), self.event.0);
        let envelope = Envelope { r#type: kind, timestamp: instant(at), data };
        let body = serde_json::to_vec(&envelope).expect("numbers and texts are JSON");
        Message { id: format!("msg_{webhook}_{made_at}_{event}_{what}"), body: body.into() }
    }

    fn event_id(self) -> String {
        AnyId::Event(self.event).encode().0
    }
}

impl ChangeData {
    fn new(change: &Change) -> Self {
        Self {
            revision: change.revision.0,
            seat_id: AnyId::Seat(change.seat).encode().0,
            cause: change.cause.to_string(),
            status: change.cause.status().to_string(),
            viewer_id: viewer_id(&change.viewer).0,
            reservation_expires_at: change.expires_at.map(instant),
            order_id: change.order.map(|order| AnyId::Order(order).encode().0),
            changed_at: instant(change.changed_at),
        }
    }
}

/// As the API writes it.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
