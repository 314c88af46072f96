//! How much one account may have.

use super::name::Account;

/// How much one account may have of something: a viewer, or all who come from an address without
/// saying who they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    /// What a viewer may have.
    pub viewer: u32,
    /// What an address may have.
    pub address: u32,
}

impl Share {
    /// What this account may have.
    pub fn of(self, account: &Account) -> u32 {
        match account {
            Account::Viewer(_) => self.viewer,
            Account::Address(_) => self.address,
        }
    }
}
