//! What `@skip` and `@include` decide: which variables they look at, and what is left out.

use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveList, Value as Literal};
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use async_graphql::{Name as VariableName, Value, Variables};

/// The values of the variables that decide what is selected.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Conditions {
    /// By the order of [`deciding_variables`].
    values: Vec<bool>,
}

/// The variables of an operation that decide what is selected in the document, each once.
pub(super) fn deciding_variables(
    document: &ExecutableDocument,
    operation: &Operation,
) -> Vec<Name> {
    let mut found = Vec::new();
    find(&operation.selection_set, &mut found);
    // Also those of fragments that only a neighbour spreads: they make no difference then.
    document.fragments.values().for_each(|fragment| find(&fragment.selection_set, &mut found));
    found.retain(|name| operation.variables.iter().any(|variable| variable.name == *name));
    found
}

fn find(selections: &SelectionSet, found: &mut Vec<Name>) {
    for selection in &selections.selections {
        let (directives, inner) = match selection {
            Selection::Field(field) => (&field.directives, Some(&field.selection_set)),
            Selection::FragmentSpread(spread) => (&spread.directives, None),
            Selection::InlineFragment(fragment) => {
                (&fragment.directives, Some(&fragment.selection_set))
            }
        };
        for condition in conditions(directives) {
            if let Literal::Variable(name) = condition.1
                && !found.contains(name)
            {
                found.push(name.clone());
            }
        }
        if let Some(inner) = inner {
            find(inner, found);
        }
    }
}

/// Each condition: what it has to be for the selection to be there, and its argument.
fn conditions(directives: &DirectiveList) -> impl Iterator<Item = (bool, &Literal)> {
    directives.iter().filter_map(|directive| {
        let wanted = match directive.name.as_str() {
            "include" => true,
            "skip" => false,
            _ => return None,
        };
        directive.specified_argument_by_name("if").map(|value| (wanted, &**value))
    })
}

impl Conditions {
    /// What these variables say; the first that says nothing as the error.
    pub(super) fn of<'a>(names: &'a [Name], variables: &Variables) -> Result<Self, &'a Name> {
        let value = |name: &'a Name| match variables.get(&VariableName::new(name)) {
            Some(Value::Boolean(value)) => Ok(*value),
            _ => Err(name),
        };
        Ok(Self { values: names.iter().map(value).collect::<Result<_, _>>()? })
    }

    /// Whether what has these directives is selected. `names` are the deciding variables.
    pub(super) fn select(&self, names: &[Name], directives: &DirectiveList) -> bool {
        conditions(directives).all(|(wanted, condition)| {
            let value = match condition {
                Literal::Boolean(value) => *value,
                Literal::Variable(name) => names
                    .iter()
                    .position(|known| known == name)
                    .is_some_and(|index| self.values[index]),
                // Validation has seen to it that there is nothing else.
                _ => return true,
            };
            value == wanted
        })
    }
}
