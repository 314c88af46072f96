//! Fields that cannot be null and may fail.

use std::fmt;
use std::future::Future;

use async_graphql::{Context, Error, Result, ServerError};
use futures_util::TryFutureExt as _;

use super::error::Fault;

/// A field that cannot be null: where it fails, its object is null with it.
///
/// The fault is told here, with the path to this field. The library takes the path of the nearest
/// list or object for the error that it passes up instead; so what is passed up is [`Told`].
pub(super) fn required<T>(
    ctx: &Context<'_>,
    value: impl Future<Output = Result<T, Fault>>,
) -> impl Future<Output = Result<T>> {
    value.map_err(|fault| {
        let error = Error::from(fault).into_server_error(ctx.item.pos);
        ctx.add_error(ctx.set_error_path(error));
        Error::new_with_source(Told)
    })
}

/// Stands for a fault that was told already.
#[derive(Clone, Copy, Debug)]
struct Told;

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field failed")
    }
}

/// Whether an error only stands for one that is told beside it.
pub fn was_told(error: &ServerError) -> bool {
    error.source::<Told>().is_some()
}
