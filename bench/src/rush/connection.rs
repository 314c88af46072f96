//! A connection of the load: HTTP/1.1, kept alive, with as little work for each request as can be.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Result;

/// A keep-alive connection.
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: address.to_owned(), request: Vec::new(), received: Vec::new() })
    }

    /// The status and the body of the answer.
    pub(crate) async fn post(&mut self, token: &str, body: &str) -> Result<(u16, &[u8])> {
        self.request.clear();
        write!(
            self.request,
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nAccept: \
                application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )?;
        let Head { status, body, .. } = self.exchange().await?;
        Ok((status, &self.received[body..]))
    }

    /// The status, how it is compressed (nothing if it is not), and the body of the answer.
    pub(crate) async fn get(&mut self, target: &str) -> Result<(u16, String, &[u8])> {
        self.request.clear();
        write!(
            self.request,
            "GET {target} HTTP/1.1\r\nHost: {}\r\nAccept: application/graphql-response+json\r\n\
             Accept-Encoding: gzip, br\r\n\r\n",
            self.host
        )?;
        let Head { status, coding, body } = self.exchange().await?;
        Ok((status, coding, &self.received[body..]))
    }

    async fn exchange(&mut self) -> Result<Head> {
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server closed a connection in the middle of a request".into());
            }
            if let Some(head) = whole_answer(&self.received)? {
                return Ok(head);
            }
        }
    }
}

/// Of an answer: its status, how it is compressed, and where its body begins.
struct Head {
    status: u16,
    coding: String,
    body: usize,
}

/// The head of an answer, once all of it is there.
fn whole_answer(received: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body) = response.parse(received)? else { return Ok(None) };
    let header = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        header.map(|header| std::str::from_utf8(header.value)).transpose()
    };
    let length: usize = header("content-length")?.ok_or("an answer without a length")?.parse()?;
    if received.len() < body + length {
        return Ok(None);
    }
    let coding = header("content-encoding")?.unwrap_or_default().to_owned();
    Ok(Some(Head { status: response.code.unwrap_or_default(), coding, body }))
}
