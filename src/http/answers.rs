//! Answers on their way to clients: bounded together until they have been read.

use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use bytes::Bytes;

use crate::memory::{Allowance, Full};

/// What all answers take together that one client gets each, in bytes, until the operating system
/// has them. A page of 1,000 seats has 200 KB, a map of 20,000 seats that nobody shares 3.5 MB.
const ANSWER_BYTES: usize = 192 * 1024 * 1024;

/// What is shorter than this is not counted, in bytes: no connection has more of it waiting than
/// its buffers hold. Bookings' answers are.
const SMALL: usize = 16 * 1024;

/// A page's answer, in bytes: there is room for those although others ask for whole maps.
const PAGE: usize = 256 * 1024;

/// See the module's documentation.
#[derive(Debug)]
pub struct Answers(Arc<Allowance>);

impl Default for Answers {
    fn default() -> Self {
        Self::with_room_for(ANSWER_BYTES)
    }
}

impl Answers {
    fn with_room_for(bytes: usize) -> Self {
        Self(Allowance::with_room_for_small("unread_answers", bytes, PAGE))
    }

    /// What bounds them.
    pub(super) fn allowance(&self) -> &Arc<Allowance> {
        &self.0
    }

    /// Counts an answer until its last copy is dropped.
    pub(super) fn count(&self, answer: Vec<u8>) -> Result<Bytes, Full> {
        if answer.len() < SMALL {
            return Ok(answer.into());
        }
        Ok(self.0.charge(answer.len())?.hold(answer))
    }

    /// Counts the answer to an operation. One to a mutation cannot be refused any more, since what
    /// it tells of is done.
    pub(super) fn count_for(
        &self,
        operation: OperationType,
        answer: Vec<u8>,
    ) -> Result<Bytes, Full> {
        if operation == OperationType::Mutation && answer.len() >= SMALL {
            return Ok(self.0.charge_anyway(answer.len()).hold(answer));
        }
        self.count(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_answers_are_counted_until_they_are_gone_and_refused_beyond_the_bound() {
        let answers = Answers::with_room_for(3 * SMALL);
        let large = || vec![0; SMALL];
        let mut waiting: Vec<_> = (0..3).map(|_| answers.count(large()).unwrap()).collect();
        assert_eq!(answers.count(large()), Err(Full));
        assert!(answers.count(vec![0; SMALL - 1]).is_ok(), "small ones always leave");
        assert_eq!(answers.count_for(OperationType::Query, large()), Err(Full));
        waiting.push(answers.count_for(OperationType::Mutation, large()).unwrap());
        assert_eq!(answers.allowance().used(), 4 * SMALL);
        waiting.truncate(2);
        assert!(answers.count(large()).is_ok());
        drop(waiting);
        assert_eq!(answers.allowance().used(), 0);
    }
}
