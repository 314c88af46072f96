//! Fields that may fail without taking their neighbours along.

use std::future::Future;

use async_graphql::Result;
use futures_util::FutureExt as _;

use super::error::Fault;

/// A nullable field: null where there is nothing, and null with an error where it fails. (The
/// library has the error of a `Result<Option<T>>` end the object that the field is in.)
pub(super) fn nullable<T>(
    value: impl Future<Output = Result<Option<T>, Fault>>,
) -> impl Future<Output = Option<Result<T>>> {
    value.map(|value| value.map_err(Into::into).transpose())
}
