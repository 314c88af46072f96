//! Who is asking, as far as the server can know.

use std::net::IpAddr;

use super::viewer::{Role, Viewer};
use crate::account::Account;

/// Who is asking; goes into every request's data.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Whom a token names, if one was sent.
    pub viewer: Option<Viewer>,
    /// Where the request comes from.
    pub address: IpAddr,
}

impl Asker {
    /// With whom the server counts what they may have, if it counts it. Who manages events, and the
    /// shop's own server, are known to the operator, and call for many.
    pub fn counted(&self) -> Option<Account> {
        let is_trusted = self.viewer.as_ref().is_some_and(|viewer| viewer.has_role(Role::Shop));
        (!is_trusted).then(|| self.account())
    }

    /// With whom the server counts what it does for them.
    pub fn account(&self) -> Account {
        Account::of(self.viewer.as_ref().map(|viewer| &viewer.id), self.address)
    }
}
