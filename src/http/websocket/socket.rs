//! A WebSocket whose messages are bounded in both directions.
//!
//! What arrives is counted ([`MessagesIo`]). What is long leaves in fragments: the buffer that they
//! are put together in is kept by the socket, and would become as large as the largest message.
//! What many are given is not copied for each of them, as axum's own socket does it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Error;
use axum::extract::ws::{CloseFrame, Message};
use bytes::Bytes;
use futures_util::{Sink, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message as Part};

use crate::http::arriving::{Arriving, MessagesIo};
use crate::http::request::MAX_REQUEST_BYTES;

/// Buffers of one socket. tungstenite's defaults of 128 KiB each would cost 20,000 idle sockets
/// gigabytes.
const READ_BUFFER_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// The longest fragment, in bytes: longer than the frames that follow each other in a sale, shorter
/// than what 50,000 sockets could not keep.
const FRAGMENT_BYTES: usize = 32 * 1024;

/// The largest message that is read: what is a little too large is refused with a word, what is
/// much too large with a broken connection.
const READABLE_BYTES: usize = 2 * MAX_REQUEST_BYTES;

/// See the module's documentation.
pub(super) struct Socket {
    stream: WebSocketStream<MessagesIo<TokioIo<Upgraded>>>,
    /// What is to be written before the next message.
    parts: VecDeque<Part>,
}

/// What can be sent.
pub(super) enum Sent {
    Message(Message),
    /// Text, in pieces.
    Text([Bytes; 3]),
}

impl From<Message> for Sent {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl Sent {
    /// Bytes of a text.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(pieces) => pieces.iter().map(Bytes::len).sum(),
            Self::Message(Message::Text(text)) => text.len(),
            Self::Message(_) => 0,
        }
    }
}

impl Socket {
    pub(super) async fn new(upgraded: Upgraded, arriving: &Arriving) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(WRITE_BUFFER_BYTES)
            .max_message_size(Some(READABLE_BYTES))
            .max_frame_size(Some(READABLE_BYTES));
        let io = arriving.messages(TokioIo::new(upgraded));
        let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        Self { stream, parts: VecDeque::new() }
    }

    fn poll_parts(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), tungstenite::Error>> {
        loop {
            ready!(Pin::new(&mut self.stream).poll_ready(cx))?;
            let Some(part) = self.parts.pop_front() else { return Poll::Ready(Ok(())) };
            Pin::new(&mut self.stream).start_send(part)?;
        }
    }
}

impl Stream for Socket {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(part) = ready!(Pin::new(&mut self.stream).poll_next(cx)) else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(part.map_err(Error::new).and_then(|part| {
            let message = match part {
                Part::Text(text) => {
                    Message::Text(Bytes::from(text).try_into().map_err(Error::new)?)
                }
                Part::Binary(bytes) => Message::Binary(bytes),
                Part::Close(frame) => Message::Close(frame.map(|frame| CloseFrame {
                    code: frame.code.into(),
                    reason: frame.reason.as_str().into(),
                })),
                Part::Ping(bytes) => return Ok(Message::Ping(bytes)),
                Part::Pong(bytes) => return Ok(Message::Pong(bytes)),
                // Those are read by nobody but tungstenite.
                Part::Frame(_) => return Ok(Message::Pong(Bytes::new())),
            };
            // Pings may come between the fragments of a message.
            self.stream.get_mut().finish();
            Ok(message)
        })))
    }
}

impl Sink<Sent> for Socket {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_parts(cx).map_err(Error::new)
    }

    fn start_send(mut self: Pin<&mut Self>, sent: Sent) -> Result<(), Error> {
        let part = match sent {
            Sent::Text(pieces) => {
                self.parts.extend(fragments(&pieces));
                return Ok(());
            }
            Sent::Message(Message::Text(text)) => {
                self.parts.extend(fragments(&[text.into()]));
                return Ok(());
            }
            Sent::Message(Message::Binary(bytes)) => Part::Binary(bytes),
            Sent::Message(Message::Ping(bytes)) => Part::Ping(bytes),
            Sent::Message(Message::Pong(bytes)) => Part::Pong(bytes),
            Sent::Message(Message::Close(frame)) => {
                Part::Close(frame.map(|frame| tungstenite::protocol::CloseFrame {
                    code: frame.code.into(),
                    reason: frame.reason.as_str().into(),
                }))
            }
        };
        self.parts.push_back(part);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_parts(cx)).map_err(Error::new)?;
        Pin::new(&mut self.stream).poll_flush(cx).map_err(Error::new)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_parts(cx)).map_err(Error::new)?;
        Pin::new(&mut self.stream).poll_close(cx).map_err(Error::new)
    }
}

/// A text in one frame, or in fragments that share its bytes.
fn fragments(pieces: &[Bytes]) -> Vec<Part> {
    let frame = |bytes: Bytes, is_first: bool, is_last: bool| {
        let data = if is_first { Data::Text } else { Data::Continue };
        Part::Frame(Frame::message(bytes, OpCode::Data(data), is_last))
    };
    if let [whole] = pieces
        && whole.len() <= FRAGMENT_BYTES
    {
        return vec![frame(whole.clone(), true, true)];
    }
    if pieces.iter().map(Bytes::len).sum::<usize>() <= FRAGMENT_BYTES {
        return vec![frame(pieces.concat().into(), true, true)];
    }
    let cut = |piece: &Bytes| {
        let piece = piece.clone();
        (0..piece.len())
            .step_by(FRAGMENT_BYTES)
            .map(move |from| piece.slice(from..piece.len().min(from + FRAGMENT_BYTES)))
    };
    let cut: Vec<_> = pieces.iter().flat_map(cut).collect();
    let last = cut.len() - 1;
    let number = cut.into_iter().enumerate();
    number.map(|(number, bytes)| frame(bytes, number == 0, number == last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_leaves_in_fragments_that_share_its_bytes() {
        let payload = Bytes::from(vec![b'x'; 2 * FRAGMENT_BYTES + 1]);
        let parts = fragments(&["{".into(), payload.clone(), "}".into()]);
        let frames: Vec<_> = parts
            .iter()
            .map(|part| {
                let Part::Frame(frame) = part else { panic!("no frame") };
                frame
            })
            .collect();
        let lengths: Vec<_> = frames.iter().map(|frame| frame.payload().len()).collect();
        assert_eq!(lengths, [1, FRAGMENT_BYTES, FRAGMENT_BYTES, 1, 1]);
        assert_eq!(frames[1].payload().as_ptr(), payload.as_ptr());
        let is_final: Vec<_> = frames.iter().map(|frame| frame.header().is_final).collect();
        assert_eq!(is_final, [false, false, false, false, true]);
        let [first, second] = [0, 1].map(|number| frames[number].header().opcode);
        assert_eq!((first, second), (OpCode::Data(Data::Text), OpCode::Data(Data::Continue)));
        assert_eq!(fragments(&["{".into(), payload.slice(..9), "}".into()]).len(), 1);
        assert_eq!(fragments(&["".into()]).len(), 1);
    }
}
