//! How HTTP says that somebody has asked for more than their share: status 429, `Retry-After`, and
//! the fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-11).
//!
//! They are on refusals only. On each answer they would cost a booking more than counting it does,
//! and nobody who stays within their share needs them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::request::errors_to_json;
use super::request_error::RequestError;
use crate::account::Exceeded;

/// What the share is.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// What is left of it.
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// What pages of other origins may read of an answer's head.
pub(super) const EXPOSED: HeaderValue =
    HeaderValue::from_static("retry-after, ratelimit, ratelimit-policy, x-request-id");

/// Says in the head of an answer when to come back.
pub(super) fn label(headers: &mut HeaderMap, exceeded: &Exceeded) {
    for (name, value) in fields(exceeded) {
        // They are ours, and ASCII.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

fn fields(exceeded: &Exceeded) -> [(HeaderName, String); 3] {
    let (name, wait) = (exceeded.of.name(), whole_seconds(exceeded.wait));
    let Exceeded { quota, left, .. } = exceeded;
    let (policy, state) = match exceeded.of.window() {
        Some(window) => {
            let policy = format!(r#""{name}";q={quota};w={}"#, window.as_secs());
            (policy, format!(r#""{name}";r={left};t={wait}"#))
        }
        // A permit may be given back at any time.
        None => {
            let policy = format!(r#""{name}";q={quota};qu="concurrent-requests""#);
            (policy, format!(r#""{name}";r={left}"#))
        }
    };
    [(header::RETRY_AFTER, wait.to_string()), (POLICY, policy), (STATE, state)]
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}

/// The answer to a connection that is one too many, in bytes: there is nobody to write it in
/// another way, since the connection is not served.
pub(super) fn answer_to_connection(exceeded: Exceeded) -> Vec<u8> {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let fields = fields(&exceeded).map(|(name, value)| format!("{name}: {value}\r\n")).concat();
    // It is made of strings and numbers.
    let body = errors_to_json(&RequestError::from(exceeded).into_errors()).unwrap_or_default();
    let head = format!(
        "HTTP/1.1 {status}\r\n{fields}content-type: application/graphql-response+json\r\n\
            content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Limited;

    fn labelled(of: Limited, wait: Duration) -> Vec<String> {
        let mut headers = HeaderMap::new();
        label(&mut headers, &Exceeded { of, quota: 600, left: 3, wait });
        let text = |name: HeaderName| headers[name].to_str().unwrap().to_owned();
        [header::RETRY_AFTER, POLICY, STATE].map(text).into()
    }

    #[test]
    fn the_fields_are_as_the_draft_has_them_and_no_wait_is_too_short() {
        assert_eq!(
            labelled(Limited::Points, Duration::from_millis(1_001)),
            ["2", r#""points";q=600;w=60"#, r#""points";r=3;t=2"#]
        );
        assert_eq!(
            labelled(Limited::SocketSubscriptions, Duration::from_secs(5)),
            [
                "5",
                r#""socket-subscriptions";q=600;qu="concurrent-requests""#,
                r#""socket-subscriptions";r=3"#
            ]
        );
    }
}
