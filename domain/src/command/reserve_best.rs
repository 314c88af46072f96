//! Reserving the best seats that are free: as many as asked for, or none.

use super::decide::{Command, Needs};
use super::reserve::{ReserveRefusal, Reserved, check_limit, check_sale, hold};
use crate::best::{BestRequest, NoSeatsTogether};
use crate::ids::ViewerId;
use crate::ledger::Ledger;

/// Chooses seats and holds them for the viewer. Which they are follows from what is free when its
/// turn comes; the seats have to be on the ledger by then ([`Ledger::missing`]).
#[derive(Clone, Debug)]
pub struct ReserveBest {
    /// Who asks.
    pub viewer: ViewerId,
    /// For what.
    pub request: BestRequest,
}

/// Why no seats were reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReserveBestRefusal {
    /// There are none as asked for.
    NoneTogether(NoSeatsTogether),
    /// The viewer may not have so many, or not now. Nothing is ever in the way, and no seat that is
    /// left alone.
    Refused(ReserveRefusal),
}

impl Command for ReserveBest {
    type Outcome = Result<Reserved, ReserveBestRefusal>;

    /// It would choose other seats.
    const REPEATABLE: bool = false;

    fn needs(&self) -> Needs<'_> {
        let (best, holdings_of) = (Some(&self.request), Some(&self.viewer));
        Needs { best, holdings_of, ..Needs::default() }
    }

    fn decide(&self, ledger: &mut Ledger) -> Self::Outcome {
        // Before the choice: who may have none is not told what there is.
        check_sale(ledger).map_err(ReserveBestRefusal::Refused)?;
        check_limit(&self.viewer, ledger, self.request.quantity)
            .map_err(ReserveBestRefusal::Refused)?;
        let seats = ledger.choose(&self.request).map_err(ReserveBestRefusal::NoneTogether)?;
        hold(&self.viewer, ledger, &seats).map_err(ReserveBestRefusal::Refused)?;
        Ok(Reserved::read(ledger, &seats))
    }
}
