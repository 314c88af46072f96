//! The tables as the database has them, read in one snapshot, in a history's words.

use sqlx::postgres::PgRow;
use sqlx::{Executor as _, PgConnection, Row as _};
use torture::history::{
    Cause, EventRow, EventSetup, History, KeyRow, LogRow, NewPrice, OrderLine, OrderRow, SeatRow,
    SeatSetup, Stage, Terms,
};

use crate::Result;

/// What the database's numbers stand for, in order.
const STAGES: [Stage; 4] = [Stage::Draft, Stage::Published, Stage::Closed, Stage::Cancelled];
const STATUSES: [char; 3] = ['A', 'R', 'C'];
const CAUSES: [Cause; 11] = [
    Cause::Reserved,
    Cause::Released,
    Cause::Expired,
    Cause::Confirmed,
    Cause::Extended,
    Cause::Blocked,
    Cause::Unblocked,
    Cause::Imported,
    Cause::Cancelled,
    Cause::Claimed,
    Cause::Transferred,
];

/// Who is meant to confirm: buyers.
const BUYERS: i16 = 1;

/// The name of the one type of ticket where there is no other.
const STANDARD: &str = "Standard";

const EVENTS: &str = "SELECT id, revision, stage,
    (extract(epoch FROM sales_open_at) * 1000000)::bigint AS opens,
    (extract(epoch FROM COALESCE(sales_close_at, starts_at)) * 1000000)::bigint AS closes,
    hold_seconds::bigint AS hold, hold_extension_seconds::bigint AS extension,
    max_seats_per_viewer::bigint AS most, max_seats_let_go::bigint AS let_go, allows_lone_seats,
    confirmed_by, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS read_at
    FROM events ORDER BY id";

const LOG: &str = "SELECT event_id, revision, seat_id, previous, cause, viewer,
    (extract(epoch FROM expires_at) * 1000000)::bigint AS expires,
    (SELECT code FROM orders AS o WHERE (o.event_id, o.id) = (c.event_id, c.order_id)) AS code,
    order_id, (extract(epoch FROM changed_at) * 1000000)::bigint AS changed
    FROM seat_changes AS c ORDER BY event_id, revision";

const SEATS: &str = "SELECT event_id, s.id, section, row_label, number, c.name AS category,
    for_sale, status, viewer, (extract(epoch FROM expires_at) * 1000000)::bigint AS expires,
    (SELECT code FROM orders AS o WHERE (o.event_id, o.id) = (s.event_id, s.order_id)) AS code,
    order_id, revision
    FROM seats AS s JOIN seat_places USING (event_id, id)
    JOIN (SELECT event_id, id AS category_id, name FROM categories) AS c
        USING (event_id, category_id)
    ORDER BY event_id, s.id";

const ORDERS: &str = "SELECT event_id, id, code, viewer, total_minor, payment_reference,
    (extract(epoch FROM confirmed_at) * 1000000)::bigint AS confirmed
    FROM orders ORDER BY event_id, id";

const LINES: &str = "SELECT event_id, order_id, seat_id, ticket_type, price_minor
    FROM order_seats ORDER BY event_id, order_id, seat_id";

const KEYS: &str = "SELECT k.event_id, k.viewer, key, code FROM idempotency_keys AS k
    JOIN orders AS o ON (o.event_id, o.id) = (k.event_id, k.order_id)
    ORDER BY k.event_id, k.viewer, key";

const PRICES: &str = "SELECT e.id AS event_id, c.name AS category,
    COALESCE(t.name, 'Standard') AS ticket,
    COALESCE(t.amount_minor, c.amount_minor, c.price_minor) AS amount
    FROM events AS e JOIN categories AS c ON c.event_id = e.id
    LEFT JOIN ticket_prices AS t ON (t.event_id, t.price_version, t.category_id)
        = (e.id, e.price_version, c.id)
    ORDER BY e.id, c.id, t.position";

/// Reads everything into a history.
pub(crate) async fn read(sql: &mut PgConnection, history: &mut History) -> Result<()> {
    begin(sql).await?;
    history.events = all(sql, EVENTS, event).await?;
    history.log = all(sql, LOG, change).await?;
    history.seats = all(sql, SEATS, seat).await?;
    history.orders = all(sql, ORDERS, order).await?;
    let lines = all(sql, LINES, line).await?;
    let ids = all(sql, ORDERS, |row| {
        Ok((row.try_get::<i64, _>("event_id")?, row.try_get::<i64, _>("id")?))
    })
    .await?;
    for (order, id) in history.orders.iter_mut().zip(ids) {
        let own = lines.iter().filter(|(of, _)| *of == id);
        order.lines = own.map(|(_, line)| line.clone()).collect();
    }
    history.keys = all(sql, KEYS, key).await?;
    sql.execute("COMMIT").await?;
    Ok(())
}

/// The events before a round.
pub(crate) async fn setups(sql: &mut PgConnection) -> Result<Vec<EventSetup>> {
    begin(sql).await?;
    let events = all(sql, EVENTS, event).await?;
    let seats = all(sql, SEATS, seat).await?;
    let prices = all(sql, PRICES, |row| {
        let price = NewPrice {
            category: row.try_get("category")?,
            ticket: row.try_get("ticket")?,
            amount_minor: row.try_get("amount")?,
        };
        Ok((row.try_get::<i64, _>("event_id")?, price))
    })
    .await?;
    sql.execute("COMMIT").await?;
    let setup = |EventRow { event, revision, terms, .. }: EventRow| EventSetup {
        event,
        revision,
        terms,
        seats: seats
            .iter()
            .filter(|seat| seat.event == event)
            .map(|seat| SeatSetup {
                seat: seat.seat,
                place: seat.place.clone(),
                category: seat.category.clone(),
                for_sale: seat.for_sale,
            })
            .collect(),
        prices: prices
            .iter()
            .filter(|(of, _)| *of == event)
            .map(|(_, price)| price.clone())
            .collect(),
    };
    Ok(events.into_iter().map(setup).collect())
}

async fn begin(sql: &mut PgConnection) -> Result<()> {
    sql.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    Ok(())
}

async fn all<T>(
    sql: &mut PgConnection,
    statement: &'static str,
    read: impl Fn(&PgRow) -> sqlx::Result<T>,
) -> Result<Vec<T>> {
    let rows = sqlx::query(statement).fetch_all(sql).await?;
    Ok(rows.iter().map(read).collect::<sqlx::Result<_>>()?)
}

/// What a number in a column stands for.
fn known<T: Copy>(row: &PgRow, column: &str, first: i16, words: &[T]) -> sqlx::Result<T> {
    let code: i16 = row.try_get(column)?;
    let word = usize::try_from(code - first).ok().and_then(|index| words.get(index));
    word.copied().ok_or_else(|| sqlx::Error::Decode(format!("{column} is {code}").into()))
}

/// The code of an order; where there is no such order, its number in words that none has.
fn order_id(row: &PgRow) -> sqlx::Result<Option<String>> {
    let code: Option<String> = row.try_get("code")?;
    let id: Option<i64> = row.try_get("order_id")?;
    Ok(code.or_else(|| id.map(|id| format!("no order {id}"))))
}

fn event(row: &PgRow) -> sqlx::Result<EventRow> {
    let terms = Terms {
        stage: known(row, "stage", 0, &STAGES)?,
        sales_open_at: row.try_get("opens")?,
        sales_close_at: row.try_get("closes")?,
        hold_seconds: row.try_get("hold")?,
        hold_extension_seconds: row.try_get("extension")?,
        max_seats_per_viewer: row.try_get("most")?,
        max_seats_let_go: row.try_get("let_go")?,
        allows_lone_seats: row.try_get("allows_lone_seats")?,
        buyers_confirm: row.try_get::<i16, _>("confirmed_by")? == BUYERS,
    };
    let (event, revision) = (row.try_get("id")?, row.try_get("revision")?);
    Ok(EventRow { event, revision, terms, read_at: row.try_get("read_at")? })
}

fn change(row: &PgRow) -> sqlx::Result<LogRow> {
    Ok(LogRow {
        event: row.try_get("event_id")?,
        revision: row.try_get("revision")?,
        seat: row.try_get("seat_id")?,
        previous: row.try_get("previous")?,
        cause: known(row, "cause", 1, &CAUSES)?,
        viewer: row.try_get("viewer")?,
        expires_at: row.try_get("expires")?,
        order: order_id(row)?,
        changed_at: row.try_get("changed")?,
    })
}

fn seat(row: &PgRow) -> sqlx::Result<SeatRow> {
    let place = |column| row.try_get::<String, _>(column);
    Ok(SeatRow {
        event: row.try_get("event_id")?,
        seat: row.try_get("id")?,
        place: crate::load::place(&place("section")?, &place("row_label")?, &place("number")?),
        category: row.try_get("category")?,
        for_sale: row.try_get("for_sale")?,
        status: known(row, "status", 0, &STATUSES)?,
        viewer: row.try_get("viewer")?,
        expires_at: row.try_get("expires")?,
        order: order_id(row)?,
        revision: row.try_get("revision")?,
    })
}

fn order(row: &PgRow) -> sqlx::Result<OrderRow> {
    let code: String = row.try_get("code")?;
    Ok(OrderRow {
        event: row.try_get("event_id")?,
        id: code.clone(),
        code,
        viewer: row.try_get("viewer")?,
        lines: Vec::new(),
        total_minor: row.try_get("total_minor")?,
        payment_reference: row.try_get("payment_reference")?,
        confirmed_at: row.try_get("confirmed")?,
    })
}

/// A seat of an order, and which order.
fn line(row: &PgRow) -> sqlx::Result<((i64, i64), OrderLine)> {
    let ticket: Option<String> = row.try_get("ticket_type")?;
    let line = OrderLine {
        seat: row.try_get("seat_id")?,
        ticket: ticket.unwrap_or_else(|| STANDARD.to_owned()),
        amount_minor: row.try_get("price_minor")?,
    };
    Ok(((row.try_get("event_id")?, row.try_get("order_id")?), line))
}

fn key(row: &PgRow) -> sqlx::Result<KeyRow> {
    Ok(KeyRow {
        event: row.try_get("event_id")?,
        viewer: row.try_get("viewer")?,
        key: row.try_get("key")?,
        order: row.try_get("code")?,
    })
}
