//! Relay pages: forward only, bounded, with opaque cursors that say where a page ended.
//!
//! There is one way to page: bounds (such as [`EVENTS`]) make a [`PageRequest`] of the arguments;
//! what it says is read; and it makes the connection of that, with a [`Cursor`] for each node.

use async_graphql::connection::{
    Connection, ConnectionNameType, DefaultConnectionName, DefaultEdgeName, Edge, EdgeNameType,
    EmptyFields,
};
use async_graphql::{ObjectType, OutputType};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::error::Fault;
use crate::domain::{EventId, OrderId, Revision};
use crate::store::reads::OrderCursor;

/// A page of a list, as Relay has it.
pub type ConnectionOf<N> = NamedConnection<N, DefaultConnectionName, DefaultEdgeName>;

/// Such a page whose types are not called after its nodes.
pub type NamedConnection<N, C, E> = Connection<String, N, EmptyFields, EmptyFields, C, E>;

/// How many items a page of a list may hold.
#[derive(Clone, Copy, Debug)]
pub struct PageBounds {
    unless_said: usize,
    most: usize,
}

/// Events: 1 to 100, 20 unless said.
pub const EVENTS: PageBounds = PageBounds { unless_said: 20, most: 100 };

/// Seats: 1 to 1000, 100 unless said. A thousand are a large block; whole maps come by seatMap.
pub const SEATS: PageBounds = PageBounds { unless_said: 100, most: 1000 };

/// Orders: 1 to 100, 20 unless said.
pub const ORDERS: PageBounds = PageBounds { unless_said: 20, most: 100 };

/// Entries of the audit log: 1 to 100, 20 unless said.
pub const AUDIT_LOG: PageBounds = PageBounds { unless_said: 20, most: 100 };

/// Changes of a seat: 1 to 100, 20 unless said. Most seats have a handful.
pub const HISTORY: PageBounds = PageBounds { unless_said: 20, most: 100 };
/// Webhooks: 1 to 100, 20 unless said; there are no more than that.
pub const WEBHOOKS: PageBounds = PageBounds { unless_said: 20, most: 100 };

/// The most ids that `nodes` takes: a page of a list.
pub const MAX_NODES: usize = 100;

impl PageBounds {
    /// How many items a page of this size may have; the most there can be if it is out of bounds.
    pub(super) fn size_or_most(self, first: Option<i64>) -> u64 {
        let most = u64::try_from(self.most).unwrap_or(u64::MAX);
        match first {
            None => u64::try_from(self.unless_said).unwrap_or(most),
            Some(size) => u64::try_from(size).map_or(most, |size| size.min(most)),
        }
    }

    /// Checks the arguments of a list.
    ///
    /// # Errors
    ///
    /// If `first` is out of bounds, or `after` is no cursor of such a list.
    pub fn request<C: Cursor>(
        self,
        first: Option<i32>,
        after: Option<&str>,
    ) -> Result<PageRequest<C>, Fault> {
        let size = first.map_or(Ok(self.unless_said), usize::try_from).unwrap_or_default();
        if !(1..=self.most).contains(&size) {
            return Err(Fault::bad_input(format!("first must be 1 to {}", self.most)));
        }
        Ok(PageRequest { size, after: after.map(decode).transpose()? })
    }
}

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug)]
pub struct PageRequest<C> {
    size: usize,
    after: Option<C>,
}

impl<C: Cursor> PageRequest<C> {
    /// Where the page before ended.
    pub fn after(&self) -> Option<C> {
        self.after
    }

    /// How many records to read: one more than fits, which tells whether there is a next page.
    pub fn limit(&self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }

    /// The page made of what was read. `node` says what a record is to the client, and where it
    /// stands in the list.
    pub fn connection<R, N, Names, EdgeNames>(
        self,
        records: Vec<R>,
        node: impl Fn(R) -> (C, N),
    ) -> NamedConnection<N, Names, EdgeNames>
    where
        N: OutputType,
        Names: ConnectionNameType,
        EdgeNames: EdgeNameType,
    {
        self.connection_with(EmptyFields, records, node)
    }

    /// The same with fields of its own beside the page.
    pub fn connection_with<R, N, Fields, Names, EdgeNames>(
        self,
        fields: Fields,
        mut records: Vec<R>,
        node: impl Fn(R) -> (C, N),
    ) -> Connection<String, N, Fields, EmptyFields, Names, EdgeNames>
    where
        N: OutputType,
        Fields: ObjectType,
        Names: ConnectionNameType,
        EdgeNames: EdgeNameType,
    {
        let has_next = records.len() > self.size;
        records.truncate(self.size);
        let mut connection =
            Connection::with_additional_fields(self.after.is_some(), has_next, fields);
        connection.edges.extend(records.into_iter().map(|record| {
            let (cursor, node) = node(record);
            Edge::new(encode(cursor), node)
        }));
        connection
    }
}

/// A position in a list: where one page ends and the next begins.
pub trait Cursor: Copy {
    /// Its numbers.
    fn numbers(self) -> Vec<i64>;
    /// Reads them; `None` if they are of no position in such a list.
    fn read(numbers: &[i64]) -> Option<Self>;
}

/// Where an event stands in the list of all, by its start.
impl Cursor for (DateTime<Utc>, EventId) {
    fn numbers(self) -> Vec<i64> {
        vec![self.0.timestamp_micros(), self.1.0]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[micros, id] = numbers else { return None };
        Some((instant(micros)?, EventId(id)))
    }
}

/// Where a seat stands in its event: its serial number.
impl Cursor for i32 {
    fn numbers(self) -> Vec<i64> {
        vec![self.into()]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[serial] = numbers else { return None };
        Self::try_from(serial).ok()
    }
}

/// Where an entry of the audit log stands, or a webhook: its number.
impl Cursor for i64 {
    fn numbers(self) -> Vec<i64> {
        vec![self]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[id] = numbers else { return None };
        Some(id)
    }
}

/// Where a change stands in the history of its seat: its place in the log.
impl Cursor for Revision {
    fn numbers(self) -> Vec<i64> {
        vec![self.0]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[revision] = numbers else { return None };
        Some(Self(revision))
    }
}

/// Where an order stands among its viewer's.
impl Cursor for OrderCursor {
    fn numbers(self) -> Vec<i64> {
        vec![self.0.timestamp_micros(), self.1.event.0, self.1.number]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[micros, event, first] = numbers else { return None };
        let order = OrderId { event: EventId(event), number: first };
        Some((instant(micros)?, order))
    }
}

/// Where an order stands in its event.
impl Cursor for OrderId {
    fn numbers(self) -> Vec<i64> {
        vec![self.event.0, self.number]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[event, first] = numbers else { return None };
        Some(Self { event: EventId(event), number: first })
    }
}

fn encode(cursor: impl Cursor) -> String {
    let numbers: Vec<_> = cursor.numbers().iter().map(i64::to_string).collect();
    URL_SAFE_NO_PAD.encode(numbers.join(":"))
}

fn decode<C: Cursor>(cursor: &str) -> Result<C, Fault> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let numbers: Vec<i64> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
        C::read(&numbers)
    };
    read().ok_or_else(|| {
        Fault::bad_input(
            "after is not a cursor of this list; pass an `endCursor` as this API gave it",
        )
    })
}

/// A forged cursor may hold any number; ours hold instants of the years 1 to 9999, which PostgreSQL
/// knows too.
fn instant(micros: i64) -> Option<DateTime<Utc>> {
    const YEAR_ONE_MICROS: i64 = -62_135_596_800_000_000;
    const YEAR_TEN_THOUSAND_MICROS: i64 = 253_402_300_800_000_000;
    (YEAR_ONE_MICROS..YEAR_TEN_THOUSAND_MICROS)
        .contains(&micros)
        .then(|| DateTime::from_timestamp_micros(micros))
        .flatten()
}
