//! How many idempotency keys an order remembers.

/// Which of an order's places for idempotency keys are taken. Bounded, since keys come from
/// strangers: nobody needs another key for the same seats, and each is a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyPlaces(u16);

impl KeyPlaces {
    /// The place of the key that an order was made under.
    pub const FIRST: i16 = 1;
    /// The last place: several pages, reloaded several times.
    pub const LAST: i16 = 10;
    /// How many places there are.
    pub const COUNT: usize = Self::LAST as usize;

    /// Those of an order that was just made. Nobody else ever gets the first place, even if its key
    /// has been forgotten.
    pub const NEW: Self = Self(1 << Self::FIRST);

    /// The first, and these; what is none of them is passed over.
    pub fn taken(places: impl IntoIterator<Item = i16>) -> Self {
        let mut taken = Self::NEW;
        for place in places.into_iter().filter(|place| (Self::FIRST..=Self::LAST).contains(place)) {
            taken.0 |= 1 << place;
        }
        taken
    }

    /// Takes the lowest free place; `None` if there is none.
    pub fn take(&mut self) -> Option<i16> {
        let place = (Self::FIRST..=Self::LAST).find(|place| self.0 & (1 << place) == 0)?;
        self.0 |= 1 << place;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_places_are_taken_one_after_another_and_no_more() {
        let mut places = KeyPlaces::NEW;
        let taken: Vec<_> = std::iter::from_fn(|| places.take()).collect();
        assert_eq!(taken, (2..=10).collect::<Vec<_>>());
        assert_eq!(places.take(), None);
    }

    #[test]
    fn a_place_whose_key_was_forgotten_is_taken_again_but_for_the_first() {
        let mut places = KeyPlaces::taken([2, 4, 10, 11, 0, -1]);
        let taken: Vec<_> = std::iter::from_fn(|| places.take()).collect();
        assert_eq!(taken, [3, 5, 6, 7, 8, 9]);
    }
}
