//! A value of a document, as its text stands there.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::plan::{Point, is_coordinate};

/// A value: a piece of the document's text.
#[derive(Clone, Copy)]
pub(super) struct Node<'a>(&'a RawValue);

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn document(text: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }

    /// Where its text begins.
    pub(super) fn address(self) -> usize {
        self.0.get().as_ptr().addr()
    }

    pub(super) fn is_null(self) -> bool {
        self.0.get() == "null"
    }

    pub(super) fn is_text(self) -> bool {
        self.0.get().starts_with('"')
    }

    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        self.parsed::<Text<'a>>().map(|Text(text)| text)
    }

    pub(super) fn boolean(self) -> Option<bool> {
        self.parsed()
    }

    /// A whole number, without a fraction or an exponent.
    pub(super) fn whole(self) -> Option<i64> {
        self.0.get().parse().ok()
    }

    /// A coordinate. What JSON can write is a number to the standard parser too, which is exact.
    fn coordinate(self) -> Option<f64> {
        let is_number = self.0.get().starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let number = self.0.get().parse().ok().filter(|_| is_number);
        number.filter(|number| is_coordinate(*number))
    }

    /// Two coordinates.
    pub(super) fn point(self) -> Option<Point> {
        match self.list()?[..] {
            [x, y] => Some(Point { x: x.coordinate()?, y: y.coordinate()? }),
            _ => None,
        }
    }

    pub(super) fn list(self) -> Option<Vec<Self>> {
        self.parsed::<Vec<&'a RawValue>>().map(|items| items.into_iter().map(Self).collect())
    }

    pub(super) fn fields(self) -> Option<Vec<(Cow<'a, str>, Self)>> {
        self.parsed::<Fields<'a>>().map(|Fields(fields)| fields)
    }

    fn parsed<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0.get()).ok()
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Fields<'a>(Vec<(Cow<'a, str>, Node<'a>)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EveryField)
    }
}

/// Keeps fields that are there twice.
struct EveryField;

impl<'de> Visitor<'de> for EveryField {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((Text(name), value)) = map.next_entry::<Text<'de>, &RawValue>()? {
            fields.push((name, Node(value)));
        }
        Ok(Fields(fields))
    }
}
