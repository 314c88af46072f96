//! The API's answers, as far as the crowd reads them, and what their errors mean for it.

use std::time::Duration;

use serde::Deserialize;

/// How long to leave a server alone that wants it and does not say for how long.
const OVERLOADED_WAIT: Duration = Duration::from_secs(1);

/// A request that will not succeed by being sent again.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The API's code; empty if the answer is none of the API's.
    pub(super) code: String,
    pub(super) message: String,
}

impl Refusal {
    /// For a request that cannot be made, or an answer that cannot be read.
    pub(super) fn without_code(message: impl ToString) -> Self {
        Self { code: String::new(), message: message.to_string() }
    }
}

/// Why an attempt at a request has failed.
#[derive(Debug)]
pub(super) enum AskError {
    Refused(Refusal),
    /// The server wants to be left alone for this long: by everybody, or by whoever has had their
    /// share.
    Overloaded(Duration),
    Away,
}

/// What a GraphQL server answers to any request.
#[derive(Deserialize)]
pub(super) struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<ApiError>,
}

#[derive(Deserialize)]
struct ApiError {
    message: String,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Extensions {
    code: String,
    retry_after_ms: Option<u64>,
}

impl<T> Answer<T> {
    pub(super) fn into_result(self) -> Result<T, AskError> {
        match (self.data, self.errors.into_iter().next()) {
            (Some(data), None) => Ok(data),
            (_, Some(error)) => Err(error.into()),
            (None, None) => Err(AskError::Refused(Refusal::without_code("an answer without data"))),
        }
    }
}

impl From<ApiError> for AskError {
    fn from(error: ApiError) -> Self {
        let Extensions { code, retry_after_ms } = error.extensions;
        match code.as_str() {
            "RATE_LIMITED" | "OVERLOADED" => {
                Self::Overloaded(retry_after_ms.map_or(OVERLOADED_WAIT, Duration::from_millis))
            }
            "UNAVAILABLE" => Self::Away,
            _ => Self::Refused(Refusal { code, message: error.message }),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct EventAnswer {
    pub(super) event: Option<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) max_seats_per_viewer: Option<usize>,
    pub(super) confirmed_by: ConfirmedBy,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ConfirmedBy {
    Buyer,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionAnswer {
    pub(super) start_guest_session: GuestSession,
}

#[derive(Deserialize)]
pub(super) struct GuestSession {
    pub(super) token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeatPlanAnswer {
    pub(super) seat_plan: SeatPlan,
}

#[derive(Deserialize)]
pub(super) struct SeatPlan {
    pub(super) version: i32,
    pub(super) seats: Vec<PlanSeat>,
    pub(super) event: PricedEvent,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanSeat {
    pub(super) id: String,
    pub(super) section: String,
    pub(super) row: String,
    pub(super) category_id: String,
}

#[derive(Deserialize)]
pub(super) struct PricedEvent {
    pub(super) categories: Vec<Category>,
}

#[derive(Deserialize)]
pub(super) struct Category {
    pub(super) id: String,
    pub(super) price: Price,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Price {
    pub(super) amount_minor: u64,
}

/// One item of the stream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamItem {
    /// None where there is no such event any more.
    pub(super) seat_statuses: Option<SeatStatuses>,
}

/// A frame: a letter for each of these places of the plan, or for all of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SeatStatuses {
    pub(super) plan_version: i32,
    pub(super) places: Option<Vec<usize>>,
    pub(super) statuses: String,
}

/// The answer to a reservation, a confirmation or a release.
#[derive(Deserialize)]
pub(super) struct BookingAnswer {
    pub(super) result: BookingResult,
}

/// What became of it, as far as it makes a difference to a buyer.
#[derive(PartialEq, Eq, Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(super) enum BookingResult {
    ReserveSeatsSuccess,
    SeatsUnavailable,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn read<T: DeserializeOwned>(answer: Value) -> Result<T, AskError> {
        serde_json::from_value::<Answer<T>>(answer).unwrap().into_result()
    }

    fn error_of(code: &str, retry_after_ms: Option<u64>) -> AskError {
        let extensions = json!({ "code": code, "retryAfterMs": retry_after_ms });
        let error = json!({ "message": "no", "extensions": extensions });
        read::<Value>(json!({ "data": null, "errors": [error] })).unwrap_err()
    }

    #[test]
    fn an_error_says_whether_and_when_to_come_back() {
        for (said, wait) in [(Some(70), Duration::from_millis(70)), (None, OVERLOADED_WAIT)] {
            for code in ["OVERLOADED", "RATE_LIMITED"] {
                assert!(matches!(error_of(code, said), AskError::Overloaded(w) if w == wait));
            }
        }
        assert!(matches!(error_of("UNAVAILABLE", None), AskError::Away));
        let AskError::Refused(Refusal { code, message }) = error_of("FORBIDDEN", None) else {
            panic!("what is forbidden stays so");
        };
        assert_eq!((code.as_str(), message.as_str()), ("FORBIDDEN", "no"));
    }

    #[test]
    fn an_answer_with_neither_data_nor_errors_is_refused() {
        let empty = read::<Value>(json!({ "data": null })).unwrap_err();
        assert!(matches!(empty, AskError::Refused(refusal) if refusal.code.is_empty()));
        let foreign = read::<Value>(json!({ "errors": [{ "message": "what?" }] })).unwrap_err();
        assert!(matches!(foreign, AskError::Refused(refusal) if refusal.message == "what?"));
    }

    #[test]
    fn a_result_that_is_not_known_is_any_other() {
        for (typename, result) in [
            ("ReserveSeatsSuccess", BookingResult::ReserveSeatsSuccess),
            ("SeatsUnavailable", BookingResult::SeatsUnavailable),
            ("SalesClosed", BookingResult::Other),
        ] {
            let result_of = json!({ "result": { "__typename": typename } });
            let answer: BookingAnswer = read(json!({ "data": result_of })).unwrap();
            assert_eq!(answer.result, result);
        }
    }
}
