//! What tests stand on: a cluster, databases, servers, clients, and the books.

pub mod books;
pub mod client;
pub mod cluster;
pub mod line;
pub mod node;
pub mod pair;
pub mod pgbouncer;
pub mod process;
pub mod socket;
pub mod warnings;

use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use chrono::{DateTime, TimeDelta};
use futures_util::future::BoxFuture;
use grand_arena::account::{Account, Permit, Shares};
use grand_arena::config::{DatabaseSettings, IdentitySettings, LimitSettings, ServeSettings};
use grand_arena::desk::{Desk, DeskError, DeskTasks};
use grand_arena::domain::churn::DEFAULT_MAX_SEATS_LET_GO;
use grand_arena::domain::command::Command;
use grand_arena::domain::event::NewEvent;
use grand_arena::domain::plan::{
    Drawing, NewPrices, PlaceTraits, PlannedCategory, PlannedSeat, PlannedShape, Point, SeatPlan,
    ShapeKind,
};
use grand_arena::domain::{ConfirmedBy, EventId, SeatId, SeatStatus, ViewerId};
use grand_arena::feed::Feed;
use grand_arena::graphql::ids::AnyId;
use grand_arena::graphql::{self, ArenaSchema, Services};
use grand_arena::http::AllowedOrigins;
use grand_arena::identity::{Identity, Role};
use grand_arena::metrics::Metrics;
use grand_arena::pace::FrameThreads;
use grand_arena::server::Server;
use grand_arena::store::{ConnectSettings, Store};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Barrier;

pub use self::client::Client;
pub use self::socket::Socket;
use self::warnings::Warnings;

/// What all test servers sign with.
pub const SECRET: &str = "a secret for tests that is 32 bytes long, at least";

/// A database of a test's own, migrated.
pub struct Arena {
    pub url: String,
    /// The tests' own way into the database.
    pub sql: PgPool,
    pub store: Store,
    /// What its servers and desks warn of.
    pub warnings: Warnings,
}

/// An event in a test's database.
#[derive(Clone)]
pub struct Event {
    pub id: EventId,
    /// Its global id.
    pub gid: String,
    pub slug: String,
    pub seats: usize,
}

impl Event {
    /// The id of the seat with this serial number, 1 to `seats`.
    pub fn seat(&self, serial: i32) -> SeatId {
        SeatId { event: self.id, serial }
    }

    /// The global id of the seat with this serial number.
    pub fn seat_gid(&self, serial: i32) -> String {
        AnyId::Seat(self.seat(serial)).encode().0
    }

    /// Several of them.
    pub fn seat_gids(&self, serials: impl IntoIterator<Item = i32>) -> Vec<String> {
        serials.into_iter().map(|serial| self.seat_gid(serial)).collect()
    }
}

impl Arena {
    pub async fn new() -> Self {
        Self::at(cluster::new_database().await).await
    }

    /// On a database of somebody's own choice, as it is.
    pub async fn at(url: String) -> Self {
        let warnings = Warnings::of_this_test();
        // What PostgreSQL remarks on what tests do is nobody's warning: of a connection to cut that
        // has just gone, for example.
        let options = url.parse::<PgConnectOptions>().unwrap();
        let options = options.options([("client_min_messages", "error")]);
        let sql = PgPool::connect_with(options).await.unwrap();
        let settings =
            ConnectSettings { url: url.clone(), booking_connections: 4, reading_connections: 4 };
        let store = Store::connect(&settings).await.unwrap();
        Self { url, sql, store, warnings }
    }

    /// A server on this database.
    pub async fn server(&self) -> TestServer {
        self.server_with(|_| {}).await
    }

    /// A server on this database with other settings.
    pub async fn server_with(&self, change: impl FnOnce(&mut ServeSettings)) -> TestServer {
        let mut settings = settings(&self.url);
        change(&mut settings);
        let server = self.warnings.while_opening(Server::start(&settings)).await.unwrap();
        let base = format!("http://{}", server.address());
        TestServer { base, server, _warnings: self.warnings.clone() }
    }

    /// A desk without a server, and so without a cleaner: the test decides what happens when.
    pub async fn desk(&self, connections: usize) -> (Arc<Desk>, DeskTasks) {
        let (listener, alarm) = (Arc::new(()), Arc::default());
        let open = async { Desk::open(&self.store, connections, listener, &alarm) };
        self.warnings.while_opening(open).await.unwrap()
    }

    /// A feed without a server.
    pub fn feed(&self, most_followers: usize) -> Arc<Feed> {
        let threads = FrameThreads::start(&Metrics::default()).unwrap();
        Feed::new(self.store.clone(), threads, most_followers)
    }

    /// The schema on this database, without a server around it.
    pub fn schema(&self, desk: &Arc<Desk>) -> ArenaSchema {
        graphql::schema(Services::new(
            self.store.clone(),
            Arc::clone(desk),
            self.feed(1000),
            Arc::new(Identity::from_secret(SECRET.as_bytes()).unwrap()),
            Arc::new(Shares::new(None, &Metrics::default())),
        ))
    }

    /// A server may warn of what has this in it; the test fails on everything else.
    pub fn expect_warning(&self, text: &str) {
        self.warnings.expect(text);
    }

    /// An event of `seats` seats, ten a row, in two categories, holds of five minutes, no limit,
    /// that buyers confirm by themselves.
    pub async fn event(&self, seats: usize) -> Event {
        self.event_with(seats, |_| {}).await
    }

    /// An event with other conditions of sale.
    pub async fn event_with(&self, seats: usize, change: impl FnOnce(&mut NewEvent)) -> Event {
        self.event_of(&plan(seats), change).await
    }

    /// An event with seats of another plan.
    pub async fn event_of(&self, plan: &SeatPlan, change: impl FnOnce(&mut NewEvent)) -> Event {
        let mut event = NewEvent {
            slug: format!("event-{}", fastrand::u64(..)),
            name: "An event".to_owned(),
            venue: "A venue".to_owned(),
            starts_at: DateTime::UNIX_EPOCH + TimeDelta::days(40_000),
            time_zone: "Europe/Berlin".to_owned(),
            sales_open_at: None,
            sales_close_at: None,
            hold_seconds: 300,
            hold_extension_seconds: 0,
            max_seats_per_viewer: None,
            max_seats_let_go: Some(DEFAULT_MAX_SEATS_LET_GO),
            confirmed_by: ConfirmedBy::Buyer,
        };
        change(&mut event);
        let id = self.store.create_event(&event, plan).await.unwrap();
        let seats = plan.seats().len();
        Event { id, gid: AnyId::Event(id).encode().0, slug: event.slug, seats }
    }

    /// Lets every hold of the event have run out a moment ago, as if each had been granted earlier.
    /// The cleaner has no reason to look before the holds would have ended, so everybody but it can
    /// be seen to notice.
    pub async fn lapse(&self, event: &Event) {
        let mut transaction = self.sql.begin().await.unwrap();
        for statement in [
            "UPDATE seats SET expires_at = clock_timestamp() - interval '1 ms' WHERE event_id = \
                $1 AND status = $2",
            "UPDATE seat_changes c SET changed_at = s.expires_at - (c.expires_at - c.changed_at), \
                expires_at = s.expires_at
               FROM seats s WHERE s.event_id = $1 AND s.status = $2
                AND (s.event_id, s.id, s.revision) = (c.event_id, c.seat_id, c.revision)",
        ] {
            let update = sqlx::query(statement).bind(event.id.0).bind(SeatStatus::Reserved.code());
            update.execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    /// Lets so many seconds pass for an event: all that has happened has happened earlier.
    pub async fn pass(&self, event: &Event, seconds: i64) {
        let mut transaction = self.sql.begin().await.unwrap();
        for statement in [
            "UPDATE events SET next_expiry_at = next_expiry_at - make_interval(secs => $2),
                    churn_until = churn_until - make_interval(secs => $2) WHERE id = $1",
            "UPDATE seats SET expires_at = expires_at - make_interval(secs => $2),
                    extended_until = extended_until - make_interval(secs => $2)
              WHERE event_id = $1",
            "UPDATE seat_changes SET expires_at = expires_at - make_interval(secs => $2),
                    changed_at = changed_at - make_interval(secs => $2) WHERE event_id = $1",
            "UPDATE seats_let_go SET let_go_at = let_go_at - make_interval(secs => $2)
              WHERE event_id = $1",
            "UPDATE seat_runs SET let_go_at = let_go_at - make_interval(secs => $2)
              WHERE event_id = $1",
        ] {
            let update = sqlx::query(statement).bind(event.id.0).bind(seconds as f64);
            update.execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    /// How many transactions of this database wait for a lock.
    pub async fn waiting_for_locks(&self) -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND \
                wait_event_type = 'Lock'",
        )
        .fetch_one(&self.sql)
        .await
        .unwrap()
    }

    /// Runs a statement on the event's rows.
    pub async fn execute(&self, statement: &'static str, event: &Event) {
        sqlx::query(statement).bind(event.id.0).execute(&self.sql).await.unwrap();
    }
}

/// A running server.
pub struct TestServer {
    pub base: String,
    pub server: Server,
    _warnings: Warnings,
}

impl TestServer {
    /// Somebody with a token.
    pub fn client(&self, user: &str) -> Client {
        Client::new(&self.base, Some(token(user, &[])))
    }

    /// Somebody without.
    pub fn stranger(&self) -> Client {
        Client::new(&self.base, None)
    }

    /// A socket of somebody with a token.
    pub async fn socket(&self, user: &str) -> Socket {
        Socket::open(&self.base, Some(&token(user, &[]))).await
    }
}

/// Has a command decided where it makes no difference whose turn it is.
pub async fn submit<C: Command>(
    desk: &Desk,
    event: EventId,
    command: C,
) -> Result<C::Outcome, DeskError> {
    let somebody = Account::at(Ipv4Addr::LOCALHOST.into());
    desk.submit(somebody, Permit::default(), event, command).await
}

/// A token that every test server accepts.
pub fn token(user: &str, roles: &[Role]) -> String {
    let identity = Identity::from_secret(SECRET.as_bytes()).unwrap();
    let hour = std::time::Duration::from_hours(1);
    identity
        .sign(&ViewerId::new(user).unwrap(), roles, grand_arena::clock::wall_clock(), hour)
        .unwrap()
        .0
}

/// The settings of a test server.
pub fn settings(url: &str) -> ServeSettings {
    ServeSettings {
        listen: "127.0.0.1:0".parse().unwrap(),
        metrics_listen: Some("127.0.0.1:0".parse().unwrap()),
        otlp_endpoint: None,
        listen_database_url: None,
        no_migrate: true,
        demo: false,
        playground: None,
        allowed_origins: AllowedOrigins::Only(vec![]),
        public_url: None,
        max_subscriptions: 1000,
        log_changes: 1_000_000,
        log_hours: 168,
        webhooks_allow_private: true,
        shutdown_seconds: 10,
        database: DatabaseSettings {
            database_url: Some(url.to_owned()),
            data_dir: None,
            booking_connections: 4,
            read_connections: 6,
        },
        identity: IdentitySettings {
            jwt_secret: Some(SECRET.to_owned()),
            ..IdentitySettings::default()
        },
        limits: LimitSettings { are_on: false, ..default_limits() },
    }
}

/// The limits of each account as they are unless set; off, so that tests may hurry.
pub fn default_limits() -> LimitSettings {
    #[derive(clap::Parser)]
    struct Defaults {
        #[command(flatten)]
        limits: LimitSettings,
    }
    <Defaults as clap::Parser>::parse_from(["arena"]).limits
}

fn plan(seats: usize) -> SeatPlan {
    let category = |name: &str, price_minor| PlannedCategory {
        name: name.to_owned(),
        prices: NewPrices::plain(price_minor).unwrap(),
        color: None,
    };
    let seats = (0..seats).map(|index| PlannedSeat {
        section: format!("{}", 101 + index / 100),
        row: format!("{}", 1 + index / 10 % 10),
        number: format!("{}", 1 + index % 10),
        category: usize::from(index % 10 == 9),
        accessible: index % 10 == 0,
        x: Some((index % 100) as f64),
        y: Some((index / 100) as f64),
        traits: PlaceTraits::default(),
    });
    let categories = vec![category("Gold", 5000), category("Silver", 2500)];
    let at = |x, y| Point { x, y };
    let stage = PlannedShape {
        kind: ShapeKind::Stage,
        label: Some("Stage".to_owned()),
        floor: None,
        points: vec![at(40.5, -8.5), at(59.5, -8.5), at(50.5, -2.5)],
    };
    let drawing = Drawing { focal_point: Some(at(50.0, -5.0)), shapes: vec![stage] };
    let plan = SeatPlan::new("EUR", categories, seats.collect()).unwrap();
    plan.with_drawing(drawing).unwrap()
}

/// The code of an answer that is one error.
pub fn kind_of_refusal(answer: &serde_json::Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap()
}

/// Waits until a condition holds; the test fails if it does not within 20 s.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let started = std::time::Instant::now();
    while !condition().await {
        assert!(started.elapsed().as_secs() < 20, "waited in vain: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Runs many futures at the same time, in tasks of their own, all let go at once.
pub fn all_at_once<T, F, I>(futures: I) -> BoxFuture<'static, Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
    I: IntoIterator<Item = F>,
{
    let futures: Vec<_> = futures.into_iter().collect();
    let barrier = Arc::new(Barrier::new(futures.len()));
    let start = move |future: F| {
        let barrier = Arc::clone(&barrier);
        tokio::spawn(async move {
            barrier.wait().await;
            future.await
        })
    };
    let running: Vec<_> = futures.into_iter().map(start).collect();
    Box::pin(async move {
        let mut results = Vec::with_capacity(running.len());
        for task in running {
            results.push(task.await.unwrap());
        }
        results
    })
}

/// Polls a future once, and leaves it.
pub async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}
