//! Fields that may fail without taking their neighbours along.

use std::future::Future;

use async_graphql::Result;

use super::error::Fault;

/// A nullable field: null where there is nothing, and null with an error where it fails. (The
/// library has the error of a `Result<Option<T>>` end the object that the field is in.)
pub(super) async fn nullable<T>(
    value: impl Future<Output = Result<Option<T>, Fault>>,
) -> Option<Result<T>> {
    value.await.map_err(Into::into).transpose()
}
