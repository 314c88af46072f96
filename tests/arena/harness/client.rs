//! A GraphQL client over HTTP.

use serde_json::{Value, json};

use super::Event;

pub const RESERVE: &str = "mutation ($input: ReserveSeatsInput!) { reserveSeats(input: $input) { \
    __typename
    ... on ReserveSeatsSuccess { revision expiresAt serverTime seats { id status \
    reservationExpiresAt heldByMe revision } }
    ... on UserError { message }
    ... on SeatsUnavailable { seats { seatId reason } }
    ... on SeatLimitExceeded { limit held requested }
    ... on HoldsTooFrequent { retryAt }
    ... on SalesClosed { status opensAt closedAt } } }";

pub const CONFIRM: &str = "mutation ($input: ConfirmSeatsInput!) { confirmSeats(input: $input) { \
    __typename
    ... on ConfirmSeatsSuccess { revision created replayed order { ...ORDER } }
    ... on UserError { message }
    ... on AlreadyConfirmed { order { ...ORDER } }
    ... on PriceChanged { expected { amountMinor currency } \
    actual { amountMinor currency fractionDigits } }
    ... on SeatsNotHeld { seats { seatId reason } } } }
    fragment ORDER on Order { id code total { amountMinor currency fractionDigits } \
    paymentReference seats { id status } }";

pub const RELEASE: &str =
    "mutation ($input: ReleaseSeatsInput!) { releaseSeats(input: $input) { __typename
    ... on ReleaseSeatsSuccess { revision seats { id status } }
    ... on UserError { message }
    ... on SeatsNotHeld { seats { seatId reason } } } }";

/// One person at one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

impl Client {
    pub fn new(base: &str, token: Option<String>) -> Self {
        Self { http: reqwest::Client::new(), url: format!("{base}/graphql"), token }
    }

    /// Somebody else at the same server.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The whole answer.
    pub async fn send(&self, query: &str, variables: Value) -> Value {
        let mut request =
            self.http.post(&self.url).json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The data of an answer without errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.send(query, variables).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].take()
    }

    /// The code of the one error of an answer.
    pub async fn code(&self, query: &str, variables: Value) -> String {
        let answer = self.send(query, variables).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors in {answer}"));
        assert_eq!(errors.len(), 1, "{answer}");
        errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    pub async fn reserve(&self, event: &Event, serials: impl IntoIterator<Item = i32>) -> Value {
        let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials) });
        self.data(RESERVE, json!({ "input": input })).await["reserveSeats"].take()
    }

    pub async fn confirm(
        &self,
        event: &Event,
        serials: impl IntoIterator<Item = i32>,
        key: &str,
    ) -> Value {
        let seats = event.seat_gids(serials);
        let input = json!({ "eventId": event.gid, "seatIds": seats, "idempotencyKey": key });
        self.data(CONFIRM, json!({ "input": input })).await["confirmSeats"].take()
    }

    pub async fn release(&self, event: &Event, serials: impl IntoIterator<Item = i32>) -> Value {
        let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids(serials) });
        self.data(RELEASE, json!({ "input": input })).await["releaseSeats"].take()
    }

    pub async fn status(&self, event: &Event, serial: i32) -> String {
        let query = "query ($id: ID!) { seat(id: $id) { status } }";
        let data = self.data(query, json!({ "id": event.seat_gid(serial) })).await;
        data["seat"]["status"].as_str().unwrap().to_owned()
    }
}

/// The member of a result union.
pub fn kind(result: &Value) -> &str {
    result["__typename"].as_str().unwrap()
}

/// The reasons of a refusal, in the order of the seats.
pub fn reasons(result: &Value) -> Vec<&str> {
    result["seats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|seat| seat["reason"].as_str().unwrap())
        .collect()
}
