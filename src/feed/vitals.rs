//! Signs that the feed lives, and that the database does what it is there for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::pulse::Pulse;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Vitals {
    is_listening: AtomicBool,
    heard: Pulse,
    written: Pulse,
    lacks_room: AtomicBool,
}

impl Vitals {
    pub(super) fn set_listening(&self, is_listening: bool) {
        self.heard.beat();
        self.is_listening.store(is_listening, Ordering::Relaxed);
    }

    /// A wake-up has arrived.
    pub(super) fn hear(&self) {
        self.heard.beat();
    }

    /// The database has written something.
    pub(super) fn wrote(&self) {
        self.written.beat();
    }

    pub(super) fn set_room(&self, has_room: bool) {
        self.lacks_room.store(!has_room, Ordering::Relaxed);
    }

    /// Whether there is a connection that wake-ups arrive on.
    pub fn is_listening(&self) -> bool {
        self.is_listening.load(Ordering::Relaxed)
    }

    /// How long ago a wake-up arrived. There is one each second at least.
    pub fn heard_ago(&self) -> Duration {
        self.heard.age()
    }

    /// How long ago the database wrote something for us. It is asked to each second.
    pub fn written_ago(&self) -> Duration {
        self.written.age()
    }

    /// Whether there was room on the database's disk when it was last looked at.
    pub fn has_room(&self) -> bool {
        !self.lacks_room.load(Ordering::Relaxed)
    }
}
