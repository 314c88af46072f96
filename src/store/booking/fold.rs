//! How a seat's columns follow from the last change of it, as SQL.
//!
//! Made from the rules of `domain`, cause by cause. A cause that is not among them gives a status
//! of NULL, which the table refuses: nothing falls into an ELSE.

use crate::domain::{Cause, SeatStatus};

/// An expression for the status after a change with this column's cause; NULL for an unknown one.
pub(super) fn status_after(cause: &str) -> String {
    let cases = Cause::ALL.iter().map(|known| {
        let (cause, status) = (known.code(), known.status().code());
        format!("WHEN {cause} THEN {status}")
    });
    format!("CASE {cause} {} END", cases.collect::<Vec<_>>().join(" "))
}

/// An expression for `value` if a change with this column's cause leaves it in the seat's row, and
/// NULL if not.
pub(super) fn kept(value: &str, cause: &str, keeps: impl Fn(Cause) -> bool) -> String {
    let causes = Cause::ALL.iter().filter(|known| keeps(**known)).map(|known| known.code());
    let causes: Vec<_> = causes.map(|code| code.to_string()).collect();
    format!("CASE WHEN {cause} IN ({}) THEN {value} END", causes.join(", "))
}

/// The viewer becomes holder or owner.
pub(super) fn keeps_viewer(cause: Cause) -> bool {
    match cause.status() {
        SeatStatus::Available => false,
        SeatStatus::Reserved | SeatStatus::Confirmed => true,
    }
}

/// A hold's end is kept with it.
pub(super) fn keeps_expiry(cause: Cause) -> bool {
    cause.status() == SeatStatus::Reserved
}

/// An expression for the end of a hold that these changes have prolonged, `last` being the seat's
/// last of them. Whoever takes a hold along has it as it was made before, in the same changes or
/// earlier: what the seat's row says is not looked at here.
pub(super) fn extended_until(last: &str, changes: &str) -> String {
    let (claimed, extended) = (Cause::Claimed.code(), Cause::Extended.code());
    let prolonged = kept(&format!("{last}.expires_at"), &format!("{last}.cause"), keeps_extension);
    format!(
        "COALESCE({prolonged}, CASE WHEN {last}.cause = {claimed} THEN (
               SELECT expires_at FROM {changes}
                WHERE seat_id = {last}.seat_id AND cause = {extended}
                  AND expires_at = {last}.expires_at LIMIT 1) END)"
    )
}

/// The end of a hold that was prolonged.
fn keeps_extension(cause: Cause) -> bool {
    match cause {
        Cause::Extended => true,
        Cause::Reserved | Cause::Claimed => false,
        Cause::Released | Cause::Expired | Cause::Cancelled => false,
        Cause::Blocked | Cause::Unblocked | Cause::Imported => false,
        Cause::Confirmed | Cause::Transferred => false,
    }
}

/// A sale's order is kept with it.
pub(super) fn keeps_order(cause: Cause) -> bool {
    cause.status() == SeatStatus::Confirmed
}

/// The viewer is remembered as the one whose hold ended by itself.
pub(super) fn keeps_lapsed_viewer(cause: Cause) -> bool {
    match cause {
        Cause::Expired | Cause::Cancelled => true,
        Cause::Reserved | Cause::Extended | Cause::Claimed => false,
        Cause::Released => false,
        Cause::Blocked | Cause::Unblocked | Cause::Imported => false,
        Cause::Confirmed | Cause::Transferred => false,
    }
}
