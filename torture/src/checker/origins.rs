//! Who asked for each row of the log, as far as that can be told: at least, from when on somebody
//! did.
//!
//! A row may be the doing of any call that asked for such a change and was not refused. Nor had its
//! client been told of a later log when it began. Where an answer says that its call has made the
//! row, that call alone counts. Of all these the one that began first says from when on the row can
//! have been there. So it is known what came after an instant for sure.

use std::collections::HashMap;

use super::event_history::EventHistory;
use super::knowledge::{Knowledge, revision_of};
use super::violation::{Findings, Kind};
use crate::history::{
    Answer, Call, Cause, Command, DatabaseClock, DbMicros, LogRow, Outcome, Revision, RunMicros,
    SeatNo, Stage,
};

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Origins {
    /// Descending by the first, each with the lowest revision of those: which began to be asked for
    /// at that instant or later.
    asked: Vec<(RunMicros, Revision)>,
    last: Revision,
}

/// What a call has to name to be the origin of a row.
#[derive(PartialEq, Eq, Hash)]
enum Doing<'h> {
    Seat(Cause, &'h str, SeatNo),
    Best(&'h str),
    Claim(&'h str),
    Transfer(&'h str, &'h str),
    Import(&'h str),
    Cancel,
}

struct Maker {
    start: RunMicros,
    /// Rows up to this one were there before it.
    after: Revision,
    evidence: Evidence,
}

/// What an answer says of the rows that its call has made.
#[derive(Clone, Copy)]
enum Evidence {
    /// Nothing: there was none, or it does not say.
    None,
    /// They are not after this one.
    UpTo(Revision),
    /// They are these.
    Rows(Revision, Revision),
    /// They are not after this one, and were decided then; or before, where the server had to try
    /// twice.
    DecidedAt(DbMicros, Revision),
}

#[derive(Default)]
struct Makers(Vec<Maker>);

impl Origins {
    pub(super) fn of(
        history: &EventHistory<'_>,
        knowledge: &Knowledge,
        findings: &mut Findings,
    ) -> Self {
        let mut makers: HashMap<Doing<'_>, Makers> = HashMap::new();
        for call in &history.calls {
            let is_done = matches!(call.outcome, Outcome::Answered(_) | Outcome::Unclear(_));
            if !is_done {
                continue;
            }
            let after = knowledge.before(call.start);
            for doing in doings(call) {
                let maker = Maker { start: call.start, after, evidence: evidence(call) };
                makers.entry(doing).or_default().0.push(maker);
            }
        }
        let is_moved = history.run.database_clock == DatabaseClock::Moved;
        let mut asked = Vec::new();
        for row in history.rows.iter().filter(|row| row.cause != Cause::Expired) {
            let mut first = |doing| makers.get_mut(&doing)?.first(row);
            // Whoever has made it for sure comes before all who may have.
            match causes(row).into_iter().filter_map(&mut first).min() {
                Some((_, start)) => asked.push((start, row.revision)),
                // Holds end earlier where the clock was put back, and nobody asks for that.
                None if row.cause == Cause::Extended && is_moved => {}
                None => findings.at(Kind::Unexplained, row.revision, nobody_asked(row)),
            }
        }
        asked.sort_unstable_by(|one, other| other.cmp(one));
        let mut lowest = Revision::MAX;
        for (_, revision) in &mut asked {
            lowest = lowest.min(*revision);
            *revision = lowest;
        }
        Self { asked, last: history.last() }
    }

    /// The last revision that may have been there at an instant: what comes after it was asked for
    /// later.
    pub(super) fn latest_at(&self, at: RunMicros) -> Revision {
        let index = self.asked.partition_point(|&(start, _)| start > at);
        let first_after = index.checked_sub(1).map(|index| self.asked[index].1);
        first_after.map_or(self.last, |revision| self.last.min(revision - 1))
    }
}

impl Makers {
    /// From when on one of them has made a row: those that may have, only if none has for sure.
    /// Rows are asked for in ascending order.
    fn first(&mut self, row: &LogRow) -> Option<(bool, RunMicros)> {
        self.0.retain(|maker| maker.evidence.last().is_none_or(|last| row.revision <= last));
        let begun = self.0.iter().take_while(|maker| maker.after < row.revision);
        let unsure = |maker: &Maker| Some((!maker.evidence.is_sure(row)?, maker.start));
        begun.filter_map(unsure).min()
    }
}

impl Evidence {
    fn last(self) -> Option<Revision> {
        match self {
            Self::None => None,
            Self::UpTo(last) | Self::Rows(_, last) | Self::DecidedAt(_, last) => Some(last),
        }
    }

    /// Whether a row, which is not after them, was made for sure, or may have been.
    fn is_sure(self, row: &LogRow) -> Option<bool> {
        match self {
            Self::None | Self::UpTo(_) => Some(false),
            Self::Rows(first, _) => (first <= row.revision).then_some(true),
            Self::DecidedAt(at, _) => Some(at == row.changed_at),
        }
    }
}

fn evidence(call: &Call) -> Evidence {
    let Outcome::Answered(answer) = &call.outcome else { return Evidence::None };
    let rows = |count: usize, last| {
        let count = Revision::try_from(count).unwrap_or(Revision::MAX);
        Evidence::Rows(last - count + 1, last)
    };
    match answer {
        Answer::Held { server_time, revision, .. } => Evidence::DecidedAt(*server_time, *revision),
        Answer::Released { seats, revision } => rows(seats.len(), *revision),
        Answer::Confirmed { order, revision, .. } => rows(order.lines.len(), *revision),
        _ => revision_of(call).map_or(Evidence::None, Evidence::UpTo),
    }
}

fn nobody_asked(row: &LogRow) -> String {
    let LogRow { revision, seat, cause, viewer, .. } = row;
    format!("nobody asked for revision {revision}, by which seat {seat} is {cause:?} for {viewer}")
}

/// What calls can be the origin of a row.
fn causes(row: &LogRow) -> Vec<Doing<'_>> {
    let viewer = row.viewer.as_str();
    match row.cause {
        Cause::Reserved => vec![Doing::Seat(row.cause, viewer, row.seat), Doing::Best(viewer)],
        Cause::Released | Cause::Confirmed | Cause::Extended => {
            vec![Doing::Seat(row.cause, viewer, row.seat)]
        }
        Cause::Blocked | Cause::Unblocked => vec![Doing::Seat(row.cause, viewer, row.seat)],
        Cause::Imported => vec![Doing::Import(viewer)],
        Cause::Cancelled => vec![Doing::Cancel],
        Cause::Claimed => vec![Doing::Claim(viewer)],
        Cause::Transferred => {
            let order = row.order.as_deref().unwrap_or_default();
            vec![Doing::Claim(viewer), Doing::Transfer(order, viewer)]
        }
        Cause::Expired => Vec::new(),
    }
}

/// What a call can be the origin of.
fn doings(call: &Call) -> Vec<Doing<'_>> {
    let viewer = call.viewer.as_str();
    let of = |cause| move |&seat: &SeatNo| Doing::Seat(cause, viewer, seat);
    match &call.command {
        Command::Reserve { seats } => seats.iter().map(of(Cause::Reserved)).collect(),
        Command::ReserveBest { .. } => match &call.outcome {
            Outcome::Answered(Answer::Held { seats, .. }) => {
                seats.iter().map(of(Cause::Reserved)).collect()
            }
            _ => vec![Doing::Best(viewer)],
        },
        Command::Confirm { lines, .. } => match &call.outcome {
            Outcome::Answered(Answer::Confirmed { created: false, .. }) => Vec::new(),
            _ => lines.iter().map(|line| of(Cause::Confirmed)(&line.seat)).collect(),
        },
        Command::Release { seats } => seats.iter().map(of(Cause::Released)).collect(),
        Command::Extend { seats } => seats.iter().map(of(Cause::Extended)).collect(),
        Command::Claim { .. } => vec![Doing::Claim(viewer)],
        Command::Transfer { order, to, .. } => vec![Doing::Transfer(order, to)],
        Command::Block { seats } => seats.iter().map(of(Cause::Blocked)).collect(),
        Command::Unblock { seats } => seats.iter().map(of(Cause::Unblocked)).collect(),
        Command::Import { .. } => vec![Doing::Import(viewer)],
        Command::UpdateEvent(patch) if patch.stage == Some(Stage::Cancelled) => {
            vec![Doing::Cancel]
        }
        Command::UpdateEvent(_) | Command::SetPrices { .. } => Vec::new(),
        Command::ReadMap | Command::ReadStatuses | Command::ReadMine => Vec::new(),
        Command::ReadOrder { .. } => Vec::new(),
    }
}
