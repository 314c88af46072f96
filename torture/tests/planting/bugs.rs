//! The bugs that are planted into a simulated sale.

use torture::checker::Kind;

/// A bug, by its mechanism.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bug {
    /// The cleaner frees seats by a list that is old, without looking again.
    CleanerWithoutLock,
    /// A revision is left out.
    SkippedRevision,
    /// Two rows have one revision.
    DoubledRevision,
    /// A row names the wrong row before it.
    BrokenChain,
    /// The clock of a server is used for a row.
    ClockOfTheServer,
    /// A call is answered, and then the server dies before the commit.
    AnswerBeforeCommit,
    /// A call is answered, and committed half a second later.
    CommitAfterAnswer,
    /// A reservation does not see that somebody else holds the seat.
    TwoOwners,
    /// An order is answered and not kept in its table.
    LostOrder,
    /// A hold lasts twice as long as it should.
    HoldTooLong,
    /// A hold lasts half as long.
    HoldTooShort,
    /// The cleaner is dead, and nobody notices.
    CleanerAsleep,
    /// The cleaner comes before a hold's end.
    HoldCutShort,
    /// A map is read from a standby that lags.
    StaleMap,
    /// One's own holds are read from a standby that lags.
    StaleMine,
    /// A kept map is answered after the server has committed.
    KeptMapTooOld,
    /// A release is answered, and the seats stay held.
    LostRelease,
    /// A second purchase under a key makes a second order.
    KeyIgnored,
    /// A second purchase under a key is answered with the first order.
    KeyAnswersAnother,
    /// A repeated confirmation makes another order: the seat is sold again.
    SoldAgain,
    /// Two reservations at once are each within the limit.
    LimitRace,
    /// A frame is lost on the way.
    FrameDropped,
    /// A frame is sent again.
    FrameDoubled,
    /// Two frames change places.
    FrameReordered,
    /// A change of a frame names another seat.
    FrameGarbled,
    /// A frame is sent before its commit.
    FrameBeforeCommit,
    /// A snapshot says another revision than the one that it was read at.
    SnapshotOfAnother,
    /// A subscriber with `since` begins one change late.
    SinceOffByOne,
    /// A board leaves a place out.
    BoardMissesPlace,
    /// A subscriber is forgotten.
    StreamAsleep,
    /// A viewer is not told of a hold.
    MineMissesHold,
    /// Seats are refused that are free.
    FalseRefusal,
    /// A refusal does not name all seats that are in the way.
    HalfRefusal,
    /// A hold that is there is refused as run out.
    FalseNotHeld,
    /// The limit is said to be reached, and is not.
    FalseLimit,
    /// A call is carried out and answered with a refusal.
    DoneAndRefused,
    /// An order is answered with another seat.
    OrderOtherSeat,
    /// An order is somebody else's, and nobody has passed it on.
    OwnerWithoutTransfer,
    /// Whoever knows an order's id can pass it on.
    TransferByStranger,
    /// A sold seat is released.
    ConfirmedFreed,
    /// A blocked seat is sold.
    BlockedSold,
    /// A cancelled event still sells.
    CancelledSells,
    /// An event sells after its end of sales.
    ClosedSells,
    /// Seats are sold at the price of today, and not of when they were taken.
    PriceUnderHold,
    /// An order's total is not what its seats cost.
    WrongTotal,
    /// Two orders have one code.
    CodeTwice,
    /// Two orders have one id.
    OrderIdTwice,
    /// The database goes back by some commits that were answered.
    RewoundLog,
    /// A hold is bought after its end.
    ExpiredHoldConfirmed,
    /// A hold is prolonged twice.
    ExtendedTwice,
    /// A claim leaves a hold with the guest.
    ClaimLeavesBehind,
    /// The log is written, and the table is not.
    TableNotFolded,
    /// A reservation takes some of the seats, and says all.
    HalfReserved,
    /// Two calls are told that they made the same release.
    ReleaseAnsweredTwice,
    /// A change of the event is answered, and not made.
    UpdateLost,
    /// Holds of a cancelled event are never ended.
    CancelForgotten,
    /// A key of an order is forgotten.
    KeyForgotten,
    /// A seat is blocked while somebody holds it.
    BlockedUnderHold,
    /// Two clients are each told that they made the same change, at the same time.
    AnsweredTwice,
    /// The changes of a frame are not in order.
    ChangesReordered,
    /// A map says a revision that comes later.
    MapOfTheFuture,
    /// A row is of a seat that is not there.
    StrangeSeat,
}

impl Bug {
    /// Every one of them, with what it is found as: by one of these at least.
    pub(crate) const ALL: &'static [(Self, &'static [Kind])] = &[
        (Self::CleanerWithoutLock, &[Kind::HoldCutShort, Kind::SaleUndone]),
        (Self::SkippedRevision, &[Kind::LogGap]),
        (Self::DoubledRevision, &[Kind::LogDoubled]),
        (Self::BrokenChain, &[Kind::LogChain]),
        (Self::ClockOfTheServer, &[Kind::LogTime]),
        (Self::AnswerBeforeCommit, &[Kind::AnswerLost, Kind::OrderLost]),
        (Self::CommitAfterAnswer, &[Kind::ReadStale, Kind::ReadWrong, Kind::AnswerLost]),
        (Self::TwoOwners, &[Kind::TwoOwners]),
        (Self::LostOrder, &[Kind::OrderLost]),
        (Self::HoldTooLong, &[Kind::HoldLength]),
        (Self::HoldTooShort, &[Kind::HoldLength]),
        (Self::CleanerAsleep, &[Kind::ExpiryLate]),
        (Self::HoldCutShort, &[Kind::HoldCutShort]),
        (Self::StaleMap, &[Kind::ReadStale]),
        (Self::StaleMine, &[Kind::ReadWrong]),
        (Self::KeptMapTooOld, &[Kind::ReadStale]),
        (Self::LostRelease, &[Kind::AnswerLost]),
        (Self::KeyIgnored, &[Kind::KeyTwice, Kind::KeyTable]),
        (Self::KeyAnswersAnother, &[Kind::OrderOther]),
        (Self::SoldAgain, &[Kind::SaleUndone]),
        (Self::LimitRace, &[Kind::OverLimit]),
        (Self::FrameDropped, &[Kind::FrameMissed]),
        (Self::FrameDoubled, &[Kind::FrameDoubled]),
        (Self::FrameReordered, &[Kind::FrameMissed]),
        (Self::FrameGarbled, &[Kind::FrameWrong]),
        (Self::FrameBeforeCommit, &[Kind::FrameEarly, Kind::Unexplained, Kind::AnswerStale]),
        (Self::SnapshotOfAnother, &[Kind::SnapshotWrong]),
        (Self::SinceOffByOne, &[Kind::FrameMissed]),
        (Self::BoardMissesPlace, &[Kind::BoardWrong]),
        (Self::StreamAsleep, &[Kind::StreamBehind]),
        (Self::MineMissesHold, &[Kind::FrameWrong]),
        (Self::FalseRefusal, &[Kind::RefusalUntrue]),
        (Self::HalfRefusal, &[Kind::RefusalUntrue]),
        (Self::FalseNotHeld, &[Kind::RefusalUntrue]),
        (Self::FalseLimit, &[Kind::RefusalUntrue]),
        (Self::DoneAndRefused, &[Kind::Unexplained]),
        (Self::OrderOtherSeat, &[Kind::OrderOther]),
        (Self::OwnerWithoutTransfer, &[Kind::OrderTable]),
        (Self::TransferByStranger, &[Kind::OwnerChange]),
        (Self::ConfirmedFreed, &[Kind::SaleUndone]),
        (Self::BlockedSold, &[Kind::BlockedTaken, Kind::RefusalUntrue]),
        (Self::CancelledSells, &[Kind::NotOnSale, Kind::HoldOverused, Kind::RefusalUntrue]),
        (Self::ClosedSells, &[Kind::NotOnSale, Kind::RefusalUntrue]),
        (Self::PriceUnderHold, &[Kind::PriceWrong]),
        (Self::WrongTotal, &[Kind::PriceWrong]),
        (Self::CodeTwice, &[Kind::CodeTwice]),
        (Self::OrderIdTwice, &[Kind::OrderTwice]),
        (Self::RewoundLog, &[Kind::AnswerLost, Kind::Unexplained]),
        (Self::ExpiredHoldConfirmed, &[Kind::HoldOverused, Kind::RefusalUntrue]),
        (Self::ExtendedTwice, &[Kind::ExtensionWrong]),
        (Self::ClaimLeavesBehind, &[Kind::ClaimIncomplete]),
        (Self::TableNotFolded, &[Kind::TableWrong]),
        (Self::HalfReserved, &[Kind::AnswerLost]),
        (Self::ReleaseAnsweredTwice, &[Kind::AnswerStale, Kind::AnswerDoubled]),
        (Self::UpdateLost, &[Kind::TableWrong, Kind::OverLimit, Kind::RefusalUntrue]),
        (Self::CancelForgotten, &[Kind::HeldAfterCancel]),
        (Self::KeyForgotten, &[Kind::KeyTable]),
        (Self::BlockedUnderHold, &[Kind::PlanChange]),
        (Self::AnsweredTwice, &[Kind::AnswerDoubled]),
        (Self::ChangesReordered, &[Kind::FrameReordered]),
        (Self::MapOfTheFuture, &[Kind::AnswerEarly, Kind::ReadWrong]),
        (Self::StrangeSeat, &[Kind::UnknownSeat]),
    ];
}

/// Whether and how often a bug has shown.
#[derive(Debug)]
pub(crate) struct Plant {
    pub(crate) bug: Option<Bug>,
    /// How often it has made a difference.
    pub(crate) struck: usize,
    most: usize,
    /// Nobody will hear of what is decided now: a bug would make no difference.
    pub(crate) is_unheard: bool,
}

impl Plant {
    /// A bug that shows so often at most.
    pub(crate) fn new(bug: Option<Bug>, most: usize) -> Self {
        Self { bug, struck: 0, most, is_unheard: false }
    }

    /// Whether this is the bug, and it could show here.
    pub(crate) fn could_strike(&self, bug: Bug) -> bool {
        self.bug == Some(bug) && self.struck < self.most && !self.is_unheard
    }

    /// Whether this is the bug, and it shows here. It makes a difference if it does.
    pub(crate) fn strikes(&mut self, bug: Bug) -> bool {
        let strikes = self.could_strike(bug);
        self.struck += usize::from(strikes);
        strikes
    }
}
