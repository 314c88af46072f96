//! Whether an operation may begin: what it takes of the share of whoever asks.
//!
//! Whatever is refused here has cost nothing but its reading. That takes of the share as well: of
//! a document that is not known, before it is read; and a point, if nothing comes of it.

use async_graphql::parser::types::OperationType;

use super::app::App;
use super::request_error::RequestError;
use crate::account::{Account, Exceeded, Permit};
use crate::graphql::cost::Cost;
use crate::identity::Asker;

/// How many bytes of a document that is not known are worth a point: to read and validate them
/// takes about as long as a page of seats.
const READ_BYTES_A_POINT: usize = 4 * 1024;

/// What an operation is going to take.
pub(super) struct Taking {
    pub(super) kind: OperationType,
    pub(super) cost: Cost,
    /// Whether it asks for a guest session.
    pub(super) starts_session: bool,
}

impl App {
    /// Takes it of the asker's share; a subscription has its permit for as long as what is returned
    /// is kept.
    pub(super) fn admit(&self, asker: &Asker, taking: &Taking) -> Result<Permit, RequestError> {
        let Some(account) = asker.counted() else { return Ok(Permit::default()) };
        self.shares.spend(&account, taking.cost.points())?;
        if taking.starts_session {
            self.shares.start_guest_session(&Account::at(asker.address))?;
        }
        if taking.kind == OperationType::Subscription {
            return Ok(self.shares.subscribe(&account)?);
        }
        Ok(Permit::default())
    }

    /// Takes what the reading of a document costs.
    pub(super) fn admit_reading(&self, asker: &Asker, text: &str) -> Result<(), Exceeded> {
        let points = u32::try_from(text.len().div_ceil(READ_BYTES_A_POINT)).unwrap_or(u32::MAX);
        asker.counted().map_or(Ok(()), |account| self.shares.spend(&account, points))
    }

    /// Takes a point for what has come to nothing.
    pub(super) fn count_failure(&self, asker: &Asker) -> Result<(), Exceeded> {
        asker.counted().map_or(Ok(()), |account| self.shares.spend(&account, 1))
    }

    /// A permit for a socket of somebody's, and a point for its beginning.
    pub(super) fn admit_socket(&self, asker: &Asker) -> Result<Permit, Exceeded> {
        let Some(account) = asker.counted() else { return Ok(Permit::default()) };
        self.shares.spend(&account, 1)?;
        self.shares.open_socket(&account)
    }

    /// Whether a socket of somebody's may carry a subscription beside so many others.
    pub(super) fn carry_another(
        &self,
        asker: Option<&Asker>,
        carried: usize,
    ) -> Result<(), Exceeded> {
        match asker.and_then(Asker::counted) {
            Some(_) => self.shares.carry_another(carried),
            None => Ok(()),
        }
    }

    /// A permit for a socket whose client has said who it is, in exchange for the one that it had
    /// from its address.
    pub(super) fn move_socket(
        &self,
        permit: Permit,
        from: &Asker,
        to: &Asker,
    ) -> Result<Permit, Exceeded> {
        match to.counted() {
            Some(account) if Some(&account) != from.counted().as_ref() => {
                self.shares.open_socket(&account)
            }
            Some(_) => Ok(permit),
            None => Ok(Permit::default()),
        }
    }
}
