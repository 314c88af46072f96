//! Input values: what clients give, brought into the type that is declared.

use apollo_compiler::Node;
use apollo_compiler::ast::{self, Type};
use apollo_compiler::collections::HashSet;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Number, Value};
use async_graphql_value::Value as Argument;

use super::schema::Schema;
use crate::graphql::scalars;

/// Why a value is none of a type.
#[derive(Debug)]
pub(super) struct Unfit {
    /// The fields and places that lead to it, innermost first.
    path: Vec<String>,
    why: String,
}

impl Unfit {
    fn new(why: impl Into<String>) -> Self {
        Self { path: Vec::new(), why: why.into() }
    }

    fn within(mut self, place: String) -> Self {
        self.path.push(place);
        self
    }

    /// As a sentence about `what`.
    pub(super) fn told_of(&self, what: &str) -> String {
        let path: String = self.path.iter().rev().map(String::as_str).collect();
        match path.strip_prefix('.').unwrap_or(&path) {
            "" => format!("{what} {}", self.why),
            path => format!("{what}, at {path}, {}", self.why),
        }
    }
}

/// Brings a value into its type: the specification's input coercion.
///
/// # Errors
///
/// If it is none of that type.
pub(super) fn coerce(schema: &Schema, ty: &Type, value: Value) -> Result<Value, Unfit> {
    if value == Value::Null {
        return if ty.is_non_null() { Err(Unfit::new("must not be null")) } else { Ok(value) };
    }
    match (ty, value) {
        (Type::List(of) | Type::NonNullList(of), Value::List(mut values)) => {
            for (index, value) in values.iter_mut().enumerate() {
                *value = coerce(schema, of, std::mem::take(value))
                    .map_err(|unfit| unfit.within(format!("[{index}]")))?;
            }
            Ok(Value::List(values))
        }
        // One value stands for a list of it.
        (Type::List(of) | Type::NonNullList(of), value) => {
            Ok(Value::List(vec![coerce(schema, of, value)?]))
        }
        (Type::Named(name) | Type::NonNullNamed(name), value) => named(schema, name, value),
    }
}

/// A value that is neither null nor of a list's type.
fn named(schema: &Schema, name: &str, value: Value) -> Result<Value, Unfit> {
    // Most values are of these, and need no look at the schema.
    if let ("ID" | "String", Value::String(_)) = (name, &value) {
        return Ok(value);
    }
    match schema.definitions.types.get(name) {
        Some(ExtendedType::Enum(ty)) => {
            let given = match &value {
                Value::String(text) => text.as_str(),
                Value::Enum(name) => name.as_str(),
                _ => "",
            };
            if ty.values.contains_key(given) {
                return Ok(value);
            }
            let all: Vec<_> = ty.values.keys().map(apollo_compiler::Name::as_str).collect();
            Err(Unfit::new(format!("must be one of {}", all.join(", "))))
        }
        Some(ExtendedType::InputObject(ty)) => match value {
            Value::Object(fields) => object(schema, ty, fields),
            _ => Err(Unfit::new(format!("must be an object, a {name}"))),
        },
        _ => scalar(name, value),
    }
}

fn object(
    schema: &Schema,
    ty: &InputObjectType,
    mut fields: IndexMap<Name, Value>,
) -> Result<Value, Unfit> {
    for (name, value) in &mut fields {
        let Some(field) = ty.fields.get(name.as_str()) else {
            return Err(Unfit::new(format!("has the field `{name}`, which {} has not", ty.name)));
        };
        *value = coerce(schema, &field.ty, std::mem::take(value))
            .map_err(|unfit| unfit.within(format!(".{name}")))?;
    }
    for (name, field) in &ty.fields {
        let is_wanted = field.default_value.is_some() || field.ty.is_non_null();
        if !is_wanted || fields.contains_key(name.as_str()) {
            continue;
        }
        let Some(default) = &field.default_value else {
            return Err(Unfit::new(format!("needs the field `{name}`")));
        };
        fields.insert(Name::new(name), constant(schema, &field.ty, default));
    }
    Ok(Value::Object(fields))
}

/// A scalar's value in the one form that resolvers read.
fn scalar(name: &str, value: Value) -> Result<Value, Unfit> {
    let expected = |what: &str| Err(Unfit::new(format!("must be {what}")));
    match (name, &value) {
        ("Boolean", Value::Boolean(_)) => Ok(value),
        ("ID", Value::Number(number)) => match whole(number) {
            Some(number) => Ok(Value::String(number.to_string())),
            None => expected("an id: a string, or a whole number"),
        },
        ("ID", _) => expected("an id: a string, or a whole number"),
        ("String", _) => expected("a string"),
        ("Boolean", _) => expected("true or false"),
        ("Int", Value::Number(number)) => {
            match whole(number).and_then(|number| i32::try_from(number).ok()) {
                Some(number) => Ok(Value::from(number)),
                None => expected("a whole number of 32 bits"),
            }
        }
        ("Int", _) => expected("a whole number of 32 bits"),
        ("Float", Value::Number(_)) => Ok(value),
        ("Float", _) => expected("a number"),
        (name, _) => {
            // Numbers without a fraction are whole, however they are written.
            let value = match &value {
                Value::Number(number) => whole(number).map_or(value, Value::from),
                _ => value,
            };
            match scalars::refusal(name, &value) {
                None => Ok(value),
                Some(why) => Err(Unfit::new(format!("is refused: {why}"))),
            }
        }
    }
}

/// A number that has no fraction: JSON writes `1`, `1.0` and `1e0` alike.
fn whole(number: &Number) -> Option<i64> {
    // Beyond 2^53 a float stands for several whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = number.as_i64() {
        return Some(number);
    }
    let float = number.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and within 2^53")]
    (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
}

/// A default value of the schema or of a document, both of which were found valid.
pub(super) fn constant(schema: &Schema, ty: &Type, value: &ast::Value) -> Value {
    let constant = literal(schema, ty, value).ok().and_then(Argument::into_const);
    constant.unwrap_or_default()
}

/// An argument as it is written in a document, brought into its type as far as it is known: its
/// variables have their values later.
///
/// # Errors
///
/// If it is none of that type.
pub(super) fn literal(schema: &Schema, ty: &Type, value: &ast::Value) -> Result<Argument, Unfit> {
    match (ty, value) {
        (_, ast::Value::Variable(name)) => Ok(Argument::Variable(Name::new(name))),
        (_, ast::Value::Null) => Ok(Argument::Null),
        (Type::List(of) | Type::NonNullList(of), ast::Value::List(values)) => {
            let item = |(index, value): (usize, &Node<ast::Value>)| {
                literal(schema, of, value).map_err(|unfit| unfit.within(format!("[{index}]")))
            };
            Ok(Argument::List(values.iter().enumerate().map(item).collect::<Result<_, _>>()?))
        }
        (Type::List(of) | Type::NonNullList(of), value) => {
            Ok(Argument::List(vec![literal(schema, of, value)?]))
        }
        (Type::Named(name) | Type::NonNullNamed(name), ast::Value::Object(given)) => {
            literal_object(schema, name, given)
        }
        (Type::Named(name) | Type::NonNullNamed(name), value) => {
            let value = match value {
                ast::Value::Int(text) => number(text.as_str())?,
                ast::Value::Float(text) => number(text.as_str())?,
                ast::Value::String(text) => Value::String(text.clone()),
                ast::Value::Boolean(value) => Value::Boolean(*value),
                ast::Value::Enum(name) => Value::Enum(Name::new(name)),
                ast::Value::List(_)
                | ast::Value::Object(_)
                | ast::Value::Null
                | ast::Value::Variable(_) => return Err(Unfit::new("is no single value")),
            };
            named(schema, name, value).map(Value::into_value)
        }
    }
}

fn literal_object(
    schema: &Schema,
    name: &str,
    given: &[(apollo_compiler::Name, Node<ast::Value>)],
) -> Result<Argument, Unfit> {
    let Some(ExtendedType::InputObject(ty)) = schema.definitions.types.get(name) else {
        return Err(Unfit::new(format!("must be a {name}, which is no object")));
    };
    let mut names = HashSet::default();
    if let Some((twice, _)) = given.iter().find(|(name, _)| !names.insert(name)) {
        return Err(Unfit::new(format!("has the field `{twice}` twice")));
    }
    let mut fields = IndexMap::with_capacity(given.len());
    for (name, field) in &ty.fields {
        let given = given.iter().find(|(given, _)| given == name).map(|(_, value)| &**value);
        let Some(value) = given.or(field.default_value.as_deref()) else { continue };
        let value =
            literal(schema, &field.ty, value).map_err(|unfit| unfit.within(format!(".{name}")))?;
        fields.insert(Name::new(name), value);
    }
    Ok(Argument::Object(fields))
}

fn number(text: &str) -> Result<Value, Unfit> {
    let number = text.parse::<Number>().map_err(|_| Unfit::new("is no number"))?;
    Ok(Value::Number(number))
}
