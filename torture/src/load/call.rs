//! One request over HTTP, and what came of it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};

use super::ask::Ask;
use super::notes::RawCall;
use super::reply::Reply;
use super::world::{Person, World};
use crate::Result;

/// Who asks: a client of its own, on its own connections.
pub(super) struct Client<'a> {
    pub(super) world: &'a World,
    pub(super) http: reqwest::Client,
    pub(super) number: u32,
}

impl Client<'_> {
    /// Asks a server in somebody's name, and takes note of it. `speaker` has the token; the name
    /// that is noted is `viewer`'s, for whom a shop may speak.
    pub(super) async fn ask(&self, to: Question<'_>) -> Reply {
        let Question { server, event, ask, speaker, viewer, patience } = to;
        let world = self.world;
        let id = event.map_or("", |event| world.events[event].id.as_str());
        let body = json!({ "query": ask.words(), "variables": ask.variables(id) });
        let start = world.notes.now();
        let reply = send(&self.http, world.servers[server], Some(speaker), &body, patience).await;
        let reply = match reply {
            Sent::Answer(answer) => Reply::read(answer, ask.field()),
            Sent::Nothing(why) => Reply::Nothing(why),
            Sent::Unreached => Reply::Unsent,
        };
        world.notes.call(RawCall {
            client: self.number,
            server: u32::try_from(server).unwrap_or(u32::MAX),
            viewer: viewer.to_owned(),
            event,
            ask: ask.clone(),
            start,
            end: world.notes.now(),
            reply: reply.clone(),
        });
        reply
    }
}

/// A question to a server.
pub(super) struct Question<'a> {
    pub(super) server: usize,
    pub(super) event: Option<usize>,
    pub(super) ask: &'a Ask,
    pub(super) speaker: &'a Person,
    pub(super) viewer: &'a str,
    pub(super) patience: Duration,
}

enum Sent {
    Answer(Value),
    Nothing(String),
    Unreached,
}

async fn send(
    http: &reqwest::Client,
    server: SocketAddr,
    speaker: Option<&Person>,
    body: &Value,
    patience: Duration,
) -> Sent {
    let mut request = http.post(format!("http://{server}/graphql")).timeout(patience).json(body);
    if let Some(speaker) = speaker {
        request = request.bearer_auth(&speaker.token);
    }
    match request.send().await {
        Err(error) if error.is_connect() => Sent::Unreached,
        Err(error) if error.is_timeout() => Sent::Nothing("no answer in time".to_owned()),
        Err(_) => Sent::Nothing("the connection was lost".to_owned()),
        Ok(answer) => match answer.json().await {
            Ok(answer) => Sent::Answer(answer),
            Err(_) => Sent::Nothing("the connection was lost within the answer".to_owned()),
        },
    }
}

/// The data of an answer that is none of the history; an error if there are errors.
pub(crate) async fn fetch(
    http: &reqwest::Client,
    server: SocketAddr,
    speaker: Option<&Person>,
    query: &str,
    variables: Value,
) -> Result<Value> {
    let body = json!({ "query": query, "variables": variables });
    match send(http, server, speaker, &body, Duration::from_secs(10)).await {
        Sent::Answer(mut answer) if answer.get("errors").is_none() => Ok(answer["data"].take()),
        Sent::Answer(answer) => Err(answer.to_string().into()),
        Sent::Nothing(why) => Err(why.into()),
        Sent::Unreached => Err("there is no connection to the server".into()),
    }
}
