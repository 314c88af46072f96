//! Look-ups that no socket can hold up.

use crate::store::StoreError;

/// Looks something up in a task of its own. A follower is polled by the socket it serves, and a
/// socket that cannot write does not poll: what others wait for (a connection, a lock) must not be
/// in its hands meanwhile. Nor is it dropped with whoever asked, in the middle of a transaction.
pub(crate) async fn apart<T: Send + 'static>(
    look_up: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(look_up).await.unwrap_or(Err(StoreError::Interrupted))
}
