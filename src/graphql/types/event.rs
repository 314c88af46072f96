//! Events. What is asked of them is in `event_fields`: seats among it, which lead back to their
//! event.

use std::sync::Arc;

use super::event_scope::EventScope;
use crate::store::reads::EventRecord;

/// One sale of one set of seats.
#[derive(Clone, Debug)]
pub struct Event {
    /// What its objects share.
    pub scope: Arc<EventScope>,
}

impl From<Arc<EventScope>> for Event {
    fn from(scope: Arc<EventScope>) -> Self {
        Self { scope }
    }
}

impl Event {
    /// An event that was just read.
    pub fn known(record: EventRecord) -> Self {
        EventScope::known(record).into()
    }
}
