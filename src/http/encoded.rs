//! An answer that many are given, in the forms that they accept.

use std::sync::{Arc, OnceLock};

use axum::http::HeaderValue;
use bytes::Bytes;
use tokio::sync::OnceCell;

use super::coding::{Coding, WORTH_COMPRESSING};
use super::entity_tag::tag_of;
use super::pressing::{Press, Pressed};

/// An answer as JSON. Copies share everything.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    json: Bytes,
    /// What is given out for a long time has a smaller form.
    pressed: Option<Arc<Pressed>>,
    tag: Arc<OnceLock<HeaderValue>>,
    brotli: Arc<OnceCell<Option<Bytes>>>,
    gzip: Arc<OnceCell<Option<Bytes>>>,
}

impl Encoded {
    /// What is old in a moment.
    pub(super) fn brief(json: Bytes) -> Self {
        Self::with(json, None)
    }

    /// What is given out for a long time.
    pub(super) fn lasting(json: Bytes) -> Self {
        Self::with(json, Some(Arc::default()))
    }

    fn with(json: Bytes, pressed: Option<Arc<Pressed>>) -> Self {
        let (tag, brotli, gzip) = Default::default();
        Self { json, pressed, tag, brotli, gzip }
    }

    /// As it is.
    pub(super) fn json(&self) -> Bytes {
        self.json.clone()
    }

    /// What names it.
    pub(super) fn tag(&self) -> HeaderValue {
        self.tag.get_or_init(|| tag_of(&self.json)).clone()
    }

    /// Compressed; `None` if that is not worth it, or there is no room for it. Whoever asks first
    /// has it done, and has it counted.
    pub(super) async fn compressed(
        &self,
        coding: Coding,
        press: &Press,
        count: impl AsyncFnOnce(Vec<u8>) -> Option<Bytes>,
    ) -> Option<Bytes> {
        if self.json.len() < WORTH_COMPRESSING {
            return None;
        }
        if let (Coding::Brotli, Some(pressed)) = (coding, &self.pressed)
            && let Some(form) = press.form(pressed, &self.json)
        {
            return Some(form);
        }
        let form = match coding {
            Coding::Brotli => &self.brotli,
            Coding::Gzip => &self.gzip,
        };
        let compress = async || count(coding.compress(self.json()).await?).await;
        form.get_or_init(compress).await.clone()
    }
}
