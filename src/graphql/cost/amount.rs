//! What is counted.

use async_graphql::{Name, Value};

/// What a command at the desk takes of an account's points: its share of a batch, and what its
/// change costs all who watch.
const POINTS_A_COMMAND: u64 = 5;

/// How many values and rows are worth a point: a page of seats is one, a whole map of 20,000 some
/// thirty.
const AMOUNT_A_POINT: u64 = 10_000;

/// The most that an operation may cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// Values in the answer, or in one frame of a subscription: objects, lists, and what has no
    /// fields. Bytes and time go by them.
    pub nodes: u64,
    /// Rows that are fetched from the database. Others count for less or for more: see `table`.
    pub rows: u64,
    /// Commands at the desk: fields at the root of a mutation.
    pub commands: u64,
}

impl Cost {
    /// So many values.
    pub(super) const fn nodes(nodes: u64) -> Self {
        Self { nodes, rows: 0, commands: 0 }
    }

    /// So many rows.
    pub(super) const fn rows(rows: u64) -> Self {
        Self { nodes: 0, rows, commands: 0 }
    }

    /// Both.
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// As often.
    pub(super) fn times(self, often: u64) -> Self {
        self.each(Self { nodes: often, rows: often, commands: often }, u64::saturating_mul)
    }

    /// As much of each as the one or the other may cost.
    pub(super) fn or(self, other: Self) -> Self {
        self.each(other, u64::max)
    }

    /// As clients are told of it.
    pub fn told(self) -> Value {
        let amounts = [("nodes", self.nodes), ("rows", self.rows)];
        Value::Object(amounts.map(|(name, amount)| (Name::new(name), amount.into())).into())
    }

    fn each(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            nodes: of(self.nodes, other.nodes),
            rows: of(self.rows, other.rows),
            commands: of(self.commands, other.commands),
        }
    }

    /// What it takes of an account's points: at least 1.
    pub fn points(self) -> u32 {
        let amount = self.nodes.saturating_add(self.rows) / AMOUNT_A_POINT;
        let points = self.commands.saturating_mul(POINTS_A_COMMAND).saturating_add(amount);
        u32::try_from(points).unwrap_or(u32::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_five_points_and_the_least_is_one() {
        assert_eq!(Cost::default().points(), 1);
        assert_eq!(Cost { commands: 1, nodes: 900, rows: 100 }.points(), 5);
        assert_eq!(Cost { commands: 2, ..Cost::default() }.points(), 10);
        assert_eq!(Cost { nodes: 260_000, rows: 20_000, ..Cost::default() }.points(), 28);
        assert_eq!(Cost { nodes: u64::MAX, rows: 1, commands: u64::MAX }.points(), u32::MAX);
    }
}
