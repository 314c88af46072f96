//! Names of places and categories: how they are written, and which look alike.
//!
//! What is kept is the canonical form: see [`canonical`]. Two names that have one key look the same
//! to people, whatever their code points are: see [`place_key`] and [`name_key`].
//!
//! Deliberately absent: letters of different scripts that look alike, such as the Latin and the
//! Cyrillic A. No venue's own list has been seen to mix them, and a table of them would refuse
//! names that people tell apart.

use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::limits::MAX_FLOORS;
use crate::text::{is_control, is_invisible, joins, nfc};

/// A name as it is kept, in Unicode's normal form C: without space around it, with one plain space
/// where there was any within, and without invisible characters. Joiners and variation selectors
/// stay: Persian and emoji are written with them.
///
/// `None` if it has a character that [`is_control`], or nothing that is seen.
pub(super) fn canonical(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim();
    // Most names are this, and stay as they are.
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(Cow::Borrowed(text));
    }
    if text.contains(is_control) {
        return None;
    }
    let mut written = String::with_capacity(text.len());
    let mut is_seen = false;
    for character in text.chars().filter(|character| !is_invisible(*character)) {
        if !is_space(character) {
            is_seen |= !joins(character);
            written.push(character);
        } else if !written.is_empty() && !written.ends_with(' ') {
            written.push(' ');
        }
    }
    written.truncate(written.trim_end().len());
    if !is_seen {
        return None;
    }
    let normal = nfc(&written);
    Some(if normal == text { Cow::Borrowed(text) } else { Cow::Owned(normal.into_owned()) })
}

/// White space, and the blank of Braille.
fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{2800}'
}

/// What names of rows and seats are compared by: Unicode's normal form KC, without what is not
/// seen. The case of letters counts: theatres have a row A and a row a.
#[must_use]
pub fn place_key(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return Cow::Borrowed(name);
    }
    Cow::Owned(seen(name).nfkc().collect())
}

/// What names of categories and sections are compared by: as [`place_key`], and whatever the case
/// of letters is. Nobody offers "Gold" and "gold" as two things.
#[must_use]
pub fn name_key(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let compatible: String = seen(name).nfkc().collect();
    // First to capitals: "ß" and "SS" are one there.
    compatible.to_uppercase().to_lowercase().nfkc().collect()
}

fn seen(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|character| !joins(*character) && !is_invisible(*character))
}

/// The places that were named so far, each with where that was: an index, or a line of a file.
#[derive(Debug)]
pub struct NamedPlaces<P> {
    /// By their keys: how each was written first, and where.
    sections: HashMap<String, Named<P>>,
    rows: HashMap<(usize, String), Named<P>>,
    seats: HashMap<(usize, String), P>,
    /// The row that was named last: most seats are in it too.
    last: Option<Row>,
}

#[derive(Debug)]
struct Named<P> {
    id: usize,
    name: String,
    at: P,
}

#[derive(Debug)]
struct Row {
    section: String,
    row: String,
    id: usize,
}

/// Why a place cannot have its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameClash<P> {
    /// It is there already.
    Seat {
        /// Where it was named first.
        first: P,
    },
    /// Its section looks like another one.
    Section {
        /// The other one.
        like: String,
        /// Where that was named first.
        first: P,
    },
    /// Its row looks like another one of its section.
    Row {
        /// The other one.
        like: String,
        /// Where that was named first.
        first: P,
    },
}

impl<P> Default for NamedPlaces<P> {
    fn default() -> Self {
        let (sections, rows, seats) = Default::default();
        Self { sections, rows, seats, last: None }
    }
}

impl<P: Copy> NamedPlaces<P> {
    /// Notes a place by its names, which are canonical.
    ///
    /// # Errors
    /// If it is there already, or looks as if.
    pub fn name(
        &mut self,
        section: &str,
        row: &str,
        number: &str,
        at: P,
    ) -> Result<(), NameClash<P>> {
        let row = self.row(section, row, at)?;
        let seat = (row, place_key(number).into_owned());
        if let Some(first) = self.seats.get(&seat) {
            return Err(NameClash::Seat { first: *first });
        }
        self.seats.insert(seat, at);
        Ok(())
    }

    fn row(&mut self, section: &str, row: &str, at: P) -> Result<usize, NameClash<P>> {
        if let Some(last) = self.last.as_ref().filter(|it| it.section == section && it.row == row) {
            return Ok(last.id);
        }
        let id = self.sections.len();
        let named = self.sections.entry(name_key(section));
        let named = named.or_insert_with(|| Named { id, name: section.to_owned(), at });
        if named.name != section {
            return Err(NameClash::Section { like: named.name.clone(), first: named.at });
        }
        let id = self.rows.len();
        let named = self.rows.entry((named.id, place_key(row).into_owned()));
        let named = named.or_insert_with(|| Named { id, name: row.to_owned(), at });
        if named.name != row {
            return Err(NameClash::Row { like: named.name.clone(), first: named.at });
        }
        self.last = Some(Row { section: section.to_owned(), row: row.to_owned(), id: named.id });
        Ok(named.id)
    }
}

/// The floors that were named so far, with how each was written first.
#[derive(Debug, Default)]
pub struct NamedFloors(Vec<(String, String)>);

impl NamedFloors {
    /// Notes a floor by its name, which is canonical.
    ///
    /// # Errors
    /// If it looks like another one, or is one too many.
    pub fn name(&mut self, floor: &str) -> Result<(), FloorClash> {
        // There are a few, and mostly it is the last again.
        if self.0.iter().rev().any(|(_, name)| name == floor) {
            return Ok(());
        }
        let key = name_key(floor);
        if let Some((_, name)) = self.0.iter().find(|(known, _)| *known == key) {
            return Err(FloorClash::Alike(name.clone()));
        }
        if self.0.len() == MAX_FLOORS {
            return Err(FloorClash::TooMany);
        }
        self.0.push((key, floor.to_owned()));
        Ok(())
    }
}

/// Why a floor cannot have its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FloorClash {
    /// It looks like this one.
    Alike(String),
    /// There are [`MAX_FLOORS`] already.
    TooMany,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_in_nfc_with_single_spaces_and_nothing_invisible() {
        for (written, kept) in [
            ("Gold", "Gold"),
            (" E\u{301} ", "É"),
            ("Block\u{a0}A", "Block A"),
            ("Block \u{2009} \u{3000}A", "Block A"),
            ("\u{feff}A\u{200b}", "A"),
            ("Ste\u{ad}hplatz", "Stehplatz"),
            ("a\u{2060}b\u{3164}", "ab"),
            // Without what stood between them, the letter and its accent are one.
            ("e\u{34f}\u{301}", "é"),
            ("\u{200b} A", "A"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}🎤", "👩\u{200d}🎤"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(kept), "{written:?}");
            assert_eq!(canonical(kept).as_deref(), Some(kept), "{kept:?}");
        }
        for bad in ["", " ", "\u{200b}", "\u{ad}", "\u{3164}", "\u{2800}", "\u{200d}\u{fe0f}"] {
            assert_eq!(canonical(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_looks_alike_has_one_key_and_the_case_counts_for_rows_and_seats_alone() {
        for (one, other) in [("1", "１"), ("Ⅱ", "II"), ("می\u{200c}خ", "میخ"), ("❤\u{fe0f}", "❤")]
        {
            assert_eq!(place_key(one), place_key(other), "{one} {other}");
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        for (one, other) in [("Gold", "gold"), ("ÉTAGE", "étage"), ("Straße", "STRASSE")] {
            assert_ne!(place_key(one), place_key(other), "{one} {other}");
            assert_eq!(name_key(one), name_key(other), "{one} {other}");
        }
        for (one, other) in [("Gold", "Gold 1"), ("E", "É"), ("A", "Ä"), ("ー", "一")] {
            assert_ne!(name_key(one), name_key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_place_is_named_once_and_its_section_and_row_are_always_written_the_same() {
        let mut named = NamedPlaces::default();
        assert_eq!(named.name("Stalls", "A", "1", 1), Ok(()));
        assert_eq!(named.name("Stalls", "a", "1", 2), Ok(()));
        assert_eq!(named.name("Circle", "A", "1", 3), Ok(()));
        assert_eq!(named.name("Stalls", "A", "1", 4), Err(NameClash::Seat { first: 1 }));
        assert_eq!(named.name("Stalls", "A", "１", 5), Err(NameClash::Seat { first: 1 }));
        let section = NameClash::Section { like: "Stalls".to_owned(), first: 1 };
        assert_eq!(named.name("stalls", "B", "1", 6), Err(section));
        let row = NameClash::Row { like: "A".to_owned(), first: 3 };
        assert_eq!(named.name("Circle", "Ａ", "2", 7), Err(row));
        assert_eq!(named.name("Circle", "A", "2", 8), Ok(()));
    }
}
