//! What may become of a seat by one row of the log.

use super::book::{Hold, Moment, State};
use super::terms::TermsStory;
use super::violation::Kind;
use crate::history::{Cause, LogRow, Stage};

const SECOND: i64 = 1_000_000;

/// What rows are held against.
pub(super) struct Rules<'a> {
    pub(super) terms: &'a TermsStory,
    /// Whether the database's clock was left alone.
    pub(super) is_steady: bool,
}

/// Everything that is wrong with a row that comes after this.
pub(super) fn problems(
    row: &LogRow,
    before: &Moment<'_>,
    rules: &Rules<'_>,
) -> Vec<(Kind, String)> {
    let mut problems = Vec::new();
    let mut add = |kind, what: String| {
        problems.push((kind, format!("revision {}: seat {} {what}", row.revision, row.seat)));
    };
    if let Some((kind, what)) = wrong_state(row, before) {
        add(kind, what);
        return problems;
    }
    let stages = rules.terms.stage.after(row.revision - 1);
    match row.cause {
        Cause::Reserved => {
            if !rules.terms.may_be_on_sale(row.revision - 1, row.changed_at) {
                add(Kind::NotOnSale, "is taken while the event is not on sale".to_owned());
            }
            if !before.for_sale {
                add(Kind::BlockedTaken, "is taken and is not for sale".to_owned());
            }
            let lasts = row.expires_at.map(|until| until - row.changed_at);
            let terms = rules.terms.hold_seconds.after(row.revision - 1);
            if !terms.iter().any(|&&seconds| Some(seconds * SECOND) == lasts) {
                add(Kind::HoldLength, format!("is held for {lasts:?} µs, by terms of {terms:?} s"));
            }
        }
        Cause::Extended => {
            if let Some(what) = wrong_extension(row, before, rules) {
                add(Kind::ExtensionWrong, what);
            } else if stages.iter().all(|&&stage| stage == Stage::Cancelled) && rules.is_steady {
                add(Kind::NotOnSale, "is prolonged although the event is cancelled".to_owned());
            }
        }
        Cause::Claimed => {
            let until = hold(before).map(|hold| hold.until);
            if row.expires_at != until {
                add(Kind::HoldLength, "is claimed, and the hold's end is another".to_owned());
            }
        }
        Cause::Released if stages.iter().all(|&&stage| stage == Stage::Cancelled) => {
            add(Kind::NotOnSale, "is given back although the event is cancelled".to_owned());
        }
        Cause::Confirmed if stages.iter().all(|&&stage| stage == Stage::Cancelled) => {
            add(Kind::NotOnSale, "is sold although the event is cancelled".to_owned());
        }
        Cause::Cancelled if stages.iter().all(|&&stage| stage != Stage::Cancelled) => {
            add(Kind::HoldCutShort, "is free as if the event were cancelled".to_owned());
        }
        Cause::Blocked if !before.for_sale => {
            add(Kind::PlanChange, "goes off sale and was off sale".to_owned());
        }
        Cause::Unblocked if before.for_sale => {
            add(Kind::PlanChange, "goes on sale and was on sale".to_owned());
        }
        _ => {}
    }
    problems
}

/// Whether the seat is in no state for it: who has it, and whether the hold is over.
fn wrong_state(row: &LogRow, before: &Moment<'_>) -> Option<(Kind, String)> {
    let viewer = row.viewer.as_str();
    let taken = matches!(row.cause, Cause::Reserved | Cause::Confirmed);
    match (row.cause, before.state) {
        (
            Cause::Reserved | Cause::Blocked | Cause::Unblocked | Cause::Imported,
            State::Free { .. },
        ) => None,
        (Cause::Blocked | Cause::Unblocked | Cause::Imported, State::Held(hold)) => {
            Some((Kind::PlanChange, format!("is {:?} while {} holds it", row.cause, hold.viewer)))
        }
        (Cause::Transferred, State::Sold { viewer: owner, order, .. }) => {
            let is_this = row.order.as_deref() == Some(order);
            let what = || format!("is passed on in {:?}, and is {owner}'s in {order}", row.order);
            (!is_this || owner == viewer).then(|| (Kind::OwnerChange, what()))
        }
        (_, State::Sold { viewer: owner, order, .. }) => {
            let kind = if taken && owner != viewer { Kind::TwoOwners } else { Kind::SaleUndone };
            Some((
                kind,
                format!("is {:?} for {viewer}, and is sold to {owner} in {order}", row.cause),
            ))
        }
        (Cause::Expired, State::Held(hold)) if hold.viewer == viewer => {
            (row.changed_at < hold.until).then(|| {
                let early = hold.until - row.changed_at;
                (
                    Kind::HoldCutShort,
                    format!("is taken from {viewer} {early} µs before the hold's end"),
                )
            })
        }
        (Cause::Reserved, State::Held(hold)) => {
            let kind = if hold.viewer == viewer { Kind::HoldLength } else { Kind::TwoOwners };
            Some((kind, format!("is taken by {viewer} while {} holds it", hold.viewer)))
        }
        (Cause::Claimed, State::Held(hold)) => wrong_claim(row, hold),
        (_, State::Held(hold)) => wrong_use(row, hold),
        (_, State::Free { .. }) => {
            let what = format!("is {:?} for {viewer}, who does not hold it", row.cause);
            Some((Kind::NotTheHolder, what))
        }
    }
}

/// Releasing, buying, prolonging or cancelling a hold; or ending somebody else's.
fn wrong_use(row: &LogRow, hold: Hold<'_>) -> Option<(Kind, String)> {
    let LogRow { cause, viewer, .. } = row;
    if hold.viewer != viewer {
        let what = format!("is {cause:?} for {viewer}, and {} holds it", hold.viewer);
        let kind = if *cause == Cause::Confirmed { Kind::TwoOwners } else { Kind::NotTheHolder };
        return Some((kind, what));
    }
    let over = row.changed_at - hold.until;
    let what = || format!("is {cause:?} for {viewer} {over} µs after the hold's end");
    (over >= 0).then(|| (Kind::HoldOverused, what()))
}

fn wrong_claim(row: &LogRow, hold: Hold<'_>) -> Option<(Kind, String)> {
    if hold.viewer == row.viewer {
        return Some((Kind::NotTheHolder, "is claimed by who holds it already".to_owned()));
    }
    let what = "is claimed after the hold's end".to_owned();
    (hold.until <= row.changed_at).then_some((Kind::HoldOverused, what))
}

fn wrong_extension(row: &LogRow, before: &Moment<'_>, rules: &Rules<'_>) -> Option<String> {
    let hold = hold(before)?;
    // A clock that was put back would have the hold last for longer than anybody was promised.
    let is_shortened =
        row.expires_at.is_some_and(|until| row.changed_at < until && until < hold.until);
    if is_shortened && !rules.is_steady {
        return None;
    }
    if hold.is_extended {
        return Some("is prolonged a second time".to_owned());
    }
    let by = row.expires_at.map(|until| until - hold.until);
    let terms = rules.terms.extension_seconds.after(row.revision - 1);
    let is_good = terms.iter().any(|&&seconds| seconds > 0 && Some(seconds * SECOND) == by);
    (!is_good).then(|| format!("is prolonged by {by:?} µs, by terms of {terms:?} s"))
}

fn hold<'h>(before: &Moment<'h>) -> Option<Hold<'h>> {
    match before.state {
        State::Held(hold) => Some(hold),
        State::Free { .. } | State::Sold { .. } => None,
    }
}
