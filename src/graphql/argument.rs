//! Arguments of fields that may fail alone.

use std::borrow::Cow;

use async_graphql::registry::Registry;
use async_graphql::{InputType, InputValueError, InputValueResult, Value};

use super::error::Fault;

/// An argument, or why it cannot be read. A variable that has a default may be null where null is
/// not taken; then the field fails, and nothing else. The library would have it take its object
/// along.
#[derive(Clone, Debug)]
pub(super) struct Argument<T>(Result<T, String>);

impl<T> Argument<T> {
    /// The argument.
    ///
    /// # Errors
    ///
    /// If it is none of its type.
    pub(super) fn read(self) -> Result<T, Fault> {
        self.0.map_err(Fault::bad_input)
    }
}

/// The one that is meant where none is given.
impl<T> From<T> for Argument<T> {
    fn from(default: T) -> Self {
        Self(Ok(default))
    }
}

impl<T: InputType> InputType for Argument<T> {
    type RawValueType = T::RawValueType;

    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn qualified_type_name() -> String {
        T::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let unread = |error: InputValueError<T>| {
            error.into_server_error(async_graphql::Pos::default()).message
        };
        Ok(Self(T::parse(value).map_err(unread)))
    }

    fn to_value(&self) -> Value {
        self.0.as_ref().map(InputType::to_value).unwrap_or_default()
    }

    fn as_raw_value(&self) -> Option<&Self::RawValueType> {
        self.0.as_ref().ok().and_then(InputType::as_raw_value)
    }
}
