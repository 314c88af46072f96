//! A crowd of simulated buyers, for showing the map alive: they look for seats together, the
//! dearest sections and the front rows first, hesitate, and buy, give back, or leave without a word
//! so that the hold runs out.
//!
//! They are clients as any others: guests over the public API, who see the same stream of changes
//! as everybody, reach for the same seats now and then, come back when they are told to, and wait
//! while the server is away. At the demo event they go on to the next night when there is one (see
//! [`series`]); at any other they come and go while it is sold out.
//!
//! Deliberately absent: TLS. This is for a server at hand.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use clap::Args;
use fastrand::Rng;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::series;

/// How long an answer may take: longer than the server's own limit for a request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// How long the stream may say nothing: three of its signs of life.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(45);

/// The waits for a server that is away, before a random part of up to as much again: those who
/// failed together do not come back together.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How often to say how things stand, and to look for the next night.
const REPORT_EVERY: Duration = Duration::from_secs(5);

/// How often a buyer looks for other seats when somebody else was faster.
const ATTEMPTS: u32 = 3;

/// What the crowd is told.
#[derive(Clone, Debug, Args)]
pub struct CrowdSettings {
    /// The server's address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,

    /// The event's slug; unless said, the newest night of the demo event, and then the next.
    #[arg(long, value_name = "SLUG")]
    pub event: Option<String>,

    /// How many buyers are there at a time, 1 to 10,000.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 200,
        value_parser = clap::value_parser!(u32).range(1..=10_000),
    )]
    pub buyers: u32,

    /// How many come each second, 1 to 1,000, as long as there is room for them.
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 12,
        value_parser = clap::value_parser!(u32).range(1..=1_000),
    )]
    pub pace: u32,
}

/// Why there is no crowd. Each is one sentence for the person who wants one.
#[derive(Debug, thiserror::Error)]
pub enum CrowdError {
    /// The address is none.
    #[error(
        "{0:?} is not an address of a server; write one such as http://127.0.0.1:8080 (without TLS)"
    )]
    Address(String),
    /// There is nothing to buy.
    #[error(
        "the server at {url} has no event {slug:?}; start it with --demo, or name an event with \
            --event"
    )]
    NoEvent {
        /// Where.
        url: String,
        /// Which.
        slug: String,
    },
    /// The server does not understand us: it is of another version, or none of ours.
    #[error("the server refused what the crowd asked: {0}")]
    Refused(String),
}

/// Lets the crowd in, for ever. It leaves when the future is dropped.
pub async fn run(settings: &CrowdSettings) -> Result<(), CrowdError> {
    let crowd = Arc::new(Crowd::new(&settings.url)?);
    let mut visits = JoinSet::new();
    let mut night = Arc::new(crowd.find(settings.event.as_deref(), 1).await?);
    loop {
        let next = tokio::select! {
            never = crowd.follow(&night) => match never {},
            never = crowd.arrive(&night, settings, &mut visits) => match never {},
            next = crowd.report(&night, settings.event.is_none()) => next,
        };
        night = Arc::new(crowd.find(settings.event.as_deref(), next).await?);
    }
}

/// The waits between attempts, each twice as long as the one before, without end.
struct Waits(ExponentialBackoff);

impl Waits {
    fn new() -> Self {
        let waits = ExponentialBuilder::new().with_jitter().without_max_times();
        Self(waits.with_min_delay(FIRST_WAIT).with_max_delay(LONGEST_WAIT).build())
    }

    fn next_wait(&mut self) -> Duration {
        self.0.next().unwrap_or(LONGEST_WAIT)
    }
}

/// An event that the crowd is at.
struct Night {
    number: u32,
    id: String,
    name: String,
    /// The most seats for one viewer.
    limit: usize,
    house: Mutex<House>,
}

impl Night {
    fn house(&self) -> MutexGuard<'_, House> {
        // Whoever panicked has changed one seat or another; the stream goes on from there.
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has happened.
#[derive(Default)]
struct Counters {
    bookings: AtomicU64,
    bought: AtomicU64,
    given_back: AtomicU64,
    left_behind: AtomicU64,
    too_late: AtomicU64,
}

/// The way to the server, and what has happened there.
struct Crowd {
    http: Client<HttpConnector, Full<Bytes>>,
    base: String,
    endpoint: Uri,
    is_away: AtomicBool,
    counters: Counters,
}

/// A request that will not succeed by being sent again.
#[derive(Debug)]
struct Refusal {
    code: String,
    message: String,
}

/// Why an attempt at a request has failed.
enum Trouble {
    Refused(Refusal),
    /// The server wants to be left alone for this long.
    Busy(Duration),
    Away,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<ApiError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiError {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extensions {
    code: String,
    retry_after_ms: Option<u64>,
}

impl<T> Answer<T> {
    fn into_result(self) -> Result<T, Trouble> {
        match (self.data, self.errors.into_iter().next()) {
            (Some(data), None) => Ok(data),
            (_, Some(ApiError { message, extensions: Extensions { code, retry_after_ms } })) => {
                Err(match (code.as_str(), retry_after_ms) {
                    ("OVERLOADED", wait) => {
                        Trouble::Busy(Duration::from_millis(wait.unwrap_or(1_000)))
                    }
                    ("UNAVAILABLE", _) => Trouble::Away,
                    _ => Trouble::Refused(Refusal { code, message }),
                })
            }
            (None, None) => Err(Trouble::Refused(Refusal {
                code: String::new(),
                message: "an answer without data".to_owned(),
            })),
        }
    }
}

impl Crowd {
    fn new(url: &str) -> Result<Self, CrowdError> {
        let base = url.trim_end_matches('/');
        let endpoint: Option<Uri> = format!("{base}/graphql").parse().ok();
        let endpoint =
            endpoint.filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
        let endpoint = endpoint.ok_or_else(|| CrowdError::Address(url.to_owned()))?;
        let http = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self {
            http,
            base: base.to_owned(),
            endpoint,
            is_away: AtomicBool::new(false),
            counters: Counters::default(),
        })
    }

    /// Asks until there is an answer. Everything that the crowd asks for can be asked for again.
    async fn ask<T: DeserializeOwned>(
        &self,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Result<T, Refusal> {
        let body = Bytes::from(json!({ "query": query, "variables": variables }).to_string());
        let mut waits = Waits::new();
        loop {
            let wait = match timeout(ANSWER_TIMEOUT, self.attempt(token, body.clone())).await {
                Ok(Ok(data)) => return Ok(data),
                Ok(Err(Trouble::Refused(refusal))) => return Err(refusal),
                // Not all at the same moment.
                Ok(Err(Trouble::Busy(wait))) => wait.mul_f64(1.0 + fastrand::f64()),
                Ok(Err(Trouble::Away)) | Err(_) => waits.next_wait(),
            };
            sleep(wait).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        token: Option<&str>,
        body: Bytes,
    ) -> Result<T, Trouble> {
        let response = self.post(token, "application/json", body).await?;
        let body = response.into_body().collect().await.map_err(|_| Trouble::Away)?.to_bytes();
        match serde_json::from_slice::<Answer<T>>(&body) {
            Ok(answer) => answer.into_result(),
            Err(error) => {
                Err(Trouble::Refused(Refusal { code: String::new(), message: error.to_string() }))
            }
        }
    }

    async fn post(
        &self,
        token: Option<&str>,
        accept: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, Trouble> {
        let mut request = Request::post(self.endpoint.clone());
        request = request.header(CONTENT_TYPE, "application/json").header(ACCEPT, accept);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let invalid =
            |error: hyper::http::Error| Refusal { code: String::new(), message: error.to_string() };
        let request =
            request.body(Full::new(body)).map_err(|error| Trouble::Refused(invalid(error)))?;
        let response = self.http.request(request).await;
        if self.is_away.swap(response.is_err(), Relaxed) != response.is_err() {
            let now = if response.is_err() { "is away; the crowd waits" } else { "is back" };
            say(&format!("The server at {} {now}.", self.base));
        }
        response.map_err(|_| Trouble::Away)
    }

    /// The event by this slug, or else the newest night of the demo event, which is this one or a
    /// later one.
    async fn find(&self, slug: Option<&str>, night: u32) -> Result<Night, CrowdError> {
        #[derive(Deserialize)]
        struct Found {
            event: Option<Event>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Event {
            id: String,
            name: String,
            max_seats_per_viewer: Option<usize>,
        }
        const EVENT: &str = "query ($slug: ID!) { event(id: $slug) { id name maxSeatsPerViewer } }";
        let by_slug = async |slug: &str| {
            let found = self.ask::<Found>(None, EVENT, json!({ "slug": slug })).await;
            found.map(|found| found.event).map_err(|refusal| CrowdError::Refused(refusal.message))
        };
        let wanted = slug.map_or_else(|| series::slug(night), str::to_owned);
        let missing = || CrowdError::NoEvent { url: self.base.clone(), slug: wanted.clone() };
        let (mut number, mut event) = (night, by_slug(&wanted).await?.ok_or_else(missing)?);
        while slug.is_none()
            && let Some(later) = by_slug(&series::slug(number + 1)).await?
        {
            (number, event) = (number + 1, later);
        }
        say(&format!("The crowd is at {:?}.", event.name));
        let limit = event.max_seats_per_viewer.unwrap_or(usize::MAX);
        Ok(Night { number, id: event.id, name: event.name, limit, house: Mutex::default() })
    }

    /// Keeps the house as the stream says it is.
    async fn follow(&self, night: &Night) -> std::convert::Infallible {
        let mut since = None;
        let mut waits = Waits::new();
        loop {
            let followed = self.follow_once(night, &mut since).await;
            if matches!(followed, Ok(true)) {
                waits = Waits::new();
            }
            if let Err(Trouble::Refused(refusal)) = followed {
                say(&format!(
                    "The server refused the stream: {} {}",
                    refusal.code, refusal.message
                ));
                // A revision of another life of the database, for example.
                since = None;
            }
            sleep(waits.next_wait()).await;
        }
    }

    /// Follows until the stream ends; whether it brought anything.
    async fn follow_once(&self, night: &Night, since: &mut Option<u64>) -> Result<bool, Trouble> {
        const MAP: &str = "query ($event: ID!) { seatMap(eventId: $event) { revision \
            seats { id section row forSale status category { price { amountMinor } } } } }";
        const CHANGES: &str = "subscription ($event: ID!, $since: Revision) { \
            seatChanges(eventId: $event, since: $since) { \
            ... on SeatSnapshot { revision seats { seatId status } } \
            ... on SeatChanges { toRevision changes { seatId status } } } }";
        if since.is_none() {
            let found = self
                .ask::<Found>(None, MAP, json!({ "event": night.id }))
                .await
                .map_err(Trouble::Refused)?;
            *since = Some(found.seat_map.revision);
            *night.house() = House::new(found.seat_map.seats);
        }
        let body = json!({ "query": CHANGES, "variables": { "event": night.id, "since": since } });
        let response = self.post(None, "text/event-stream", Bytes::from(body.to_string())).await?;
        let (mut stream, mut lines, mut has_news) = (response.into_body(), Lines::default(), false);
        while let Ok(Some(Ok(frame))) = timeout(SILENCE_TIMEOUT, stream.frame()).await {
            let Ok(data) = frame.into_data() else { continue };
            for line in lines.add(&data) {
                let Some(event) = line.strip_prefix("data: ").filter(|event| !event.is_empty())
                else {
                    continue;
                };
                let unreadable = |error: serde_json::Error| Refusal {
                    code: String::new(),
                    message: error.to_string(),
                };
                let answer: Answer<Item> = serde_json::from_str(event)
                    .map_err(|error| Trouble::Refused(unreadable(error)))?;
                let news = answer.into_result()?.seat_changes;
                let mut house = night.house();
                for state in news.seats.iter().chain(&news.changes) {
                    house.set(&state.seat_id, state.status);
                }
                *since = news.to_revision.or(news.revision).or(*since);
                has_news = true;
            }
        }
        Ok(has_news)
    }

    /// Lets buyers in, evenly, as long as there is room.
    async fn arrive(
        self: &Arc<Self>,
        night: &Arc<Night>,
        settings: &CrowdSettings,
        visits: &mut JoinSet<()>,
    ) -> std::convert::Infallible {
        let mut next = Instant::now();
        let every = Duration::from_secs(1) / settings.pace;
        loop {
            // Nobody comes on the dot.
            next += every.mul_f64(2.0 * fastrand::f64());
            tokio::time::sleep_until(next).await;
            next = next.max(Instant::now() - every);
            while visits.try_join_next().is_some() {}
            let is_full = visits.len() >= usize::try_from(settings.buyers).unwrap_or(usize::MAX);
            if !is_full && !self.is_away.load(Relaxed) {
                let (crowd, night) = (Arc::clone(self), Arc::clone(night));
                visits
                    .spawn(async move { crowd.visit(&night, Visit::draw(&mut Rng::new())).await });
            }
        }
    }

    /// Says every few seconds how things stand, until there is a later night; its number.
    async fn report(&self, night: &Night, looks_for_next: bool) -> u32 {
        #[derive(Deserialize)]
        struct Found {
            event: Option<Exists>,
        }
        #[derive(Deserialize)]
        struct Exists {}
        const EVENT: &str = "query ($slug: ID!) { event(id: $slug) { id } }";
        loop {
            sleep(REPORT_EVERY).await;
            if !self.is_away.load(Relaxed) {
                say(&self.summary(night));
            }
            let slug = json!({ "slug": series::slug(night.number + 1) });
            if looks_for_next
                && let Ok(Found { event: Some(Exists {}) }) = self.ask(None, EVENT, slug).await
            {
                return night.number + 1;
            }
        }
    }

    fn summary(&self, night: &Night) -> String {
        let [free, held, sold] = night.house().counts();
        let Counters { bookings, bought, given_back, left_behind, too_late } = &self.counters;
        let rate = bookings.swap(0, Relaxed) as f64 / REPORT_EVERY.as_secs_f64();
        format!(
            "{}: {free} free, {held} held, {sold} sold. Bookings a second: {rate:.1}. So far {} \
                bought, {} gave back, \
             {} left without a word, {} were too late.",
            night.name,
            bought.load(Relaxed),
            given_back.load(Relaxed),
            left_behind.load(Relaxed),
            too_late.load(Relaxed),
        )
    }

    /// One buyer's visit. A request that is refused for good ends it.
    async fn visit(&self, night: &Night, visit: Visit) {
        if let Err(refusal) = self.try_visit(night, visit).await {
            tracing::debug!(code = refusal.code, message = refusal.message, "a buyer left");
        }
    }

    async fn try_visit(&self, night: &Night, visit: Visit) -> Result<(), Refusal> {
        const RESERVE: &str = "mutation ($input: ReserveSeatsInput!) { result: \
            reserveSeats(input: $input) { __typename } }";
        const CONFIRM: &str = "mutation ($input: ConfirmSeatsInput!) { result: \
            confirmSeats(input: $input) { __typename } }";
        const RELEASE: &str = "mutation ($input: ReleaseSeatsInput!) { result: \
            releaseSeats(input: $input) { __typename } }";
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Started {
            start_guest_session: Token,
        }
        #[derive(Deserialize)]
        struct Token {
            token: String,
        }
        let Started { start_guest_session: Token { token } } =
            self.ask(None, "mutation { startGuestSession { token } }", json!({})).await?;
        let token = Some(token.as_str());
        let counters = &self.counters;
        for _ in 0..ATTEMPTS {
            let chosen = night.house().choose(&mut Rng::new(), visit.party.min(night.limit));
            if chosen.is_empty() {
                return Ok(());
            }
            // From seeing the seats to pressing the button.
            sleep(visit.look).await;
            let mut input = json!({ "eventId": night.id, "seatIds": chosen });
            let reserved: Done = self.ask(token, RESERVE, json!({ "input": input })).await?;
            counters.bookings.fetch_add(1, Relaxed);
            match reserved.result.typename.as_str() {
                "ReserveSeatsSuccess" => {}
                "SeatsUnavailable" => {
                    counters.too_late.fetch_add(1, Relaxed);
                    continue;
                }
                // Sales are closed, or the limit is lower than it was.
                _ => return Ok(()),
            }
            sleep(visit.hesitation).await;
            match visit.end {
                End::Buy => {
                    input["idempotencyKey"] = format!("crowd-{:032x}", fastrand::u128(..)).into();
                    let _: Done = self.ask(token, CONFIRM, json!({ "input": input })).await?;
                    counters.bought.fetch_add(1, Relaxed);
                }
                End::GiveBack => {
                    let _: Done = self.ask(token, RELEASE, json!({ "input": input })).await?;
                    counters.given_back.fetch_add(1, Relaxed);
                }
                End::Forget => drop(counters.left_behind.fetch_add(1, Relaxed)),
            }
            return Ok(());
        }
        Ok(())
    }
}

/// Says something to the person at the terminal.
fn say(line: &str) {
    // If nobody reads it, the crowd goes on.
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    seat_map: Map,
}

#[derive(Deserialize)]
struct Map {
    revision: u64,
    seats: Vec<MapSeat>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MapSeat {
    id: String,
    section: String,
    row: String,
    for_sale: bool,
    status: Status,
    category: Category,
}

#[derive(Deserialize)]
struct Category {
    price: Price,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    amount_minor: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Available,
    Reserved,
    Confirmed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    seat_changes: News,
}

/// A snapshot or changes: what is the same about them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct News {
    revision: Option<u64>,
    to_revision: Option<u64>,
    seats: Vec<SeatState>,
    changes: Vec<SeatState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeatState {
    seat_id: String,
    status: Status,
}

#[derive(Deserialize)]
struct Done {
    result: Outcome,
}

#[derive(Deserialize)]
struct Outcome {
    #[serde(rename = "__typename")]
    typename: String,
}

/// Puts lines together that arrive in pieces.
#[derive(Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that are complete now.
    fn add(&mut self, data: &[u8]) -> Vec<String> {
        self.begun.extend_from_slice(data);
        let Some(end) = self.begun.iter().rposition(|&byte| byte == b'\n') else {
            return Vec::new();
        };
        let rest = self.begun.split_off(end + 1);
        let complete = std::mem::replace(&mut self.begun, rest);
        String::from_utf8_lossy(&complete).lines().map(str::to_owned).collect()
    }
}

/// What a buyer is going to do.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Visit {
    /// How many seats.
    party: usize,
    /// How long the buyer looks at the seats before reaching for them,
    look: Duration,
    /// and how long at the cart.
    hesitation: Duration,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Buy,
    GiveBack,
    /// Leaves; the hold runs out.
    Forget,
}

impl Visit {
    fn draw(rng: &mut Rng) -> Self {
        // Couples are half of an audience.
        const PARTIES: [usize; 20] = [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4, 5, 6];
        let end = match rng.u32(0..100) {
            0..68 => End::Buy,
            68..88 => End::GiveBack,
            _ => End::Forget,
        };
        Self {
            party: PARTIES[rng.usize(0..PARTIES.len())],
            look: Duration::from_secs_f64(0.5 + 2.5 * rng.f64()),
            // Most decide quickly, a few take their time.
            hesitation: Duration::from_secs_f64(2.0 + 38.0 * rng.f64().powi(2)),
            end,
        }
    }
}

/// The seats of an event, as buyers look at them.
#[derive(Default)]
struct House {
    ids: Vec<String>,
    states: Vec<Status>,
    index: HashMap<String, usize>,
    /// From the dearest to the cheapest.
    sections: Vec<Section>,
}

/// The rows of a section, front first: each its seats, side by side.
struct Section {
    rows: Vec<Vec<usize>>,
    /// The dearest seat's price.
    price: u32,
}

/// What one seat nearer to the middle is worth, in rows nearer to the front.
const ROWS_FOR_A_SEAT: f64 = 0.2;

/// How far tastes differ, in rows.
const TASTE_ROWS: f64 = 5.0;

/// What it is worth not to leave a single seat beside one's own, in rows.
const GAP_ROWS: f64 = 2.0;

impl House {
    fn new(seats: Vec<MapSeat>) -> Self {
        let mut house = Self::default();
        let mut sections: HashMap<String, (usize, HashMap<String, usize>)> = HashMap::new();
        for seat in seats.into_iter().filter(|seat| seat.for_sale) {
            let place = house.ids.len();
            house.index.insert(seat.id.clone(), place);
            house.ids.push(seat.id);
            house.states.push(seat.status);
            let (section, rows) = sections.entry(seat.section).or_insert_with(|| {
                house.sections.push(Section { rows: Vec::new(), price: 0 });
                (house.sections.len() - 1, HashMap::new())
            });
            let section = &mut house.sections[*section];
            section.price = section.price.max(seat.category.price.amount_minor);
            let row = *rows.entry(seat.row).or_insert_with(|| {
                section.rows.push(Vec::new());
                section.rows.len() - 1
            });
            section.rows[row].push(place);
        }
        house.sections.sort_by_key(|section| std::cmp::Reverse(section.price));
        house
    }

    fn set(&mut self, seat: &str, status: Status) {
        if let Some(&place) = self.index.get(seat) {
            self.states[place] = status;
        }
    }

    /// How many seats are free, held and sold.
    fn counts(&self) -> [usize; 3] {
        let count = |status| self.states.iter().filter(|state| **state == status).count();
        [count(Status::Available), count(Status::Reserved), count(Status::Confirmed)]
    }

    /// Seats for a party: side by side in a good section, fewer if there are no more together, none
    /// if there are none.
    fn choose(&self, rng: &mut Rng, party: usize) -> Vec<String> {
        (1..=party).rev().find_map(|party| self.choose_together(rng, party)).unwrap_or_default()
    }

    fn choose_together(&self, rng: &mut Rng, party: usize) -> Option<Vec<String>> {
        let sections: Vec<_> = self
            .sections
            .iter()
            .filter(|section| self.offers(section, party).next().is_some())
            .collect();
        // To this power, so that four in ten buyers look at the best quarter.
        let section = sections.get((rng.f64().powf(1.5) * sections.len() as f64) as usize)?;
        let offers =
            self.offers(section, party).map(|(cost, seats)| (cost + rng.f64() * TASTE_ROWS, seats));
        let (_, seats) = offers.min_by(|(a, _), (b, _)| a.total_cmp(b))?;
        Some(seats.iter().map(|&place| self.ids[place].clone()).collect())
    }

    /// All free seats side by side for a party, and what speaks against them, in rows.
    fn offers<'a>(
        &'a self,
        section: &'a Section,
        party: usize,
    ) -> impl Iterator<Item = (f64, &'a [usize])> {
        let is_free = |place: usize| self.states[place] == Status::Available;
        section.rows.iter().enumerate().flat_map(move |(nth, row)| {
            row.windows(party)
                .enumerate()
                .filter(move |(_, seats)| seats.iter().all(|&place| is_free(place)))
                .map(move |(start, seats)| {
                    let middle = start as f64 + party as f64 / 2.0;
                    let off_centre = (middle - row.len() as f64 / 2.0).abs();
                    // Nobody likes to leave a seat that has nobody free beside it.
                    let is_free_at = |at: Option<usize>| {
                        at.and_then(|at| row.get(at)).is_some_and(|&place| is_free(place))
                    };
                    let is_single = |at: Option<usize>, beyond: Option<usize>| {
                        u32::from(is_free_at(at) && !is_free_at(beyond))
                    };
                    let (left, right) = (start.checked_sub(1), start + party);
                    let gaps = is_single(left, start.checked_sub(2))
                        + is_single(Some(right), Some(right + 1));
                    (nth as f64 + off_centre * ROWS_FOR_A_SEAT + f64::from(gaps) * GAP_ROWS, seats)
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Sections of `rows` rows of ten, each cheaper than the one before.
    fn house(sections: u32, rows: u32) -> House {
        let seats = (0..sections).flat_map(|section| {
            (0..rows * 10).map(move |n| MapSeat {
                id: format!("{section}-{}-{}", n / 10, n % 10),
                section: section.to_string(),
                row: (n / 10).to_string(),
                for_sale: true,
                status: Status::Available,
                category: Category { price: Price { amount_minor: 10_000 - section } },
            })
        });
        House::new(seats.collect())
    }

    fn take(house: &mut House, seats: &[String]) {
        for seat in seats {
            house.set(seat, Status::Reserved);
        }
    }

    /// Section, row and number.
    fn place(seat: &str) -> [usize; 3] {
        let parts: Vec<_> = seat.split('-').map(|part| part.parse().unwrap()).collect();
        parts.try_into().unwrap()
    }

    #[test]
    fn a_party_sits_side_by_side_in_one_row() {
        let (mut house, mut rng) = (house(6, 8), Rng::with_seed(1));
        for party in [1, 2, 3, 4, 5, 6].into_iter().cycle().take(60) {
            let seats = house.choose(&mut rng, party);
            assert_eq!(seats.len(), party);
            for pair in seats.windows(2) {
                let ([section, row, number], other) = (place(&pair[0]), place(&pair[1]));
                assert_eq!(other, [section, row, number + 1]);
            }
            take(&mut house, &seats);
        }
    }

    #[test]
    fn the_house_sells_out_seat_by_seat_and_nothing_is_chosen_twice() {
        let (mut house, mut rng) = (house(3, 4), Rng::with_seed(2));
        let mut chosen = HashSet::new();
        loop {
            let seats = house.choose(&mut rng, 4);
            if seats.is_empty() {
                break;
            }
            take(&mut house, &seats);
            assert!(seats.into_iter().all(|seat| chosen.insert(seat)));
        }
        assert_eq!(chosen.len(), 120);
        assert_eq!(house.counts(), [0, 120, 0]);
    }

    #[test]
    fn dear_sections_and_front_rows_go_first() {
        let (mut house, mut rng) = (house(8, 10), Rng::with_seed(3));
        let mut sold = Vec::new();
        while sold.len() < 200 {
            let seats = house.choose(&mut rng, 2);
            take(&mut house, &seats);
            sold.extend(seats.iter().map(|seat| place(seat)));
        }
        let in_best_quarter = sold.iter().filter(|[section, ..]| *section < 2).count();
        assert!(
            (55..=120).contains(&in_best_quarter),
            "{in_best_quarter} of 200 in the best two of eight sections"
        );
        let in_front = sold.iter().filter(|[_, row, _]| *row < 5).count();
        assert!(in_front > 150, "{in_front} of 200 in the front half");
    }

    #[test]
    fn what_is_not_for_sale_or_unknown_is_left_alone() {
        let seat = |id: &str, for_sale| MapSeat {
            id: id.to_owned(),
            section: "A".to_owned(),
            row: "1".to_owned(),
            for_sale,
            status: Status::Available,
            category: Category { price: Price { amount_minor: 1 } },
        };
        let mut house = House::new(vec![seat("a", false), seat("b", true)]);
        assert_eq!(house.choose(&mut Rng::with_seed(4), 2), ["b"]);
        house.set("c", Status::Available);
        house.set("b", Status::Confirmed);
        assert_eq!(house.counts(), [0, 0, 1]);
        assert!(house.choose(&mut Rng::with_seed(4), 2).is_empty());
        assert!(House::default().choose(&mut Rng::with_seed(4), 6).is_empty());
    }

    #[test]
    fn buyers_do_all_that_buyers_do() {
        let mut rng = Rng::with_seed(5);
        let visits: Vec<_> = (0..1000).map(|_| Visit::draw(&mut rng)).collect();
        for end in [End::Buy, End::GiveBack, End::Forget] {
            assert!(visits.iter().filter(|visit| visit.end == end).count() > 80, "{end:?}");
        }
        assert!(visits.iter().all(|visit| (1..=6).contains(&visit.party)));
        assert!(visits.iter().all(|visit| visit.hesitation <= Duration::from_secs(40)));
    }

    #[test]
    fn lines_are_put_together_from_whatever_pieces_they_arrive_in() {
        let text = "event: next\ndata: {\"ü\":1}\n\n:\n\n";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let read: Vec<_> =
                text.as_bytes().chunks(size).flat_map(|chunk| lines.add(chunk)).collect();
            assert_eq!(read, text.lines().collect::<Vec<_>>(), "in pieces of {size} bytes");
        }
    }

    #[test]
    fn an_address_without_a_host_or_with_tls_is_refused() {
        for bad in
            ["", "nowhere", "https://arena.example", "http://", "127.0.0.1:8080", "http://a b"]
        {
            let error = Crowd::new(bad).err().unwrap_or_else(|| panic!("{bad:?}"));
            assert!(error.to_string().contains("http://127.0.0.1:8080"), "{error}");
        }
        assert_eq!(
            Crowd::new("http://localhost:8080/").unwrap().endpoint,
            "http://localhost:8080/graphql"
        );
    }
}
