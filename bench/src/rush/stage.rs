//! The database server that everything in a run shares, and the databases and servers on it.

use std::path::PathBuf;

use grand_arena::domain::{EventId, SeatId, ViewerId};
use grand_arena::embedded::EmbeddedPostgres;
use grand_arena::graphql::ids::AnyId;
use grand_arena::identity::Identity;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::Result;
use crate::arena::SECRET;

/// The databases that others are copied from: with the tables as the server makes them, and with
/// the events below as well.
const TABLES: &str = "template_of_tables";
const TEMPLATE: &str = "template_of_runs";

/// Seats of the one event that everybody wants.
pub(crate) const HOT_SEATS: i32 = 100_000;

/// Events of the spread-out sale, and the seats of each.
pub(crate) const SPREAD_EVENTS: i64 = 200;
pub(crate) const SPREAD_SEATS: i32 = 500;

/// An event for warming up, of as many seats.
pub(crate) const WARM_SEATS: i32 = 20_000;

/// How PostgreSQL is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Over a Unix socket, which costs both sides least.
    Socket,
    /// Over TCP on this machine.
    Tcp,
}

/// One PostgreSQL with fsync on.
pub(crate) struct Stage {
    postgres: EmbeddedPostgres,
    folder: PathBuf,
    databases: u32,
}

/// An event in a database of the stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    pub(crate) seats: i32,
}

impl Event {
    /// The id that the API has for it.
    pub(crate) fn global_id(self) -> String {
        AnyId::Event(self.id).encode().0
    }

    /// The id that the API has for its seat of this number, counted from 1.
    pub(crate) fn seat(self, serial: i32) -> String {
        AnyId::Seat(SeatId { event: self.id, serial }).encode().0
    }
}

/// The events that every database of a run has.
pub(crate) struct Events {
    pub(crate) hot: Event,
    pub(crate) warm: Event,
    pub(crate) spread: Vec<Event>,
}

impl Events {
    /// They were made in this order in an empty database.
    pub(crate) fn known() -> Self {
        let event = |id, seats| Event { id: EventId(id), seats };
        Self {
            hot: event(1, HOT_SEATS),
            warm: event(2, WARM_SEATS),
            spread: (3..3 + SPREAD_EVENTS).map(|id| event(id, SPREAD_SEATS)).collect(),
        }
    }
}

impl Stage {
    /// Starts PostgreSQL and makes the database that others are copied from.
    pub(crate) async fn open(way: Way) -> Result<Self> {
        let mut name = format!("grand-arena-bench-{}", std::process::id());
        if way == Way::Tcp {
            // In a folder whose name is too long for a socket's path, PostgreSQL is started on a
            // port.
            name.push_str(&"-over-tcp".repeat(12));
        }
        let folder = std::env::temp_dir().join(name);
        let postgres = EmbeddedPostgres::start(&folder).await?;
        let stage = Self { postgres, folder, databases: 0 };
        stage.command(&format!("CREATE DATABASE {TABLES}")).await?;
        crate::arena::migrate(&stage.url_of(TABLES)).await?;
        stage.command(&format!("CREATE DATABASE {TEMPLATE} TEMPLATE {TABLES}")).await?;
        let url = stage.url_of(TEMPLATE);
        let mut sql = PgConnection::connect(&url).await?;
        let known = Events::known();
        for event in [known.hot, known.warm].into_iter().chain(known.spread) {
            let made = make_event(&mut sql, &format!("event-{}", event.id.0), event.seats).await?;
            if made.id != event.id {
                return Err("the events did not get the ids they should".into());
            }
        }
        sql.execute("VACUUM (FREEZE, ANALYZE)").await?;
        sql.close().await?;
        Ok(stage)
    }

    /// A fresh database with the events; its address.
    pub(crate) async fn database(&mut self) -> Result<String> {
        let url = self.copy(TEMPLATE).await?;
        self.checkpoint().await?;
        Ok(url)
    }

    /// A fresh database without events; its address.
    pub(crate) async fn empty_database(&mut self) -> Result<String> {
        self.copy(TABLES).await
    }

    /// Writes down what was written before, so that nobody pays for it later.
    pub(crate) async fn checkpoint(&self) -> Result<()> {
        self.command("CHECKPOINT").await
    }

    async fn copy(&mut self, template: &str) -> Result<String> {
        self.databases += 1;
        let name = format!("run_{}", self.databases);
        self.command(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        Ok(self.url_of(&name))
    }

    /// Removes a database.
    pub(crate) async fn drop_database(&self, url: &str) -> Result<()> {
        let name = url
            .split_once('?')
            .and_then(|(before, _)| before.rsplit_once('/'))
            .ok_or("an odd address")?
            .1;
        self.command(&format!("DROP DATABASE {name} WITH (FORCE)")).await
    }

    /// The settings that differ from PostgreSQL's own, and what durability rests on.
    pub(crate) async fn configuration(&self) -> Result<String> {
        let mut sql = PgConnection::connect(self.postgres.url()).await?;
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT name || ' = ' || current_setting(name) FROM pg_settings
              WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', \
              'max_wal_size',
                             'checkpoint_timeout', 'autovacuum', 'max_connections', 'wal_level', \
                             'jit')
              ORDER BY name",
        )
        .fetch_all(&mut sql)
        .await?;
        let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut sql).await?;
        sql.close().await?;
        let settings: Vec<String> = rows.into_iter().map(|(setting,)| setting).collect();
        Ok(format!("PostgreSQL {version}: {}", settings.join(", ")))
    }

    /// CPU seconds that all of PostgreSQL's processes have used so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let pid_file = std::fs::read_to_string(self.folder.join("pgdata/postmaster.pid"))?;
        crate::usage::family_cpu_seconds(
            pid_file.lines().next().ok_or("an empty pid file")?.trim().parse()?,
        )
    }

    /// Stops PostgreSQL and removes its folder.
    pub(crate) async fn close(self) -> Result<()> {
        self.postgres.stop().await?;
        Ok(std::fs::remove_dir_all(self.folder)?)
    }

    fn url_of(&self, database: &str) -> String {
        let (before, options) =
            self.postgres.url().split_once('?').unwrap_or((self.postgres.url(), ""));
        let server = before.rsplit_once('/').map_or(before, |(server, _)| server);
        format!("{server}/{database}?{options}")
    }

    async fn command(&self, command: &str) -> Result<()> {
        let mut sql = PgConnection::connect(self.postgres.url()).await?;
        sql.execute(AssertSqlSafe(command)).await?;
        Ok(sql.close().await?)
    }
}

/// Makes an event of one section with rows of 100 seats, on sale now, without a limit, which buyers
/// confirm by themselves. Plain SQL: many at a time would take long through an import.
pub(crate) async fn make_event(sql: &mut PgConnection, slug: &str, seats: i32) -> Result<Event> {
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO events (slug, name, venue, starts_at, hold_seconds, currency)
         VALUES ($1, 'A rush', 'Bench', now() + interval '30 days', 300, 'EUR') RETURNING id",
    )
    .bind(slug)
    .fetch_one(&mut *sql)
    .await?;
    for (insert, wants_seats) in [
        (
            "INSERT INTO event_slugs (event_id, slug) SELECT id, slug FROM events WHERE id = $1",
            false,
        ),
        (
            "INSERT INTO categories (event_id, id, name, price_minor) VALUES ($1, 1, 'All', 9900)",
            false,
        ),
        (
            "INSERT INTO seat_places (event_id, id, section, row_label, number, accessible)
             SELECT $1, n, 'Floor', ((n - 1) / 100 + 1)::text, ((n - 1) % 100 + 1)::text, false
               FROM generate_series(1, $2) AS n",
            true,
        ),
        (
            "INSERT INTO seats (event_id, id, category_id) SELECT $1, n, 1 FROM \
                generate_series(1, $2) AS n",
            true,
        ),
    ] {
        let insert = sqlx::query(insert).bind(id);
        let insert = if wants_seats { insert.bind(seats) } else { insert };
        insert.execute(&mut *sql).await?;
    }
    Ok(Event { id: EventId(id), seats })
}

/// Tokens of as many viewers.
pub(crate) fn tokens(count: usize) -> Result<Vec<String>> {
    (0..count).map(|number| token(&format!("buyer-{number}"))).collect()
}

/// A viewer's token.
pub(crate) fn token(viewer: &str) -> Result<String> {
    let identity = Identity::from_secret(SECRET.as_bytes())?;
    let day = std::time::Duration::from_hours(24);
    Ok(identity.sign(&ViewerId::new(viewer)?, &[], grand_arena::clock::wall_clock(), day)?.0)
}
