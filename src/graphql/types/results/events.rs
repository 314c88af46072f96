//! What createEvent, updateEvent and deleteEvent answer.

use async_graphql::{ID, SimpleObject, Union};

use crate::domain::command::UpdateEventRefusal;
use crate::domain::event::NewEventError;
use crate::domain::{self, EventId};
use crate::graphql::error::Fault;
use crate::graphql::ids::AnyId;
use crate::graphql::types::event::Event;
use crate::graphql::types::event_scope::EventScope;
use crate::graphql::types::event_status::EventStatus;
use crate::store::catalog::{CatalogError, Deletion};

/// What became of createEvent.
#[derive(Clone, Debug, Union)]
pub enum CreateEventResult {
    /// The event is there.
    Success(CreateEventSuccess),
    /// The slug is another event's; nothing was made.
    SlugTaken(SlugTaken),
    /// Something is out of bounds; nothing was made.
    Invalid(InvalidEvent),
}

/// What became of updateEvent.
#[derive(Clone, Debug, Union)]
pub enum UpdateEventResult {
    /// The event is as it was said, or was so already.
    Success(UpdateEventSuccess),
    /// Something would be out of bounds; nothing was changed.
    Invalid(InvalidEvent),
    /// The event cannot have this status; nothing was changed.
    StatusRefused(StatusRefused),
}

/// What became of deleteEvent.
#[derive(Clone, Debug, Union)]
pub enum DeleteEventResult {
    /// The event is gone.
    Success(DeleteEventSuccess),
    /// Something of it is sold or held; nothing was removed.
    InUse(EventInUse),
}

/// A new event.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct CreateEventSuccess {
    /// The event, a DRAFT.
    event: Event,
}

/// An event as it is to be.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct UpdateEventSuccess {
    /// The event as it is now.
    event: Event,
}

/// An event that was removed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct DeleteEventSuccess {
    /// The id that it had.
    event_id: ID,
}

/// The slug is another event's.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct SlugTaken {
    /// What happened, for a person.
    pub message: String,
}

/// Something about the event is out of bounds.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct InvalidEvent {
    /// What happened, for a person.
    pub message: String,
    /// The field of the input that it is about, for example `holdSeconds`.
    field: String,
}

/// The event cannot have the status that was asked for.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct StatusRefused {
    /// What happened, for a person.
    pub message: String,
    /// What the event is.
    status: EventStatus,
}

/// The event cannot be removed: seats of it were sold, or somebody holds some. One that does not
/// take place is cancelled.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct EventInUse {
    /// What happened, for a person.
    pub message: String,
}

impl InvalidEvent {
    fn new(error: &NewEventError) -> Self {
        Self { message: error.to_string(), field: error.field().to_owned() }
    }
}

impl CreateEventResult {
    /// Says an outcome in the contract's words.
    ///
    /// # Errors
    ///
    /// Those of the database, and if the event whose plan is asked for is there no longer.
    pub(in crate::graphql) fn new(outcome: Result<EventId, CatalogError>) -> Result<Self, Fault> {
        let about = |field: &str, error: &CatalogError| {
            let (message, field) = (error.to_string(), field.to_owned());
            Self::Invalid(InvalidEvent { message, field })
        };
        Ok(match outcome {
            Ok(event) => Self::Success(CreateEventSuccess { event: EventScope::new(event).into() }),
            Err(CatalogError::Invalid(error)) => Self::Invalid(InvalidEvent::new(&error)),
            Err(error @ CatalogError::SlugTaken(_)) => {
                Self::SlugTaken(SlugTaken { message: error.to_string() })
            }
            Err(error @ (CatalogError::Currency | CatalogError::OtherCurrency(_))) => {
                about("currency", &error)
            }
            Err(CatalogError::NoPlan) => return Err(Fault::no_such_event()),
            Err(CatalogError::Store(error)) => return Err(error.into()),
        })
    }
}

impl UpdateEventResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: EventId,
        outcome: Result<domain::EventStatus, UpdateEventRefusal>,
    ) -> Self {
        match outcome {
            Ok(_) => Self::Success(UpdateEventSuccess { event: EventScope::new(event).into() }),
            Err(UpdateEventRefusal::Invalid(error)) => Self::Invalid(InvalidEvent::new(&error)),
            Err(refusal @ UpdateEventRefusal::NoSuchStep { from, .. })
            | Err(refusal @ UpdateEventRefusal::SalesOver { from, .. }) => {
                let message = refusal.to_string();
                Self::StatusRefused(StatusRefused { message, status: from.into() })
            }
        }
    }
}

impl DeleteEventResult {
    /// Says an outcome in the contract's words.
    ///
    /// # Errors
    ///
    /// If there is no such event.
    pub(in crate::graphql) fn new(event: EventId, deletion: Deletion) -> Result<Self, Fault> {
        let in_use = |message: &str| Self::InUse(EventInUse { message: message.to_owned() });
        Ok(match deletion {
            Deletion::Deleted => {
                Self::Success(DeleteEventSuccess { event_id: AnyId::Event(event).encode() })
            }
            Deletion::NoSuchEvent => return Err(Fault::no_such_event()),
            Deletion::Sold => in_use("seats of this event were sold; it can be cancelled"),
            Deletion::Held => in_use("somebody holds seats of this event; close its sales first"),
        })
    }
}
