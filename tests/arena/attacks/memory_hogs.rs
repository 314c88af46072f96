//! What has filled a server's memory, each as a function: they take whatever answer comes, and
//! leave when they have what they wanted or were refused.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::harness::{Client, Event, token};

/// Whom it is thrown at.
pub struct Target {
    pub base: String,
    pub event: Event,
}

type Hog = fn(Arc<Target>) -> BoxFuture<'static, ()>;

/// All of them, by what they fill.
pub const HOGS: [(&str, Hog); 10] = [
    ("brackets within each other", |target| brackets(target).boxed()),
    ("undefined variables", |target| undefined_variables(target).boxed()),
    ("aliases in lists", |target| aliases_in_lists(target).boxed()),
    ("aliased snapshots", |target| aliased_snapshots(target).boxed()),
    ("forms of the same batches", |target| forms_of_batches(target).boxed()),
    ("different documents", |target| different_documents(target).boxed()),
    ("unfinished messages", |target| unfinished_messages(target).boxed()),
    ("answers that nobody reads", |target| unread_answers(target).boxed()),
    ("subscriptions that nobody reads", |target| unread_subscriptions(target).boxed()),
    ("guests", |target| guests(target).boxed()),
];

impl Target {
    fn body(&self, query: &str) -> Value {
        json!({ "query": query, "variables": { "e": self.event.gid } })
    }

    /// Whatever is answered, in bytes, if anything is.
    async fn post(&self, query: &str) -> Option<usize> {
        let http = reqwest::Client::new();
        let request = http.post(format!("{}/graphql", self.base)).json(&self.body(query));
        let answer = request.send().await.ok()?.bytes().await.ok()?;
        Some(answer.len())
    }

    async fn socket(&self, protocol: &str) -> Option<WebSocketStream<MaybeTlsStream<TcpStream>>> {
        let url = format!("{}/graphql", self.base.replace("http:", "ws:"));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        let init = json!({ "type": "connection_init", "payload": {} });
        socket.send(Message::text(init.to_string())).await.ok()?;
        socket.next().await?.ok()?;
        Some(socket)
    }

    /// Asks over a socket.
    fn ask(&self, protocol: &str, id: usize, query: &str) -> Message {
        let kind = if protocol == "graphql-ws" { "start" } else { "subscribe" };
        let id = id.to_string();
        Message::text(json!({ "type": kind, "id": id, "payload": self.body(query) }).to_string())
    }

    /// Asks over every transport, and takes one answer of each.
    async fn everywhere(&self, query: &str) {
        self.post(query).await;
        let http = reqwest::Client::new();
        let url = format!("{}/graphql", self.base);
        let variables = json!({ "e": self.event.gid }).to_string();
        let pairs = [("query", query), ("variables", &variables)];
        let get = reqwest::Url::parse_with_params(&url, pairs).unwrap();
        let requests = [http.get(get), http.post(&url).json(&self.body(query))];
        for request in requests {
            let events = request.header("accept", "text/event-stream").send().await;
            if let Ok(mut events) = events {
                let _ = tokio::time::timeout(Duration::from_secs(20), events.chunk()).await;
            }
        }
        for protocol in ["graphql-transport-ws", "graphql-ws"] {
            if let Some(mut socket) = self.socket(protocol).await {
                let _ = socket.send(self.ask(protocol, 1, query)).await;
                let _ = tokio::time::timeout(Duration::from_secs(20), socket.next()).await;
            }
        }
    }
}

fn many(count: usize, field: &str) -> String {
    (0..count).map(|number| format!("a{number}: {field} ")).collect()
}

/// A few kilobytes that a recursive reader ran out of stack on.
async fn brackets(target: Arc<Target>) {
    for (open, close) in [("[", "]"), ("{a:", "}")] {
        let nested = format!("{}{}", open.repeat(2_000), close.repeat(2_000));
        target.everywhere(&format!("{{ seat(id: {nested}) {{ id }} }}")).await;
        let json = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
        let body = format!(r#"{{"query":"{{__typename}}","variables":{{"a":{json}}}}}"#);
        let http = reqwest::Client::new().post(format!("{}/graphql", target.base));
        let _ = http.header("content-type", "application/json").body(body).send().await;
    }
    let fields = format!("{{ {} id {} }}", "event { ".repeat(2_000), "} ".repeat(2_000));
    target.everywhere(&fields).await;
}

/// As many errors as fit into a request, each with a long name in it.
async fn undefined_variables(target: Arc<Target>) {
    let fields = many(4_000, "seat(id: $undefined) { id }");
    let query = format!("query {} {{ {fields} }}", "N".repeat(100_000));
    assert!(query.len() < 256 * 1024);
    join_all((0..8).map(|_| target.post(&query))).await;
}

/// 680 bytes that were hundreds of megabytes.
async fn aliases_in_lists(target: Arc<Target>) {
    let categories = many(29, "event { categories { id name price { amountMinor } } }");
    for fields in [format!("seats {{ {categories} }}"), many(29, "seats { id }")] {
        target.post(&format!("query ($e: ID!) {{ seatMap(eventId: $e) {{ {fields} }} }}")).await;
    }
}

/// A frame that has the whole map thirty times.
async fn aliased_snapshots(target: Arc<Target>) {
    let seats = many(29, "seats { seatId status revision }");
    let seats = format!("... on SeatSnapshot {{ {seats} }}");
    let query = format!("subscription ($e: ID!) {{ seatChanges(eventId: $e) {{ {seats} }} }}");
    target.everywhere(&query).await;
}

/// Two sockets that ask for the same changes in many forms, and a guest who makes changes.
async fn forms_of_batches(target: Arc<Target>) {
    let mut sockets = Vec::new();
    for number in 0..2 {
        let Some(mut socket) = target.socket("graphql-transport-ws").await else { continue };
        for form in 0..60 {
            let status = format!("f{number}x{form}: status ");
            let query = format!(
                "subscription ($e: ID!) {{ seatChanges(eventId: $e) {{ ... on SeatChanges \
                 {{ changes {{ {status} {} }} }} }} }}",
                many(28, "changedAt")
            );
            let _ = socket.send(target.ask("graphql-transport-ws", form, &query)).await;
        }
        sockets.push(tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} }));
    }
    let guest = Client::new(&target.base, Some(token("guest of all seats", &[])));
    for round in 0..10 {
        let seats = || (1..=100).map(move |seat| 100 + 100 * round + seat);
        guest.reserve(&target.event, seats()).await;
        guest.release(&target.event, seats()).await;
    }
    // They have taken what they get.
    target.post("{ __typename }").await;
    sockets.iter().for_each(tokio::task::JoinHandle::abort);
}

/// More documents than are worth keeping, from many connections.
async fn different_documents(target: Arc<Target>) {
    let of_one = async |connection: usize| {
        let http = reqwest::Client::new();
        for number in 0..100 {
            let name = format!("a{connection}x{number}");
            let query = format!("query {name} {{ {} }}", many(15, &format!("{name}: __typename")));
            let query = query.replace(": a", "_a");
            let request = http.post(format!("{}/graphql", target.base));
            if request.json(&json!({ "query": query })).send().await.is_err() {
                return;
            }
        }
    };
    join_all((0..20).map(of_one)).await;
}

/// Messages that announce half a megabyte, send most of it, and never end.
async fn unfinished_messages(target: Arc<Target>) {
    let of_one = async || {
        let mut socket = target.socket("graphql-transport-ws").await?;
        let MaybeTlsStream::Plain(stream) = socket.get_mut() else { return None };
        // A text in one frame of 512 KiB, with a mask of zeros.
        let length = (512_u64 * 1024).to_be_bytes();
        stream.write_all(&[0x81, 0x80 | 127]).await.ok()?;
        stream.write_all(&length).await.ok()?;
        stream.write_all(&[0; 4]).await.ok()?;
        stream.write_all(&vec![b' '; 500 * 1024]).await.ok()?;
        Some(socket)
    };
    let sockets = join_all((0..200).map(|_| of_one())).await;
    // All at once, until the server has closed as many as it has no room for.
    let closed = sockets.into_iter().flatten().map(async |mut socket| {
        let _ = tokio::time::timeout(Duration::from_secs(3), socket.next()).await;
    });
    join_all(closed).await;
}

/// Whole maps that nobody else asks for, and that are not read.
async fn unread_answers(target: Arc<Target>) {
    let host = target.base.strip_prefix("http://").unwrap().to_owned();
    let of_one = async |number: usize| {
        let mut stream = TcpStream::connect(&host).await.ok()?;
        // It looks at who is asking, so that it is everybody's own.
        let fields = format!("a{number}: heldByMe label {}", many(6, "id"));
        let query =
            format!("query ($e: ID!) {{ seatMap(eventId: $e) {{ seats {{ {fields} }} }} }}");
        let body = target.body(&query).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.ok()?;
        // The beginning of the answer shows that it is there.
        let mut beginning = [0; 64];
        let reading = stream.read(&mut beginning);
        let _ = tokio::time::timeout(Duration::from_secs(60), reading).await;
        Some(stream)
    };
    let unread = join_all((0..100).map(of_one)).await;
    target.post("{ __typename }").await;
    drop(unread);
}

/// Sockets full of subscriptions in forms of their own, of which nothing is read.
async fn unread_subscriptions(target: Arc<Target>) {
    let of_one = async |number: usize| {
        let protocol = if number.is_multiple_of(2) { "graphql-transport-ws" } else { "graphql-ws" };
        let mut socket = target.socket(protocol).await?;
        for form in 0..30 {
            let status = format!("f{number}x{form}: status ");
            let query = format!(
                "subscription ($e: ID!) {{ seatChanges(eventId: $e) {{ ... on SeatSnapshot \
                 {{ seats {{ {status} seatId }} }} }} }}"
            );
            socket.send(target.ask(protocol, form, &query)).await.ok()?;
        }
        Some(socket)
    };
    let mut sockets: Vec<_> = join_all((0..20).map(of_one)).await.into_iter().flatten().collect();
    // The first frame shows that the others wait.
    let firsts = sockets.iter_mut().map(|socket| {
        tokio::time::timeout(Duration::from_secs(20), async { socket.next().await.is_some() })
    });
    join_all(firsts).await;
    drop(sockets);
}

/// A crowd of guests, each with a token.
async fn guests(target: Arc<Target>) {
    let of_one = async |_| {
        for _ in 0..50 {
            target.post("mutation { startGuestSession(input: {}) { __typename } }").await;
        }
    };
    join_all((0..20).map(of_one)).await;
}
