//! The token that was checked last.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::authority::Identity;
use super::error::TokenError;
use super::viewer::Viewer;

/// The longest header that is remembered, in bytes: real tokens stay below it.
const MAX_REMEMBERED_BYTES: usize = 2 * 1024;

/// Remembers the last token that was found good, so that whoever sends the same one with each
/// request has its signature checked once. For one connection: where many clients come over the
/// same one, it is merely of no use.
#[derive(Debug, Default)]
pub struct LastToken(Mutex<Option<RememberedToken>>);

/// An `Authorization` header and whom it names.
struct RememberedToken {
    header: Box<str>,
    viewer: Viewer,
}

impl LastToken {
    /// As [`Identity::viewer_from_authorization`]. Nothing about a token can change but that its
    /// time runs out, and that is looked at each time.
    ///
    /// # Errors
    /// Those of [`Identity::viewer_from_authorization`].
    pub fn viewer(
        &self,
        identity: &Identity,
        header: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Option<Viewer>, TokenError> {
        let Some(text) = header else { return Ok(None) };
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(remembered) = &*last
            && *remembered.header == *text
            && now < remembered.viewer.expires_at
        {
            return Ok(Some(remembered.viewer.clone()));
        }
        let viewer = identity.viewer_from_authorization(header, now)?;
        if let Some(viewer) = &viewer
            && text.len() <= MAX_REMEMBERED_BYTES
        {
            *last = Some(RememberedToken { header: text.into(), viewer: viewer.clone() });
        }
        Ok(viewer)
    }
}

impl std::fmt::Debug for RememberedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RememberedToken").field("viewer", &self.viewer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::ViewerId;

    #[test]
    fn a_token_is_remembered_until_its_time_runs_out_and_another_is_never_taken_for_it() {
        let identity = Identity::from_secret(&[7; 32]).unwrap();
        let now = DateTime::UNIX_EPOCH;
        let header = |name: &str| {
            let token = identity
                .sign(&ViewerId::new(name).unwrap(), &[], now, Duration::from_secs(60))
                .unwrap()
                .0;
            format!("Bearer {token}")
        };
        let (alice, bob) = (header("alice"), header("bob"));
        let (says, signature) =
            (alice.rsplit_once('.').unwrap().0, bob.rsplit_once('.').unwrap().1);
        let forged = format!("{says}.{signature}");
        let last = LastToken::default();
        let ask = |header: &str, seconds| {
            let viewer =
                last.viewer(&identity, Some(header), now + chrono::TimeDelta::seconds(seconds))?;
            Ok(viewer.unwrap().id.as_str().to_owned())
        };
        for _ in 0..2 {
            assert_eq!(ask(&alice, 0), Ok("alice".to_owned()));
            assert_eq!(ask(&alice, 59), Ok("alice".to_owned()));
            assert_eq!(ask(&forged, 0), Err(TokenError::BadSignature));
            assert_eq!(ask(&alice, 60), Err(TokenError::Expired));
            assert_eq!(ask(&bob, 0), Ok("bob".to_owned()));
        }
        assert!(last.viewer(&identity, None, now).unwrap().is_none(), "who sends none is nobody");
    }
}
