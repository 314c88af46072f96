//! What goes wrong although nobody did anything wrong. Refusals are no failures: they are answers.

use std::time::Duration;

/// Why there is no answer.
#[derive(thiserror::Error, Debug)]
pub enum Failure {
    /// The connection, or what came over it.
    #[error("the server could not be asked")]
    Http(#[from] reqwest::Error),
    /// A GraphQL error.
    #[error("{code}: {message}")]
    Fault { code: String, message: String, retry_after: Option<Duration> },
    /// Valid, but nothing that this program knows: the server is newer.
    #[error("this program does not know what the server answers: {0}")]
    Unknown(String),
    /// A stream of events that says nothing any more.
    #[error("the stream says what is no JSON")]
    Json(#[from] serde_json::Error),
    /// A stream that ended, has a gap, or says nothing any more.
    #[error("the stream was lost")]
    StreamLost,
}

impl Failure {
    /// Reads what the API says of every fault in `extensions`.
    pub fn from_error(error: &graphql_client::Error) -> Self {
        let extension = |name| error.extensions.as_ref()?.get(name);
        let code = extension("code").and_then(|code| code.as_str()).unwrap_or("NO_CODE").to_owned();
        let ms = extension("retryAfterMs").and_then(serde_json::Value::as_u64);
        let retry_after = ms.map(Duration::from_millis);
        Self::Fault { code, message: error.message.clone(), retry_after }
    }

    /// Whether asking again can help.
    pub fn passes(&self) -> bool {
        match self {
            Self::Http(error) => !error.is_decode() && !error.is_builder(),
            Self::Fault { code, .. } => {
                ["RATE_LIMITED", "OVERLOADED", "UNAVAILABLE"].contains(&code.as_str())
            }
            Self::Unknown(_) | Self::Json(_) => false,
            Self::StreamLost => true,
        }
    }

    /// How long to wait before the next try: longer each time, and not as long as everybody else.
    pub fn pause(&self, attempt: u32) -> Duration {
        let first = match self {
            Self::Fault { retry_after: Some(after), .. } => *after,
            _ => Duration::from_millis(100),
        };
        let longest = first.max(Duration::from_secs(5));
        (first * 2_u32.pow(attempt.min(10))).min(longest).mul_f64(1.0 + fastrand::f64() / 2.0)
    }
}
