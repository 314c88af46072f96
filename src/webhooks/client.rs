//! One connection to an endpoint, at an address that was checked, and one request at a time over
//! it.
//!
//! Redirects are not followed: where they lead was not checked. Of an answer its status counts; of
//! the rest as much is read as keeps the connection usable, and none of it is kept or told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use crate::endpoint::{EndpointError, EndpointUrl, Networks};

/// How long each of an endpoint's addresses may take to be connected to.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// Addresses of an endpoint that are tried.
const MAX_TRIED: usize = 3;

/// What is read of an answer's body; more ends the connection.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// What the head of an answer may have: room for any that is meant.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Why a message did not arrive, as far as is known.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum DeliveryError {
    /// The address may not be called.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// Nobody is there.
    #[error("no connection: {0}")]
    Connect(String),
    /// They cannot show that they are whom they should be.
    #[error("no encrypted connection: {0}")]
    Tls(String),
    /// The connection broke, or what came was no HTTP.
    #[error("no answer: {0}")]
    Broken(String),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// An answer that does not begin with 2.
    #[error("it answered {0}")]
    Answered(StatusCode),
}

/// Opens connections.
#[derive(Clone)]
pub(super) struct Client {
    tls: TlsConnector,
    networks: Networks,
}

/// A connection; ends when it is dropped.
pub(super) struct Connection {
    requests: SendRequest<Full<Bytes>>,
    _driver: AbortOnDropHandle<()>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Client").field("networks", &self.networks).finish_non_exhaustive()
    }
}

impl Client {
    /// One for these networks, that trusts whom browsers trust.
    pub(super) fn new(networks: Networks) -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::trusting(roots, networks)
    }

    fn trusting(roots: RootCertStore, networks: Networks) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("this provider has ciphers for them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), networks }
    }

    /// Connects to an endpoint.
    pub(super) async fn connect(&self, url: &EndpointUrl) -> Result<Connection, DeliveryError> {
        let stream = connect_to_one_of(&url.addresses(self.networks).await?).await?;
        // A message is one write, and waits for its answer.
        let _ = stream.set_nodelay(true);
        if !url.is_secure() {
            return Connection::over(stream).await;
        }
        let name = match url.literal() {
            Some(address) => ServerName::from(address),
            None => ServerName::try_from(url.host().to_owned())
                .map_err(|_| DeliveryError::Tls("that is no name of a server".to_owned()))?,
        };
        let stream = self.tls.connect(name, stream).await;
        Connection::over(stream.map_err(|error| DeliveryError::Tls(error.to_string()))?).await
    }
}

async fn connect_to_one_of(addresses: &[SocketAddr]) -> Result<TcpStream, DeliveryError> {
    let mut failure = DeliveryError::TimedOut;
    for address in addresses.iter().take(MAX_TRIED) {
        match tokio::time::timeout(CONNECT_PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failure = DeliveryError::Connect(error.kind().to_string()),
            Err(_) => failure = DeliveryError::Connect("it took too long".to_owned()),
        }
    }
    Err(failure)
}

impl Connection {
    async fn over<S>(stream: S) -> Result<Self, DeliveryError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD_BYTES);
        let (requests, driver) =
            builder.handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
        // How it ends is said to whoever has a request under way.
        let driver = tokio::spawn(async move { driver.await.unwrap_or_default() });
        Ok(Self { requests, _driver: AbortOnDropHandle::new(driver) })
    }

    /// Sends a request and waits for its answer. The connection is given back if it can take
    /// another.
    pub(super) async fn send(
        mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Option<Self>), DeliveryError> {
        self.requests.ready().await.map_err(|error| broken(&error))?;
        let answer = self.requests.send_request(request).await;
        let answer = answer.map_err(|error| broken(&error))?;
        let status = answer.status();
        let is_whole = read_to_its_end(answer).await;
        Ok((status, is_whole.then_some(self)))
    }
}

/// Reads what is left of an answer; false if that is too much, or breaks off.
async fn read_to_its_end(answer: Response<Incoming>) -> bool {
    let mut body = answer.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        bytes += frame.data_ref().map_or(0, Bytes::len);
        if bytes > MAX_ANSWER_BYTES {
            return false;
        }
    }
    true
}

fn broken(error: &hyper::Error) -> DeliveryError {
    DeliveryError::Broken(error.to_string())
}
