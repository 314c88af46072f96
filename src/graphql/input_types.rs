//! Whether variables are what a document declares them to be, told without the document.
//!
//! Deliberately careful rather than complete: what is said to fit does fit; of what is not, nothing
//! is said. Whoever needs to know what is wrong has the schema validate it.

use std::collections::HashMap;

use async_graphql::Value;
use async_graphql::parser::types::{
    BaseType, InputObjectType, Type, TypeKind, TypeSystemDefinition,
};

/// The input objects of a schema.
#[derive(Debug)]
pub struct InputTypes {
    objects: HashMap<String, InputObjectType>,
}

impl InputTypes {
    /// Reads them from a schema in the schema definition language.
    ///
    /// # Errors
    ///
    /// If it is not one.
    pub fn read(sdl: &str) -> Result<Self, async_graphql::parser::Error> {
        let definitions = async_graphql::parser::parse_schema(sdl)?.definitions;
        let objects = definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => match definition.node.kind {
                TypeKind::InputObject(object) => {
                    Some((definition.node.name.node.to_string(), object))
                }
                _ => None,
            },
            _ => None,
        });
        Ok(Self { objects: objects.collect() })
    }

    /// Whether the value is certainly one of the type.
    pub fn fits(&self, of: &Type, value: &Value) -> bool {
        match (&of.base, value) {
            (BaseType::List(of), Value::List(values)) => {
                values.iter().all(|value| self.fits(of, value))
            }
            (BaseType::Named(name), value) => match (name.as_str(), value) {
                ("ID" | "String", Value::String(_)) | ("Boolean", Value::Boolean(_)) => true,
                ("Int", Value::Number(number)) => {
                    number.as_i64().is_some_and(|number| i32::try_from(number).is_ok())
                }
                (name, Value::Object(values)) => self.objects.get(name).is_some_and(|object| {
                    let fields = || object.fields.iter().map(|field| &field.node);
                    let fits = |field: &async_graphql::parser::types::InputValueDefinition| {
                        let value = values.get(&field.name.node);
                        value.is_none_or(|value| self.fits(&field.ty.node, value))
                    };
                    values.keys().all(|name| fields().any(|field| field.name.node == *name))
                        && fields().all(fits)
                        && fields().all(|field| {
                            field.ty.node.nullable
                                || field.default_value.is_some()
                                || values.contains_key(&field.name.node)
                        })
                }),
                _ => false,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use async_graphql::{Request, Variables};
    use futures_util::FutureExt as _;
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::graphql::schema::builder;
    use crate::graphql::{ArenaSchema, sdl};

    static TYPES: LazyLock<InputTypes> = LazyLock::new(|| InputTypes::read(&sdl()).unwrap());
    static SCHEMA: LazyLock<ArenaSchema> = LazyLock::new(|| builder().finish());

    /// What the schema says of a variable; the field that takes it is skipped, so that nothing is
    /// executed.
    fn is_valid(declaration: &str, field: &str, value: &Json) -> bool {
        let document =
            format!("{declaration} {{ __typename {field} @skip(if: true) {{ __typename }} }}");
        let request = Request::new(document).variables(Variables::from_json(json!({ "v": value })));
        SCHEMA.execute(request).now_or_never().unwrap().errors.is_empty()
    }

    fn fits(declared: &str, value: &Json) -> bool {
        TYPES.fits(&Type::new(declared).unwrap(), &Value::from_json(value.clone()).unwrap())
    }

    /// Values that are right, nearly right, and wrong.
    fn value() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (-3_i64..300).prop_map(Json::from),
            any::<f64>().prop_map(|number| json!(number)),
            "[a-zA-Z=]{0,6}".prop_map(Json::from),
            Just(json!("AVAILABLE")),
        ];
        let name = prop_oneof![
            Just("eventId"),
            Just("seatIds"),
            Just("idempotencyKey"),
            Just("paymentReference"),
            Just("status"),
            Just("sections"),
            Just("categoryIds"),
            Just("accessible"),
            Just("else"),
        ];
        leaf.prop_recursive(3, 24, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                    .prop_map(|fields| Json::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// An input much like what a mutation takes.
    fn input() -> impl Strategy<Value = Json> {
        (value(), value(), value(), prop::option::of(value()), any::<[bool; 4]>()).prop_map(
            |(event, seats, key, more, right)| {
                let mut input = json!({
                    "eventId": if right[0] { json!("RXZlbnQ6MQ") } else { event },
                    "seatIds": if right[1] { json!(["a", "b"]) } else { seats },
                });
                if right[2] {
                    input["idempotencyKey"] = if right[3] { json!("key") } else { key };
                }
                if let Some(more) = more {
                    input["paymentReference"] = more;
                }
                input
            },
        )
    }

    const PLACES: [(&str, &str, &str); 7] = [
        ("mutation ($v: ReserveSeatsInput!)", "ReserveSeatsInput!", "reserveSeats(input: $v)"),
        ("mutation ($v: ConfirmSeatsInput!)", "ConfirmSeatsInput!", "confirmSeats(input: $v)"),
        ("query ($v: SeatFilter)", "SeatFilter", "seats(eventId: \"x\", filter: $v)"),
        ("query ($v: ID!)", "ID!", "event(id: $v)"),
        ("query ($v: Int)", "Int", "events(first: $v)"),
        ("query ($v: [String!])", "[String!]", "seats(eventId: \"x\", filter: { sections: $v })"),
        ("query ($v: Boolean)", "Boolean", "seats(eventId: \"x\", filter: { accessible: $v })"),
    ];

    proptest! {
        #[test]
        fn what_is_said_to_fit_is_valid_for_the_schema(value in prop_oneof![value(), input()]) {
            for (declaration, declared, field) in PLACES {
                prop_assert!(
                    !fits(declared, &value) || is_valid(declaration, field, &value),
                    "{value} is not a {declared}"
                );
            }
        }
    }

    #[test]
    fn what_clients_send_is_seen_to_fit_and_what_is_wrong_is_not() {
        let input = json!({ "eventId": "a", "seatIds": ["b", "c"], "idempotencyKey": "d" });
        assert!(fits("ConfirmSeatsInput!", &input));
        assert!(!fits("ReserveSeatsInput!", &input), "it has no such key");
        assert!(!fits("ReserveSeatsInput!", &json!({ "eventId": "a" })), "seats are required");
        assert!(!fits("ReserveSeatsInput!", &json!({ "eventId": "a", "seatIds": [1.5] })));
        assert!(!fits("ReserveSeatsInput!", &json!({ "eventId": "a", "seatIds": [null] })));
        assert!(fits("Int", &json!(7)) && !fits("Int", &json!(3_000_000_000_i64)));
    }
}
