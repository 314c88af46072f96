//! Subscribers of a simulated sale.

use torture::history::{
    Cause, ChangeSeen, Entry, Frame, LogRow, Revision, RunMicros, SnapshotReason, StreamItem,
    StreamKind, Viewer,
};

use super::buying::seen;
use super::world::{Next, World};
use crate::bugs::Bug;

/// A subscriber.
#[derive(Debug)]
pub(crate) struct Stream {
    follows: Follows,
    is_connected: bool,
    /// The last that it has been told.
    position: Option<Revision>,
    letters: Vec<char>,
    /// When its last frame came.
    at: RunMicros,
    /// What it was told last of its own.
    mine: Option<StreamItem>,
    is_asleep: bool,
    /// A frame that another overtakes.
    late: Option<StreamItem>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Follows {
    Changes,
    Statuses,
    Mine(Viewer),
}

impl Stream {
    pub(crate) fn all(rng: &mut fastrand::Rng) -> Vec<Self> {
        let mut follows = vec![Follows::Changes; 3];
        follows.extend([Follows::Statuses, Follows::Statuses]);
        follows.extend((1..4).map(|number| Follows::Mine(format!("viewer-{number}"))));
        rng.shuffle(&mut follows);
        let stream = |follows| Self {
            follows,
            is_connected: false,
            position: None,
            letters: Vec::new(),
            at: 0,
            mine: None,
            is_asleep: false,
            late: None,
        };
        follows.into_iter().map(stream).collect()
    }
}

impl World {
    /// A subscriber connects, is sent something, or loses its connection.
    pub(super) fn follow(&mut self, index: usize) {
        let is_late = self.now > self.ends_at() + 11_000_000;
        if !self.streams[index].is_connected {
            self.subscribe(index);
        } else if !is_late && self.rng.f32() < 0.03 {
            self.streams[index].is_connected = false;
            self.streams[index].late = None;
            self.told(index, StreamItem::Lost);
        } else if !self.streams[index].is_asleep {
            let stream = &self.streams[index];
            let is_behind =
                stream.follows == Follows::Changes && stream.position < Some(self.db.revision);
            let is_over = self.now > self.ends_at();
            if is_behind && is_over && self.db.plant.strikes(Bug::StreamAsleep) {
                self.streams[index].is_asleep = true;
            } else {
                self.send_news(index);
            }
        }
        let at = self.now + self.rng.i64(5_000..150_000);
        if !is_late {
            self.at(at, Next::Follow(index));
        }
    }

    fn subscribe(&mut self, index: usize) {
        self.streams[index].is_connected = true;
        let follows = self.streams[index].follows.clone();
        let kind = match follows {
            Follows::Changes => {
                let since = self.streams[index].position;
                if since.is_some() && self.rng.f32() < 0.2 {
                    self.streams[index].position = None;
                }
                StreamKind::Changes { since: self.streams[index].position }
            }
            Follows::Statuses => {
                self.streams[index].letters.clear();
                StreamKind::Statuses
            }
            Follows::Mine(viewer) => {
                self.streams[index].mine = None;
                StreamKind::Mine { viewer }
            }
        };
        self.told(index, StreamItem::Subscribed(kind));
        let is_behind = self.streams[index].position.is_some_and(|at| at + 1 < self.db.revision);
        if self.streams[index].follows == Follows::Changes
            && is_behind
            && self.db.plant.strikes(Bug::SinceOffByOne)
        {
            self.streams[index].position = self.streams[index].position.map(|at| at + 1);
        }
    }

    fn send_news(&mut self, index: usize) {
        match self.streams[index].follows.clone() {
            Follows::Changes => self.send_changes(index),
            Follows::Statuses => self.send_board(index),
            Follows::Mine(viewer) => self.send_mine(index, &viewer),
        }
    }

    fn send_changes(&mut self, index: usize) {
        let Some(position) = self.streams[index].position else {
            return self.send_snapshot(index, SnapshotReason::Initial);
        };
        let behind = self.db.revision - position;
        if behind > 60 {
            return self.send_snapshot(index, SnapshotReason::ClientLagged);
        }
        let first = self.db.log.partition_point(|row| row.revision <= position);
        let mut changes: Vec<ChangeSeen> =
            self.db.log[first..].iter().take(20).map(change).collect();
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
        let (from, to) = (first.revision, last.revision);
        self.streams[index].position = Some(to);
        if self.db.plant.strikes(Bug::FrameGarbled) {
            changes[0].seat += 1;
        }
        if changes.len() > 1 && self.db.plant.strikes(Bug::ChangesReordered) {
            changes.swap(0, 1);
        }
        let item = StreamItem::Changes { from, to, changes };
        if self.db.plant.strikes(Bug::FrameDropped) {
            return;
        }
        if let Some(late) = self.streams[index].late.take() {
            self.told(index, item);
            return self.told(index, late);
        }
        if self.db.plant.strikes(Bug::FrameReordered) {
            self.streams[index].late = Some(item);
            return;
        }
        if self.db.plant.strikes(Bug::FrameDoubled) {
            self.told(index, item.clone());
        }
        self.told(index, item);
    }

    fn send_snapshot(&mut self, index: usize, reason: SnapshotReason) {
        let mut revision = self.db.revision;
        self.streams[index].position = Some(revision);
        let letters = self.letters();
        if revision > 3 && self.db.plant.bug == Some(Bug::SnapshotOfAnother) {
            let earlier = self.letters_at(revision - 3, self.now);
            if earlier != letters && self.db.plant.strikes(Bug::SnapshotOfAnother) {
                revision -= 3;
                self.streams[index].position = Some(revision);
            }
        }
        self.told(index, StreamItem::Snapshot { revision, reason, letters });
    }

    fn send_board(&mut self, index: usize) {
        let revision = self.db.revision;
        let letters: Vec<char> = self.letters().chars().collect();
        let stream = &mut self.streams[index];
        if stream.letters == letters {
            return;
        }
        let is_whole = stream.letters.len() != letters.len() || self.rng.f32() < 0.1;
        let before = std::mem::replace(&mut stream.letters, letters.clone());
        stream.position = Some(revision);
        if is_whole {
            let letters = letters.into_iter().collect();
            return self.told(index, StreamItem::Board { revision, places: None, letters });
        }
        let differs = |place: &usize| before[*place] != letters[*place];
        let mut places: Vec<usize> = (0..letters.len()).filter(differs).collect();
        // A hold that has run out may be shown for a moment; a sale may not be missed.
        let missed = places.iter().position(|&place| letters[place] == 'C');
        if let Some(missed) = missed
            && self.db.plant.strikes(Bug::BoardMissesPlace)
        {
            places.remove(missed);
        }
        let letters = places.iter().map(|&place| letters[place]).collect();
        self.told(index, StreamItem::Board { revision, places: Some(places), letters });
    }

    fn send_mine(&mut self, index: usize, viewer: &str) {
        let revision = self.db.revision;
        self.streams[index].position = Some(revision);
        let mut held = self.held(viewer);
        let orders = self.db.orders.iter().filter(|order| order.viewer == viewer);
        let orders: Vec<_> = orders.map(seen).collect();
        let now = self.db_now();
        let is_long = held.first().is_some_and(|hold| hold.expires_at > now + 300_000);
        if is_long && self.db.plant.strikes(Bug::MineMissesHold) {
            held.remove(0);
        }
        let item = |revision| StreamItem::Mine {
            revision,
            held: held.clone(),
            orders: orders.clone(),
            expired: Vec::new(),
        };
        let said = item(0);
        if self.streams[index].mine.as_ref() != Some(&said) {
            self.told(index, item(revision));
            self.streams[index].mine = Some(said);
        }
    }

    /// Writes down what a subscriber saw, a moment later.
    fn told(&mut self, index: usize, item: StreamItem) {
        let delay = self.rng.i64(100..4_000);
        let mut at = self.streams[index].at.max(self.now + delay) + 1;
        if let StreamItem::Changes { to, .. } = &item
            && self.db.plant.bug == Some(Bug::FrameBeforeCommit)
            && self.asked_after(*to).is_some_and(|asked| asked < at)
            && self.db.plant.strikes(Bug::FrameBeforeCommit)
        {
            at = self.asked_after(*to).unwrap_or(at) - 1_000;
        }
        self.streams[index].at = at;
        let stream = u32::try_from(index).unwrap_or(0);
        let event = self.db.event;
        self.history.push(Entry::Frame(Frame { stream, event, at, item }));
    }

    /// When somebody asked for what became of a row, if nobody else did.
    fn asked_after(&self, revision: Revision) -> Option<RunMicros> {
        let row = self.db.log.iter().find(|row| row.revision == revision)?;
        let calls = self.history.calls.iter().filter(|call| match &call.command {
            torture::history::Command::Release { seats } => {
                call.viewer == row.viewer && seats.contains(&row.seat)
            }
            _ => false,
        });
        let calls: Vec<_> = calls.collect();
        let is_release = row.cause == Cause::Released && calls.len() == 1;
        let pending = self.pending.values().filter(|pending| !pending.is_over);
        let is_pending = pending.filter(|it| it.call.viewer == row.viewer).count() > 0;
        (is_release && !is_pending).then(|| calls[0].start)
    }

    /// Everybody has caught up by now.
    pub(super) fn settle_streams(&mut self) {
        for index in 0..self.streams.len() {
            if !self.streams[index].is_connected {
                self.subscribe(index);
            }
            while !self.streams[index].is_asleep
                && self.streams[index].late.is_none()
                && self.streams[index].position != Some(self.db.revision)
            {
                let before = self.history.frames.len();
                self.send_news(index);
                if self.history.frames.len() == before {
                    break;
                }
            }
            let stream = &self.streams[index];
            let is_new = match stream.follows {
                Follows::Changes => stream.position.is_none(),
                Follows::Statuses => stream.letters.is_empty(),
                Follows::Mine(_) => stream.mine.is_none(),
            };
            if is_new && !stream.is_asleep {
                self.send_news(index);
            }
            self.told(index, StreamItem::Settled);
        }
    }
}

fn change(row: &LogRow) -> ChangeSeen {
    let (status, for_sale) = match row.cause {
        Cause::Reserved | Cause::Extended | Cause::Claimed => ('R', None),
        Cause::Confirmed | Cause::Transferred => ('C', None),
        Cause::Blocked => ('A', Some(false)),
        Cause::Unblocked => ('A', Some(true)),
        _ => ('A', None),
    };
    let LogRow { revision, seat, cause, changed_at, .. } = *row;
    ChangeSeen { revision, seat, status, for_sale, cause, changed_at }
}
