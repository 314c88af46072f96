//! Positions in an event's log, as clients carry them from one stream to the next.
//!
//! A revision and the mark of its change: after a database was put back the same revision is given
//! to another change. Clients take it as it is.

use crate::domain::{LogPoint, Mark, Revision};

/// What stands between a revision and a mark.
const BETWEEN: char = '-';

/// Writes a position. Where its mark is not known it is the revision alone.
pub(super) fn encode(position: LogPoint) -> String {
    let LogPoint { revision, mark } = position;
    match mark {
        Some(Mark(mark)) => format!("{revision}{BETWEEN}{mark:016x}"),
        None => revision.to_string(),
    }
}

/// Reads a position; `None` if it was not written by us.
pub(super) fn decode(text: &str) -> Option<LogPoint> {
    let (revision, mark) = match text.split_once(BETWEEN) {
        Some((revision, mark)) => (revision, Some(read_mark(mark)?)),
        None => (text, None),
    };
    let is_number = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_digit());
    let revision = revision.parse().ok().map(Revision).filter(|_| is_number)?;
    let is_revision = revision <= Revision::MAX;
    is_revision.then(|| LogPoint::new(revision, mark))
}

fn read_mark(text: &str) -> Option<Mark> {
    let is_ours = text.len() == 2 * size_of::<u64>()
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(text, 16).ok().filter(|_| is_ours).map(Mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_and_no_other_text_is() {
        for revision in [1, 42, Revision::MAX.0].map(Revision) {
            for mark in [None, Some(Mark(0)), Some(Mark(1)), Some(Mark(u64::MAX))] {
                let position = LogPoint { revision, mark };
                assert_eq!(decode(&encode(position)), Some(position));
            }
        }
        assert_eq!(decode("0"), Some(LogPoint::ZERO));
        assert_eq!(
            encode(LogPoint { revision: Revision(7), mark: Some(Mark(0xab)) }),
            "7-00000000000000ab"
        );
        let texts =
            ["", "-", "a", "-1", "+1", "1-", "1-ab", "1-00000000000000AB", "1-000000000000000g"];
        for text in texts.into_iter().chain(["9007199254740992", "1-00000000000000ab ", " 1"]) {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
