//! What is asked for, and what is said where there is none.

use crate::ids::CategoryId;

/// A number of seats, whichever are the best.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BestRequest {
    /// How many, at least 1.
    pub quantity: usize,
    /// Of these categories only.
    pub categories: Option<Vec<CategoryId>>,
    /// In these sections only.
    pub sections: Option<Vec<String>>,
    /// Whether it is for somebody who needs an accessible seat.
    pub accessible: bool,
    /// Whether they have to be together.
    pub adjacency: Adjacency,
}

/// Whether seats have to be together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adjacency {
    /// Together, or none.
    Required,
    /// Together where that is possible, else as near to each other as they can be.
    Preferred,
}

/// So many seats are not free, or not together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NoSeatsTogether {
    /// The most seats that are free together.
    pub largest_block: usize,
    /// How many are free, together or not: ordinary seats; where accessible seats were asked for,
    /// those and their companions'.
    pub available: usize,
}
