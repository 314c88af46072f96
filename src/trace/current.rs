//! For which request a task works.

use super::request_id::RequestId;

/// For which request a task works.
#[derive(Clone, Debug)]
pub struct Current {
    /// What it is called.
    pub id: RequestId,
}

tokio::task_local! {
    static CURRENT: Current;
}

/// Does something for a request. Tasks that it starts know nothing of that.
pub async fn within<T>(current: Current, work: impl Future<Output = T>) -> T {
    CURRENT.scope(current, work).await
}

/// What the request is called that this task works for, if it does.
pub fn current_id() -> Option<RequestId> {
    CURRENT.try_with(|current| current.id.clone()).ok()
}
