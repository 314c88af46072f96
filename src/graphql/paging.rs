//! Relay pages: forward only, bounded, with opaque cursors that say where a page ended.
//!
//! There is one way to page: bounds (such as [`EVENTS`]), a cursor ([`Cursor`]), and [`page`].

use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge, EmptyFields};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::error::Fault;
use crate::domain::{EventId, OrderId, Revision};
use crate::store::StoreError;
use crate::store::reads::OrderCursor;

/// A page of a list, as Relay has it.
pub type ConnectionOf<N> = Connection<String, N, EmptyFields, EmptyFields>;

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

impl PageBounds {
    fn size(self, first: Option<i32>) -> Result<usize, Fault> {
        let size = first.map_or(Ok(self.unless_said), usize::try_from).unwrap_or_default();
        if (1..=self.most).contains(&size) {
            Ok(size)
        } else {
            Err(Fault::bad_input(format!("first must be 1 to {}", self.most)))
        }
    }
}

/// A position in a list: where one page ends and the next begins.
pub trait Cursor: Copy {
    /// Its numbers.
    fn numbers(self) -> Vec<i64>;
    /// Reads them; `None` if they are of no position in such a list.
    fn read(numbers: &[i64]) -> Option<Self>;
}

/// Reads one page. `read` is given the position to go on after and how many records to read: one
/// more than fits, which tells whether there is a next page. `node` says what a record is to the
/// client, and its position.
///
/// # Errors
///
/// If `first` is out of bounds, `after` is no cursor of such a list, or nothing can be read.
pub async fn page<C, R, N, F>(
    bounds: PageBounds,
    first: Option<i32>,
    after: Option<&str>,
    read: impl FnOnce(Option<C>, i64) -> F + Send,
    node: impl Fn(R) -> (C, N) + Send,
) -> Result<ConnectionOf<N>, Fault>
where
    C: Cursor,
    R: Send,
    N: OutputType,
    F: Future<Output = Result<Vec<R>, StoreError>> + Send,
{
    let size = bounds.size(first)?;
    let after: Option<C> = after.map(decode).transpose()?;
    let has_previous = after.is_some();
    let mut records = read(after, i64::try_from(size + 1).unwrap_or(i64::MAX)).await?;
    let has_next = records.len() > size;
    records.truncate(size);
    let mut connection = Connection::new(has_previous, has_next);
    connection.edges.extend(records.into_iter().map(|record| {
        let (cursor, node) = node(record);
        Edge::new(encode(cursor), node)
    }));
    Ok(connection)
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

/// Where an order stands among its viewer's.
impl Cursor for OrderCursor {
    fn numbers(self) -> Vec<i64> {
        vec![self.0.timestamp_micros(), self.1.event.0, self.1.first.0]
    }

    fn read(numbers: &[i64]) -> Option<Self> {
        let &[micros, event, first] = numbers else { return None };
        let order = OrderId { event: EventId(event), first: Revision(first) };
        Some((instant(micros)?, order))
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
