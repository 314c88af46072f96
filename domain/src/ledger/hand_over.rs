//! Holds and orders that change hands: what a guest takes along, and what an owner passes on.

use super::{Entry, Ledger};
use crate::change::Cause;
use crate::ids::{OrderId, Revision, SeatId, ViewerId};
use crate::order::IdempotencyKey;
use crate::seat::IllegalTransition;

impl Ledger {
    /// Makes a live hold another viewer's; its end stays.
    pub(crate) fn claim(&mut self, id: SeatId, by: &ViewerId) -> Result<(), IllegalTransition> {
        let now = self.now;
        let hold = self.hold(id).ok_or(IllegalTransition)?;
        let (expires_at, former) = (Some(hold.expires_at), Some(&hold.viewer));
        let entry = Entry { expires_at, former, ..Entry::of(Cause::Claimed, by) };
        self.change(id, |state| state.claim(by.clone(), now), entry)?;
        self.count_over(&hold.viewer, by, 1);
        Ok(())
    }

    /// Makes an order somebody else's, with all of its seats. Every one of them must be on the
    /// ledger, and the order must not be theirs yet.
    pub(crate) fn hand_over(
        &mut self,
        id: OrderId,
        to: &ViewerId,
    ) -> Result<Revision, IllegalTransition> {
        let order = self.orders.get(&id).ok_or(IllegalTransition)?;
        let (seats, former) = (order.seats.clone(), order.viewer.clone());
        if seats.iter().any(|seat| !self.seats.contains_key(seat)) {
            return Err(IllegalTransition);
        }
        for &seat in &seats {
            let entry = Entry {
                order: Some(id),
                former: Some(&former),
                ..Entry::of(Cause::Transferred, to)
            };
            self.change(seat, |state| state.transfer(id, to.clone()), entry)?;
        }
        self.count_over(&former, to, u32::try_from(seats.len()).unwrap_or(u32::MAX));
        if let Some(order) = self.orders.get_mut(&id) {
            order.viewer = to.clone();
        }
        self.closing.owners.insert(id, to.clone());
        Ok(self.revision)
    }

    /// Lets a viewer's keys for an order stand for it as another's too: those that the other has
    /// not used, as far as the order has slots for them.
    pub(crate) fn copy_keys(&mut self, id: OrderId, from: &ViewerId, to: &ViewerId) {
        let of_order =
            self.keys.iter().filter(|&((viewer, _), &order)| *viewer == *from && order == id);
        let mut keys: Vec<IdempotencyKey> = of_order.map(|((_, key), _)| key.clone()).collect();
        keys.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        for key in keys {
            if !self.keys.contains_key(&(to.clone(), key.clone())) {
                self.remember_key(to, &key, id);
            }
        }
    }

    /// So many seats count for another viewer now; as far as anybody's are counted.
    fn count_over(&mut self, from: &ViewerId, to: &ViewerId, seats: u32) {
        if let Some(count) = self.holdings.get_mut(from) {
            *count = count.saturating_sub(seats);
        }
        if let Some(count) = self.holdings.get_mut(to) {
            *count = count.saturating_add(seats);
        }
    }
}
