//! The door: very many come within the first seconds of a sale.
//!
//! Each loads the plan and how its seats are, over one connection that is kept alive; then watches,
//! over another, and at the same time reserves a seat of its own. Who is told to come back later
//! does.

use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::ask::Came;
use super::crowd::{Crowd, now_us, until};
use super::loaded::{Bodies, Loaded};
use super::watcher::{come_back_after, watch};
use crate::Result;
use crate::rush::connection::Connection;
use crate::rush::load::RESERVE;
use crate::rush::stage::token;

/// How long it may take until all have what they came for: by then something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

/// Within which time who has lost its connection comes back.
const COME_BACK_WITHIN: Duration = Duration::from_secs(1);

const PLAN: &str = "query ($e: ID!) { seatPlan(eventId: $e) { version seats { id section row \
    number categoryId accessible x y } } }";
const STATUSES: &str =
    "query ($e: ID!) { seatStatuses(eventId: $e) { revision planVersion places statuses } }";

/// What all who come have in common.
pub(super) struct Door {
    crowd: Rc<Crowd>,
    /// Within which time they come.
    within: Duration,
    /// Each wants the one of its number.
    seats: Vec<String>,
    tokens: Vec<String>,
    bodies: Bodies,
}

/// What one of them had, and when.
#[derive(Default)]
struct Visit {
    began_us: i64,
    map_us: i64,
    answer_us: i64,
    refused: u64,
    broken: u64,
    reserved: u64,
    plan_bytes: usize,
    statuses_bytes: usize,
}

impl Door {
    /// `seats`: the plan's.
    pub(super) fn new(crowd: &Rc<Crowd>, within: Duration, mut seats: Vec<String>) -> Result<Self> {
        let (crowd, bodies) = (Rc::clone(crowd), Bodies::of(seats.len()));
        fastrand::shuffle(&mut seats);
        let tokens = (0..crowd.watching.count).map(|number| token(&format!("buyer-{number}")));
        let tokens = tokens.collect::<Result<_>>()?;
        Ok(Self { crowd, within, seats, tokens, bodies })
    }

    /// Has all of them come, evenly, and waits until each has what it came for.
    pub(super) async fn arrive(self: Rc<Self>, watchers: &mut JoinSet<Result<()>>) -> Result<Came> {
        let (count, began) = (self.crowd.watching.count, Instant::now());
        let mut visitors = JoinSet::new();
        for number in 0..count {
            let (has_map, may_watch) = oneshot::channel();
            let crowd = Rc::clone(&self.crowd);
            watchers.spawn_local(async move {
                may_watch.await?;
                watch(crowd, number, None).await
            });
            let at = began + self.within.mul_f64(number as f64 / count as f64);
            let door = Rc::clone(&self);
            visitors.spawn_local(async move { door.visit(number, at, has_map).await });
        }
        let mut visits: Vec<(usize, Visit)> = Vec::new();
        while visits.len() < count {
            tokio::select! {
                Some(visit) = visitors.join_next() => visits.push(visit??),
                Some(ended) = watchers.join_next() => ended??,
            }
        }
        let have_all = || self.crowd.first_us().iter().all(Option::is_some);
        until(have_all, PATIENCE, watchers).await?;
        visits.sort_unstable_by_key(|(number, _)| *number);
        let mut came = Came::default();
        for ((_, visit), first_us) in visits.into_iter().zip(self.crowd.first_us()) {
            let first_us = first_us.ok_or("somebody never had a frame")?;
            came.map_us.push(visit.map_us - visit.began_us);
            came.first_us.push(first_us - visit.began_us);
            came.answer_us.push(visit.answer_us - visit.began_us);
            came.refused += visit.refused;
            came.broken += visit.broken;
            came.reserved += visit.reserved;
            came.plan_bytes = came.plan_bytes.max(visit.plan_bytes);
            came.statuses_bytes = came.statuses_bytes.max(visit.statuses_bytes);
        }
        Ok(came)
    }

    async fn visit(
        &self,
        number: usize,
        at: Instant,
        has_map: oneshot::Sender<()>,
    ) -> Result<(usize, Visit)> {
        tokio::time::sleep_until(at.into()).await;
        // From when it was to come: a machine that has no time for that is late by it.
        let late = i64::try_from(at.elapsed().as_micros())?;
        let mut visit = Visit { began_us: now_us() - late, ..Visit::default() };
        let mut connection = None;
        let plan = self.load(&mut connection, PLAN, &mut visit).await?;
        let statuses = self.load(&mut connection, STATUSES, &mut visit).await?;
        visit.map_us = now_us();
        (visit.plan_bytes, visit.statuses_bytes) = (plan.bytes, statuses.bytes);
        let letters = statuses.letters.clone().ok_or("no statuses")?;
        self.crowd.know(number, statuses.revision, letters);
        // Whoever was to watch has gone if this fails; that is told elsewhere.
        let _ = has_map.send(());
        self.reserve(&mut connection, number, &mut visit).await?;
        visit.answer_us = now_us();
        Ok((number, visit))
    }

    /// Loads what a map is made of, however often that has to be asked for.
    async fn load(
        &self,
        connection: &mut Option<Connection>,
        query: &str,
        visit: &mut Visit,
    ) -> Result<Rc<Loaded>> {
        let variables = json!({ "e": self.crowd.watching.event }).to_string();
        let target = format!(
            "/graphql?query={}&variables={}",
            percent_encoded(query),
            percent_encoded(&variables)
        );
        loop {
            let Some(open) = self.connection(connection).await else {
                self.come_back(connection, visit).await;
                continue;
            };
            match open.get(&target).await {
                Ok((200, coding, body)) => return self.bodies.read(&coding, body),
                Ok((status, coding, body)) => {
                    let body = self.bodies.plain(&coding, body)?;
                    self.put_off(status, &body, visit).await?;
                }
                Err(_) => self.come_back(connection, visit).await,
            }
        }
    }

    async fn reserve(
        &self,
        connection: &mut Option<Connection>,
        number: usize,
        visit: &mut Visit,
    ) -> Result<()> {
        let seat = &self.seats[number % self.seats.len()];
        let input = json!({ "eventId": self.crowd.watching.event, "seatIds": [seat] });
        let body = json!({ "query": RESERVE, "variables": { "input": input } }).to_string();
        loop {
            let Some(open) = self.connection(connection).await else {
                self.come_back(connection, visit).await;
                continue;
            };
            // What broke in the middle may have been done: the books would not know of it.
            let (status, answer) = open.post(&self.tokens[number], &body).await?;
            let answered: Value = serde_json::from_slice(answer)?;
            match answered["data"]["outcome"]["__typename"].as_str() {
                Some("ReserveSeatsSuccess") => {
                    visit.reserved += 1;
                    return Ok(());
                }
                Some("SeatsUnavailable") => return Ok(()),
                _ => {
                    let answer = answer.to_vec();
                    self.put_off(status, &answer, visit).await?;
                }
            }
        }
    }

    /// The connection, opened if there is none; nothing if that does not succeed.
    async fn connection<'c>(
        &self,
        connection: &'c mut Option<Connection>,
    ) -> Option<&'c mut Connection> {
        if connection.is_none() {
            *connection = Connection::open(&self.crowd.watching.address).await.ok();
        }
        connection.as_mut()
    }

    /// Waits as long as it is told to; an error if it is not told.
    async fn put_off(&self, status: u16, body: &[u8], visit: &mut Visit) -> Result<()> {
        let text = String::from_utf8_lossy(body);
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let after = come_back_after(&answer["errors"][0]["extensions"]);
        let after = after.ok_or_else(|| format!("refused for good: {status} {text:.300}"))?;
        visit.refused += 1;
        tokio::time::sleep(after).await;
        Ok(())
    }

    async fn come_back(&self, connection: &mut Option<Connection>, visit: &mut Visit) {
        *connection = None;
        visit.broken += 1;
        tokio::time::sleep(COME_BACK_WITHIN.mul_f64(fastrand::f64())).await;
    }
}

/// As it stands in a query of an address.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
