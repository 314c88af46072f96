//! An operation in the form that is executed: its fields merged as the specification's
//! CollectFields does it, ahead of time.
//!
//! Where an object stands, each response key has one field, with the selections of all fields of
//! that key. Fragments are written out and conditions decided. Where an interface or a union
//! stands, each object that can be there has an inline fragment of its own. What all of them begin
//! with, or all that have an interface, stands before them.

use apollo_compiler::Name as SourceName;
use apollo_compiler::ast::{self, FieldDefinition, NamedType};
use apollo_compiler::executable as source;
use apollo_compiler::parser::SourceSpan;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, InlineFragment, OperationDefinition,
    OperationType, Selection, SelectionSet, Type, TypeCondition, VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned};

use super::collect::{Collected, collect_fields};
use super::conditions::Conditions;
use super::error::start;
use super::input;
use super::introspection::{INTROSPECTED, is_introspection};
use super::root_field::RootField;
use super::schema::Schema;
use super::weight;
use crate::graphql::cost::{self, Estimate};
use crate::graphql::mutation::START_GUEST_SESSION;

/// One operation, ready to be executed with any variables that fit.
#[derive(Debug)]
pub struct Operation {
    /// The operation alone, without fragments and directives; each of its fields once.
    pub executable: ExecutableDocument,
    /// What it does.
    pub kind: OperationType,
    /// What it is called where operations are counted.
    pub root: RootField,
    /// What it costs.
    pub estimate: Estimate,
    /// How many guest sessions it asks for.
    pub guest_sessions: usize,
    /// Whether it asks for the schema.
    pub(super) introspects: bool,
    /// How many fields it has.
    pub(super) fields: usize,
    /// Bytes that it takes, and each copy of it.
    pub(super) bytes: usize,
}

/// Brings an operation of a valid document into its normal form.
pub(super) fn of(
    schema: &Schema,
    document: &source::ExecutableDocument,
    operation: &source::Operation,
    (deciding, conditions): (&[SourceName], &Conditions),
) -> Operation {
    let mut writer =
        Writer { schema, document, deciding, conditions, introspects: false, fields: 0 };
    let kind = match operation.operation_type {
        ast::OperationType::Query => OperationType::Query,
        ast::OperationType::Mutation => OperationType::Mutation,
        ast::OperationType::Subscription => OperationType::Subscription,
    };
    let root = &operation.selection_set;
    let selections = writer.on_object(&root.ty, &[root]);
    let guest_sessions = guest_sessions(&selections);
    let called = RootField::of(kind, &selections);
    let definition = OperationDefinition {
        ty: kind,
        variable_definitions: operation.variables.iter().filter_map(|it| declared(it)).collect(),
        directives: Vec::new(),
        selection_set: nowhere(selections),
    };
    let root = &definition.selection_set.node;
    let estimate = cost::estimate(&schema.definitions, kind, root);
    let definition = nowhere(definition);
    let operations = match &operation.name {
        Some(name) => DocumentOperations::Multiple([(Name::new(name), definition)].into()),
        None => DocumentOperations::Single(definition),
    };
    let executable = ExecutableDocument { operations, fragments: Default::default() };
    let bytes = weight::of_form(&executable);
    Operation {
        executable,
        kind,
        root: called,
        estimate,
        guest_sessions,
        introspects: writer.introspects,
        fields: writer.fields,
        bytes,
    }
}

/// How many fields at the root ask for a guest session.
fn guest_sessions(root: &SelectionSet) -> usize {
    let asks = |selection: &&Positioned<Selection>| {
        matches!(&selection.node, Selection::Field(field)
            if field.node.name.node.as_str() == START_GUEST_SESSION)
    };
    root.items.iter().filter(asks).count()
}

/// The values of variables have their defaults already.
fn declared(variable: &source::VariableDefinition) -> Option<Positioned<VariableDefinition>> {
    Some(nowhere(VariableDefinition {
        name: nowhere(Name::new(&variable.name)),
        var_type: nowhere(Type::new(&variable.ty.to_string())?),
        directives: Vec::new(),
        default_value: None,
    }))
}

struct Writer<'a> {
    schema: &'a Schema,
    document: &'a source::ExecutableDocument,
    deciding: &'a [SourceName],
    conditions: &'a Conditions,
    introspects: bool,
    fields: usize,
}

impl<'a> Writer<'a> {
    /// What is selected on whatever has this type.
    fn on(&mut self, ty: &NamedType, selections: &[&'a source::SelectionSet]) -> SelectionSet {
        let schema = self.schema;
        let Some(objects) = schema.possible_types(ty) else {
            return self.on_object(ty, selections);
        };
        let collected = objects.iter().map(|object| (object, self.collected(object, selections)));
        let mut collected: Vec<_> = collected.collect();
        // What several begin with is written once: an execution takes a copy of the whole.
        let mut items = self.beginning(ty, objects, &mut collected);
        for interface in &schema.interfaces {
            let objects = schema.possible_types(interface).unwrap_or_default();
            let shared = self.beginning(interface, objects, &mut collected);
            if !shared.is_empty() {
                items.push(fragment_on(interface, SelectionSet { items: shared }));
            }
        }
        for (object, fields) in collected {
            if !fields.is_empty() {
                items.push(fragment_on(object, self.written(object, &fields)));
            }
        }
        SelectionSet { items }
    }

    /// Takes the fields that all of these objects begin with, and that `ty` has.
    fn beginning(
        &mut self,
        ty: &str,
        objects: &[NamedType],
        collected: &mut [(&'a NamedType, Collected<'a>)],
    ) -> Vec<Positioned<Selection>> {
        let mut of_each: Vec<_> =
            collected.iter_mut().filter(|(object, _)| objects.contains(object)).collect();
        let mut shared = Vec::new();
        // With one object there is nothing to be spared.
        while of_each.len() > 1
            && let Some((object, fields)) = self.common_first(&of_each)
            && self.schema.definitions.type_field(ty, &fields[0].name).is_ok()
        {
            shared.push(self.field(object, &fields));
            for (_, fields) in &mut of_each {
                fields.shift_remove_index(0);
            }
        }
        shared
    }

    /// The field that is the first of each of these objects and the same in all, if there is one.
    fn common_first(
        &self,
        of_each: &[&mut (&'a NamedType, Collected<'a>)],
    ) -> Option<(&'a NamedType, Vec<&'a source::Field>)> {
        let (first, others) = of_each.split_first()?;
        let (object, (key, fields)) = (first.0, first.1.first()?);
        let is_same = |other: &&mut (&'a NamedType, Collected<'a>)| {
            other.1.first().is_some_and(|(other_key, other_fields)| {
                other_key == key
                    && are_the_same(fields, other_fields)
                    && self.definition(object, fields[0]).ty
                        == self.definition(other.0, other_fields[0]).ty
            })
        };
        others.iter().all(is_same).then(|| (object, fields.clone()))
    }

    /// The object's own definition of a field: an interface may promise less of the type.
    fn definition(&self, object: &str, field: &'a source::Field) -> &'a FieldDefinition {
        let definition = self.schema.definitions.type_field(object, &field.name);
        definition.map_or(&*field.definition, |component| &***component)
    }

    /// What is selected on an object; nothing, if it is a leaf.
    fn on_object(
        &mut self,
        object: &NamedType,
        selections: &[&'a source::SelectionSet],
    ) -> SelectionSet {
        let collected = self.collected(object, selections);
        self.written(object, &collected)
    }

    fn written(&mut self, object: &NamedType, collected: &Collected<'a>) -> SelectionSet {
        let items = collected.values().map(|fields| self.field(object, fields)).collect();
        SelectionSet { items }
    }

    fn collected(
        &self,
        object: &NamedType,
        selections: &[&'a source::SelectionSet],
    ) -> Collected<'a> {
        let selected = |directives: &_| self.conditions.select(self.deciding, directives);
        collect_fields(self.schema, self.document, object, selections, &selected)
    }

    /// One field for all of a response key. They agree in everything but their selections.
    fn field(&mut self, object: &NamedType, fields: &[&'a source::Field]) -> Positioned<Selection> {
        self.fields += 1;
        let first = fields[0];
        if is_introspection(&first.name) {
            self.introspects = true;
            return self.introspected(first);
        }
        let definition = self.definition(object, first);
        let arguments = first.arguments.iter().filter_map(|argument| {
            let ty = &definition.argument_by_name(&argument.name)?.ty;
            let value = input::literal(self.schema, ty, &argument.value).ok()?;
            let (name_at, value_at) = (argument.location(), argument.value.location());
            Some((self.placed(Name::new(&argument.name), name_at), self.placed(value, value_at)))
        });
        let arguments = arguments.collect();
        let selections: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        let field = Field {
            alias: first.alias.as_ref().map(|alias| self.placed(Name::new(alias), None)),
            name: self.placed(Name::new(&first.name), first.name.location()),
            arguments,
            directives: Vec::new(),
            selection_set: nowhere(self.on(definition.ty.inner_named_type(), &selections)),
        };
        let at = first.alias.as_ref().unwrap_or(&first.name).location();
        nowhere(Selection::Field(self.placed(field, at)))
    }

    /// Stands for a field that asks for the schema.
    fn introspected(&self, field: &source::Field) -> Positioned<Selection> {
        let field = Field {
            alias: Some(nowhere(Name::new(field.response_key()))),
            name: nowhere(Name::new(INTROSPECTED)),
            arguments: Vec::new(),
            directives: Vec::new(),
            selection_set: nowhere(SelectionSet::default()),
        };
        nowhere(Selection::Field(nowhere(field)))
    }

    fn placed<T>(&self, node: T, at: Option<SourceSpan>) -> Positioned<T> {
        Positioned::new(node, start(at, &self.document.sources).unwrap_or_default())
    }
}

fn fragment_on(ty: &NamedType, selection_set: SelectionSet) -> Positioned<Selection> {
    nowhere(Selection::InlineFragment(nowhere(InlineFragment {
        type_condition: Some(nowhere(TypeCondition { on: nowhere(Name::new(ty)) })),
        directives: Vec::new(),
        selection_set: nowhere(selection_set),
    })))
}

/// Whether two fields of one response key ask for the same: leaves by their words, others if they
/// stand at one place in the document.
fn are_the_same(some: &[&source::Field], others: &[&source::Field]) -> bool {
    let (one, other) = (some[0], others[0]);
    if one.selection_set.selections.is_empty() {
        return one.name == other.name && one.arguments == other.arguments;
    }
    let are_one = |(one, other): (&&source::Field, &&source::Field)| std::ptr::eq(*one, *other);
    some.len() == others.len() && some.iter().zip(others).all(are_one)
}

/// Where nobody looks for the place.
fn nowhere<T>(node: T) -> Positioned<T> {
    Positioned::new(node, Pos::default())
}
