//! A WebSocket on a connection that was taken over: frames are read and written here.
//!
//! While nothing happens a socket has no buffers: what comes is read onto the stack, and of what
//! leaves the largest part is shared. What has come of a message that is not there whole is counted
//! ([`Arriving`]).
//!
//! Pings are answered here, and goodbyes: whoever serves a socket is told of them, and has nothing
//! to do about them.

use std::io::Error;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};

use futures_util::task::AtomicWaker;
use futures_util::{Sink, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frame_reader::{FrameReader, Incoming};
use super::frame_writer::{FrameWriter, Framed};
use super::violation::Violation;
use crate::http::arriving::{Arriving, Unfinished};
use crate::http::request::MAX_REQUEST_BYTES;
use crate::memory::Full;

/// What is read at a time, in bytes: as much as nearly every message has.
const READ_BYTES: usize = 4 * 1024;

/// The largest message that is read: what is a little too large is refused with a word, what is
/// much too large with the end of the socket.
const READABLE_BYTES: usize = 2 * MAX_REQUEST_BYTES;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Socket<S = TokioIo<Upgraded>> {
    io: S,
    /// Whether messages may be compressed, in both directions.
    is_compressing: bool,
    reader: FrameReader,
    /// What has come after the message that was read last.
    rest: Vec<u8>,
    unfinished: Unfinished,
    writer: FrameWriter,
    waiting: Arc<Waiting>,
    /// Wakes all who wait.
    all: Waker,
    state: State,
}

/// Who waits until something can be written. Whoever reads writes as well, and a connection wakes
/// only the last who has asked.
#[derive(Debug, Default)]
struct Waiting {
    who_reads: AtomicWaker,
    who_writes: AtomicWaker,
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.who_reads.wake();
        self.who_writes.wake();
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Open,
    /// We have said goodbye, and wait for the client's.
    Leaving,
    /// The client has broken the rules: what it says is not looked at any more, but taken, so that
    /// our goodbye reaches it.
    Deaf,
    /// The client has said goodbye; ours is written, and that is the end.
    Left,
}

/// Why a socket cannot be read any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum SocketError {
    #[error(transparent)]
    Io(#[from] Error),
    #[error(transparent)]
    Violation(#[from] Violation),
    #[error(transparent)]
    Full(#[from] Full),
}

/// What can be sent.
#[derive(Debug)]
pub(super) enum Sent {
    Text(String),
    Framed(Framed),
    /// Asks the client whether it is there.
    Ping,
    /// The server's goodbye: a code, and what may be said beside it.
    Close(u16, String),
}

impl Sent {
    /// Bytes of a text.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Framed(framed) => framed.len(),
            Self::Ping | Self::Close(..) => 0,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(io: S, arriving: &Arriving, is_compressing: bool) -> Self {
        let waiting = Arc::new(Waiting::default());
        Self {
            io,
            is_compressing,
            all: Arc::clone(&waiting).into(),
            waiting,
            reader: FrameReader::new(READABLE_BYTES, is_compressing),
            rest: Vec::new(),
            unfinished: arriving.message(),
            writer: FrameWriter::default(),
            state: State::Open,
        }
    }

    /// Whether messages may be compressed.
    pub(super) fn is_compressing(&self) -> bool {
        self.is_compressing
    }

    /// Writes what there is. Whoever waits for it has said so.
    fn poll_written(&mut self) -> Poll<Result<(), SocketError>> {
        let io = Pin::new(&mut self.io);
        let written = self.writer.poll_write(io, &mut Context::from_waker(&self.all));
        Poll::Ready(Ok(ready!(written)?))
    }

    /// The same for whoever writes.
    fn poll_sent(&mut self, cx: &Context<'_>) -> Poll<Result<(), SocketError>> {
        self.waiting.who_writes.register(cx.waker());
        self.poll_written()
    }

    /// Takes what has come, up to the end of a message.
    fn take(&mut self, mut come: &[u8]) -> Result<Option<Incoming>, SocketError> {
        let incoming = self.reader.read(&mut come);
        self.rest = come.to_vec();
        let incoming = incoming.map_err(SocketError::from).and_then(|incoming| {
            self.unfinished.keep(self.reader.kept())?;
            Ok(incoming)
        });
        match &incoming {
            Ok(Some(Incoming::Ping(asked))) if self.state == State::Open => {
                self.writer.pong(asked);
            }
            Ok(Some(Incoming::Close(code))) => {
                if self.state == State::Open {
                    self.writer.close(*code, "");
                }
                self.state = State::Left;
            }
            Ok(_) => {}
            Err(_) => {
                self.state = State::Deaf;
                self.rest = Vec::new();
            }
        }
        incoming
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Socket<S> {
    type Item = Result<Incoming, SocketError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            // What answers the client. It waits for nobody but the client itself.
            self.waiting.who_reads.register(cx.waker());
            match self.poll_written() {
                Poll::Ready(Ok(())) if self.state == State::Left => return Poll::Ready(None),
                Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                Poll::Pending if self.state == State::Left => return Poll::Pending,
                _ => {}
            }
            let rest = std::mem::take(&mut self.rest);
            if !rest.is_empty()
                && let Some(incoming) = self.take(&rest).transpose()
            {
                return Poll::Ready(Some(incoming));
            }
            let mut space = [MaybeUninit::uninit(); READ_BYTES];
            let mut come = ReadBuf::uninit(&mut space);
            if let Err(error) = ready!(Pin::new(&mut self.io).poll_read(cx, &mut come)) {
                return Poll::Ready(Some(Err(error.into())));
            }
            if come.filled().is_empty() {
                return Poll::Ready(None);
            }
            if self.state != State::Deaf
                && let Some(incoming) = self.take(come.filled()).transpose()
            {
                return Poll::Ready(Some(incoming));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Sent> for Socket<S> {
    type Error = SocketError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.poll_sent(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, sent: Sent) -> Result<(), SocketError> {
        let is_compressing = self.is_compressing;
        match (self.state, sent) {
            (State::Left, _) => {}
            (_, Sent::Text(text)) => self.writer.text(&text),
            (_, Sent::Framed(framed)) => self.writer.framed(&framed, is_compressing),
            (_, Sent::Ping) => self.writer.ping(),
            (state, Sent::Close(code, reason)) => {
                self.writer.close(Some(code), &reason);
                if state == State::Open {
                    self.state = State::Leaving;
                }
            }
        }
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        self.poll_sent(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SocketError>> {
        ready!(self.poll_sent(cx))?;
        Poll::Ready(Ok(ready!(Pin::new(&mut self.io).poll_shutdown(cx))?))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

    use super::*;
    use crate::feed::Payload;

    async fn sockets() -> (Socket<DuplexStream>, WebSocketStream<DuplexStream>) {
        let (ours, theirs) = duplex(64);
        let client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        (Socket::new(ours, &Arriving::default(), false), client)
    }

    #[tokio::test]
    async fn another_implementation_understands_us_and_we_it() {
        let (mut ours, mut theirs) = sockets().await;
        let texts = ["", "short", &"medium".repeat(50), &"l\u{f6}ng".repeat(20_000)];
        let serving = async move {
            for text in texts {
                let payload = Payload::from(bytes::Bytes::from(text.to_owned()));
                let framed = Framed { before: "<".to_owned(), payload, after: ">" };
                ours.send(Sent::Framed(framed)).await.unwrap();
                ours.send(Sent::Text(text.to_owned())).await.unwrap();
                let heard = ours.next().await.unwrap().unwrap();
                assert_eq!(heard, Incoming::Text(text.to_owned()));
            }
            ours.send(Sent::Ping).await.unwrap();
            // It keeps its answer until it has said what it was about to.
            assert_eq!(ours.next().await.unwrap().unwrap(), Incoming::Ping(b"you?".to_vec()));
            assert_eq!(ours.next().await.unwrap().unwrap(), Incoming::Pong);
            assert_eq!(ours.next().await.unwrap().unwrap(), Incoming::Close(Some(3000)));
            assert!(ours.next().await.is_none(), "our own goodbye is written");
            ours.state
        };
        let asking = async {
            for text in texts {
                let framed = theirs.next().await.unwrap().unwrap();
                assert_eq!(framed, Message::text(format!("<{text}>")));
                assert_eq!(theirs.next().await.unwrap().unwrap(), Message::text(text));
                theirs.send(Message::text(text)).await.unwrap();
            }
            assert_eq!(theirs.next().await.unwrap().unwrap(), Message::Ping("".into()));
            theirs.send(Message::Ping("you?".into())).await.unwrap();
            assert_eq!(theirs.next().await.unwrap().unwrap(), Message::Pong("you?".into()));
            let goodbye = CloseFrame { code: 3000.into(), reason: "bye".into() };
            theirs.close(Some(goodbye)).await.unwrap();
            while let Some(Ok(_)) = theirs.next().await {}
        };
        let (state, ()) = tokio::join!(serving, asking);
        assert_eq!(state, State::Left);
    }

    #[tokio::test]
    async fn our_goodbye_is_answered_and_what_comes_before_the_answer_is_read() {
        let (mut ours, mut theirs) = sockets().await;
        ours.send(Sent::Close(4400, "why".to_owned())).await.unwrap();
        theirs.send(Message::text("still here")).await.unwrap();
        let Some(Ok(Message::Close(Some(goodbye)))) = theirs.next().await else { panic!() };
        assert_eq!((goodbye.code.into(), goodbye.reason.as_str()), (4400, "why"));
        theirs.flush().await.ok();
        assert_eq!(ours.next().await.unwrap().unwrap(), Incoming::Text("still here".to_owned()));
        assert_eq!(ours.next().await.unwrap().unwrap(), Incoming::Close(Some(4400)));
        assert!(ours.next().await.is_none());
    }

    #[tokio::test]
    async fn who_breaks_the_rules_is_not_heard_any_more_and_yet_told_why() {
        let (ours, mut theirs) = duplex(64);
        let mut ours = Socket::new(ours, &Arriving::default(), false);
        // Not masked; more comes than is read.
        let (mut reading, mut writing) = tokio::io::split(&mut theirs);
        let sending = async {
            writing.write_all(&[0x01; 2000]).await.unwrap();
            writing.shutdown().await.unwrap();
        };
        let serving = async {
            let error = ours.next().await.unwrap().unwrap_err();
            let SocketError::Violation(violation) = error else { panic!("{error}") };
            ours.send(Sent::Close(violation.code(), String::new())).await.unwrap();
            assert!(ours.next().await.is_none());
        };
        let mut told = [0; 4];
        let (_, _, read) = tokio::join!(sending, serving, reading.read_exact(&mut told));
        read.unwrap();
        assert_eq!(told, [0x88, 2, 0x03, 0xea]);
    }

    /// As one who reads and one who writes do, each in a task of its own.
    #[tokio::test]
    async fn who_writes_is_woken_although_who_reads_has_written_meanwhile() {
        let (ours, mut theirs) = duplex(64);
        let (mut sink, mut messages) = Socket::new(ours, &Arriving::default(), false).split();
        let long = "long".repeat(1000);
        let writing = tokio::spawn({
            let long = long.clone();
            async move { sink.send(Sent::Text(long)).await }
        });
        let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
        let reading = tokio::spawn(async move {
            while let Some(Ok(incoming)) = messages.next().await {
                heard.send(incoming).unwrap();
            }
        });
        // The writer waits for us.
        let mut head = [0; 4];
        theirs.read_exact(&mut head).await.unwrap();
        assert_eq!(head[..2], [0x81, 126]);
        theirs.write_all(&[0x89, 0x80, 0, 0, 0, 0]).await.unwrap();
        assert_eq!(hearing.recv().await, Some(Incoming::Ping(vec![])));
        let mut rest = vec![0; long.len() + 2];
        theirs.read_exact(&mut rest).await.unwrap();
        assert!(rest.starts_with(long.as_bytes()) && rest.ends_with(&[0x8a, 0]));
        writing.await.unwrap().unwrap();
        drop(theirs);
        reading.await.unwrap();
    }

    /// Most sockets wait, nearly always.
    #[tokio::test]
    async fn a_socket_that_waits_keeps_nothing_but_itself() {
        let (mut ours, mut theirs) = sockets().await;
        for text in ["short".to_owned(), "long".repeat(20_000)] {
            let sending = theirs.send(Message::text(text));
            let (sent, heard) = tokio::join!(sending, ours.next());
            sent.unwrap();
            heard.unwrap().unwrap();
            ours.send(Sent::Text("heard".to_owned())).await.unwrap();
            theirs.next().await.unwrap().unwrap();
            assert_eq!((ours.rest.capacity(), ours.reader.kept()), (0, 0));
        }
        assert!(size_of::<Socket>() <= 384, "{}", size_of::<Socket>());
    }
}
