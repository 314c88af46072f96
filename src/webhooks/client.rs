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

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConfig;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A receiver that answers 204 over TLS, for ever: its port and its certificate, which is for
    /// the name `localhost`.
    async fn receiver() -> (u16, CertificateDer<'static>) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Whoever does not trust it hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\nnews") {
                    let byte = stream.read_u8().await.unwrap();
                    asked.push(byte);
                }
                stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
            }
        });
        (port, cert.der().clone())
    }

    fn trusting(certificate: CertificateDer<'static>) -> Client {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        Client::trusting(roots, Networks::Any)
    }

    fn url(host: &str, port: u16) -> EndpointUrl {
        EndpointUrl::parse(&format!("https://{host}:{port}/hook"), Networks::Any).unwrap()
    }

    #[tokio::test]
    async fn a_message_arrives_over_tls_at_whoever_shows_a_certificate_for_the_name() {
        let (port, certificate) = receiver().await;
        let connection = trusting(certificate).connect(&url("localhost", port)).await.unwrap();
        let request = Request::post("/hook").header("host", "localhost");
        let request = request.body(Full::new(Bytes::from_static(b"news"))).unwrap();
        let (status, kept) = connection.send(request).await.unwrap();
        assert_eq!((status, kept.is_some()), (StatusCode::NO_CONTENT, true));
    }

    #[tokio::test]
    async fn nobody_is_told_anything_whose_certificate_is_not_trusted_or_of_another_name() {
        let (port, certificate) = receiver().await;
        for (client, host) in [
            (Client::new(Networks::Any), "localhost"),
            (trusting(certificate.clone()), "127.0.0.1"),
        ] {
            let refused = client.connect(&url(host, port)).await.map(|_| ()).unwrap_err();
            assert!(matches!(refused, DeliveryError::Tls(_)), "{refused}");
        }
    }
}
