//! A connection of the load: HTTP/1.1, kept alive, with as little work for each request as can be.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Result;

/// A keep-alive connection.
pub(super) struct Connection {
    stream: TcpStream,
    host: String,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: address.to_owned(), request: Vec::new(), received: Vec::new() })
    }

    /// The status and the body of the answer.
    pub(super) async fn post(&mut self, token: &str, body: &str) -> Result<(u16, &[u8])> {
        self.request.clear();
        write!(
            self.request,
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nAccept: \
                application/json\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        )?;
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server closed a connection in the middle of a request".into());
            }
            if let Some((status, body)) = whole_answer(&self.received)? {
                return Ok((status, &self.received[body..]));
            }
        }
    }
}

/// The status and where the body begins, once all of it is there.
fn whole_answer(received: &[u8]) -> Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body) = response.parse(received)? else { return Ok(None) };
    let length =
        response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize =
        std::str::from_utf8(length.ok_or("an answer without a length")?.value)?.parse()?;
    Ok((received.len() >= body + length).then_some((response.code.unwrap_or_default(), body)))
}
