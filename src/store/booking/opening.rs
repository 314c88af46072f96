//! What a booking begins with: locks the event and the seats, and reads what the commands need.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use const_format::formatcp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait,
};

use super::amend::read_details;
use super::batched_command::BatchedCommand;
use super::churn::{Churn, read_churn};
use super::plan::read_plan;
use crate::domain::command::HandOver;
use crate::domain::ledger::{Opening, Terms};
use crate::domain::prices::PriceLists;
use crate::domain::seat::Seat;
use crate::domain::{
    EventId, IdempotencyKey, KeySlots, OrderCode, OrderId, PriceVersion, Revision, SeatId,
    SeatState, ViewerId,
};
use crate::random;
use crate::store::entity::{event, seat};
use crate::store::error::StoreError;
use crate::store::numbers::CONFIRMED;
use crate::store::pool::Transaction;
use crate::store::prices::read_prices;
use crate::store::reads;
use crate::store::rows::{self, TermsRow};
use crate::store::sql::{bigints, ints, statement, texts};

/// Locks the event and the seats that are named or `foreseen`, and reads everything else the
/// commands need; `None` if there is no such event.
pub(super) async fn read_opening<C: BatchedCommand + ?Sized>(
    transaction: &Transaction,
    event: EventId,
    commands: &[Box<C>],
    foreseen: &BTreeSet<SeatId>,
) -> Result<Option<Opening>, StoreError> {
    let needs = || commands.iter().map(|command| command.needs());
    let named = needs().flat_map(|needs| needs.seats).chain(foreseen);
    let locked = lock(transaction, event, serials(event, named)).await?;
    let Some(locked) = locked else { return Ok(None) };
    let Locked { terms, revision, price_list, now, mut seats, is_churning } = locked;
    let parts: Vec<_> = needs().filter_map(|needs| needs.part).collect();
    let (plan, placed) = read_plan(transaction, event, &parts).await?;
    let purchases: Vec<_> = needs().filter_map(|needs| needs.purchase).collect();
    let hand_overs: Vec<_> = needs().filter_map(|needs| needs.hand_over).collect();
    let limited = needs().filter(|_| terms.max_seats_per_viewer.is_some());
    let counted = limited.filter_map(|needs| needs.holdings_of).map(ViewerId::as_str);
    let counted: BTreeSet<&str> = counted.collect();
    let (mut holdings, mut keys) = (HashMap::new(), HashMap::new());
    if !counted.is_empty() || !purchases.is_empty() {
        let asked = keys_at_hand(&purchases, &hand_overs);
        (holdings, keys) = read_facts(transaction, event, now, &counted, &asked).await?;
    }
    let mut prices = PriceLists::default();
    if needs().any(|needs| needs.purchase.is_some() || needs.prices) {
        let of_seats = seats.iter().map(|seat| seat.price_list);
        let lists = of_seats.chain([price_list]).map(|list| (event, list));
        prices = read_prices(transaction, lists).await?;
    }
    let codes = if purchases.is_empty() { HashMap::new() } else { draw_codes(&purchases)? };
    let (mut orders, mut key_slots) = (Vec::new(), HashMap::new());
    if !purchases.is_empty() || !hand_overs.is_empty() {
        let sold: BTreeSet<OrderId> = seats.iter().filter_map(order_of).collect();
        let may_keep_keys = !hand_overs.is_empty() || keys.len() < purchases.len();
        if may_keep_keys && !sold.is_empty() {
            key_slots = read_key_slots(transaction, event, &sold).await?;
            keys.extend(read_claimed_keys(transaction, event, &hand_overs, &sold).await?);
        }
        let known = sold.into_iter().chain(keys.values().copied());
        orders = reads::orders(transaction, event, known).await?;
    }
    let is_changed = needs().any(|needs| needs.event_details);
    let details = if is_changed { read_details(transaction, event).await? } else { None };
    let mut churn = Churn::default();
    if let Some(max) = terms.max_seats_let_go.filter(|_| is_churning) {
        let more = placed.iter().map(|seat: &Seat| &seat.id).chain(foreseen);
        let asked = asked_of_churn(event, commands, more);
        churn = read_churn(transaction, event, now, asked, max).await?;
    }
    let Churn { let_go, runs } = churn;
    seats.extend(placed);
    Ok(Some(Opening {
        event,
        terms,
        details,
        revision,
        now,
        seats,
        price_list,
        prices,
        holdings,
        let_go,
        runs,
        keys,
        key_slots,
        codes,
        orders,
        plan,
    }))
}

/// The order that a seat is sold in.
fn order_of(seat: &Seat) -> Option<OrderId> {
    match &seat.state {
        SeatState::Confirmed(sale) => Some(sale.order),
        SeatState::Available { .. } | SeatState::Reserved(_) => None,
    }
}

/// Of whom, and of which seats, it is to be known what was let go: `more` are those that no command
/// names. Whoever buys has the seats.
fn asked_of_churn<'a, C: BatchedCommand + ?Sized>(
    event: EventId,
    commands: &'a [Box<C>],
    more: impl Iterator<Item = &'a SeatId>,
) -> (BTreeSet<&'a str>, BTreeSet<i32>) {
    let needs = || commands.iter().map(|command| command.needs());
    let viewers = needs().filter_map(|needs| needs.holdings_of).map(ViewerId::as_str);
    let named = needs().filter(|needs| needs.purchase.is_none()).flat_map(|needs| needs.seats);
    (viewers.collect(), serials(event, named.chain(more)))
}

/// A seat of another event is not on this ledger: the command will find that it does not exist.
fn serials<'a>(event: EventId, seats: impl Iterator<Item = &'a SeatId>) -> BTreeSet<i32> {
    seats.filter(|seat| seat.event == event).map(|seat| seat.serial).collect()
}

/// The keys of purchases; and those under which somebody buys whose orders are claimed, as if they
/// were already whose they will be.
fn keys_at_hand<'a>(
    purchases: &[(&'a ViewerId, &'a IdempotencyKey)],
    hand_overs: &[HandOver<'a>],
) -> Vec<(&'a ViewerId, &'a IdempotencyKey)> {
    let mut keys = purchases.to_vec();
    for HandOver { keys_of, to } in hand_overs {
        let own = purchases.iter().filter(|(viewer, _)| Some(*viewer) == *keys_of);
        keys.extend(own.map(|&(_, key)| (*to, key)));
    }
    keys
}

/// A new code for the order that each of these purchases may make. Drawn for each attempt: one that
/// is taken fails the attempt, and not the next.
fn draw_codes(
    purchases: &[(&ViewerId, &IdempotencyKey)],
) -> Result<HashMap<(ViewerId, IdempotencyKey), OrderCode>, StoreError> {
    let random = random::numbers(purchases.len()).map_err(StoreError::NoRandomness)?;
    let named = purchases.iter().map(|&(viewer, key)| (viewer.clone(), key.clone()));
    Ok(named.zip(random.into_iter().map(OrderCode::from_random)).collect())
}

/// The locked rows, and the clock after that.
struct Locked {
    terms: Terms,
    revision: Revision,
    price_list: PriceVersion,
    now: DateTime<Utc>,
    seats: Vec<Seat>,
    /// Whether it may matter what seats were let go.
    is_churning: bool,
}

/// Locks the event's row, then every seat of the event that is named, ascending; then reads the
/// clock.
///
/// Each of the three depends on the one before: no seat is looked for until there is an event, and
/// the clock is read by a subquery over all seats that were locked. Both rows are given as they are
/// once they are locked, even if the statement began before another transaction changed them
/// (PostgreSQL's READ COMMITTED). The first row is the event's and has the clock.
static LOCK: LazyLock<String> = LazyLock::new(|| {
    let event = event::Entity::find_by_id(0).lock_exclusive().build(DbBackend::Postgres).sql;
    let seats = seat::Entity::find()
        .filter(seat::Column::EventId.eq(0))
        .filter(seat::Column::Id.eq_any([0]))
        .filter(Expr::cust("EXISTS (SELECT FROM locked_event)"))
        .order_by_asc(seat::Column::Id)
        .lock_exclusive()
        .build(DbBackend::Postgres)
        .sql;
    format!(
        "WITH locked_event AS MATERIALIZED ({event}), locked_seats AS MATERIALIZED ({seats})
SELECT NULL::integer AS id, NULL::integer AS category_id, NULL::boolean AS for_sale,
       NULL::smallint AS status, NULL::text AS viewer, NULL::timestamptz AS expires_at,
       NULL::text AS lapsed_viewer, NULL::bigint AS order_id, revision,
       NULL::timestamptz AS extended_until, price_version,
       (SELECT clock_timestamp() FROM (SELECT count(*) FROM locked_seats) AS locked) AS now,
       sales_open_at, coalesce(sales_close_at, starts_at) AS sales_close_at,
       hold_seconds, hold_extension_seconds,
       max_seats_per_viewer, max_seats_let_go, confirmed_by, currency, next_expiry_at, churn_until,
       stage, allows_lone_seats
  FROM locked_event
UNION ALL
SELECT id, category_id, for_sale, status, viewer, expires_at, lapsed_viewer, order_id, revision,
       extended_until, price_version,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM locked_seats"
    )
});

async fn lock(
    transaction: &Transaction,
    event: EventId,
    serials: BTreeSet<i32>,
) -> Result<Option<Locked>, StoreError> {
    let rows = transaction.query_all_raw(statement(&LOCK, [event.0.into(), ints(serials)])).await?;
    let Some((first, seats)) = rows.split_first() else { return Ok(None) };
    let seats = seats.iter().map(|row| Seat::try_from(seat_from_row(event, row)?));
    let terms: Terms = TermsRow::from_query_result(first, "")?.try_into()?;
    let now = first.try_get_by_index(11)?;
    // Holds that have run out count although their end is not logged.
    let next_expiry_at: Option<DateTime<Utc>> = first.try_get("", "next_expiry_at")?;
    let is_churning = next_expiry_at.is_some_and(|at| at <= now)
        || terms.may_be_churning(first.try_get("", "churn_until")?, now);
    Ok(Some(Locked {
        terms,
        revision: Revision(first.try_get_by_index(8)?),
        price_list: PriceVersion(first.try_get_by_index(10)?),
        now,
        seats: seats.collect::<Result<_, _>>()?,
        is_churning,
    }))
}

/// By index: there may be thousands of these, and names would be looked up anew in each.
fn seat_from_row(event: EventId, row: &QueryResult) -> Result<seat::Model, StoreError> {
    Ok(seat::Model {
        event_id: event.0,
        id: row.try_get_by_index(0)?,
        category_id: row.try_get_by_index(1)?,
        for_sale: row.try_get_by_index(2)?,
        status: row.try_get_by_index(3)?,
        viewer: row.try_get_by_index(4)?,
        expires_at: row.try_get_by_index(5)?,
        lapsed_viewer: row.try_get_by_index(6)?,
        order_id: row.try_get_by_index(7)?,
        revision: row.try_get_by_index(8)?,
        extended_until: row.try_get_by_index(9)?,
        price_version: row.try_get_by_index(10)?,
    })
}

/// How many seats viewers hold and own, and which orders their keys stand for.
type Facts = (HashMap<ViewerId, u32>, HashMap<(ViewerId, IdempotencyKey), OrderId>);

/// One row for each viewer who is counted, and one for each key that is known, which has a `key`.
/// LATERAL, so that each is a look-up by its whole key, whatever the planner believes the tables to
/// hold.
const FACTS: &str = formatcp!(
    "
SELECT asked.viewer, NULL AS key, held.number
  FROM UNNEST($3::text[]) AS asked (viewer), LATERAL (
    SELECT count(*) AS number FROM seats
     WHERE event_id = $1 AND viewer = asked.viewer AND (status = {CONFIRMED} OR expires_at > $2)
) AS held
UNION ALL
SELECT asked.viewer, asked.key, known.order_id
  FROM UNNEST($4::text[], $5::text[]) AS asked (viewer, key), LATERAL (
    SELECT order_id FROM idempotency_keys
     WHERE event_id = $1 AND viewer = asked.viewer AND key = asked.key LIMIT 1
) AS known"
);

#[derive(FromQueryResult)]
struct FactRow {
    viewer: String,
    key: Option<String>,
    number: i64,
}

async fn read_facts(
    transaction: &Transaction,
    event: EventId,
    now: DateTime<Utc>,
    counted: &BTreeSet<&str>,
    asked: &[(&ViewerId, &IdempotencyKey)],
) -> Result<Facts, StoreError> {
    let values = [
        event.0.into(),
        now.into(),
        texts(counted.iter().copied()),
        texts(asked.iter().map(|(viewer, _)| viewer.as_str())),
        texts(asked.iter().map(|(_, key)| key.as_str())),
    ];
    facts(event, FactRow::find_by_statement(statement(FACTS, values)).all(transaction).await?)
}

fn facts(event: EventId, rows: Vec<FactRow>) -> Result<Facts, StoreError> {
    let (mut holdings, mut keys) = Facts::default();
    for row in rows {
        let viewer = rows::viewer_from_row(&row.viewer)?;
        if let Some(key) = row.key {
            let key =
                IdempotencyKey::stored(key).ok_or(StoreError::Corrupt("an idempotency key"))?;
            keys.insert((viewer, key), OrderId { event, first: Revision(row.number) });
        } else {
            holdings.insert(viewer, u32::try_from(row.number).unwrap_or(u32::MAX));
        }
    }
    Ok((holdings, keys))
}

/// Which slots for keys these orders have taken but for the first: the index is of those alone.
async fn read_key_slots(
    transaction: &Transaction,
    event: EventId,
    orders: &BTreeSet<OrderId>,
) -> Result<HashMap<OrderId, KeySlots>, StoreError> {
    const SLOTS: &str = formatcp!(
        "SELECT order_id, array_agg(slot) FROM idempotency_keys
 WHERE event_id = $1 AND order_id = ANY ($2) AND slot > {} GROUP BY order_id",
        KeySlots::FIRST
    );
    let ids = bigints(orders.iter().map(|order| order.first.0));
    let rows = transaction.query_all_raw(statement(SLOTS, [event.0.into(), ids])).await?;
    rows.iter()
        .map(|row| {
            let order = OrderId { event, first: Revision(row.try_get_by_index(0)?) };
            let slots: Vec<i16> = row.try_get_by_index(1)?;
            Ok((order, KeySlots::taken(slots)))
        })
        .collect()
}

/// The keys of guests for these orders, where they are claimed, and the same keys of whoever claims
/// them.
async fn read_claimed_keys(
    transaction: &Transaction,
    event: EventId,
    hand_overs: &[HandOver<'_>],
    orders: &BTreeSet<OrderId>,
) -> Result<HashMap<(ViewerId, IdempotencyKey), OrderId>, StoreError> {
    const KEYS: &str = "
SELECT known.viewer, known.key, known.order_id AS number
  FROM UNNEST($2::text[], $3::text[]) AS claim (guest, viewer), LATERAL (
    SELECT key FROM idempotency_keys
     WHERE event_id = $1 AND viewer = claim.guest AND order_id = ANY ($4)
) AS own, LATERAL (
    SELECT * FROM idempotency_keys
     WHERE event_id = $1 AND viewer IN (claim.guest, claim.viewer) AND key = own.key
) AS known";
    let claims = hand_overs.iter().filter_map(|hand_over| Some((hand_over.keys_of?, hand_over.to)));
    let claims: BTreeSet<_> =
        claims.map(|(guest, viewer)| (guest.as_str(), viewer.as_str())).collect();
    if claims.is_empty() {
        return Ok(HashMap::new());
    }
    let values = [
        event.0.into(),
        texts(claims.iter().map(|(guest, _)| *guest)),
        texts(claims.iter().map(|(_, viewer)| *viewer)),
        bigints(orders.iter().map(|order| order.first.0)),
    ];
    let rows = FactRow::find_by_statement(statement(KEYS, values)).all(transaction).await?;
    let (_, keys) = facts(event, rows)?;
    Ok(keys)
}
