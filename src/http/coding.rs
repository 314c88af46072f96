//! Compressed answers, and requests that come compressed.
//!
//! What many are given is compressed once for all of them ([`super::shared_answers`]), by Brotli
//! for those who know it; what many are given for a long time, as small as it gets
//! ([`super::pressing`]). Everything else is compressed by gzip as it leaves: Brotli takes twice as
//! long. Streams compress their events themselves ([`super::event_writer`]).

use std::io::{Read as _, Write as _};

use axum::body::{Bytes, HttpBody as _};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt as _, Collected};

use super::answers::Answers;
use super::media::quality_of;

/// What is shorter than this is sent as it is, in bytes: it fits into one packet either way.
/// Bookings' answers are.
pub(super) const WORTH_COMPRESSING: usize = 1024;

/// What is longer than this is compressed by a thread that nobody else waits for, in bytes: it
/// takes a few hundred microseconds.
const LONG: usize = 32 * 1024;

/// How an answer is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Whether the client takes answers like that.
    pub(super) fn is_accepted(self, asked: &HeaderMap) -> bool {
        quality_of(asked, self.name()) > 0.0
    }

    /// The one that the client likes best, and of two that it likes equally the smaller.
    pub(super) fn best(asked: &HeaderMap) -> Option<Self> {
        let [brotli, gzip] = [Self::Brotli, Self::Gzip].map(|one| quality_of(asked, one.name()));
        if brotli > 0.0 && brotli >= gzip {
            Some(Self::Brotli)
        } else {
            (gzip > 0.0).then_some(Self::Gzip)
        }
    }

    /// Compresses, in another thread if it takes long.
    pub(super) async fn compress(self, bytes: Bytes) -> Option<Vec<u8>> {
        let compress = match self {
            Self::Brotli => brotli,
            Self::Gzip => gzip,
        };
        if bytes.len() < LONG {
            return compress(&bytes).ok();
        }
        tokio::task::spawn_blocking(move || compress(&bytes)).await.ok()?.ok()
    }

    /// Says that an answer is compressed.
    pub(super) fn label(self, headers: &mut HeaderMap) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(self.name()));
    }
}

/// Why a request's body cannot be read.
pub(super) enum BadCoding {
    /// It is compressed in a way that is not known here.
    Unknown,
    /// It is not what it says to be.
    Damaged,
    /// It is larger than a request may be, once it is inflated.
    TooLarge,
}

/// Compresses an answer if that is worth it, the client accepts it, and it is not yet.
pub(super) async fn compress_answer(
    answers: &Answers,
    asked: &HeaderMap,
    mut answer: Response,
) -> Response {
    let is_long = |length| usize::try_from(length).is_ok_and(|length| length >= WORTH_COMPRESSING);
    let is_compressed = answer.headers().contains_key(header::CONTENT_ENCODING);
    // Streams do not know how long they are, and are compressed already if they are to be.
    let length = answer.body().size_hint().exact();
    if !is_compressed && length.is_some_and(|length| !is_long(length)) {
        return answer;
    }
    // Others may be given another form of it.
    let vary = HeaderValue::from_name(header::ACCEPT_ENCODING);
    answer.headers_mut().append(header::VARY, vary);
    if is_compressed || length.is_none() || !Coding::Gzip.is_accepted(asked) {
        return answer;
    }
    // Apart, since few are: what a request may become is moved about with it.
    Box::pin(by_gzip(answers, answer)).await
}

async fn by_gzip(answers: &Answers, answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    // It is in memory, and only collected in name.
    let Ok(whole) = body.collect().await.map(Collected::to_bytes) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let compressed = Coding::Gzip.compress(whole.clone()).await;
    // If there is no room for it the other one leaves, which is there.
    let compressed = compressed.and_then(|compressed| answers.count(compressed).ok());
    if compressed.is_some() {
        Coding::Gzip.label(&mut head.headers);
        // That of the other form.
        head.headers.remove(header::CONTENT_LENGTH);
    }
    Response::from_parts(head, compressed.unwrap_or(whole).into())
}

/// Says how requests may come.
pub(super) fn say_accepted(headers: &mut HeaderMap) {
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(Coding::Gzip.name()));
}

/// At the level that takes the least time, since a sale is on: 4 ms for a map of 20,000 seats,
/// which has 3.5 MB and becomes 0.35 MB.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// At the level after which time grows faster than size shrinks: 8 ms for the same map, which
/// becomes 0.2 MB.
fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    brotli_of_quality(2, bytes)
}

/// Compresses by Brotli as if time did not matter: one to four seconds for a plan of 20,000 seats,
/// which has 2.7 MB and becomes 0.12 MB; it would be 0.2 MB in a hurry, and 0.11 MB in three times
/// as long.
pub(super) fn press(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    brotli_of_quality(10, bytes)
}

fn brotli_of_quality(quality: i32, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let params =
        BrotliEncoderParams { quality, size_hint: bytes.len(), ..BrotliEncoderParams::default() };
    let mut compressed = Vec::with_capacity(bytes.len() / 8);
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &params)?;
    Ok(compressed)
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
        (Some(coding), None) if is(coding, Coding::Gzip.name()) || is(coding, "x-gzip") => {}
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
