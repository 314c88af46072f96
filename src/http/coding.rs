//! Compressed answers, and requests that come compressed.
//!
//! gzip is the one coding: every client that knows any knows it (docs/decisions). What many are
//! given is compressed once for all of them ([`super::shared_answers`]); everything else here, as
//! it leaves. Streams are not: their frames have to leave one by one.

use std::io::{Read as _, Write as _};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;

use super::media::quality_of;

/// What is shorter than this is sent as it is, in bytes: it fits into one packet either way.
/// Bookings' answers are.
pub(super) const WORTH_COMPRESSING: usize = 1024;

/// What is longer than this is compressed by a thread that nobody else waits for, in bytes: it
/// takes a few hundred microseconds.
const LONG: usize = 32 * 1024;

const GZIP: &str = "gzip";
const CODING: HeaderValue = HeaderValue::from_static(GZIP);

/// Why a request's body cannot be read.
pub(super) enum BadCoding {
    /// It is compressed in a way that is not known here.
    Unknown,
    /// It is not what it says to be.
    Damaged,
    /// It is larger than a request may be, once it is inflated.
    TooLarge,
}

/// Whether the client takes compressed answers.
pub(super) fn is_accepted(asked: &HeaderMap) -> bool {
    quality_of(asked, GZIP) > 0.0
}

/// Compresses an answer if that is worth it, the client accepts it, and it is not yet.
pub(super) async fn compress_answer(asked: &HeaderMap, answer: Response) -> Response {
    let is_long = |length| usize::try_from(length).is_ok_and(|length| length >= WORTH_COMPRESSING);
    // Streams do not know how long they are.
    if !answer.body().size_hint().exact().is_some_and(is_long)
        || answer.headers().contains_key(header::CONTENT_ENCODING)
    {
        return answer;
    }
    let (mut head, mut body) = answer.into_parts();
    vary_by_coding(&mut head.headers);
    if is_accepted(asked)
        && let Ok(whole) = std::mem::take(&mut body).collect().await
    {
        let whole = whole.to_bytes();
        body = match compressed(whole.clone()).await {
            Some(compressed) => {
                head.headers.insert(header::CONTENT_ENCODING, CODING);
                // Of the other form.
                head.headers.remove(header::CONTENT_LENGTH);
                compressed.into()
            }
            None => Body::from(whole),
        };
    }
    Response::from_parts(head, body)
}

/// Compresses, for those who wait for it alone.
pub(super) async fn compressed(bytes: Bytes) -> Option<Bytes> {
    if bytes.len() < LONG {
        return gzip(&bytes).ok();
    }
    tokio::task::spawn_blocking(move || gzip(&bytes)).await.ok()?.ok()
}

/// Says that an answer is compressed, and that others may be given another form of it.
pub(super) fn label(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_ENCODING, CODING);
    vary_by_coding(headers);
}

fn vary_by_coding(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_name(header::ACCEPT_ENCODING));
}

/// Says how requests may come.
pub(super) fn say_accepted(headers: &mut HeaderMap) {
    headers.insert(header::ACCEPT_ENCODING, CODING);
}

/// At the level that takes the least time, since a sale is on: it makes 0.34 MB of a map of 20,000
/// seats that has 3.4 MB.
fn gzip(bytes: &[u8]) -> std::io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.into())
}

/// A request's body as it was before it was compressed, if it was; of at most this many bytes.
pub(super) fn inflate(
    headers: &HeaderMap,
    body: Bytes,
    max_bytes: usize,
) -> Result<Bytes, BadCoding> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter().map(HeaderValue::as_bytes);
    let is = |coding: &[u8], name: &str| coding.eq_ignore_ascii_case(name.as_bytes());
    match (codings.next(), codings.next()) {
        (None, _) => return Ok(body),
        (Some(coding), None) if is(coding, "identity") => return Ok(body),
        // It has two names.
        (Some(coding), None) if is(coding, GZIP) || is(coding, "x-gzip") => {}
        _ => return Err(BadCoding::Unknown),
    }
    let mut inflated = Vec::new();
    // One more than is allowed shows that there is more.
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let reading = MultiGzDecoder::new(&body[..]).take(limit).read_to_end(&mut inflated);
    match reading {
        Ok(_) if inflated.len() > max_bytes => Err(BadCoding::TooLarge),
        Ok(_) => Ok(inflated.into()),
        Err(_) => Err(BadCoding::Damaged),
    }
}
