//! What clients intend: drawn one after another from a client's own seed, whatever is answered.

use std::time::Duration;

use fastrand::Rng;

/// What a viewer does next. With what, is chosen by numbers among what there is then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Intent {
    pub(crate) server: usize,
    pub(crate) event: usize,
    pub(crate) kind: Kind,
    /// Chooses among seats and people, however many they are.
    pub(crate) choice: u64,
    /// How long it waits for an answer.
    pub(crate) patience: Duration,
}

/// What viewers do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Reserve,
    ReserveBest,
    Confirm,
    Release,
    Extend,
    Claim,
    Transfer,
    ReadMap,
    ReadStatuses,
    ReadMine,
    ReadOrder,
    /// Does what was unclear, once more.
    Again,
}

/// How often each comes, of 64.
const SHARES: [(Kind, u8); 12] = [
    (Kind::Reserve, 20),
    (Kind::ReserveBest, 6),
    (Kind::Confirm, 10),
    (Kind::Release, 8),
    (Kind::Extend, 3),
    (Kind::Claim, 2),
    (Kind::Transfer, 2),
    (Kind::ReadMap, 3),
    (Kind::ReadStatuses, 3),
    (Kind::ReadMine, 3),
    (Kind::ReadOrder, 2),
    (Kind::Again, 2),
];

/// How long people wait, in milliseconds.
const PATIENCE_MS: [u64; 3] = [700, 3_000, 8_000];

impl Intent {
    /// The next one of a client.
    pub(crate) fn draw(rng: &mut Rng, servers: usize, events: usize) -> Self {
        let mut drawn = rng.u8(..64);
        let mut kind = Kind::Reserve;
        for (each, share) in SHARES {
            kind = each;
            if drawn < share {
                break;
            }
            drawn -= share;
        }
        Self {
            server: rng.usize(..servers),
            // Most go for the first one.
            event: rng.usize(..events).min(rng.usize(..events)),
            kind,
            choice: rng.u64(..),
            patience: Duration::from_millis(PATIENCE_MS[rng.usize(..PATIENCE_MS.len())]),
        }
    }
}

/// What organisers do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Chore {
    Block,
    Unblock,
    Import,
    SetPrices,
    Update,
}

impl Chore {
    /// The next one of an organiser.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        match rng.u8(..16) {
            0..=4 => Self::Block,
            5..=8 => Self::Unblock,
            9..=10 => Self::Import,
            11..=12 => Self::SetPrices,
            _ => Self::Update,
        }
    }
}

/// Somebody who follows an event, over many connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Watch {
    pub(crate) event: usize,
    pub(crate) what: Watching,
    /// Draws when it leaves, and where it comes back.
    pub(crate) seed: u64,
}

/// What is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Watching {
    Changes,
    Statuses,
    /// Of a viewer, by number.
    Mine(usize),
}

/// Who follows what: of each event two of each stream that all see, and one viewer.
pub(super) fn watches(rng: &mut Rng, events: usize, viewers: usize) -> Vec<Watch> {
    let mut watches = Vec::new();
    for event in 0..events {
        let mine = Watching::Mine(rng.usize(..viewers));
        let each = [Watching::Changes, Watching::Statuses];
        for what in each.into_iter().chain(each).chain([mine]) {
            watches.push(Watch { event, what, seed: rng.u64(..) });
        }
    }
    watches
}
