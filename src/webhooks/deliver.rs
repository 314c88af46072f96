//! One message on its way: signed, sent, taken or not.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http_body_util::Full;
use hyper::{Request, StatusCode, header};

use super::client::{Client, Connection, DeliveryError};
use super::message::Message;
use crate::clock::wall_clock;
use crate::endpoint::{EndpointSecret, EndpointUrl};

/// How long an attempt may take in all: looking up the name, connecting, and until the answer is
/// there. The standard advises 15 to 30 seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// Whom the requests are from.
const USER_AGENT: &str = concat!("grand-arena/", env!("CARGO_PKG_VERSION"));

/// Whom messages go to, with the connection of the last one.
pub(super) struct Courier {
    client: Client,
    url: EndpointUrl,
    secret: EndpointSecret,
    connection: Option<Connection>,
}

impl Courier {
    pub(super) fn new(client: Client, url: EndpointUrl, secret: EndpointSecret) -> Self {
        Self { client, url, secret, connection: None }
    }

    /// Tries to deliver a message, once; that it took the last one's connection, which was gone by
    /// then, does not count.
    pub(super) async fn deliver(&mut self, message: &Message) -> Result<(), DeliveryError> {
        let attempt = tokio::time::timeout(PATIENCE, self.attempt(message));
        match attempt.await.unwrap_or(Err(DeliveryError::TimedOut))? {
            status if status.is_success() => Ok(()),
            status => Err(DeliveryError::Answered(status)),
        }
    }

    async fn attempt(&mut self, message: &Message) -> Result<StatusCode, DeliveryError> {
        if let Some(connection) = self.connection.take()
            && let Ok((status, connection)) = connection.send(self.request(message)?).await
        {
            self.connection = connection;
            return Ok(status);
        }
        let connection = self.client.connect(&self.url).await?;
        let (status, connection) = connection.send(self.request(message)?).await?;
        self.connection = connection;
        Ok(status)
    }

    /// Dated with the attempt: receivers refuse what is older than minutes.
    fn request(&self, message: &Message) -> Result<Request<Full<bytes::Bytes>>, DeliveryError> {
        let now: DateTime<Utc> = wall_clock();
        let timestamp = now.timestamp();
        Request::post(self.url.path_and_query())
            .header(header::HOST, self.url.authority())
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", self.secret.sign(&message.id, timestamp, &message.body))
            .body(Full::new(message.body.clone()))
            .map_err(|error| DeliveryError::Broken(error.to_string()))
    }
}
