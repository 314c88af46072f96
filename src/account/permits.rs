//! So many at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exceeded::{Exceeded, Limited};
use super::name::Account;
use super::share::Share;

/// So many at a time for each account. Has an entry for each account that holds a permit, and no
/// other.
#[derive(Debug)]
pub struct Permits {
    of: Limited,
    share: Share,
    taken: Mutex<HashMap<Account, u32>>,
}

/// A permit that is taken, or that nobody counts; given back when dropped.
#[derive(Debug, Default)]
pub struct Permit(Option<(Arc<Permits>, Account)>);

impl Permits {
    /// Each account has so many.
    pub fn new(of: Limited, share: Share) -> Arc<Self> {
        Arc::new(Self { of, share, taken: Mutex::default() })
    }

    /// Takes a permit.
    ///
    /// # Errors
    ///
    /// If the account has taken all that it may have.
    pub fn take(self: &Arc<Self>, account: &Account) -> Result<Permit, Exceeded> {
        let quota = self.share.of(account);
        match self.taken().entry(account.clone()) {
            Entry::Occupied(taken) if *taken.get() >= quota => {
                return Err(Exceeded { of: self.of, quota, left: 0, wait: self.of.ask_again() });
            }
            entry => *entry.or_default() += 1,
        }
        Ok(Permit(Some((Arc::clone(self), account.clone()))))
    }

    /// How many accounts have some, as a metric has it.
    pub(super) fn reading(&self) -> (Vec<(&'static str, &'static str)>, f64) {
        let accounts = u32::try_from(self.taken().len()).unwrap_or(u32::MAX);
        (vec![("of", self.of.name())], accounts.into())
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Account, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some((permits, account)) = self.0.take() else { return };
        if let Entry::Occupied(mut taken) = permits.taken().entry(account) {
            *taken.get_mut() -= 1;
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permit_is_given_back_when_dropped_and_whoever_has_none_has_no_entry() {
        let permits = Permits::new(Limited::Sockets, Share { viewer: 1, address: 2 });
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|it| Account::at(it.parse().unwrap()));
        let first = permits.take(&here).unwrap();
        let second = permits.take(&here).unwrap();
        let refused = permits.take(&here).unwrap_err();
        assert_eq!((refused.quota, refused.left), (2, 0));
        let other = permits.take(&there).unwrap();
        drop(first);
        let third = permits.take(&here).unwrap();
        assert_eq!(permits.taken().len(), 2);
        drop((second, third, other, Permit::default()));
        assert!(permits.taken().is_empty());
    }
}
