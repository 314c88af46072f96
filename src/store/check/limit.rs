//! How many seats a viewer has taken, held against the event's limit.

use std::collections::HashMap;

use super::event_books::EventBooks;
use super::findings::Findings;
use super::log::Folded;
use super::violation::Violation;
use crate::domain::ViewerId;

/// Nobody has taken more seats that they still hold and own than the event allows. What a viewer
/// was given (a guest's holds and orders, an order that was passed on) is beside the limit. So
/// seats count of which the log still says that they were taken.
pub(super) fn verify(
    books: &EventBooks,
    folded: &HashMap<i32, Folded>,
    findings: &mut Findings<'_>,
) {
    let Some(limit) = books.terms.max_seats_per_viewer else { return };
    let mut counts: HashMap<&ViewerId, (u32, i32)> = HashMap::new();
    for (&serial, seat) in &books.seats {
        if let Some(viewer) = seat.state.viewer(books.now)
            && folded.get(&serial).is_some_and(|folded| folded.is_taken)
        {
            counts.entry(viewer).or_insert((0, serial)).0 += 1;
        }
    }
    let mut beyond: Vec<_> = counts.into_values().filter(|&(count, _)| count > limit).collect();
    beyond.sort_unstable_by_key(|&(_, seat)| seat);
    for (count, seat) in beyond {
        findings.violation(Violation::LimitExceeded { event: books.event, seat, count, limit });
    }
}
