//! The operations, typed, and how they are asked over HTTP.

use graphql_client::{GraphQLQuery, QueryBody, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

// The schema's scalars. Without these names the generated modules do not compile.

/// Opaque: taken from an answer, and given back as it was.
pub type Id = String;
/// RFC 3339.
pub type DateTime = chrono::DateTime<chrono::Utc>;
/// Whole, up to 2^53 - 1.
pub type MinorUnits = i64;
/// Whole, up to 2^53 - 1.
pub type Revision = u64;

pub use operations::*;

/// Each operation as a type of its name, and a module with its variables and its answer.
///
/// `build.rs` makes them. The style is the generator's: it imports and borrows more than needed.
#[allow(unused_imports, clippy::all)]
mod operations {
    use super::{DateTime, Id, MinorUnits, Revision};
    pub use hold::RefusalReason;

    include!(concat!(env!("OUT_DIR"), "/operations.rs"));
}

/// Where the API is, and who asks.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Api {
    /// As a stranger, who may look but not hold.
    pub fn new(url: &str) -> Self {
        Self { http: reqwest::Client::new(), url: url.to_owned(), token: None }
    }

    /// As the viewer that a token stands for.
    pub fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Asks once.
    pub async fn ask<Q: GraphQLQuery>(
        &self,
        _operation: Q,
        variables: Q::Variables,
    ) -> Result<Q::ResponseData, Failure> {
        self.send(&Q::build_query(variables)).await
    }

    /// Asks until there is an answer, in a few tries.
    ///
    /// Only for what may arrive twice. Holding the same seats again changes nothing, and a purchase
    /// has its key. A release has none: when its answer is lost, the stream says what became of it.
    pub async fn ask_until_answered<Q: GraphQLQuery>(
        &self,
        _operation: Q,
        variables: Q::Variables,
    ) -> Result<Q::ResponseData, Failure> {
        const TRIES: u32 = 6;
        let body = Q::build_query(variables);
        for attempt in 0..TRIES - 1 {
            match self.send(&body).await {
                Err(failure) if failure.passes() => {
                    tokio::time::sleep(failure.pause(attempt)).await;
                }
                answer => return answer,
            }
        }
        self.send(&body).await
    }

    async fn send<V: Serialize, D: DeserializeOwned>(
        &self,
        body: &QueryBody<V>,
    ) -> Result<D, Failure> {
        let response = self.request(body, "application/json").await?;
        data(response.json().await?)
    }

    /// Sends a request, and gives the answer as soon as its head is there.
    pub async fn request<V: Serialize>(
        &self,
        body: &QueryBody<V>,
        accept: &str,
    ) -> Result<reqwest::Response, Failure> {
        let mut request = self.http.post(&self.url).header("accept", accept).json(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        // A proxy may speak for a server that is away. What the server refuses, it says in JSON.
        if response.status().is_server_error() {
            response.error_for_status_ref()?;
        }
        Ok(response)
    }
}

/// The data, or the first of the faults.
pub fn data<D>(response: Response<D>) -> Result<D, Failure> {
    match response {
        Response { errors: Some(errors), .. } if !errors.is_empty() => {
            Err(Failure::from_error(&errors[0]))
        }
        Response { data: Some(data), .. } => Ok(data),
        Response { .. } => Err(Failure::Unknown("neither data nor errors".to_owned())),
    }
}
