//! HTTP/1.1 byte by byte, for what clients rely on and libraries hide.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Arena, TestServer};

/// How long a test waits for bytes before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection on which a test says what it likes.
pub struct Wire {
    stream: TcpStream,
    /// What has come and was not taken yet.
    text: String,
}

impl Wire {
    pub async fn open(server: &TestServer) -> Self {
        let address = server.base.strip_prefix("http://").unwrap();
        Self { stream: TcpStream::connect(address).await.unwrap(), text: String::new() }
    }

    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// What has come up to and with this.
    pub async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some((text, rest)) = self.text.split_once(end) {
                let text = format!("{text}{end}");
                self.text = rest.to_owned();
                return text;
            }
            let mut bytes = [0; 4096];
            let reading = tokio::time::timeout(PATIENCE, self.stream.read(&mut bytes));
            let read = reading.await.unwrap_or_else(|_| panic!("no {end:?} in {:?}", self.text));
            let read = read.unwrap();
            assert_ne!(read, 0, "the connection ended with {:?}", self.text);
            self.text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    /// The head of the next answer.
    pub async fn head(&mut self) -> String {
        self.until("\r\n\r\n").await
    }

    /// The status of the next answer, which has to have this at its end.
    async fn status(&mut self, end: &str) -> String {
        let answer = self.until(end).await;
        answer.split_whitespace().nth(1).unwrap().to_owned()
    }
}

const QUERY: &str = r#"{"query":"{ __typename }"}"#;
const ANSWER: &str = r#"{"data":{"__typename":"Query"}}"#;

/// A request by POST with these lines in its head, and its body as it is sent.
fn post(lines: &str, body: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{lines}\r\n\
            {body}"
    )
}

fn with_length(lines: &str) -> String {
    post(&format!("Content-Length: {}\r\n{lines}", QUERY.len()), QUERY)
}

/// Python's `gql` finds the protocol by this name, letter by letter.
#[tokio::test]
async fn the_head_that_begins_a_websocket_is_spelled_as_its_rfc_spells_it() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut wire = Wire::open(&server).await;
    let head = "GET /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: WebSocket\r\n\
        connection: keep-alive, Upgrade\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        sec-websocket-protocol: graphql-transport-ws\r\n\r\n";
    wire.write(head).await;
    let head = wire.head().await;
    for line in [
        "HTTP/1.1 101 Switching Protocols",
        "Connection: upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: graphql-transport-ws",
    ] {
        assert!(head.split("\r\n").any(|sent| sent == line), "no {line:?} in {head}");
    }
}

/// As curl with `--http2` and Java's HttpClient ask.
#[tokio::test]
async fn an_upgrade_to_something_else_is_passed_over_and_the_connection_goes_on() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut wire = Wire::open(&server).await;
    let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
        HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n";
    let get = format!(
        "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: localhost\r\n\
            Origin: http://localhost\r\n{upgrade}\r\n"
    );
    for request in [with_length(upgrade), get, with_length("")] {
        wire.write(request).await;
        assert_eq!(wire.status(ANSWER).await, "200");
    }
    let half = "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
        Upgrade: h2c, websocket\r\n\r\n";
    wire.write(half).await;
    assert!(wire.head().await.starts_with("HTTP/1.1 400 "), "a WebSocket without its key");
}

#[tokio::test]
async fn bodies_may_be_announced_come_in_pieces_and_follow_one_another() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let mut wire = Wire::open(&server).await;
    let announced = with_length("Expect: 100-continue\r\n");
    let (head, body) = announced.split_once("\r\n\r\n").unwrap();
    wire.write(format!("{head}\r\n\r\n")).await;
    assert_eq!(wire.head().await, "HTTP/1.1 100 Continue\r\n\r\n");
    wire.write(body).await;
    assert_eq!(wire.status(ANSWER).await, "200");

    let (first, rest) = QUERY.split_at(7);
    let chunks = format!("7\r\n{first}\r\n{:x};a=b\r\n{rest}\r\n0\r\n\r\n", rest.len());
    wire.write(post("Transfer-Encoding: chunked\r\n", &chunks)).await;
    assert_eq!(wire.status(ANSWER).await, "200");

    wire.write(with_length("").repeat(3)).await;
    for _ in 0..3 {
        assert_eq!(wire.status(ANSWER).await, "200");
    }
}
