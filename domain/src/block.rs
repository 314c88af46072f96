//! Why a seat is not offered.

use strum::{Display, EnumString};

/// Why seats are kept off sale.
///
/// Each has the name that stands for it in a database: never changed, never given to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Display, EnumString)]
#[strum(serialize_all = "UPPERCASE")]
pub enum BlockReason {
    /// Kept by the house: guests, staff, the police.
    House,
    /// Given to a sponsor.
    Sponsor,
    /// Cannot be used: no view, broken, or in the way of a camera.
    Kill,
    /// Anything else.
    Other,
}

/// Why a seat is not offered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatBlock {
    /// For what kind of reason.
    pub reason: BlockReason,
    /// For whom or what, in words: a label as a plan has it.
    pub label: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_reasons_stay_the_same_for_ever() {
        // They are in everybody's database: a new reason takes a new name.
        for (reason, name) in [
            (BlockReason::House, "HOUSE"),
            (BlockReason::Sponsor, "SPONSOR"),
            (BlockReason::Kill, "KILL"),
            (BlockReason::Other, "OTHER"),
        ] {
            assert_eq!(reason.to_string(), name);
            assert_eq!(name.parse(), Ok(reason));
        }
        assert!("house".parse::<BlockReason>().is_err());
    }
}
