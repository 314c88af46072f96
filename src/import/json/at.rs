//! Where in a document something is, in words: `sections[2].rows[0].seats[7]`.

use std::fmt;

/// A way from the root, a step at a time: written out where something is wrong, and nowhere else.
#[derive(Clone, Copy)]
pub(super) enum At<'p> {
    Root,
    Field(&'p Self, &'static str),
    Item(&'p Self, usize),
}

impl At<'_> {
    pub(super) fn field(&self, name: &'static str) -> At<'_> {
        At::Field(self, name)
    }

    pub(super) fn item(&self, index: usize) -> At<'_> {
        At::Item(self, index)
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(outer, name) => write!(f, "{outer}.{name}"),
            Self::Item(outer, index) => write!(f, "{outer}[{index}]"),
        }
    }
}
