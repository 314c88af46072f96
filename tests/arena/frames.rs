//! WebSocket frames, byte by byte, as a server takes and sends them: RFC 6455 and RFC 7692.

use std::time::Duration;

use flate2::read::DeflateDecoder;
use serde_json::{Value, json};
use std::io::Read as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::socket::SEAT_CHANGES;
use crate::harness::{Arena, TestServer, books};

/// How long a test waits for bytes before it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A WebSocket on which a test says what it likes.
struct RawSocket {
    stream: TcpStream,
    /// The head of the answer that began it.
    head: String,
}

/// A frame of the server's: its first byte, and what it says.
type Frame = (u8, Vec<u8>);

impl RawSocket {
    async fn open(server: &TestServer, offered: &str) -> Self {
        let address = server.base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let lines = if offered.is_empty() {
            String::new()
        } else {
            format!("Sec-WebSocket-Extensions: {offered}\r\n")
        };
        let request = format!(
            "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: graphql-transport-ws\r\n{lines}\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        Self { stream, head: String::from_utf8(head).unwrap() }
    }

    /// Sends a frame with a mask of zeros.
    async fn send(&mut self, first: u8, payload: &[u8]) {
        let mut frame = vec![first];
        match u8::try_from(payload.len()) {
            Ok(short @ 0..126) => frame.push(0x80 | short),
            _ => {
                frame.push(0x80 | 127);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        self.stream.write_all(&frame).await.unwrap();
    }

    async fn say(&mut self, message: Value) {
        self.send(0x81, message.to_string().as_bytes()).await;
    }

    async fn frame(&mut self) -> Frame {
        tokio::time::timeout(PATIENCE, self.read_frame()).await.expect("no frame for 20 s")
    }

    async fn read_frame(&mut self) -> Frame {
        let first = self.stream.read_u8().await.unwrap();
        let length = match self.stream.read_u8().await.unwrap() {
            127 => self.stream.read_u64().await.unwrap(),
            126 => self.stream.read_u16().await.unwrap().into(),
            short => short.into(),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await.unwrap();
        (first, payload)
    }

    /// The code that the server closes the socket with.
    async fn closed(&mut self) -> u16 {
        loop {
            let (first, payload) = self.frame().await;
            if first == 0x88 {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }

    /// Follows the changes of an event; up to and with the first frame.
    async fn follow(&mut self, event: &str, id: &str) -> Frame {
        self.say(json!({ "type": "connection_init" })).await;
        self.frame().await;
        let payload = json!({ "query": SEAT_CHANGES, "variables": { "event": event } });
        self.say(json!({ "type": "subscribe", "id": id, "payload": payload })).await;
        self.frame().await
    }
}

/// What a message of the server's says.
fn text((first, mut payload): Frame) -> Value {
    if first == 0xc1 {
        payload.extend([0, 0, 0xff, 0xff]);
        // So that the reader finds its end.
        payload.extend([1, 0, 0, 0xff, 0xff]);
        let mut inflated = Vec::new();
        DeflateDecoder::new(&payload[..]).read_to_end(&mut inflated).unwrap();
        payload = inflated;
    }
    serde_json::from_slice(&payload).unwrap()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, bytes).unwrap();
    // The last block is a last one, which RFC 7692, 7.2.3.4, allows for.
    let mut deflated = encoder.finish().unwrap();
    deflated.push(0);
    deflated
}

#[tokio::test]
async fn frames_that_break_the_rules_end_the_socket_with_the_code_for_it() {
    let arena = Arena::new().await;
    let server = arena.server().await;
    let bomb = deflated(&vec![b' '; 100 * 1024 * 1024]);
    assert!(bomb.len() < 256 * 1024);
    let large = vec![b' '; 600 * 1024];
    let cases: [(&str, u8, &[u8], u16); 8] = [
        ("a reserved bit", 0xa1, b"{}", 1002),
        ("an opcode that is none", 0x83, b"{}", 1002),
        ("nothing to be continued", 0x80, b"{}", 1002),
        ("not UTF-8", 0x81, b"\xff", 1007),
        ("not compressed", 0xc1, b"\xff\xff", 1007),
        ("much too large", 0x81, &large, 1009),
        ("a bomb", 0xc1, &bomb, 1009),
        ("a code that is none", 0x88, &[0, 7], 1002),
    ];
    for (what, first, payload, code) in cases {
        let mut socket = RawSocket::open(&server, "permessage-deflate").await;
        // The server may hang up before it has taken all.
        socket.send(first, payload).await;
        assert_eq!(socket.closed().await, code, "{what}");
    }
    let mut socket = RawSocket::open(&server, "").await;
    socket.send(0xc1, &deflated(b"{\"type\":\"ping\"}")).await;
    assert_eq!(socket.closed().await, 1002, "it was not agreed to");
    let mut socket = RawSocket::open(&server, "").await;
    socket.stream.write_all(&[0x81, 0x02, b'{', b'}']).await.unwrap();
    assert_eq!(socket.closed().await, 1002, "it is not masked");
}

#[tokio::test]
async fn frames_are_compressed_once_for_all_who_can_inflate_them() {
    let arena = Arena::new().await;
    let event = arena.event(40).await;
    let server = arena.server().await;
    let mut sockets = Vec::new();
    for (offered, id) in [("", "1"), ("permessage-deflate", "1"), ("permessage-deflate", "two")] {
        let mut socket = RawSocket::open(&server, offered).await;
        let agreed = "server_no_context_takeover; client_no_context_takeover";
        assert_eq!(socket.head.contains(agreed), !offered.is_empty(), "{}", socket.head);
        let first = socket.follow(&event.gid, id).await;
        assert_eq!(first.0, if offered.is_empty() { 0x81 } else { 0xc1 });
        assert_eq!(text(first)["payload"]["data"]["seatChanges"]["reason"], "INITIAL");
        sockets.push(socket);
    }
    server.client("alice").reserve(&event, 1..=8).await;
    let mut frames = Vec::new();
    for socket in &mut sockets {
        frames.push(socket.frame().await);
    }
    let [plain, first, second] = &frames[..] else { panic!() };
    assert!(first.1.len() < plain.1.len() / 2, "{} of {}", first.1.len(), plain.1.len());
    // What is around it is stored, and of another length for another id.
    let shared = |(_, payload): &Frame, id: &str| {
        let before = 5 + format!(r#"{{"type":"next","id":"{id}","payload":"#).len();
        payload[before..payload.len() - 7].to_vec()
    };
    assert_eq!(shared(first, "1"), shared(second, "two"), "the same bytes");
    assert_eq!(text(first.clone()), text(plain.clone()));
    assert_eq!(text(second.clone())["payload"], text(plain.clone())["payload"]);
    for socket in &mut sockets {
        socket.send(0x89, b"there?").await;
        assert_eq!(socket.frame().await, (0x8a, b"there?".to_vec()));
        socket.send(0x88, &[0x03, 0xe8]).await;
        assert_eq!(socket.closed().await, 1000);
    }
    books::check(&arena, &event).await;
}
