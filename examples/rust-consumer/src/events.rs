//! Server-sent events: a response that does not end, read a line at a time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::failure::Failure;

/// The server says something at least every 15 s, be it a comment. After twice that it is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// An event: its name, and its data.
#[derive(Default, PartialEq, Eq, Debug)]
pub struct Event {
    pub name: String,
    pub data: String,
}

/// The events of a response.
pub struct Events {
    response: reqwest::Response,
    parser: Parser,
}

impl Events {
    pub fn new(response: reqwest::Response) -> Self {
        Self { response, parser: Parser::default() }
    }

    /// The next event; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Event>, Failure> {
        loop {
            if let Some(event) = self.parser.ready.pop_front() {
                return Ok(Some(event));
            }
            let chunk = tokio::time::timeout(SILENCE, self.response.chunk());
            match chunk.await.map_err(|_elapsed| Failure::StreamLost)?? {
                Some(bytes) => self.parser.take(&bytes),
                None => return Ok(None),
            }
        }
    }
}

/// Makes events of bytes, wherever the network has cut them.
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    event: Event,
    ready: VecDeque<Event>,
}

impl Parser {
    fn take(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                // A line is whole, so no character is cut in two.
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                self.take_line(line.trim_end_matches(['\r', '\n']));
            }
        }
    }

    fn take_line(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            // An empty line ends an event. A comment ends one too, which says nothing.
            "" if line.is_empty() => {
                let event = std::mem::take(&mut self.event);
                if !event.name.is_empty() {
                    self.ready.push_back(event);
                }
            }
            "event" => value.clone_into(&mut self.event.name),
            // The API writes all data on one line.
            "data" => self.event.data.push_str(value),
            // Comments, and `id`: the cursor, which the frame says as well.
            _ => {}
        }
    }
}
