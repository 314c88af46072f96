//! So many at a time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::exceeded::{Exceeded, Limited};
use super::name::Account;
use super::share::Share;

/// When it is worth asking for a place again: others of the same account may have left by then.
pub(super) const ASK_AGAIN: Duration = Duration::from_secs(5);

/// So many at a time for each account. Has an entry for each account that holds a place, and no
/// other.
#[derive(Debug)]
pub struct Places {
    of: Limited,
    share: Share,
    taken: Mutex<HashMap<Account, u32>>,
}

/// A place that is taken, or that nobody counts; given back when dropped.
#[derive(Debug, Default)]
pub struct Place(Option<(Arc<Places>, Account)>);

impl Places {
    /// Each account has so many.
    pub fn new(of: Limited, share: Share) -> Arc<Self> {
        Arc::new(Self { of, share, taken: Mutex::default() })
    }

    /// Takes a place.
    ///
    /// # Errors
    ///
    /// If the account has taken all that it may have.
    pub fn take(self: &Arc<Self>, account: &Account) -> Result<Place, Exceeded> {
        let quota = self.share.of(account);
        match self.taken().entry(account.clone()) {
            Entry::Occupied(taken) if *taken.get() >= quota => {
                return Err(Exceeded { of: self.of, quota, left: 0, wait: ASK_AGAIN });
            }
            entry => *entry.or_default() += 1,
        }
        Ok(Place(Some((Arc::clone(self), account.clone()))))
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Account, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((places, account)) = self.0.take() else { return };
        if let Entry::Occupied(mut taken) = places.taken().entry(account) {
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
    fn a_place_is_given_back_when_dropped_and_whoever_has_none_has_no_entry() {
        let places = Places::new(Limited::Sockets, Share { viewer: 1, address: 2 });
        let [here, there] = ["192.0.2.1", "192.0.2.2"].map(|it| Account::at(it.parse().unwrap()));
        let first = places.take(&here).unwrap();
        let second = places.take(&here).unwrap();
        let refused = places.take(&here).unwrap_err();
        assert_eq!((refused.quota, refused.left), (2, 0));
        let other = places.take(&there).unwrap();
        drop(first);
        let third = places.take(&here).unwrap();
        assert_eq!(places.taken().len(), 2);
        drop((second, third, other, Place::default()));
        assert!(places.taken().is_empty());
    }
}
