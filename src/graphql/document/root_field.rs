//! What an operation is called where operations are counted: the field at its root.
//!
//! It is one of a fixed number, whatever clients send: the schema's own, and words for what has no
//! such field or several. A name that a client gives its operation is never used.

use async_graphql::parser::types::{OperationType, Selection, SelectionSet};

use super::introspection::INTROSPECTED;

/// What asks for nothing but the schema.
const INTROSPECTION: &str = "introspection";

/// An operation of several fields.
const SEVERAL: &str = "several";

/// What could not be read as an operation.
const NONE: &str = "none";

/// All of them, each with its kind. A test compares them with the schema.
const FIELDS: [(&str, &str); 40] = [
    (NONE, NONE),
    ("query", INTROSPECTION),
    ("query", SEVERAL),
    ("mutation", SEVERAL),
    ("subscription", SEVERAL),
    ("query", "node"),
    ("query", "nodes"),
    ("query", "order"),
    ("query", "event"),
    ("query", "events"),
    ("query", "auditLog"),
    ("query", "seat"),
    ("query", "seats"),
    ("query", "seatMap"),
    ("query", "seatPlan"),
    ("query", "seatStatuses"),
    ("query", "webhooks"),
    ("query", "viewer"),
    ("mutation", "startGuestSession"),
    ("mutation", "reserveSeats"),
    ("mutation", "confirmSeats"),
    ("mutation", "extendHolds"),
    ("mutation", "releaseSeats"),
    ("mutation", "reserveBestAvailable"),
    ("mutation", "createEvent"),
    ("mutation", "updateEvent"),
    ("mutation", "deleteEvent"),
    ("mutation", "claimGuestSession"),
    ("mutation", "transferOrder"),
    ("mutation", "setPrices"),
    ("mutation", "blockSeats"),
    ("mutation", "unblockSeats"),
    ("mutation", "importSeats"),
    ("mutation", "createWebhook"),
    ("mutation", "deleteWebhook"),
    ("mutation", "replayWebhook"),
    ("subscription", "seatChanges"),
    ("subscription", "seatStatuses"),
    ("subscription", "eventChanges"),
    ("subscription", "myReservations"),
];

/// See the module's documentation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RootField(u8);

impl RootField {
    /// How many there are.
    pub const COUNT: usize = FIELDS.len();

    /// Of what is not an operation.
    pub const NONE: Self = Self(0);

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).take(Self::COUNT).map(Self)
    }

    /// That of an operation in its normal form.
    pub(super) fn of(kind: OperationType, root: &SelectionSet) -> Self {
        let mut fields = root.items.iter().filter_map(|item| match &item.node {
            Selection::Field(field) => Some(field.node.name.node.as_str()),
            _ => None,
        });
        let name = match (fields.next(), fields.next()) {
            // Everybody may ask that of anything, and some do beside what they want.
            (Some(INTROSPECTED), None) => INTROSPECTION,
            (Some(name), None) => name,
            _ => SEVERAL,
        };
        let kind = match kind {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        Self::all().find(|it| FIELDS[it.index()] == (kind, name)).unwrap_or(Self::NONE)
    }

    /// A field of the mutations.
    pub fn of_mutation(name: &str) -> Option<Self> {
        Self::all().find(|it| FIELDS[it.index()] == ("mutation", name))
    }

    /// Counts them from 0.
    pub fn index(self) -> usize {
        self.0.into()
    }

    /// What kind of operation it is: `query`, `mutation`, `subscription` or `none`.
    pub fn kind(self) -> &'static str {
        FIELDS[self.index()].0
    }

    /// The field's name, or a word for what has none.
    pub fn name(self) -> &'static str {
        FIELDS[self.index()].1
    }
}

#[cfg(test)]
mod tests {
    use crate::graphql::document::schema::Schema;

    use super::*;

    #[test]
    fn they_are_the_fields_of_the_schemas_roots() {
        let schema = Schema::read(&crate::graphql::sdl()).unwrap();
        let mut found = Vec::new();
        for root in ["Query", "Mutation", "Subscription"] {
            let object = schema.definitions.get_object(root).unwrap();
            let fields = object.fields.keys().map(ToString::to_string);
            found.extend(fields.map(|field| (root.to_lowercase(), field)));
        }
        let words = [NONE, INTROSPECTION, SEVERAL];
        let fields = FIELDS.iter().filter(|(_, name)| !words.contains(name));
        let mut known: Vec<_> =
            fields.map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned())).collect();
        known.sort();
        found.sort();
        assert_eq!(known, found);
    }

    #[test]
    fn an_operation_is_called_by_its_only_field() {
        let reader = crate::graphql::document::DocumentReader::new(&crate::graphql::sdl()).unwrap();
        let called = |text: &str| {
            let document = reader.read(text).unwrap();
            let prepared = reader.operation(&document, None, Default::default()).unwrap();
            (prepared.operation.root.kind(), prepared.operation.root.name())
        };
        assert_eq!(called("query Mine { me: viewer { id } }"), ("query", "viewer"));
        let guest = "mutation { ...F } fragment F on Mutation { startGuestSession { token } }";
        assert_eq!(called(guest), ("mutation", "startGuestSession"));
        let statuses = "subscription { seatStatuses(eventId: \"a\") { revision } }";
        assert_eq!(called(statuses), ("subscription", "seatStatuses"));
        assert_eq!(called("{ a: viewer { id } b: viewer { id } }"), ("query", SEVERAL));
        assert_eq!(called("{ __schema { types { name } } }"), ("query", INTROSPECTION));
        assert_eq!(called("{ __typename viewer { id } }"), ("query", SEVERAL));
    }
}
