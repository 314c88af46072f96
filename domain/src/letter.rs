//! What a map shows of a seat, in one letter.

use crate::seat::SeatStatus;

/// What a map shows of a seat: its status, or that it is free and not for sale.
///
/// Each has the letter that stands for it in the contract: never changed, never given to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Letter {
    /// Free, or its hold has run out.
    Available = b'A',
    /// Held by somebody for a limited time.
    Reserved = b'R',
    /// Sold.
    Confirmed = b'C',
    /// Free, and not offered.
    NotForSale = b'N',
}

impl Letter {
    /// What is shown of a seat with this status. One that is held or sold shows that, although it
    /// went off sale meanwhile.
    pub const fn of(status: SeatStatus, for_sale: bool) -> Self {
        match status {
            SeatStatus::Available if for_sale => Self::Available,
            SeatStatus::Available => Self::NotForSale,
            SeatStatus::Reserved => Self::Reserved,
            SeatStatus::Confirmed => Self::Confirmed,
        }
    }

    /// As the contract has it.
    pub const fn as_char(self) -> char {
        self as u8 as char
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_for_sale_shows_while_nobody_has_it() {
        let shown = |for_sale| {
            SeatStatus::ALL.iter().map(move |status| Letter::of(*status, for_sale).as_char())
        };
        assert_eq!(shown(true).collect::<String>(), "ARC");
        assert_eq!(shown(false).collect::<String>(), "NRC");
    }
}
