//! Fields and items that are resolved one after another.
//!
//! async-graphql resolves an object's fields, and a list's items, side by side: each is a task of
//! its own, and many look-ups are one. Where nothing is looked up there is nothing to wait for, and
//! the tasks cost more than the fields. Objects say so with `#[graphql(serial)]`; lists and unions
//! have no such word, and are wrapped in these. Such a union is a mutation's result; what it is
//! is counted.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::resolver_utils::resolve_container_serial;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, UnionType, Value};

use super::services::Services;

/// A list whose items look nothing up, or all the same.
#[derive(Clone, Debug)]
pub(super) struct SerialList<T>(pub Vec<T>);

impl<T: OutputType> OutputType for SerialList<T> {
    fn type_name() -> Cow<'static, str> {
        <Vec<T> as OutputType>::type_name()
    }

    fn qualified_type_name() -> String {
        <Vec<T> as OutputType>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Vec<T> as OutputType>::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        let mut values = Vec::with_capacity(self.0.len());
        for (index, item) in self.0.iter().enumerate() {
            let ctx = ctx.with_index(index);
            let value = item.resolve(&ctx, field).await;
            values.push(value.map_err(|error| ctx.set_error_path(error))?);
        }
        Ok(Value::List(values))
    }
}

/// A union of objects whose own fields look nothing up, or only one after another.
#[derive(Clone, Debug)]
pub(super) struct SerialUnion<T>(pub T);

impl<T: UnionType> OutputType for SerialUnion<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        if let Some(services) = ctx.data_opt::<Services>() {
            services.counts.resulted(&field.node.name.node, &self.introspection_type_name());
        }
        resolve_container_serial(ctx, &self.0).await
    }
}
