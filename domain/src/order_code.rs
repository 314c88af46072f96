//! An order's code: random, short, for people to read out.

use std::fmt;

/// The characters of a code, by their value: those of Crockford's base 32, without I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Names an order for people, for example `4G7Q9-0ABXK`. Random, so that nobody can work out
/// somebody else's; unique over all events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderCode([u8; Self::CHARS]);

/// What is drawn at random for an order that may be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderDraw(pub u128);

impl OrderDraw {
    /// The order's code.
    pub fn code(self) -> OrderCode {
        OrderCode::from_random(self.0)
    }

    /// What makes the order's id another than any before of the same revision: bits that are not
    /// in the code.
    pub fn salt(self) -> u32 {
        u32::try_from(self.0 >> (u128::BITS - u32::BITS)).unwrap_or_default()
    }
}

impl OrderCode {
    /// Ten characters have 50 bits: among a million orders, a guess is right once in a billion
    /// times.
    pub const CHARS: usize = 10;

    /// The code that 128 random bits make. Each character takes its own bits of them, so that all
    /// codes are equally likely.
    pub fn from_random(random: u128) -> Self {
        let mut rest = random;
        Self(std::array::from_fn(|_| {
            let digit = usize::try_from(rest % 32).unwrap_or_default();
            rest /= 32;
            ALPHABET[digit]
        }))
    }

    /// Reads what a person has typed: in either case, with hyphens and spaces anywhere, with O for
    /// 0, and I or L for 1. `None` if that is no code.
    pub fn read(text: &str) -> Option<Self> {
        let mut characters = text.chars().filter(|c| !matches!(c, '-' | ' '));
        let mut code = [0; Self::CHARS];
        for place in &mut code {
            *place = match characters.next()?.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                other => u8::try_from(other).ok().filter(|byte| ALPHABET.contains(byte))?,
            };
        }
        characters.next().is_none().then_some(Self(code))
    }

    /// The ten characters without the hyphen, as a database keeps them.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

/// As people read it, with a hyphen in the middle.
impl fmt::Display for OrderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.as_str().split_at(Self::CHARS / 2);
        write!(f, "{first}-{second}")
    }
}

impl fmt::Debug for OrderCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderCode({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type_for_a_code_is_read_as_it() {
        let code = OrderCode::read("10QAB-01XYZ").unwrap();
        assert_eq!((code.to_string().as_str(), code.as_str()), ("10QAB-01XYZ", "10QAB01XYZ"));
        for typed in ["10qab01xyz", "ioqab-olxyz", " L0QAB 01-XYZ ", "1-0-Q-A-B-0-1-X-Y-Z"] {
            assert_eq!(OrderCode::read(typed), Some(code), "{typed:?}");
        }
        for other in ["", "10QAB-01XY", "10QAB-01XYZ0", "1OQAB_01XYZ", "UUUUU-UUUUU", "１0QAB01XYZ"]
        {
            assert_eq!(OrderCode::read(other), None, "{other:?}");
        }
    }

    #[test]
    fn every_character_comes_of_random_bits_of_its_own() {
        assert_eq!(OrderCode::from_random(0).as_str(), "0000000000");
        for place in 0..OrderCode::CHARS {
            let code = OrderCode::from_random(31 << (5 * place));
            let expected: String =
                (0..OrderCode::CHARS).map(|at| if at == place { 'Z' } else { '0' }).collect();
            assert_eq!(code.as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn a_code_is_ten_characters_that_nobody_misreads(random: u128) {
            let code = OrderCode::from_random(random).to_string();
            let halves: Vec<&str> = code.split('-').collect();
            prop_assert_eq!(halves.iter().map(|half| half.len()).collect::<Vec<_>>(), [5, 5]);
            let is_plain =
                |c: char| c.is_ascii_digit() || (c.is_ascii_uppercase() && !"ILOU".contains(c));
            prop_assert!(halves.concat().chars().all(is_plain), "{}", code);
        }

        #[test]
        fn a_code_is_read_back_from_what_is_shown(random: u128) {
            let code = OrderCode::from_random(random);
            prop_assert_eq!(OrderCode::read(&code.to_string()), Some(code));
            prop_assert_eq!(OrderCode::read(code.as_str()), Some(code));
        }
    }
}
