//! What can be wrong with a history, in words.

use std::fmt;

use crate::history::{EventNo, Revision, SeatNo};

/// The most violations that are kept of one event. One fault makes many: the first ones tell.
pub const MAX_VIOLATIONS_PER_EVENT: usize = 1_000;

/// A promise that a history breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which promise.
    pub kind: Kind,
    /// Of which event.
    pub event: EventNo,
    /// What shows it.
    pub entries: Vec<Pointer>,
    /// One sentence for people.
    pub sentence: String,
}

/// What of a history is meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pointer {
    /// A call, by its number.
    Call(u64),
    /// A row of the change log.
    Log(Revision),
    /// A subscriber.
    Stream(u32),
    /// A seat.
    Seat(SeatNo),
    /// An order.
    Order(String),
}

/// Which promise is broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The log lacks a revision.
    LogGap,
    /// The log has a revision twice.
    LogDoubled,
    /// The log's times go back.
    LogTime,
    /// A row names another row before it of its seat than there is.
    LogChain,
    /// A row is of a seat that is not there.
    UnknownSeat,
    /// A seat was given to somebody while another had it.
    TwoOwners,
    /// A sold seat became something else.
    SaleUndone,
    /// Somebody used a hold that was not theirs.
    NotTheHolder,
    /// A hold ended before its time.
    HoldCutShort,
    /// A hold was used after its end.
    HoldOverused,
    /// A hold does not last as long as the terms say.
    HoldLength,
    /// The end of a hold was logged later than promised, or never.
    ExpiryLate,
    /// A hold was prolonged against the terms.
    ExtensionWrong,
    /// A seat that is not for sale was taken.
    BlockedTaken,
    /// The plan was changed under a seat that somebody has, or for nothing.
    PlanChange,
    /// Something was sold that is not on sale.
    NotOnSale,
    /// Somebody took more than the event allows.
    OverLimit,
    /// The seats of an order do not stand together in the log.
    OrderTorn,
    /// Two orders have one id.
    OrderTwice,
    /// An order changed hands without being passed on.
    OwnerChange,
    /// Nobody asked for a change.
    Unexplained,
    /// An answer's revision is not in the log, or the log says something else there.
    AnswerLost,
    /// An answer is not what the log says.
    AnswerWrong,
    /// An answer is older than what somebody was told before the call began.
    AnswerStale,
    /// An answer is of a change that came after it.
    AnswerEarly,
    /// Two calls were each told that they made the same change.
    AnswerDoubled,
    /// A refusal was true at no moment of its call.
    RefusalUntrue,
    /// One key bought twice.
    KeyTwice,
    /// An order that was answered is not there.
    OrderLost,
    /// An order is not the one that was answered.
    OrderOther,
    /// A seat was sold at another price than promised.
    PriceWrong,
    /// A read is older than what was known before it began.
    ReadStale,
    /// A read is not what the log says.
    ReadWrong,
    /// A claim left something behind.
    ClaimIncomplete,
    /// A subscriber missed changes.
    FrameMissed,
    /// A subscriber was told a change again.
    FrameDoubled,
    /// A subscriber was told changes out of order.
    FrameReordered,
    /// A frame is not what the log says.
    FrameWrong,
    /// A frame came before what it tells was asked for.
    FrameEarly,
    /// A snapshot is not what the log says at its revision.
    SnapshotWrong,
    /// A board, folded, is not what the log says at its revision.
    BoardWrong,
    /// A subscriber had not caught up in the end.
    StreamBehind,
    /// The tables are not what the log says.
    TableWrong,
    /// The table of orders is not what the log says.
    OrderTable,
    /// Two orders have one code.
    CodeTwice,
    /// A key stands for an order that is not there, or for another's.
    KeyTable,
    /// Seats are held although the event is cancelled.
    HeldAfterCancel,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, event, sentence, entries } = self;
        write!(out, "{kind:?}, event {event}: {sentence}")?;
        for (index, entry) in entries.iter().enumerate() {
            let between = if index == 0 { " [" } else { ", " };
            write!(out, "{between}{entry}")?;
        }
        if entries.is_empty() { Ok(()) } else { out.write_str("]") }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(id) => write!(out, "call {id}"),
            Self::Log(revision) => write!(out, "revision {revision}"),
            Self::Stream(stream) => write!(out, "stream {stream}"),
            Self::Seat(seat) => write!(out, "seat {seat}"),
            Self::Order(order) => write!(out, "order {order}"),
        }
    }
}

/// What was found in one event.
#[derive(Debug)]
pub(super) struct Findings {
    event: EventNo,
    found: Vec<Violation>,
}

impl Findings {
    pub(super) fn new(event: EventNo) -> Self {
        Self { event, found: Vec::new() }
    }

    /// Writes a violation down.
    pub(super) fn add(&mut self, kind: Kind, entries: Vec<Pointer>, sentence: String) {
        if self.found.len() < MAX_VIOLATIONS_PER_EVENT {
            self.found.push(Violation { kind, event: self.event, entries, sentence });
        }
    }

    /// Of a row of the log.
    pub(super) fn at(&mut self, kind: Kind, revision: Revision, sentence: String) {
        self.add(kind, vec![Pointer::Log(revision)], sentence);
    }

    pub(super) fn into_found(self) -> Vec<Violation> {
        self.found
    }
}
