//! Whether it gets slower as the database grows, and when very many holds end at once.

use std::sync::Arc;
use std::time::Duration;

use grand_arena::domain::{Cause, SeatStatus};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::load::{Counts, Pace, Plan};
use super::stage::{Event, Stage, make_event};
use super::throughput::Peaks;
use super::trial::{Terms, Trial, singles};
use crate::Result;
use crate::report::{Report, progress};
use crate::usage::median;

/// A database of a certain size.
struct Grown {
    name: &'static str,
    url: String,
    hot: Event,
    counts: Counts,
    rates: Vec<f64>,
}

/// Seats of an event: a small one, of which there are more and more, and a large one.
const SMALL: i32 = 1_000;
const LARGE: i32 = 100_000;

/// Rows of the change log in the last of the databases, in as many events as keep them with the
/// default retention.
const LOG_ROWS_PER_EVENT: i64 = 1_000_000;
const LOG_EVENTS: i64 = 10;

/// What stands for them in the tables.
const RESERVED: i16 = Cause::Reserved.code();
const RELEASED: i16 = Cause::Released.code();
const HELD: i16 = SeatStatus::Reserved.code();

/// In flight, in all of them.
const IN_FLIGHT: usize = 256;

/// Measures the same sale in databases of different sizes: random seats of one event, taken and
/// given back. Of a small event, so that the database grows and the sale does not; and of a large
/// one, whose rows lie in a hundred times as many pages.
pub(crate) async fn sizes(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    (runs, seconds): (usize, u64),
    report: &mut Report,
) -> Result<()> {
    let mut grown = Vec::new();
    for (name, event_seats, seats) in [
        ("an event of 1,000 seats, and no other", SMALL, 1_000),
        ("an event of 1,000 seats among 100,000", SMALL, 100_000),
        ("an event of 1,000 seats among 2,000,000", SMALL, 2_000_000),
        ("an event of 100,000 seats, and no other", LARGE, 100_000),
        ("an event of 100,000 seats among 2,000,000", LARGE, 2_000_000),
        ("an event of 100,000 seats, 10,000,000 log rows", LARGE, 100_000),
    ] {
        progress(&format!("making a database: {name}"));
        grown.push(make(stage, name, event_seats, seats).await?);
    }
    if let Some(logged) = grown.last_mut() {
        logged.counts += write_log(&logged.url).await?;
    }
    for number in 1..=runs {
        for database in &mut grown {
            let mut trial = Trial::open(
                database.url.clone(),
                tokens,
                Terms { watching: 0, ..Terms::default() },
            )
            .await?;
            let wishes = singles(&[database.hot]);
            let tally = trial
                .run(Plan::Return, wishes, IN_FLIGHT, Pace::Closed, Duration::from_secs(seconds))
                .await?;
            progress(&format!(
                "{}, run {number} of {runs}: {:.0} answers/s",
                database.name,
                tally.answers_per_second()
            ));
            database.rates.push(tally.answers_per_second());
            database.counts += trial.close()?.1;
        }
    }
    report.say(&format!(
        "**Growth**: seats of one event, each taken and given back, {IN_FLIGHT} in flight, {runs} \
            runs of {seconds} s, interleaved; medians.\n\n\
         | in the database | answers/s | ratio | all runs |\n|---|---|---|---|"
    ));
    let first = median(&grown[0].rates);
    for Grown { name, url, rates, counts, .. } in grown {
        progress(&format!("checking the books of {name}"));
        super::books::check(&url, counts).await?;
        stage.drop_database(&url).await?;
        let all: Vec<String> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
        let rate = median(&rates);
        report.say(&format!(
            "| {name} | {rate:.0} | **{:.2}** | {} |",
            rate / first,
            all.join(", ")
        ));
    }
    report.say("");
    Ok(())
}

/// A database of as many seats: an event that is on sale, one to warm up with, and others.
async fn make(
    stage: &mut Stage,
    name: &'static str,
    event_seats: i32,
    seats: i32,
) -> Result<Grown> {
    let url = stage.empty_database().await?;
    let mut sql = PgConnection::connect(&url).await?;
    let hot = make_event(&mut sql, "hot", event_seats).await?;
    make_event(&mut sql, "warm", super::stage::WARM_SEATS).await?;
    let mut left = seats - hot.seats;
    while left > 0 {
        let more = left.min(LARGE);
        make_event(&mut sql, &format!("more-{left}"), more).await?;
        left -= more;
    }
    sql.execute("VACUUM (FREEZE, ANALYZE)").await?;
    sql.close().await?;
    stage.checkpoint().await?;
    Ok(Grown { name, url, hot, counts: Counts::default(), rates: Vec::new() })
}

/// Writes the log of a long past: seats taken and given back. What that adds to the books.
async fn write_log(url: &str) -> Result<Counts> {
    const SEATS: i32 = 1_000;
    let mut sql = PgConnection::connect(url).await?;
    for number in 0..LOG_EVENTS {
        let event = make_event(&mut sql, &format!("past-{number}"), SEATS).await?.id.0;
        for statement in [
            format!(
                "INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer, \
                    expires_at, changed_at)
                 SELECT {event}, n, (n - 1) / 2 % {SEATS} + 1,
                        CASE n % 2 WHEN 1 THEN {RESERVED} WHEN 0 THEN {RELEASED} END,
                        'buyer-' || (n - 1) / 2,
                        CASE n % 2 WHEN 1 THEN now() + interval '300 s' END, now()
                   FROM generate_series(1, {LOG_ROWS_PER_EVENT}) AS n"
            ),
            format!(
                "UPDATE seats SET revision = last.revision FROM (
                     SELECT seat_id, max(revision) AS revision FROM seat_changes WHERE event_id = \
                     {event} GROUP BY seat_id
                 ) AS last WHERE event_id = {event} AND id = last.seat_id"
            ),
            format!("UPDATE events SET revision = {LOG_ROWS_PER_EVENT} WHERE id = {event}"),
        ] {
            sql.execute(AssertSqlSafe(statement)).await?;
        }
    }
    sql.execute("VACUUM (FREEZE, ANALYZE)").await?;
    sql.close().await?;
    let half = u64::try_from(LOG_EVENTS * LOG_ROWS_PER_EVENT / 2)?;
    Ok(Counts { reserved: half, returned: half, ..Counts::default() })
}

/// Holds that run out within one second, while as many seats are on sale.
const ENDING: i32 = 100_000;

/// When they begin to run out, in seconds after they were written (which takes some of them); and
/// how long the sale goes on from then.
const HOLD_S: u64 = 10;
const SALE_S: u64 = 18;

/// Measures how long the holds take to be cleared away, and what that does to the sale.
pub(crate) async fn mass_expiry(
    stage: &mut Stage,
    tokens: &Arc<Vec<String>>,
    peaks: Peaks,
    runs: usize,
    report: &mut Report,
) -> Result<()> {
    let (mut cleared, mut before, mut during) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=runs {
        let url = stage.empty_database().await?;
        let mut sql = PgConnection::connect(&url).await?;
        let hot = make_event(&mut sql, "hot", 2 * ENDING).await?;
        make_event(&mut sql, "warm", super::stage::WARM_SEATS).await?;
        sql.execute("VACUUM (FREEZE, ANALYZE)").await?;
        stage.checkpoint().await?;
        let mut trial = Trial::open(url.clone(), tokens, Terms::default()).await?;
        hold(&mut sql, hot).await?;
        let sale = Event { seats: ENDING, ..hot };
        let duration = Duration::from_secs(SALE_S);
        let begins_in: f64 = sqlx::query_scalar(
            "SELECT EXTRACT(epoch FROM min(expires_at) - clock_timestamp())::float8 FROM seats \
                WHERE viewer = 'nobody'",
        )
        .fetch_one(&mut sql)
        .await?;
        let tally = trial
            .run(Plan::Return, singles(&[sale]), 1024, Pace::Open(peaks.ours / 4.0), duration)
            .await?;
        // From the first end of a hold to the last row that says so, by PostgreSQL's clock.
        let (took, rows): (f64, i64) = sqlx::query_as(
            "SELECT EXTRACT(epoch FROM max(changed_at) - (
                        SELECT min(expires_at) FROM seat_changes WHERE viewer = 'nobody'))::float8,
                    count(*) FROM seat_changes WHERE cause = $1",
        )
        .bind(Cause::Expired.code())
        .fetch_one(&mut sql)
        .await?;
        sql.close().await?;
        if rows != i64::from(ENDING) {
            return Err(format!("{rows} holds of {ENDING} were cleared away").into());
        }
        let end = begins_in as f32;
        let (quiet, busy) = (
            tally.latency_between_ms(1.0, end, 0.99),
            tally.latency_between_ms(end, end + took as f32, 0.99),
        );
        progress(&format!(
            "mass expiry, run {number} of {runs}: cleared in {took:.1} s, p99 {quiet:.1} ms \
                before and {busy:.1} ms during"
        ));
        cleared.push(took);
        before.push(quiet);
        during.push(busy);
        let (_, mut counts) = trial.close()?;
        counts.reserved += u64::try_from(ENDING)?;
        super::books::check(&url, counts).await?;
        stage.drop_database(&url).await?;
    }
    report.say(&format!(
        "**{ENDING} holds run out within one second** while the same event is on sale at a \
            quarter of the peak (each seat taken and given back, so half of it in requests), \
            {runs} runs; medians: cleared away **{:.1} s** after the first; p99 of the requests \
            {:.1} ms before and {:.1} ms meanwhile, ratio **{:.2}**.\n",
        median(&cleared),
        median(&before),
        median(&during),
        median(&during) / median(&before)
    ));
    Ok(())
}

/// Holds the second half of the event's seats, as a sale would have.
async fn hold(sql: &mut PgConnection, hot: Event) -> Result<()> {
    let (event, first) = (hot.id.0, ENDING + 1);
    let hold = format!(
        "WITH ends AS MATERIALIZED (SELECT clock_timestamp() + interval '{HOLD_S} s' AS first),
         held AS (
             SELECT id, first + random() * interval '1 s' AS expires_at, row_number() OVER (ORDER \
             BY id) AS revision
               FROM seats, ends WHERE event_id = {event} AND id >= {first}
         ), log AS (
             INSERT INTO seat_changes (event_id, revision, seat_id, cause, viewer, expires_at, \
             changed_at)
             SELECT {event}, revision, id, {RESERVED}, 'nobody', expires_at, now() FROM held
         ), seat AS (
             UPDATE seats SET status = {HELD}, viewer = 'nobody', expires_at = held.expires_at, \
             revision = held.revision
               FROM held WHERE seats.event_id = {event} AND seats.id = held.id
         )
         UPDATE events SET revision = {ENDING}, next_expiry_at = (SELECT min(expires_at) FROM \
         held) WHERE id = {event}"
    );
    sql.execute(AssertSqlSafe(hold)).await?;
    Ok(())
}
