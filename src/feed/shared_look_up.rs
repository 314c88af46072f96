//! Look-ups whose outcome is for many.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};

use crate::store::StoreError;

/// A look-up whose outcome is for all who have a copy of it.
pub(super) type SharedLookUp<T> = Shared<BoxFuture<'static, Result<T, Arc<StoreError>>>>;

/// Begins to look something up in a task of its own, for many. It goes on although whoever began it
/// is gone.
pub(super) fn shared<T: Clone + Send + Sync + 'static>(
    look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> SharedLookUp<T> {
    let task = tokio::spawn(look_up);
    let outcome = async { task.await.unwrap_or(Err(StoreError::Interrupted)).map_err(Arc::new) };
    outcome.boxed().shared()
}
