//! Relay pages: forward only, bounded, with opaque cursors that say where a page ended.

use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge, EmptyFields};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

use super::error::Fault;
use crate::domain::{EventId, Order, OrderId, Revision, SeatId};
use crate::store::reads::{EventRecord, OrderCursor};

/// How many items a page holds.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    size: usize,
}

impl Page {
    /// A page of events: 1 to 100, 20 unless said.
    pub fn of_events(first: Option<i32>) -> Result<Self, Fault> {
        Self::new(first, 20, 100)
    }

    /// A page of seats: 1 to 1000, 100 unless said. A thousand are a large block; whole maps come
    /// by seatMap.
    pub fn of_seats(first: Option<i32>) -> Result<Self, Fault> {
        Self::new(first, 100, 1000)
    }

    /// A page of orders: 1 to 100, 20 unless said.
    pub fn of_orders(first: Option<i32>) -> Result<Self, Fault> {
        Self::new(first, 20, 100)
    }

    fn new(first: Option<i32>, default: usize, most: usize) -> Result<Self, Fault> {
        let size = first.map_or(Ok(default), usize::try_from).unwrap_or_default();
        if (1..=most).contains(&size) {
            Ok(Self { size })
        } else {
            Err(Fault::bad_input(format!("first must be 1 to {most}")))
        }
    }

    /// How many to read: one more than fits, which tells whether there is a next page.
    pub fn fetch(self) -> i64 {
        i64::try_from(self.size + 1).unwrap_or(i64::MAX)
    }

    /// The page made of what was read.
    pub fn connection<R, N: OutputType>(
        self,
        has_previous: bool,
        mut records: Vec<R>,
        edge: impl Fn(R) -> Edge<String, N, EmptyFields>,
    ) -> Connection<String, N, EmptyFields, EmptyFields> {
        let has_next = records.len() > self.size;
        records.truncate(self.size);
        let mut connection = Connection::new(has_previous, has_next);
        connection.edges.extend(records.into_iter().map(edge));
        connection
    }
}

/// Where an event stands in the list.
pub fn event_cursor(event: &EventRecord) -> String {
    encode(&[event.starts_at.timestamp_micros(), event.id.0])
}

/// Reads what [`event_cursor`] wrote.
pub fn event_after(cursor: &str) -> Result<(DateTime<Utc>, EventId), Fault> {
    let [micros, id] = decode(cursor)?;
    Ok((instant(micros)?, EventId(id)))
}

/// Where a seat stands in its event.
pub fn seat_cursor(seat: SeatId) -> String {
    encode(&[seat.serial.into()])
}

/// Reads what [`seat_cursor`] wrote: the seat's serial number.
pub fn seat_after(cursor: &str) -> Result<i32, Fault> {
    let [serial] = decode(cursor)?;
    i32::try_from(serial).map_err(|_| bad_cursor())
}

/// Where an order stands among its viewer's.
pub fn order_cursor(order: &Order) -> String {
    encode(&[order.confirmed_at.timestamp_micros(), order.id.event.0, order.id.first.0])
}

/// Reads what [`order_cursor`] wrote.
pub fn order_after(cursor: &str) -> Result<OrderCursor, Fault> {
    let [micros, event, first] = decode(cursor)?;
    Ok((instant(micros)?, OrderId { event: EventId(event), first: Revision(first) }))
}

fn encode(numbers: &[i64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
    URL_SAFE_NO_PAD.encode(numbers.join(":"))
}

fn decode<const N: usize>(cursor: &str) -> Result<[i64; N], Fault> {
    let numbers = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        let numbers: Vec<i64> = text.split(':').map(str::parse).collect::<Result<_, _>>().ok()?;
        <[i64; N]>::try_from(numbers).ok()
    };
    numbers().ok_or_else(bad_cursor)
}

/// A forged cursor may hold any number; ours hold instants of the years 1 to 9999, which PostgreSQL
/// knows too.
fn instant(micros: i64) -> Result<DateTime<Utc>, Fault> {
    const YEAR_ONE_MICROS: i64 = -62_135_596_800_000_000;
    const YEAR_TEN_THOUSAND_MICROS: i64 = 253_402_300_800_000_000;
    if !(YEAR_ONE_MICROS..YEAR_TEN_THOUSAND_MICROS).contains(&micros) {
        return Err(bad_cursor());
    }
    DateTime::from_timestamp_micros(micros).ok_or_else(bad_cursor)
}

fn bad_cursor() -> Fault {
    Fault::bad_input("after is not a cursor of this list; pass an `endCursor` as this API gave it")
}
