//! For which request a task works.

use super::request_id::RequestId;
use super::spans::Traced;

/// For which request a task works.
#[derive(Clone, Debug)]
pub struct Current {
    /// What it is called; `None` if it is several.
    pub id: Option<RequestId>,
    /// Under which span, if it is traced.
    pub traced: Option<Traced>,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// Does something for a request. Tasks that it starts know nothing of that.
pub async fn within<T>(current: Current, work: impl Future<Output = T>) -> T {
    CURRENT.scope(current, work).await
}

/// What is to be done in another task, for the request that this one works for.
pub fn carried<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    let current = CURRENT.try_with(Current::clone);
    async move {
        match current {
            Ok(current) => within(current, work).await,
            Err(_) => work.await,
        }
    }
}

/// What the request is called that this task works for, if it does.
pub fn current_id() -> Option<RequestId> {
    CURRENT.try_with(|current| current.id.clone()).ok().flatten()
}

/// The span that this task works under, if there is one.
pub fn traced() -> Option<Traced> {
    CURRENT.try_with(|current| current.traced.clone()).ok().flatten()
}
