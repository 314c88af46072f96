//! Answers to GET that the client, and whatever is between us, may keep: plans.
//!
//! A browser may show the plan that it has while it asks whether that is still the one. It finds
//! out in any case: statuses say which version of the plan they mean. A cache that many share may
//! answer for a second by itself, so that a crowd that comes together is one request.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::entity_tag::has_tag;

/// How a plan may be kept.
const CACHING: HeaderValue =
    HeaderValue::from_static("public, max-age=0, s-maxage=1, stale-while-revalidate=86400");

/// An answer's tag, among its extensions.
#[derive(Clone, Debug)]
pub(super) struct EntityTag(pub(super) HeaderValue);

/// Says how an answer to GET may be kept. If the client has it already, nothing more is said.
pub(super) fn answer(asked: &HeaderMap, mut response: Response) -> Response {
    let Some(EntityTag(tag)) = response.extensions_mut().remove() else {
        // What is true now is nothing that anybody between us should keep.
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        return response;
    };
    // Others may be given it in another form, and whoever keeps it has to know.
    let varies = [(header::VARY, HeaderValue::from_static("accept"))];
    if tag.to_str().is_ok_and(|tag| has_tag(asked, tag)) {
        response = (StatusCode::NOT_MODIFIED, varies).into_response();
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_name(header::ACCEPT_ENCODING));
    } else {
        response.headers_mut().extend(varies);
    }
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, CACHING);
    response
}
