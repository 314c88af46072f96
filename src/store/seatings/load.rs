//! Reading an event's seating before anybody has locked the event.

use super::kept::KeptSeating;
use super::read::{read_head, read_seating};
use crate::domain::EventId;
use crate::store::error::StoreError;
use crate::store::pools::Store;

impl Store {
    /// Sees to it that the event has a seating to choose from. Those who come meanwhile wait for
    /// the same. Comes after a turn to read a map ([`Store::look_up_map_in_turn`]).
    ///
    /// # Errors
    ///
    /// If the database cannot be asked. What cannot be kept is no error.
    pub async fn prepare_seating(&self, event: EventId) -> Result<(), StoreError> {
        let (slot, loading) = self.seatings.of(event);
        let _loading = loading.lock().await;
        if slot.lock().await.is_some() {
            return Ok(());
        }
        let snapshot = self.read_snapshot().await?;
        let Some(head) = read_head(&snapshot, event).await? else { return Ok(()) };
        let seating = read_seating(&snapshot, event, &head, None).await?;
        snapshot.commit().await?;
        let bytes = seating.seating.layout().bytes();
        let Ok(charge) = self.seatings.make_room(bytes) else { return Ok(()) };
        let mut slot = slot.lock().await;
        if slot.is_none() {
            *slot = Some(KeptSeating { charge: Some(charge), ..seating });
        }
        Ok(())
    }

    /// Whether the event has a seating to choose from, or a booking has it now.
    pub fn has_seating(&self, event: EventId) -> bool {
        let (slot, _) = self.seatings.of(event);
        slot.try_lock().map_or(true, |kept| kept.is_some())
    }
}
