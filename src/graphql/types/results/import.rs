//! What importSeats answers.

use std::sync::Arc;

use async_graphql::{SimpleObject, Union};

use super::refused_seats::{RefusedSeat, refused};
use crate::domain::command::Imported;
use crate::domain::plan::{MAX_PROBLEMS, PartProblem};
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::scalars::{Revision, to_int};
use crate::graphql::types::event_scope::EventScope;

/// What became of importSeats.
#[derive(Clone, Debug, Union)]
pub enum ImportSeatsResult {
    /// The seats are in the plan.
    Success(ImportSeatsSuccess),
    /// Something is wrong with them; nothing was changed.
    Invalid(InvalidSeats),
}

/// The seats are in the plan, but for those that somebody holds or owns.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct ImportSeatsSuccess {
    /// How many are new. They come last in the plan's order, as they were given.
    created: i32,
    /// How many were there, free, and have changed.
    changed: i32,
    /// How many were there and are as they were to be.
    unchanged: i32,
    /// Those that were to change and were left alone: somebody holds or owns them.
    left_alone: Vec<RefusedSeat>,
    /// The version of the plan that has them.
    plan_version: i32,
    /// The revision that this is part of: a stream at or past it shows it.
    revision: Revision,
}

/// Something is wrong with the seats or their categories, so nothing was done.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct InvalidSeats {
    /// What happened, for a person.
    pub message: String,
    /// What is wrong, in the order of the input; the first 100 of it.
    problems: Vec<SeatProblem>,
}

/// Something that is wrong with an item of importSeats' input.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub(super) struct SeatProblem {
    /// Which item of its list, from 0.
    index: i32,
    /// The list and the field in it, for example `seats.row`; or the list, if it is about the whole
    /// of it.
    field: &'static str,
    /// What, for a person.
    message: String,
}

impl From<PartProblem> for SeatProblem {
    fn from(PartProblem { index, field, message }: PartProblem) -> Self {
        Self { index: count(index), field, message }
    }
}

fn count(number: usize) -> i32 {
    to_int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl ImportSeatsResult {
    /// Says a decision in the contract's words.
    pub(in crate::graphql) fn new(
        event: &Arc<EventScope>,
        outcome: Result<Imported, Vec<PartProblem>>,
    ) -> Self {
        match outcome {
            Ok(imported) => Self::Success(ImportSeatsSuccess {
                created: count(imported.created),
                changed: count(imported.changed),
                unchanged: count(imported.unchanged),
                left_alone: refused(event, &NamedSeats::default(), imported.left_alone),
                plan_version: imported.plan_version,
                revision: Revision(imported.revision),
            }),
            Err(problems) => Self::invalid(problems),
        }
    }

    /// That something is wrong with the input.
    pub(in crate::graphql) fn invalid(problems: Vec<PartProblem>) -> Self {
        let number = problems.len();
        let are = if number >= MAX_PROBLEMS { "at least " } else { "" };
        let things =
            if number == 1 { "1 problem".to_owned() } else { format!("{number} problems") };
        Self::Invalid(InvalidSeats {
            message: format!("the input has {are}{things}; nothing was changed"),
            problems: problems.into_iter().map(SeatProblem::from).collect(),
        })
    }
}
