//! Small helpers for statements that SeaORM's builder has no words for.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::{DbBackend, Statement};

/// What a seat of a category costs: a server of an earlier version writes the old column alone.
pub(super) const PRICE_OF_CATEGORY: &str = "COALESCE(amount_minor, price_minor)";

/// A prepared statement: the text is constant, so that it is parsed once for each connection.
pub(super) fn statement(sql: &'static str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// An `int4[]`.
pub(super) fn ints(values: impl IntoIterator<Item = i32>) -> Value {
    array(ArrayType::Int, values)
}

/// An `int8[]`.
pub(super) fn bigints(values: impl IntoIterator<Item = i64>) -> Value {
    array(ArrayType::BigInt, values)
}

/// An `int2[]`.
pub(super) fn smallints(values: impl IntoIterator<Item = i16>) -> Value {
    array(ArrayType::SmallInt, values)
}

/// A `bool[]`.
pub(super) fn bools(values: impl IntoIterator<Item = bool>) -> Value {
    array(ArrayType::Bool, values)
}

/// A `float8[]`.
pub(super) fn doubles(values: impl IntoIterator<Item = f64>) -> Value {
    array(ArrayType::Double, values)
}

/// A `text[]`.
pub(super) fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> Value {
    array(ArrayType::String, values.into_iter().map(str::to_owned))
}

/// A `timestamptz[]`.
pub(super) fn instants(values: impl IntoIterator<Item = DateTime<Utc>>) -> Value {
    array(ArrayType::ChronoDateTimeUtc, values)
}

/// Elements are never NULL: SeaORM cannot pass NULL inside an array, so statements turn a stand-in
/// into NULL.
fn array<T: Into<Value>>(element: ArrayType, values: impl IntoIterator<Item = T>) -> Value {
    Value::Array(element, Some(Box::new(values.into_iter().map(Into::into).collect())))
}
