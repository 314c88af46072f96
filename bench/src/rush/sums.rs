//! Whether the books are right after a run. If they are not, its figures mean nothing.

use sqlx::{Connection as _, PgConnection};

use super::load::Counts;
use crate::Result;

/// What must be zero in every event, and what it would mean if it were not.
const MUST_BE_ZERO: [(&str, &str); 5] = [
    (
        "revisions are missing from a log",
        "SELECT count(*) FROM events WHERE revision <> (SELECT count(*) FROM seat_changes WHERE \
            event_id = events.id)
             OR revision <> (SELECT COALESCE(max(revision), 0) FROM seat_changes WHERE event_id = \
             events.id)",
    ),
    (
        "seats differ from their last change in the log",
        "SELECT count(*) FROM seats LEFT JOIN (
             SELECT DISTINCT ON (event_id, seat_id) * FROM seat_changes ORDER BY event_id, \
             seat_id, revision DESC
         ) AS last ON last.event_id = seats.event_id AND last.seat_id = seats.id
          WHERE (seats.revision, seats.status) IS DISTINCT FROM
                (COALESCE(last.revision, 0), CASE last.cause WHEN 1 THEN 1 WHEN 4 THEN 2 ELSE 0 END)
             OR (status > 0 AND seats.viewer IS DISTINCT FROM last.viewer)",
    ),
    (
        "sold seats have no order, or ordered seats are not sold",
        "SELECT count(*) FROM (SELECT event_id, id, order_id FROM seats WHERE status = 2) AS sold
           FULL JOIN order_seats ON order_seats.event_id = sold.event_id AND order_seats.seat_id \
           = sold.id
          WHERE sold.order_id IS DISTINCT FROM order_seats.order_id",
    ),
    (
        "orders have no seats",
        "SELECT count(*) FROM orders WHERE NOT EXISTS (
             SELECT FROM order_seats WHERE event_id = orders.event_id AND order_id = orders.id)",
    ),
    (
        "seats were taken that somebody had",
        "SELECT count(*) FROM (
             SELECT cause, lag(cause) OVER (PARTITION BY event_id, seat_id ORDER BY revision) AS \
             before FROM seat_changes
         ) AS step WHERE cause = 1 AND before IN (1, 4) OR cause <> 1 AND before IS DISTINCT FROM \
         1",
    ),
];

/// The same where the beginning of the log has been pruned: what can be told without it.
pub(crate) async fn check_pruned(database_url: &str) -> Result<()> {
    let mut sql = PgConnection::connect(database_url).await?;
    let wrong: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (
             SELECT events.revision, count(*) AS rows, min(log.revision) AS first, \
             max(log.revision) AS last
               FROM events JOIN seat_changes AS log ON log.event_id = events.id GROUP BY events.id
         ) AS kept WHERE revision <> last OR rows <> last - first + 1",
    )
    .fetch_one(&mut sql)
    .await?;
    if wrong != 0 {
        return Err("the run is void: revisions are missing from a log".into());
    }
    Ok(sql.close().await?)
}

/// Ends the run if the database is not what the load generator was told.
pub(crate) async fn check(database_url: &str, counts: Counts) -> Result<()> {
    let mut sql = PgConnection::connect(database_url).await?;
    for (meaning, query) in MUST_BE_ZERO {
        let wrong: i64 = sqlx::query_scalar(query).fetch_one(&mut sql).await?;
        if wrong != 0 {
            return Err(format!("the run is void: {wrong} times {meaning}").into());
        }
    }
    let told = [
        ("reserved", 1, counts.reserved),
        ("given back", 2, counts.returned),
        ("bought", 4, counts.bought),
    ];
    for (what, cause, told) in told {
        let logged: i64 = sqlx::query_scalar("SELECT count(*) FROM seat_changes WHERE cause = $1")
            .bind(cause)
            .fetch_one(&mut sql)
            .await?;
        if u64::try_from(logged)? != told {
            return Err(format!(
                "the run is void: {told} seats were {what}, and the log has {logged}"
            )
            .into());
        }
    }
    Ok(sql.close().await?)
}
