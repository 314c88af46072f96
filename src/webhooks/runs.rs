//! Which changes make a message together.

use crate::domain::webhook::WebhookKinds;
use crate::domain::{Change, Revision, WebhookKind};

/// The most changes in a message: some 150 KB, little to keep and to read.
pub(super) const MAX_RUN: usize = 500;

/// Changes of one kind that follow one another among those that are told: one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Run<'a> {
    pub(super) kind: WebhookKind,
    pub(super) changes: Vec<&'a Change>,
}

impl Run<'_> {
    /// The revision of its first change.
    pub(super) fn first(&self) -> Revision {
        self.changes.first().map_or(Revision::default(), |change| change.revision)
    }

    /// The revision of its last change.
    pub(super) fn last(&self) -> Revision {
        self.changes.last().map_or(Revision::default(), |change| change.revision)
    }
}

/// Cuts changes into messages. One also ends where it was said to end when it was sent before: by
/// then the log may go on with more of the same kind.
pub(super) fn cut<'a>(
    changes: &'a [Change],
    kinds: &WebhookKinds,
    sent_to: Option<Revision>,
) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for change in changes {
        let kind = WebhookKind::of(change.cause);
        if !kinds.include(kind) {
            continue;
        }
        match runs.last_mut() {
            Some(run)
                if run.kind == kind
                    && run.changes.len() < MAX_RUN
                    && sent_to != Some(run.last()) =>
            {
                run.changes.push(change);
            }
            _ => runs.push(Run { kind, changes: vec![change] }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{Cause, EventId, SeatId, ViewerId};

    fn log(causes: &[Cause]) -> Vec<Change> {
        let change = |(revision, cause): (i64, &Cause)| Change {
            revision: Revision(revision),
            seat: SeatId { event: EventId(1), serial: 1 },
            previous: None,
            former: None,
            cause: *cause,
            viewer: ViewerId::new("ann").unwrap(),
            expires_at: None,
            order: None,
            changed_at: DateTime::UNIX_EPOCH,
            mark: None,
        };
        (1..).zip(causes).map(change).collect()
    }

    fn ends(runs: &[Run<'_>]) -> Vec<(i64, i64)> {
        runs.iter().map(|run| (run.first().0, run.last().0)).collect()
    }

    use Cause::{Confirmed, Expired, Reserved};

    #[test]
    fn a_message_has_changes_of_one_kind_that_follow_one_another() {
        let log = log(&[Reserved, Reserved, Confirmed, Reserved, Expired, Expired]);
        let runs = cut(&log, &WebhookKinds::default(), None);
        assert_eq!(ends(&runs), [(1, 2), (3, 3), (4, 4), (5, 6)]);
        let kinds = WebhookKinds::new([WebhookKind::SeatsReserved]);
        assert_eq!(ends(&cut(&log, &kinds, None)), [(1, 4)], "what is between is not told");
    }

    #[test]
    fn a_message_is_bounded() {
        let log = log(&[Reserved; MAX_RUN * 2 + 1]);
        let runs = cut(&log, &WebhookKinds::default(), None);
        assert_eq!(ends(&runs), [(1, 500), (501, 1000), (1001, 1001)]);
    }

    #[test]
    fn a_message_that_is_sent_again_ends_where_it_ended_although_the_log_has_grown() {
        let log = log(&[Reserved; 5]);
        let before = cut(&log[..2], &WebhookKinds::default(), None);
        let again = cut(&log, &WebhookKinds::default(), Some(Revision(2)));
        assert_eq!(ends(&again), [(1, 2), (3, 5)]);
        assert_eq!(before[0], again[0]);
    }
}
