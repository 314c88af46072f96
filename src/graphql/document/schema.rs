//! The schema as documents are held against it.

use std::collections::HashMap;

use apollo_compiler::ast::NamedType;
use apollo_compiler::schema::{ExtendedType, Implementers};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, collections};

use super::one_of;

/// The schema, and which objects can stand where an interface or a union does.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) definitions: Valid<apollo_compiler::Schema>,
    /// Which objects and interfaces have an interface, by its name.
    pub(super) implementers: collections::HashMap<Name, Implementers>,
    possible_types: HashMap<NamedType, Vec<NamedType>>,
    /// The names of all interfaces.
    pub(super) interfaces: Vec<NamedType>,
}

impl Schema {
    /// Reads it from the schema definition language.
    ///
    /// # Errors
    ///
    /// If it breaks the specification's rules.
    pub(super) fn read(sdl: &str) -> Result<Self, String> {
        let mut definitions = apollo_compiler::Schema::parse(sdl, "schema.graphql")
            .map_err(|broken| broken.errors.to_string())?;
        one_of::add(&mut definitions);
        let definitions = definitions.validate().map_err(|broken| broken.errors.to_string())?;
        let implementers = definitions.implementers_map();
        let possible_types = definitions.types.iter().filter_map(|(name, ty)| {
            let objects: Vec<_> = match ty {
                ExtendedType::Interface(_) => {
                    implementers.get(name)?.objects.iter().cloned().collect()
                }
                ExtendedType::Union(union) => {
                    union.members.iter().map(|member| member.name.clone()).collect()
                }
                _ => return None,
            };
            Some((name.clone(), objects))
        });
        let possible_types = possible_types.collect();
        let interfaces = definitions.types.iter().filter(|(_, ty)| ty.is_interface());
        let interfaces = interfaces.map(|(name, _)| name.clone()).collect();
        Ok(Self { definitions, implementers, possible_types, interfaces })
    }

    /// The objects of an interface or a union; `None` if it is neither.
    pub(super) fn possible_types(&self, name: &str) -> Option<&[NamedType]> {
        self.possible_types.get(name).map(Vec::as_slice)
    }

    /// Whether what is selected on `condition` is selected on this object.
    pub(super) fn applies(&self, condition: &str, object: &NamedType) -> bool {
        condition == object.as_str()
            || self.possible_types(condition).is_some_and(|objects| objects.contains(object))
    }
}
