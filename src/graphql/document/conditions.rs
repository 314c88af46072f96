//! What `@skip` and `@include` decide: which variables they look at, and what is left out.

use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveList, Value as Literal};
use apollo_compiler::collections::HashSet;
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use async_graphql::{Name as VariableName, Value, Variables};

/// The values of the variables that decide what is selected.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Conditions {
    /// By the order of [`deciding_variables`].
    values: Vec<bool>,
}

/// The variables of an operation that decide what is selected, each once.
pub(super) fn deciding_variables(
    document: &ExecutableDocument,
    operation: &Operation,
) -> Vec<Name> {
    let mut search = Search { document, found: Vec::new(), spread: HashSet::default() };
    search.enter(&operation.selection_set);
    search.found
}

struct Search<'a> {
    document: &'a ExecutableDocument,
    found: Vec<Name>,
    /// The fragments that were searched.
    spread: HashSet<&'a Name>,
}

impl<'a> Search<'a> {
    fn enter(&mut self, selections: &'a SelectionSet) {
        for selection in &selections.selections {
            let (directives, inner) = match selection {
                Selection::Field(field) => (&field.directives, Some(&field.selection_set)),
                Selection::InlineFragment(fragment) => {
                    (&fragment.directives, Some(&fragment.selection_set))
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.document);
                    let is_new = self.spread.insert(&spread.fragment_name);
                    let inner = fragment.filter(|_| is_new).map(|it| &it.selection_set);
                    (&spread.directives, inner)
                }
            };
            for (_, condition) in conditions(directives) {
                if let Literal::Variable(name) = condition
                    && !self.found.contains(name)
                {
                    self.found.push(name.clone());
                }
            }
            if let Some(inner) = inner {
                self.enter(inner);
            }
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
