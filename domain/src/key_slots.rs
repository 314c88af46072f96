//! How many idempotency keys an order remembers.

/// Which of an order's slots for idempotency keys are taken. Bounded, since keys come from
/// strangers: nobody needs another key for the same seats, and each is a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeySlots(u16);

impl KeySlots {
    /// The slot of the key that an order was made under.
    pub const FIRST: i16 = 1;
    /// The last slot: several pages, reloaded several times.
    pub const LAST: i16 = 10;
    /// How many slots there are.
    pub const COUNT: usize = Self::LAST as usize;

    /// Those of an order that was just made. Nobody else ever gets the first slot, even if its key
    /// has been forgotten.
    pub const NEW: Self = Self(1 << Self::FIRST);

    /// The first, and these; what is none of them is passed over.
    pub fn taken(slots: impl IntoIterator<Item = i16>) -> Self {
        let mut taken = Self::NEW;
        for slot in slots.into_iter().filter(|slot| (Self::FIRST..=Self::LAST).contains(slot)) {
            taken.0 |= 1 << slot;
        }
        taken
    }

    /// Takes the lowest free slot; `None` if there is none.
    pub fn take(&mut self) -> Option<i16> {
        let slot = (Self::FIRST..=Self::LAST).find(|slot| self.0 & (1 << slot) == 0)?;
        self.0 |= 1 << slot;
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_slots_are_taken_one_after_another_and_no_more() {
        let mut slots = KeySlots::NEW;
        let taken: Vec<_> = std::iter::from_fn(|| slots.take()).collect();
        assert_eq!(taken, (2..=10).collect::<Vec<_>>());
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn a_slot_whose_key_was_forgotten_is_taken_again_but_for_the_first() {
        let mut slots = KeySlots::taken([2, 4, 10, 11, 0, -1]);
        let taken: Vec<_> = std::iter::from_fn(|| slots.take()).collect();
        assert_eq!(taken, [3, 5, 6, 7, 8, 9]);
    }
}
