//! The process of events.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use torture::history::{
    Call, DatabaseClock, DbMicros, EventSetup, History, LogRow, Outcome, Revision, Run, RunMicros,
    SeatNo, SeatSetup,
};

use super::clients::Client;
use super::db::{Db, PriceList, Seat, State};
use super::following::Stream;
use super::tables::setup;
use crate::bugs::{Bug, Plant};

/// By how much the database's clock is ahead of the run's.
pub(super) const AHEAD: i64 = 1_800_000_000_000_000;

/// How long a client waits for an answer.
pub(super) const PATIENCE: i64 = 400_000;

/// How large a sale is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) clients: u32,
    pub(crate) seats: SeatNo,
    pub(crate) seconds: i64,
    /// Whether what is held is bought now and then; or given back, so that it never ends.
    pub(crate) buys: bool,
}

/// What happens next.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Next {
    /// A client asks for something.
    Ask(usize),
    /// A call has arrived.
    Arrive(u64),
    /// A call is decided, as of when the lock was got.
    Commit(u64, RunMicros),
    /// A call is answered.
    Answer(u64),
    /// A client gives up.
    GiveUp(u64),
    /// The cleaner looks what is due.
    Look,
    /// The cleaner asks for the lock.
    Turn,
    /// The cleaner frees what it saw.
    Clean(RunMicros),
    /// A subscriber is sent what is new, or loses its connection.
    Follow(usize),
}

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) call: Call,
    pub(super) client: usize,
    /// What was decided, where it was.
    pub(super) outcome: Option<Outcome>,
    pub(super) is_over: bool,
}

pub(super) struct World {
    pub(super) db: Db,
    pub(super) rng: fastrand::Rng,
    pub(super) now: RunMicros,
    pub(super) size: Size,
    pub(super) clients: Vec<Client>,
    pub(super) streams: Vec<Stream>,
    pub(super) pending: HashMap<u64, Pending>,
    pub(super) history: History,
    pub(super) queue: BinaryHeap<Reverse<(RunMicros, u64, Next)>>,
    pub(super) count: u64,
    pub(super) lock_free_at: RunMicros,
    pub(super) due: Vec<SeatNo>,
    /// How often the bug had shown before what is decided now.
    pub(super) struck_before: usize,
    /// When which revision was committed.
    pub(super) commits: Vec<(RunMicros, Revision)>,
    setup: EventSetup,
}

/// A sale from a seed: its history, and how often the bug has made a difference.
pub(crate) fn simulate(seed: u64, size: Size, bug: Option<Bug>, most: usize) -> (History, usize) {
    let mut world = World::new(seed, size, Plant::new(bug, most));
    world.run();
    world.finish();
    (world.history, world.db.plant.struck)
}

impl World {
    fn new(seed: u64, size: Size, plant: Plant) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let setup = setup(&mut rng, size);
        let mut list = PriceList::new();
        for price in &setup.prices {
            let types = list.entry(price.category.clone()).or_default();
            types.push((price.ticket.clone(), price.amount_minor));
        }
        let seat = |seat: &SeatSetup| {
            let (place, category) = (seat.place.clone(), seat.category.clone());
            let (state, for_sale) = (State::Free(None), seat.for_sale);
            (seat.seat, Seat { place, category, for_sale, state, revision: 0, list: 0 })
        };
        let db = Db {
            event: setup.event,
            revision: 0,
            seats: setup.seats.iter().map(seat).collect(),
            log: Vec::new(),
            orders: Vec::new(),
            keys: HashMap::new(),
            terms: setup.terms.clone(),
            amended_at: 0,
            lists: vec![list],
            plant,
            rng: rng.fork(),
        };
        let run = Run {
            seed,
            schedule: "simulated".to_owned(),
            database_clock: DatabaseClock::Steady,
            expiry_bound: 1_000_000,
        };
        let mut world = Self {
            db,
            now: 0,
            size,
            clients: Client::all(size.clients),
            streams: Stream::all(&mut rng),
            rng,
            pending: HashMap::new(),
            history: History { run, setups: vec![setup.clone()], ..History::default() },
            queue: BinaryHeap::new(),
            count: 0,
            lock_free_at: 0,
            due: Vec::new(),
            struck_before: 0,
            commits: Vec::new(),
            setup,
        };
        for client in 0..world.clients.len() {
            let at = world.rng.i64(0..100_000);
            world.at(at, Next::Ask(client));
        }
        for stream in 0..world.streams.len() {
            let at = world.rng.i64(0..500_000);
            world.at(at, Next::Follow(stream));
        }
        world.at(0, Next::Look);
        world
    }

    pub(super) fn at(&mut self, at: RunMicros, next: Next) {
        self.count += 1;
        self.queue.push(Reverse((at, self.count, next)));
    }

    /// When clients stop asking.
    pub(super) fn ends_at(&self) -> RunMicros {
        self.size.seconds * 1_000_000
    }

    fn run(&mut self) {
        // Long enough for every hold to run out, and every subscriber to catch up.
        let last = self.ends_at() + 12_000_000;
        while let Some(Reverse((at, _, next))) = self.queue.pop() {
            if at > last {
                break;
            }
            self.now = self.now.max(at);
            match next {
                Next::Ask(client) => self.ask(client),
                Next::Arrive(call) => self.arrive(call),
                Next::Commit(call, locked_at) => self.commit(call, locked_at),
                Next::Answer(call) => self.answer(call),
                Next::GiveUp(call) => self.give_up(call),
                Next::Look => self.look(),
                Next::Turn => self.turn(),
                Next::Clean(locked_at) => self.clean(locked_at),
                Next::Follow(stream) => self.follow(stream),
            }
        }
        self.now = last;
    }

    /// Gets the event's lock: since when, and until when it is kept.
    pub(super) fn lock(&mut self) -> (RunMicros, RunMicros) {
        let locked_at = self.lock_free_at.max(self.now);
        let committed_at = locked_at + self.rng.i64(200..3_000);
        self.lock_free_at = committed_at;
        (locked_at, committed_at)
    }

    /// The revision that could be seen at an instant.
    pub(super) fn revision_at(&self, at: RunMicros) -> Revision {
        let index = self.commits.partition_point(|commit| commit.0 <= at);
        index.checked_sub(1).map_or(0, |index| self.commits[index].1)
    }
}

pub(super) fn state_after(row: &LogRow) -> State {
    match (row.expires_at, &row.order) {
        (Some(until), _) => State::Held { viewer: row.viewer.clone(), until, is_extended: false },
        (_, Some(order)) => State::Sold { viewer: row.viewer.clone(), order: order.clone() },
        (None, None) => State::Free(None),
    }
}

impl World {
    /// Now, by the database's clock.
    pub(super) fn db_now(&self) -> DbMicros {
        self.now + AHEAD
    }

    pub(super) fn event_setup(&self) -> &EventSetup {
        &self.setup
    }
}
