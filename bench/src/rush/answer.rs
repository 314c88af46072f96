//! What the server answered to a request of the load.

use serde::Deserialize;

use crate::Result;

/// What an answer says.
pub(super) enum Outcome {
    Success { kind: String, seats: usize },
    Overloaded,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Data {
    outcome: Kind,
}

#[derive(Deserialize)]
struct Kind {
    __typename: String,
    #[serde(default)]
    seats: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Fault {
    message: String,
    extensions: Extensions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    code: String,
    retry_after_ms: Option<u64>,
}

pub(super) fn read_answer(status: u16, body: &[u8]) -> Result<Outcome> {
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|error| format!("{status}: {error}: {}", String::from_utf8_lossy(body)))?;
    match (answer.data, answer.errors.into_iter().next()) {
        (Some(Data { outcome }), None) if status == 200 => {
            Ok(Outcome::Success { kind: outcome.__typename, seats: outcome.seats.len() })
        }
        (_, Some(Fault { extensions: Extensions { code, retry_after_ms: Some(_) }, .. }))
            if code == "OVERLOADED" =>
        {
            Ok(Outcome::Overloaded)
        }
        (_, Some(fault)) => {
            Err(format!("{status}: {}: {}", fault.extensions.code, fault.message).into())
        }
        (_, None) => {
            Err(format!("{status}: an answer without data: {}", String::from_utf8_lossy(body))
                .into())
        }
    }
}
