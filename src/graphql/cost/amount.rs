//! What is counted.

/// What a command at the desk takes of an account's points: a batch's share, and what its change
/// costs all who watch.
const POINTS_A_COMMAND: u64 = 5;

/// How many values, or rows, are worth a point: a page of seats is one, a whole map of 20,000 some
/// thirty.
const AMOUNT_A_POINT: u64 = 10_000;

/// The most that an operation may cost; what it does cost is never more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Cost {
    /// Values in the answer, or in one frame of a subscription: objects, and what has no fields.
    pub nodes: u64,
    /// Rows that are read from the database.
    pub rows: u64,
    /// Fields at the root of a mutation.
    pub commands: u64,
}

impl Cost {
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
