//! A server and its database, started for a benchmark.

use std::path::PathBuf;
use std::process::Stdio;

use grand_arena::domain::ViewerId;
use grand_arena::embedded::EmbeddedPostgres;
use grand_arena::identity::{Identity, Role};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::Result;

/// What the servers of a benchmark sign with.
pub(crate) const SECRET: &str = "a secret for benchmarks that is 32 bytes long";

/// A program that was started and says where it listens; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) input: Option<ChildStdin>,
    pub(crate) address: String,
}

impl Program {
    /// Starts a program and waits for the first line in which `find` sees an address.
    async fn start(command: &mut Command, find: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = find(&line) {
                let input = child.stdin.take();
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { child, input, address });
            }
        }
        Err("the program ended before it said where it listens".into())
    }

    /// The bare WebSocket.
    pub(crate) async fn baseline() -> Result<Self> {
        Self::start(Command::new(std::env::current_exe()?).arg("baseline"), |line| {
            Some(line.to_owned())
        })
        .await
    }

    /// A server on a database, with more arguments.
    pub(crate) async fn server(database_url: &str, arguments: &[&str]) -> Result<Self> {
        Self::server_at(database_url, "127.0.0.1:0", arguments).await
    }

    /// The same at an address.
    pub(crate) async fn server_at(
        database_url: &str,
        address: &str,
        arguments: &[&str],
    ) -> Result<Self> {
        let mut command = Command::new(binary()?);
        command.args(["serve", "--listen", address, "--log", "warn"]).args(arguments);
        // All load comes from one address, and from a few viewers.
        command.args(["--limits", "off"]);
        command.env("DATABASE_URL", database_url).env("ARENA_JWT_SECRET", SECRET);
        let address = |line: &str| {
            let address = line.split_once("  map  ")?.1.trim();
            Some(address.trim_start_matches("http://").trim_end_matches('/').to_owned())
        };
        Self::start(&mut command, address).await
    }

    /// Kills it, so that it has no time for anything.
    pub(crate) async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| "the program has ended".into())
    }
}

/// Makes the tables in a database.
pub(crate) async fn migrate(database_url: &str) -> Result<()> {
    let ended =
        Command::new(binary()?).arg("migrate").env("DATABASE_URL", database_url).status().await?;
    if ended.success() { Ok(()) } else { Err("the tables could not be made".into()) }
}

/// The server, built beside us.
fn binary() -> Result<PathBuf> {
    let binary = std::env::current_exe()?.with_file_name("grand-arena");
    if !binary.exists() {
        return Err(
            format!("{} is missing; build it with the same profile", binary.display()).into()
        );
    }
    Ok(binary)
}

/// Lets one viewer have any number of seats, and take them and let them go for ever: a benchmark
/// has few viewers, and goes on for minutes.
pub(crate) async fn lift_limits(database_url: &str) -> Result<()> {
    let mut sql = PgConnection::connect(database_url).await?;
    let lift = "UPDATE events SET max_seats_per_viewer = NULL, max_seats_let_go = NULL";
    sqlx::query(lift).execute(&mut sql).await?;
    Ok(sql.close().await?)
}

/// A server on a database of its own, with the demo event.
pub(crate) struct Arena {
    pub(crate) server: Program,
    postgres: EmbeddedPostgres,
    folder: PathBuf,
    http: reqwest::Client,
    token: String,
    pub(crate) event: String,
    pub(crate) seats: Vec<String>,
}

impl Arena {
    pub(crate) async fn start() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("grand-arena-bench-{}", std::process::id()));
        let postgres = EmbeddedPostgres::start(&folder).await?;
        let server = Program::server(postgres.url(), &["--demo"]).await?;
        lift_limits(postgres.url()).await?;
        let identity = Identity::from_secret(SECRET.as_bytes())?;
        let day = std::time::Duration::from_hours(24);
        let roles: &[Role] = &[];
        let (token, _) = identity.sign(
            &ViewerId::new("bench")?,
            roles,
            grand_arena::clock::wall_clock(),
            day,
        )?;
        let mut arena = Self {
            server,
            postgres,
            folder,
            http: reqwest::Client::new(),
            token,
            event: String::new(),
            seats: Vec::new(),
        };
        let map = "{ event(id: \"grand-arena\") { id } }";
        arena.event = arena.query(map, json!({})).await?["event"]["id"]
            .as_str()
            .ok_or("no demo event")?
            .to_owned();
        let all = arena
            .query(
                "query ($e: ID!) { seatMap(eventId: $e) { seats { id } } }",
                json!({ "e": arena.event }),
            )
            .await?;
        let seats = all["seatMap"]["seats"].as_array().ok_or("no seats")?;
        arena.seats =
            seats.iter().filter_map(|seat| seat["id"].as_str().map(str::to_owned)).collect();
        Ok(arena)
    }

    /// The database's address.
    pub(crate) fn database_url(&self) -> &str {
        self.postgres.url()
    }

    /// The data of an answer; an error if it has errors.
    pub(crate) async fn query(&self, query: &str, variables: Value) -> Result<Value> {
        let request = self
            .http
            .post(format!("http://{}/graphql", self.server.address))
            .bearer_auth(&self.token);
        let mut answer: Value = request
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await?
            .json()
            .await?;
        if answer.get("errors").is_some() {
            return Err(answer.to_string().into());
        }
        Ok(answer["data"].take())
    }

    /// Asks, and takes the answer without looking into it.
    pub(crate) async fn fetch(&self, query: &str, variables: Value) -> Result<usize> {
        let request = self.http.post(format!("http://{}/graphql", self.server.address));
        let answer = request
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await?
            .error_for_status()?;
        Ok(answer.bytes().await?.len())
    }

    /// Reserves these seats, or gives them back: as many changes in one commit.
    pub(crate) async fn change(&self, seats: &[String], reserve: bool) -> Result<()> {
        let (name, input) = if reserve {
            ("reserveSeats", "ReserveSeatsInput")
        } else {
            ("releaseSeats", "ReleaseSeatsInput")
        };
        let query =
            format!("mutation ($input: {input}!) {{ {name}(input: $input) {{ __typename }} }}");
        let answer = self
            .query(&query, json!({ "input": { "eventId": self.event, "seatIds": seats } }))
            .await?;
        let kind = answer[name]["__typename"].as_str().unwrap_or_default();
        if kind.ends_with("Success") { Ok(()) } else { Err(answer.to_string().into()) }
    }

    /// Stops the server, then the database, and removes its folder.
    pub(crate) async fn stop(self) -> Result<()> {
        drop(self.server);
        self.postgres.stop().await?;
        Ok(std::fs::remove_dir_all(self.folder)?)
    }
}
