//! What is watched, by how many, and what everybody loads before.

use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Result;

/// What is watched, by how many.
#[derive(Clone, Debug, Args)]
pub(crate) struct Watching {
    /// The server, as host:port.
    #[arg(long)]
    pub(super) address: String,
    /// The event's id.
    #[arg(long)]
    pub(super) event: String,
    /// What of it.
    #[arg(long, value_enum)]
    pub(super) stream: Stream,
    /// Whether the server is to compress.
    #[arg(long)]
    pub(super) deflate: bool,
    /// How many watch.
    #[arg(long)]
    pub(super) count: usize,
    /// They come later, through the door: within so many seconds, when they are told to.
    #[arg(long)]
    pub(super) door: Option<u64>,
}

/// What is watched of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Stream {
    /// The map as it is: `seatStatuses`.
    Statuses,
    /// Every change: `seatChanges`.
    Changes,
}

impl Stream {
    /// As it is called in the schema.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Statuses => "seatStatuses",
            Self::Changes => "seatChanges",
        }
    }
}

/// What everybody loads before: the plan's seats, and how they are as of a revision.
pub(super) async fn load(watching: &Watching) -> Result<(Vec<String>, (u64, Vec<u8>))> {
    let plan = ask(watching, "plan: seatPlan(eventId: $e) { seats { id } }").await?;
    let plan: Plan = field(plan, "plan")?;
    let known = ask(watching, "known: seatStatuses(eventId: $e) { revision statuses }").await?;
    let known: Known = field(known, "known")?;
    let seats = plan.seats.into_iter().map(|seat| seat.id).collect();
    Ok((seats, (known.revision, known.statuses.into_bytes())))
}

#[derive(Deserialize)]
struct Plan {
    seats: Vec<PlanSeat>,
}

#[derive(Deserialize)]
struct PlanSeat {
    id: String,
}

#[derive(Deserialize)]
struct Known {
    revision: u64,
    statuses: String,
}

async fn ask(watching: &Watching, fields: &str) -> Result<Value> {
    let query = format!("query ($e: ID!) {{ {fields} }}");
    let body = json!({ "query": query, "variables": { "e": watching.event } });
    let url = format!("http://{}/graphql", watching.address);
    let mut answer: Value =
        reqwest::Client::new().post(url).json(&body).send().await?.json().await?;
    if answer.get("errors").is_some() {
        return Err(answer.to_string().into());
    }
    Ok(answer["data"].take())
}

fn field<T: DeserializeOwned>(mut data: Value, name: &str) -> Result<T> {
    Ok(serde_json::from_value(data[name].take())?)
}
