//! The way to the collector of spans: OTLP over HTTP, as protobuf.
//!
//! The SDK gathers spans in a queue of a bounded size and hands them over on a thread of its own;
//! what it has no room for is dropped. Its settings are the standard's (`OTEL_…`), but for the
//! address, which is one of ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;

use super::spans::Tracing;

/// Where a collector takes spans, behind its address.
const SPANS: &str = "/v1/traces";

/// What the server is called, unless `OTEL_SERVICE_NAME` says otherwise.
const SERVICE: &str = "grand-arena";

/// How long a collector may take: it is asked again with the next spans.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is read of its answer, in bytes: it says little.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long the end of the server waits for the last spans to be taken.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// The spans cannot be told to anybody.
#[derive(Debug, thiserror::Error)]
#[error("OTEL_EXPORTER_OTLP_ENDPOINT is no address of a collector: {0}")]
pub struct NotACollector(String);

/// Reads an address of a collector.
///
/// # Errors
///
/// If it is none.
pub fn collector_address(text: &str) -> Result<String, NotACollector> {
    let is_http = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    if is_http && text.parse::<hyper::Uri>().is_ok_and(|uri| uri.host().is_some()) {
        Ok(text.to_owned())
    } else {
        Err(NotACollector("it looks like http://localhost:4318".to_owned()))
    }
}

/// Tells a collector of spans until it is told to end.
#[derive(Debug)]
pub struct Collector {
    provider: SdkTracerProvider,
}

impl Collector {
    /// Begins to tell the collector at an address such as `http://localhost:4318`; on the runtime
    /// that this is called on.
    ///
    /// # Errors
    ///
    /// If that is no address.
    pub fn start(address: &str) -> Result<(Self, Tracing), NotACollector> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}{SPANS}", address.trim_end_matches('/')))
            .with_http_client(Client::new())
            .build()
            .map_err(|error| NotACollector(error.to_string()))?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none_or(|name| name.is_empty()) {
            resource = resource.with_service_name(SERVICE);
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        let tracing = Tracing(provider.tracer(SERVICE));
        Ok((Self { provider }, tracing))
    }

    /// Tells of the last spans.
    pub async fn end(self) {
        let ended =
            tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(LAST_PATIENCE));
        if !matches!(ended.await, Ok(Ok(()))) {
            tracing::debug!("the last spans were not taken");
        }
    }
}

/// Sends spans, each time over a connection of its own: that is every few seconds.
struct Client {
    runtime: Handle,
    tls: TlsConnector,
    /// Whether the last were not taken.
    has_failed: AtomicBool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    fn new() -> Self {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("this provider has ciphers for them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = TlsConnector::from(Arc::new(config));
        Self { runtime: Handle::current(), tls, has_failed: AtomicBool::new(false) }
    }

    /// Says in the log when a collector is away, and when it is back.
    fn note(&self, failure: Option<&str>) {
        let has_failed = self.has_failed.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(reason) if !has_failed => {
                tracing::warn!(reason, "the collector does not take spans; they are dropped");
            }
            None if has_failed => tracing::info!("the collector takes spans again"),
            _ => {}
        }
    }
}

/// The SDK's thread is none of the runtime's: what is sent is sent there.
impl HttpClient for Client {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> BoxFuture<'b, Result<Response<Bytes>, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        let tls = self.tls.clone();
        let sending = async move { tokio::time::timeout(PATIENCE, send(tls, request)).await };
        let sending = self.runtime.spawn(sending);
        Box::pin(async move {
            let sent = match sending.await {
                Ok(Ok(sent)) => sent,
                Ok(Err(elapsed)) => Err(elapsed.into()),
                Err(gone) => Err(gone.into()),
            };
            match &sent {
                Ok(answer) if answer.status().is_success() => self.note(None),
                Ok(answer) => self.note(Some(answer.status().as_str())),
                Err(error) => self.note(Some(&error.to_string())),
            }
            sent
        })
    }
}

async fn send(tls: TlsConnector, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = request.uri();
    let host = uri.host().ok_or("the address has no host")?.to_owned();
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let is_secure = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let stream = TcpStream::connect((name.as_str(), port)).await?;
    if is_secure {
        let stream = tls.connect(ServerName::try_from(name)?, stream).await?;
        exchange(stream, request, &host, port).await
    } else {
        exchange(stream, request, &host, port).await
    }
}

async fn exchange<S>(
    stream: S,
    request: Request<Bytes>,
    host: &str,
    port: u16,
) -> Result<Response<Bytes>, HttpError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut requests, driver) = http1::handshake(TokioIo::new(stream)).await?;
    // How it ends is said to whoever has the request under way.
    let driver = tokio::spawn(driver);
    let (mut head, body) = request.into_parts();
    head.headers.insert(hyper::header::HOST, format!("{host}:{port}").parse()?);
    head.uri = head.uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    let answer = requests.send_request(Request::from_parts(head, Full::new(body))).await?;
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?.to_bytes();
    driver.abort();
    Ok(Response::from_parts(head, body))
}
