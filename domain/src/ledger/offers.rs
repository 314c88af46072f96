//! Seats that go off sale, and on sale again.

use super::{Entry, Ledger};
use crate::block::SeatBlock;
use crate::change::Cause;
use crate::ids::{SeatId, ViewerId};
use crate::seat::{IllegalTransition, SeatState};

/// Whether a seat is offered, and if not, why and since when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offer {
    /// It is.
    ForSale,
    /// It is not, by whom and why. One that was blocked before may have another reason now.
    Blocked(ViewerId, SeatBlock),
}

impl Ledger {
    /// Takes a free seat off sale. One that is off sale stays so, for this reason from now on.
    pub(crate) fn block(
        &mut self,
        id: SeatId,
        by: &ViewerId,
        block: &SeatBlock,
    ) -> Result<(), IllegalTransition> {
        if self.seats.get(&id).is_some_and(|seat| seat.for_sale) {
            self.change_free(id, Cause::Blocked, by)?;
        }
        self.closing.offers.insert(id, Offer::Blocked(by.clone(), block.clone()));
        Ok(())
    }

    /// Puts a free seat that is off sale on sale again.
    pub(crate) fn unblock(&mut self, id: SeatId, by: &ViewerId) -> Result<(), IllegalTransition> {
        self.change_free(id, Cause::Unblocked, by)?;
        self.closing.offers.insert(id, Offer::ForSale);
        Ok(())
    }

    /// Logs what somebody has done to a seat that is free, and stays so.
    fn change_free(
        &mut self,
        id: SeatId,
        cause: Cause,
        by: &ViewerId,
    ) -> Result<(), IllegalTransition> {
        self.settle(id);
        let entry = Entry::of(cause, by);
        self.change(id, SeatState::stay_free, entry)
    }
}
