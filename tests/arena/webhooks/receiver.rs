//! Somebody who is told: a small server that notes what comes, and answers as it should.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::harness::eventually;

/// A message as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    pub id: String,
    pub timestamp: i64,
    pub signature: String,
    pub bytes: Vec<u8>,
    pub status: u16,
}

impl Received {
    /// What it says.
    pub fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub fn kind(&self) -> String {
        self.body()["type"].as_str().unwrap().to_owned()
    }

    /// Its type, with the first and the last revision of what it tells.
    pub fn told(&self) -> (String, i64, i64) {
        let data = self.body()["data"].take();
        let revision = |name| data[name].as_i64().unwrap_or_default();
        (self.kind(), revision("fromRevision"), revision("toRevision"))
    }
}

/// See the module's documentation. It listens as long as its test runs.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    state: Arc<Notes>,
}

struct Notes {
    received: Mutex<Vec<Received>>,
    status: Mutex<u16>,
    /// What it answers with.
    body: Mutex<String>,
    /// Answers wait for a permit.
    gate: Semaphore,
}

impl Receiver {
    pub async fn open() -> Self {
        let state = Arc::new(Notes {
            received: Mutex::default(),
            status: Mutex::new(200),
            body: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS / 2),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, state }
    }

    /// What it answers with from now on.
    pub fn answer(&self, status: u16) {
        *locked(&self.state.status) = status;
    }

    /// What is in its answers from now on.
    pub fn answer_with(&self, body: String) {
        *locked(&self.state.body) = body;
    }

    /// It takes what comes, and does not answer.
    pub fn hold(&self) {
        self.state.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// It answers again.
    pub fn let_go(&self) {
        self.state.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Everything that came so far.
    pub fn received(&self) -> Vec<Received> {
        locked(&self.state.received).clone()
    }

    /// What it took so far.
    pub fn taken(&self) -> Vec<Received> {
        self.received().into_iter().filter(|it| it.status == 200).collect()
    }

    /// Waits until so many messages have come, and gives them.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let what = format!("{count} messages");
        eventually(&what, async || self.received().len() >= count).await;
        self.received()
    }

    /// Waits until it has taken what tells of a revision, and gives all that it took of seats.
    pub async fn wait_until(&self, revision: i64) -> Vec<Received> {
        let what = format!("revision {revision} of {:?}", self.url);
        let is_told = |received: &[Received]| received.iter().any(|it| it.told().2 >= revision);
        eventually(&what, async || is_told(&self.taken())).await;
        self.taken().into_iter().filter(|it| it.kind() != "event.changed").collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(notes): State<Arc<Notes>>, headers: HeaderMap, bytes: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(headers[header::CONTENT_TYPE], "application/json");
    let status = *locked(&notes.status);
    locked(&notes.received).push(Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp").parse().unwrap(),
        signature: header("webhook-signature"),
        bytes: bytes.to_vec(),
        status,
    });
    notes.gate.acquire().await.unwrap().forget();
    let body = locked(&notes.body).clone();
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::LOCATION, "http://127.0.0.1:1/")], body).into_response()
}
