//! What the watchers of a process have in common, and what is counted of all of them.
//!
//! One thread serves them all. So nothing has to be locked, and they take one processor at most.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::ask::{Arrival, Group};
use super::fold::{Fold, State};
use super::frames::{Message, inflate};
use super::update;
use super::watching::Watching;
use crate::Result;

/// Who looks at when each frame came: about as many, evenly among all who do not sleep.
const SAMPLED: usize = 100;

/// One of so many is a sleeper, where some sleep.
pub(super) const ONE_SLEEPS_OF: usize = 10;

/// Where in a message the id is looked for: at its beginning, as it is or in a stored block.
const ID_WITHIN_BYTES: usize = 96;

/// Within which time clients come back if the server does not say: what pages did so far.
const COME_BACK_WITHIN: Duration = Duration::from_secs(1);

/// How often it is looked whether what is waited for has come.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How the messages of a subscription begin, however long their ids are.
const NEXT: &[u8] = br#"{"type":"next""#;

/// What was counted since the last look.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) frames: Cell<u64>,
    /// On the wire, what is around frames included.
    pub(super) bytes: Cell<u64>,
    /// Connections that ended, and attempts that failed.
    pub(super) lost: Cell<u64>,
    /// Attempts that were turned away with a time to come back.
    pub(super) refused: Cell<u64>,
    /// Watchers that have subscribed since the beginning, again included.
    pub(super) subscribed: Cell<usize>,
}

/// Adds to what is counted.
pub(super) fn count(counter: &Cell<u64>, more: u64) {
    counter.set(counter.get() + more);
}

/// See the module's documentation.
pub(super) struct Crowd {
    pub(super) watching: Watching,
    pub(super) seen: Seen,
    fold: RefCell<Fold>,
    /// Those of each watcher: what it knows, and when it knew anything.
    states: RefCell<Vec<Rc<State>>>,
    first_us: RefCell<Vec<Option<i64>>>,
    /// What is waited for, and when each watcher that has reached it did.
    target: Cell<u64>,
    reached_us: RefCell<Vec<Option<i64>>>,
    arrivals: RefCell<Vec<Arrival>>,
    /// Whether those who have lost their connections may come back, and within which time.
    pub(super) gate: watch::Sender<bool>,
    come_back_within: Cell<Duration>,
    asleep_until: Cell<Option<Instant>>,
}

impl Crowd {
    /// `plan` and `known`: what all of them have loaded before they watch.
    pub(super) fn new(watching: Watching, plan: Vec<String>, known: (u64, Vec<u8>)) -> Self {
        let mut fold = Fold::new(plan);
        let known = fold.state(known.0, known.1);
        let count = watching.count;
        Self {
            states: RefCell::new(vec![known; count]),
            first_us: RefCell::new(vec![None; count]),
            watching,
            seen: Seen::default(),
            fold: RefCell::new(fold),
            target: Cell::new(u64::MAX),
            reached_us: RefCell::new(vec![None; count]),
            arrivals: RefCell::default(),
            gate: watch::Sender::new(true),
            come_back_within: Cell::new(COME_BACK_WITHIN),
            asleep_until: Cell::new(None),
        }
    }

    /// Takes a message. What is none of the subscription is given back as it was written.
    pub(super) fn take<'a>(
        &self,
        number: usize,
        id: &[u8],
        message: &Message<'a>,
    ) -> Result<Option<Cow<'a, [u8]>>> {
        let payload = message.payload;
        let beginning = &payload[..payload.len().min(ID_WITHIN_BYTES)];
        let at = beginning.windows(id.len()).position(|here| here == id);
        let (before_id, after_id) =
            at.map_or((payload, &[][..]), |at| (&payload[..at], &payload[at + id.len()..]));
        let before = Rc::clone(&self.states.borrow()[number]);
        let mut fold = self.fold.borrow_mut();
        let hash = fold.hash(before_id, after_id);
        let after = match fold.known(&before, hash) {
            Some(after) => after,
            None => {
                let text = if message.is_compressed {
                    Cow::Owned(inflate(payload)?)
                } else {
                    Cow::Borrowed(payload)
                };
                if !text.starts_with(NEXT) {
                    return Ok(Some(text));
                }
                fold.step(&before, hash, update::read(&text)?)?
            }
        };
        self.arrived(number, before.revision, after);
        Ok(None)
    }

    fn arrived(&self, number: usize, before: u64, after: Rc<State>) {
        count(&self.seen.frames, 1);
        let now = now_us();
        self.first_us.borrow_mut()[number].get_or_insert(now);
        if self.is_sampled(number) && before > 0 {
            let arrival = Arrival { from: before + 1, to: after.revision, at_us: now };
            self.arrivals.borrow_mut().push(arrival);
        }
        if self.target.get() <= after.revision {
            self.reached_us.borrow_mut()[number].get_or_insert(now);
        }
        self.states.borrow_mut()[number] = after;
    }

    fn is_sampled(&self, number: usize) -> bool {
        let one_of = (self.watching.count / SAMPLED).next_multiple_of(ONE_SLEEPS_OF);
        number % one_of.max(ONE_SLEEPS_OF) == 1
    }

    /// The revision that a watcher has reached.
    pub(super) fn revision(&self, number: usize) -> u64 {
        self.states.borrow()[number].revision
    }

    /// Has a watcher know nothing, or what it has loaded.
    pub(super) fn know(&self, number: usize, revision: u64, letters: Vec<u8>) {
        let state = self.fold.borrow_mut().state(revision, letters);
        self.states.borrow_mut()[number] = state;
    }

    /// When each watcher had its first frame, in microseconds of the clock on the wall.
    pub(super) fn first_us(&self) -> Vec<Option<i64>> {
        self.first_us.borrow().clone()
    }

    /// From now on it is noted when watchers reach a revision; who has it, has it now.
    pub(super) fn expect(&self, revision: u64) {
        self.target.set(revision);
        let now = now_us();
        let there = |state: &Rc<State>| (state.revision >= revision).then_some(now);
        *self.reached_us.borrow_mut() = self.states.borrow().iter().map(there).collect();
    }

    /// When watchers have reached what is expected, of those who have.
    pub(super) fn reached_us(&self) -> Vec<i64> {
        self.reached_us.borrow().iter().flatten().copied().collect()
    }

    /// When frames came, of the watchers who look at that, since the last time.
    pub(super) fn take_arrivals(&self) -> Vec<Arrival> {
        self.arrivals.take()
    }

    /// What all of them know, and how many know the same.
    pub(super) fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<(Rc<State>, usize)> = Vec::new();
        for state in self.states.borrow().iter() {
            match groups.iter_mut().find(|(known, _)| Rc::ptr_eq(known, state)) {
                Some((_, watchers)) => *watchers += 1,
                None => groups.push((Rc::clone(state), 1)),
            }
        }
        let told = |(state, watchers): (Rc<State>, usize)| Group {
            watchers,
            revision: state.revision,
            letters: String::from_utf8_lossy(&state.letters).into_owned(),
        };
        groups.into_iter().map(told).collect()
    }

    /// The server's wish, for whoever loses its connection.
    pub(super) fn note_come_back_within(&self, time: Duration) {
        self.come_back_within.set(time);
    }

    /// Waits until it may come back, at a time of its own.
    pub(super) async fn wait_to_come_back(&self) {
        let mut gate = self.gate.subscribe();
        // The gate is as old as we are.
        let _ = gate.wait_for(|is_open| *is_open).await;
        tokio::time::sleep(self.come_back_within.get().mul_f64(fastrand::f64())).await;
    }

    /// Has the sleepers read nothing for a time.
    pub(super) fn put_to_sleep(&self, time: Duration) {
        self.asleep_until.set(Some(Instant::now() + time));
    }

    /// Until when a watcher reads nothing, if it sleeps.
    pub(super) fn sleeps_until(&self, number: usize) -> Option<Instant> {
        let until = self.asleep_until.get()?;
        (number.is_multiple_of(ONE_SLEEPS_OF) && Instant::now() < until).then_some(until)
    }
}

/// Waits until something is so, for a time at most. An error if a watcher finds one.
pub(super) async fn until(
    is_so: impl Fn() -> bool,
    at_most: Duration,
    watchers: &mut JoinSet<Result<()>>,
) -> Result<()> {
    let started = Instant::now();
    while !is_so() && started.elapsed() < at_most {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            Some(ended) = watchers.join_next() => ended??,
        }
    }
    Ok(())
}

/// The clock on the wall, which is the database's: they are on one machine.
pub(super) fn now_us() -> i64 {
    grand_arena::clock::wall_clock().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::super::frames::Kind;
    use super::super::watching::Stream;
    use super::*;

    fn crowd(count: usize) -> Crowd {
        let (address, event) = (String::new(), String::new());
        let stream = Stream::Statuses;
        let watching = Watching { address, event, stream, deflate: true, count, door: None };
        let plan = ["a", "b"].map(str::to_owned).to_vec();
        Crowd::new(watching, plan, (1, b"AA".to_vec()))
    }

    fn stored(text: &str) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap();
        [&[0][..], &length.to_le_bytes(), &(!length).to_le_bytes(), text.as_bytes()].concat()
    }

    /// As a server sends it: what is shared is compressed, and what is the watcher's own is not.
    fn compressed(id: &str, payload: &str) -> Vec<u8> {
        let mut shared = Vec::with_capacity(1024);
        let mut compressor = Compress::new(Compression::fast(), false);
        compressor.compress_vec(payload.as_bytes(), &mut shared, FlushCompress::Sync).unwrap();
        let before = stored(&format!(r#"{{"type":"next","id":"{id}","payload":"#));
        [before, shared, stored("}"), vec![0]].concat()
    }

    #[test]
    fn who_is_sent_the_same_knows_the_same_whatever_its_id_and_however_it_came() {
        let crowd = crowd(3);
        let payload = r#"{"data":{"seatStatuses":{"revision":2,"places":[1],"statuses":"R"}}}"#;
        let take = |number: usize, id: &str, is_compressed, payload: &[u8]| {
            let message = Message { kind: Kind::Text, is_compressed, payload };
            crowd.take(number, id.as_bytes(), &message).unwrap().is_none()
        };
        assert!(take(0, "id-0", true, &compressed("id-0", payload)));
        assert_eq!(crowd.groups().len(), 2, "two have had nothing yet");
        assert!(take(1, "id-1", true, &compressed("id-1", payload)));
        let plain = format!(r#"{{"type":"next","id":"id-2","payload":{payload}}}"#);
        assert!(take(2, "id-2", false, plain.as_bytes()));
        let groups = crowd.groups();
        assert_eq!(groups.len(), 1);
        assert_eq!((groups[0].watchers, groups[0].letters.as_str()), (3, "AR"));
        assert_eq!(crowd.seen.frames.get(), 3);
        // What is none of the subscription is for whoever asked, and is no frame.
        assert!(!take(0, "id-0", false, br#"{"type":"ping"}"#));
        assert_eq!(crowd.seen.frames.get(), 3);
    }

    #[test]
    fn it_is_noted_once_when_each_reaches_what_is_expected() {
        let crowd = crowd(2);
        crowd.expect(3);
        assert!(crowd.reached_us().is_empty());
        for (number, revision) in [(0, 2), (0, 3), (0, 4), (1, 2)] {
            let state = crowd.fold.borrow_mut().state(revision, b"AA".to_vec());
            crowd.arrived(number, revision - 1, state);
        }
        assert_eq!(crowd.reached_us().len(), 1);
        crowd.expect(2);
        assert_eq!(crowd.reached_us().len(), 2, "both are there already");
    }
}
