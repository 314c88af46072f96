//! A document that was found valid, and its operations as they are executed.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use apollo_compiler::Name;
use apollo_compiler::executable as source;
use apollo_compiler::validation::Valid;
use async_graphql::{Name as VariableName, Value, Variables};

use super::conditions::{Conditions, deciding_variables};
use super::error::{DocumentError, start};
use super::introspection::{self, Introspected};
use super::normal_form::{self, Operation};
use super::schema::Schema;
use super::{variables, weight};
use crate::graphql::error::Code;
use crate::graphql::mutation::START_GUEST_SESSION;
use crate::memory::Charge;

/// Fields of all normal forms that a document keeps: the standard introspection query has some 350.
const MAX_KEPT_FIELDS: usize = 1_000;

/// An operation with everything that it is executed with.
#[derive(Debug)]
pub struct Prepared {
    /// In its normal form.
    pub operation: Arc<Operation>,
    /// The values of its variables.
    pub variables: Variables,
    /// What it asks of the schema, if it does; goes into the request's data.
    pub introspected: Option<Introspected>,
    /// Bytes that an execution's copies of it take.
    pub bytes: usize,
}

/// The variables whose default value is null, with the names of their operations.
pub(super) type NullDefaults = Vec<(Option<Name>, Name)>;

/// A document that is valid and within all limits.
#[derive(Debug)]
pub struct Document {
    source: Valid<source::ExecutableDocument>,
    /// By the operations' names; the anonymous one has none.
    deciding: Vec<(Option<Name>, Vec<Name>)>,
    null_defaults: NullDefaults,
    /// The document as introspection is answered from it, if it asks for the schema.
    answerable: OnceLock<Valid<source::ExecutableDocument>>,
    forms: Mutex<Forms>,
}

/// The normal forms that a document keeps, which is those that were made since it is kept itself.
#[derive(Debug, Default)]
struct Forms {
    kept: Vec<Kept>,
    charge: Option<Charge>,
}

/// A normal form that was made before.
#[derive(Debug)]
struct Kept {
    of: Option<Name>,
    conditions: Conditions,
    form: Arc<Operation>,
}

impl Document {
    pub(super) fn new(
        source: Valid<source::ExecutableDocument>,
        null_defaults: NullDefaults,
    ) -> Self {
        let deciding = source
            .operations
            .iter()
            .map(|operation| (operation.name.clone(), deciding_variables(&source, operation)))
            .collect();
        let (answerable, forms) = Default::default();
        Self { source, deciding, null_defaults, answerable, forms }
    }

    /// Bytes that a document of a text takes, its normal forms apart.
    pub fn bytes(text: &str) -> usize {
        weight::of_document(text)
    }

    /// It is kept, and what it takes is counted here; from now on it keeps its normal forms.
    pub fn keep_at(&self, charge: Charge) {
        self.forms().charge = Some(charge);
    }

    /// The operation of this name, or the only one; with the values that its variables have.
    pub(super) fn operation(
        &self,
        schema: &Schema,
        name: Option<&str>,
        given: Variables,
    ) -> Result<Prepared, DocumentError> {
        let operation = self.find(name)?;
        let mut variables = variables::coerce(schema, &self.source.sources, operation, given)?;
        for (_, variable) in self.null_defaults.iter().filter(|(of, _)| *of == operation.name) {
            variables.entry(VariableName::new(variable)).or_insert(Value::Null);
        }
        let deciding = self
            .deciding
            .iter()
            .find(|(name, _)| *name == operation.name)
            .map_or(&[][..], |(_, names)| names);
        let conditions = Conditions::of(deciding, &variables).map_err(|name| {
            let declared = operation.variables.iter().find(|variable| variable.name == *name);
            let at = declared.and_then(|node| start(node.location(), &self.source.sources));
            let message = format!("the variable `${name}` must be true or false");
            DocumentError::at(Code::BadUserInput, message, at)
        })?;
        let form = self.known(operation, &conditions).unwrap_or_else(|| {
            let decided = (deciding, &conditions);
            let made = Arc::new(normal_form::of(schema, &self.source, operation, decided));
            self.keep(operation, conditions.clone(), &made);
            made
        });
        if form.guest_sessions > 1 {
            let message = format!("an operation may ask for one {START_GUEST_SESSION}");
            return Err(DocumentError::new(Code::GraphqlValidationFailed, message));
        }
        let introspected = if form.introspects {
            let make = || {
                // As large as the document that it is made of.
                if let Some(charge) = &mut self.forms().charge {
                    charge.grow_anyway(charge.bytes());
                }
                introspection::answerable(schema, &self.source)
            };
            let document = self.answerable.get_or_init(make);
            Some(introspection::execute(schema, document, operation.name.as_deref(), &variables)?)
        } else {
            None
        };
        let bytes = form.bytes + weight::of_variables(&variables);
        Ok(Prepared { operation: form, variables, introspected, bytes })
    }

    fn find(&self, name: Option<&str>) -> Result<&source::Operation, DocumentError> {
        let unknown = |message: &str| DocumentError::new(Code::GraphqlValidationFailed, message);
        self.source.operations.get(name).map(|node| &**node).map_err(|_| match name {
            None => {
                unknown("the document has several operations; say which one in `operationName`")
            }
            Some(_) => unknown("the document has no operation of the name in `operationName`"),
        })
    }

    fn known(
        &self,
        operation: &source::Operation,
        conditions: &Conditions,
    ) -> Option<Arc<Operation>> {
        let same = |kept: &&Kept| kept.of == operation.name && kept.conditions == *conditions;
        self.forms().kept.iter().find(same).map(|kept| Arc::clone(&kept.form))
    }

    fn keep(&self, operation: &source::Operation, conditions: Conditions, form: &Arc<Operation>) {
        let mut forms = self.forms();
        let Forms { kept, charge: Some(charge) } = &mut *forms else { return };
        let fields: usize = kept.iter().map(|kept| kept.form.fields).sum();
        if fields + form.fields <= MAX_KEPT_FIELDS {
            // Whoever keeps the document lets go of others for it.
            charge.grow_anyway(form.bytes);
            let (of, form) = (operation.name.clone(), Arc::clone(form));
            kept.push(Kept { of, conditions, form });
        }
    }

    fn forms(&self) -> MutexGuard<'_, Forms> {
        self.forms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
