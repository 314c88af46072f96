//! The way to the server: a request is sent until there is an answer.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::answers::{Answer, AskError, Refusal};
use super::error::CrowdError;
use super::terminal::say;
use super::waits::Waits;

/// How long an answer may take: longer than the server's own limit for a request.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(45);

/// A client of one server.
pub(super) struct Client {
    http: HttpClient<HttpConnector, Full<Bytes>>,
    base: String,
    endpoint: Uri,
    is_away: AtomicBool,
}

impl Client {
    /// A client of the server at this address, which must be plain HTTP.
    pub(super) fn new(url: &str) -> Result<Self, CrowdError> {
        let base = url.trim_end_matches('/');
        let endpoint: Option<Uri> = format!("{base}/graphql").parse().ok();
        let endpoint =
            endpoint.filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
        let endpoint = endpoint.ok_or_else(|| CrowdError::Address(url.to_owned()))?;
        let http = HttpClient::builder(TokioExecutor::new()).build_http();
        Ok(Self { http, base: base.to_owned(), endpoint, is_away: AtomicBool::new(false) })
    }

    /// The server's address.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Whether the last request has not reached the server.
    pub(super) fn is_away(&self) -> bool {
        self.is_away.load(Relaxed)
    }

    /// Asks until there is an answer. Everything that the crowd asks for can be asked for again.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Result<T, Refusal> {
        let body = Bytes::from(json!({ "query": query, "variables": variables }).to_string());
        let mut waits = Waits::new();
        loop {
            let wait = match timeout(ANSWER_TIMEOUT, self.attempt(token, body.clone())).await {
                Ok(Ok(data)) => return Ok(data),
                Ok(Err(AskError::Refused(refusal))) => return Err(refusal),
                // Not all at the same moment.
                Ok(Err(AskError::Overloaded(wait))) => wait.mul_f64(1.0 + fastrand::f64()),
                Ok(Err(AskError::Away)) | Err(_) => waits.next_wait(),
            };
            sleep(wait).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        token: Option<&str>,
        body: Bytes,
    ) -> Result<T, AskError> {
        let response = self.post(token, "application/json", body).await?;
        let body = response.into_body().collect().await.map_err(|_| AskError::Away)?.to_bytes();
        let answer: Answer<T> = serde_json::from_slice(&body)
            .map_err(|error| AskError::Refused(Refusal::without_code(error)))?;
        answer.into_result()
    }

    /// Sends a request once; the answer is whatever the server says.
    pub(super) async fn post(
        &self,
        token: Option<&str>,
        accept: &str,
        body: Bytes,
    ) -> Result<Response<Incoming>, AskError> {
        let mut request = Request::post(self.endpoint.clone());
        request = request.header(CONTENT_TYPE, "application/json").header(ACCEPT, accept);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .body(Full::new(body))
            .map_err(|error| AskError::Refused(Refusal::without_code(error)))?;
        let response = self.http.request(request).await;
        if self.is_away.swap(response.is_err(), Relaxed) != response.is_err() {
            let now = if response.is_err() { "is away; the crowd waits" } else { "is back" };
            say(&format!("The server at {} {now}.", self.base));
        }
        response.map_err(|_| AskError::Away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Answers each connection with the next of these bodies; an empty one hangs up.
    async fn serve(answers: &'static [&'static str]) -> Client {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for answer in answers {
                let (mut connection, _) = listener.accept().await.unwrap();
                if !answer.is_empty() {
                    assert_ne!(connection.read(&mut [0; 4096]).await.unwrap(), 0);
                    let length = answer.len();
                    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n");
                    let answer = format!("{head}connection: close\r\n\r\n{answer}");
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        });
        Client::new(&format!("http://{address}")).unwrap()
    }

    #[tokio::test]
    async fn a_request_is_sent_until_there_is_an_answer() {
        const OVERLOADED: &str = r#"{ "data": null, "errors": [{ "message": "later",
            "extensions": { "code": "OVERLOADED", "retryAfterMs": 1 } }] }"#;
        let client = serve(&["", OVERLOADED, OVERLOADED, r#"{ "data": 7 }"#]).await;
        assert_eq!(client.ask::<u32>(None, "query", Value::Null).await.unwrap(), 7);
        assert!(!client.is_away());
    }

    #[tokio::test]
    async fn a_request_that_is_refused_is_not_sent_again() {
        const REFUSED: &str = r#"{ "data": null, "errors": [{ "message": "no",
            "extensions": { "code": "FORBIDDEN" } }] }"#;
        let client = serve(&[REFUSED, "<html>"]).await;
        let refusal = client.ask::<u32>(Some("token"), "query", Value::Null).await.unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.message.as_str()), ("FORBIDDEN", "no"));
        let refusal = client.ask::<u32>(None, "query", Value::Null).await.unwrap_err();
        assert_eq!(refusal.code, "", "{}", refusal.message);
    }

    #[test]
    fn an_address_without_a_host_or_with_tls_is_refused() {
        for bad in
            ["", "nowhere", "https://arena.example", "http://", "127.0.0.1:8080", "http://a b"]
        {
            let error = Client::new(bad).err().unwrap_or_else(|| panic!("{bad:?}"));
            assert!(error.to_string().contains("http://127.0.0.1:8080"), "{error}");
        }
        assert_eq!(
            Client::new("http://localhost:8080/").unwrap().endpoint,
            "http://localhost:8080/graphql"
        );
    }
}
