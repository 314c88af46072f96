//! Work that many ask for at about the same time, done once for all of them.
//!
//! What somebody is given is never older than what this server had committed when they asked: it
//! began after the newest commit. So everybody finds what they have done themselves.
//!
//! Of each kind at most one piece of work runs and one waits. Who asks while one runs that began
//! too early shares the one that waits. Between two there is a rest as long as the first one took.
//! So a rush costs no more than half a thread, however much is committed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

/// How long after its beginning work is given to others, if nothing is committed here meanwhile.
/// What other servers commit, and holds that run out, are seen that late.
const KEPT: Duration = Duration::from_millis(250);

/// Different kinds at a time; a map of 20,000 seats takes 2 MB.
const KEPT_KINDS: usize = 16;

/// What has become of a piece of work.
#[derive(Clone, Debug)]
pub(super) enum Done<T> {
    /// It is for all who asked.
    Shared(T),
    /// It depends on who asks: everybody has to do it anew, now and later.
    Own,
    /// It went wrong this time.
    Failed,
    /// There is no room for it: nobody who asked is given it.
    Refused,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct SharedWork<K, T> {
    schedules: Mutex<HashMap<K, Schedule<T>>>,
}

/// All work of one kind.
#[derive(Debug)]
struct Schedule<T> {
    asked_at: Instant,
    /// The piece that began last.
    newest: Option<Arc<Piece<T>>>,
    /// The piece that begins when that one has ended.
    waiting: Option<Arc<Piece<T>>>,
    /// One at a time.
    slot: Arc<Slot>,
    /// Whether it was seen to depend on who asks.
    is_own: bool,
}

#[derive(Debug)]
struct Piece<T> {
    /// Changed under the lock of the schedules only.
    beginning: Mutex<Option<Beginning>>,
    done: OnceCell<Done<T>>,
}

/// When a piece of work began.
#[derive(Clone, Copy, Debug)]
struct Beginning {
    at: Instant,
    commits: u64,
}

/// Held while work is done; remembers until when the next rests.
type Slot = tokio::sync::Mutex<Option<Instant>>;

// Derived ones would ask the same of what they hold.
impl<K, T> Default for SharedWork<K, T> {
    fn default() -> Self {
        Self { schedules: Mutex::default() }
    }
}

impl<T> Default for Piece<T> {
    fn default() -> Self {
        Self { beginning: Mutex::default(), done: OnceCell::new() }
    }
}

impl<T> Schedule<T> {
    fn new(asked_at: Instant) -> Self {
        Self { asked_at, newest: None, waiting: None, slot: Arc::default(), is_own: false }
    }

    /// Whether somebody has asked of late, or waits still.
    fn is_wanted(&self, now: Instant) -> bool {
        let waits = |piece: &Arc<Piece<T>>| Arc::strong_count(piece) > 1;
        now - self.asked_at < KEPT || self.newest.iter().chain(&self.waiting).any(waits)
    }

    /// The piece for somebody who asks now, when so much has been committed.
    fn piece(&mut self, now: Instant, commits: u64) -> Arc<Piece<T>> {
        let is_new =
            |beginning: Beginning| beginning.commits >= commits && now - beginning.at < KEPT;
        match &self.newest {
            Some(piece) if piece.beginning().is_some_and(is_new) => Arc::clone(piece),
            _ => Arc::clone(self.waiting.get_or_insert_default()),
        }
    }
}

impl<T> Piece<T> {
    fn beginning(&self) -> Option<Beginning> {
        *self.beginning.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, T: Clone> SharedWork<K, T> {
    /// Does work, or waits for somebody else's. `commits` says how much has been committed.
    pub(super) async fn get(
        &self,
        kind: &K,
        commits: impl Fn() -> u64,
        work: impl AsyncFnOnce() -> Done<T>,
    ) -> Done<T> {
        let Some((piece, slot)) = self.piece(kind, commits()) else { return Done::Own };
        // If whoever works leaves, one of those who wait begins anew.
        let done = piece.done.get_or_init(async || {
            let mut rest_until = slot.lock().await;
            if let Some(until) = *rest_until {
                tokio::time::sleep_until(until.into()).await;
            }
            let started = self.begin(kind, &piece, &commits);
            let done = work().await;
            *rest_until = Some(Instant::now() + started.elapsed().min(KEPT));
            if let Done::Own = done {
                self.remember_as_own(kind);
            }
            done
        });
        done.await.clone()
    }

    /// The piece for somebody who asks now; `None` if it has to be their own.
    fn piece(&self, kind: &K, commits: u64) -> Option<(Arc<Piece<T>>, Arc<Slot>)> {
        let now = Instant::now();
        let mut schedules = self.schedules();
        schedules.retain(|_, schedule| schedule.is_wanted(now));
        if schedules.len() >= KEPT_KINDS && !schedules.contains_key(kind) {
            return Some(Default::default());
        }
        let schedule = schedules.entry(kind.clone()).or_insert_with(|| Schedule::new(now));
        schedule.asked_at = now;
        (!schedule.is_own).then(|| (schedule.piece(now, commits), Arc::clone(&schedule.slot)))
    }

    /// Notes that a piece of work begins. Nobody can ask for it meanwhile: who found that it had
    /// not begun knows of no commit that it does not see.
    fn begin(&self, kind: &K, piece: &Arc<Piece<T>>, commits: impl Fn() -> u64) -> Instant {
        let mut schedules = self.schedules();
        let at = Instant::now();
        let beginning = Beginning { at, commits: commits() };
        *piece.beginning.lock().unwrap_or_else(PoisonError::into_inner) = Some(beginning);
        if let Some(schedule) = schedules.get_mut(kind) {
            schedule.waiting.take_if(|waiting| Arc::ptr_eq(waiting, piece));
            schedule.newest = Some(Arc::clone(piece));
        }
        at
    }

    /// Lets go of the work that was asked for longest ago, if any is not waited for; whether there
    /// was some.
    pub(super) fn forget_oldest(&self) -> bool {
        let mut schedules = self.schedules();
        let is_done = |piece: &Arc<Piece<T>>| Arc::strong_count(piece) == 1;
        let oldest = schedules
            .values_mut()
            .filter(|schedule| schedule.newest.as_ref().is_some_and(is_done))
            .min_by_key(|schedule| schedule.asked_at);
        oldest.is_some_and(|schedule| schedule.newest.take().is_some())
    }

    fn remember_as_own(&self, kind: &K) {
        if let Some(schedule) = self.schedules().get_mut(kind) {
            schedule.is_own = true;
        }
    }

    fn schedules(&self) -> MutexGuard<'_, HashMap<K, Schedule<T>>> {
        self.schedules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

    use futures_util::FutureExt as _;
    use tokio::sync::Semaphore;

    use super::*;

    /// Work that numbers its pieces and waits for permission to end.
    struct Workshop {
        work: SharedWork<&'static str, usize>,
        commits: AtomicU64,
        begun: AtomicUsize,
        gate: Semaphore,
    }

    impl Workshop {
        /// One that has begun so many pieces already.
        fn new(begun: usize) -> Self {
            let (work, commits) = Default::default();
            Self { work, commits, begun: begun.into(), gate: Semaphore::new(0) }
        }

        /// Asks; the request has got as far as it gets.
        fn ask(&self) -> impl Future<Output = Option<usize>> + Unpin {
            let mut asking = Box::pin(async {
                let commits = || self.commits.load(Ordering::SeqCst);
                let work = async || {
                    let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
                    self.gate.acquire().await.unwrap().forget();
                    if number == 7 { Done::Own } else { Done::Shared(number) }
                };
                match self.work.get(&"map", commits, work).await {
                    Done::Shared(number) => Some(number),
                    Done::Own | Done::Failed | Done::Refused => None,
                }
            });
            let ended = (&mut asking).now_or_never();
            async move { if let Some(ended) = ended { ended } else { asking.await } }.boxed_local()
        }

        fn commit(&self) {
            self.commits.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn nobody_is_given_what_began_before_the_newest_commit_and_all_others_share() {
        let shop = Workshop::new(0);
        let first = [shop.ask(), shop.ask()];
        shop.commit();
        let second = [shop.ask(), shop.ask()];
        shop.commit();
        let third = shop.ask();
        assert_eq!(shop.begun.load(Ordering::SeqCst), 1, "one at a time");
        shop.gate.add_permits(3);
        for asked in first {
            assert_eq!(asked.await, Some(1));
        }
        for asked in second.into_iter().chain([third]) {
            assert_eq!(asked.await, Some(2), "one waits for all commits until it begins");
        }
        assert_eq!(shop.ask().await, Some(2), "nothing was committed since");
        shop.commit();
        assert_eq!(shop.ask().await, Some(3));
    }

    #[tokio::test]
    async fn if_whoever_works_leaves_the_next_begins_anew() {
        let shop = Workshop::new(0);
        let (leaving, staying) = (shop.ask(), shop.ask());
        drop(leaving);
        shop.gate.add_permits(1);
        assert_eq!(staying.await, Some(2));
        assert_eq!(shop.ask().await, Some(2));
    }

    #[tokio::test]
    async fn what_depends_on_who_asks_is_waited_for_once() {
        let shop = Workshop::new(6);
        let (first, second) = (shop.ask(), shop.ask());
        shop.gate.add_permits(1);
        assert_eq!((first.await, second.await), (None, None));
        shop.commit();
        assert_eq!(shop.ask().now_or_never(), Some(None), "nobody is waited for");
        assert_eq!(shop.begun.load(Ordering::SeqCst), 7);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_can_be_let_go_of() {
        let shop = Workshop::new(0);
        let waiting = shop.ask();
        assert!(!shop.work.forget_oldest(), "it is waited for");
        shop.gate.add_permits(2);
        assert_eq!(waiting.await, Some(1));
        assert!(shop.work.forget_oldest() && !shop.work.forget_oldest());
        assert_eq!(shop.ask().await, Some(2));
    }
}
