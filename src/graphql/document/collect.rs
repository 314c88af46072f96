//! The fields that a selection has on an object: the specification's CollectFields.

use apollo_compiler::Name;
use apollo_compiler::ast::{DirectiveList, NamedType};
use apollo_compiler::collections::{HashSet, IndexMap};
use apollo_compiler::executable::{ExecutableDocument, Field, Selection, SelectionSet};

use super::schema::Schema;

/// The fields of an object by their response keys, in the order of the first of each.
pub(super) type Collected<'a> = IndexMap<&'a Name, Vec<&'a Field>>;

/// Collects the fields that these selections have on an object. `selected` decides by directives.
pub(super) fn collect_fields<'a>(
    schema: &Schema,
    document: &'a ExecutableDocument,
    object: &NamedType,
    selections: &[&'a SelectionSet],
    selected: &dyn Fn(&DirectiveList) -> bool,
) -> Collected<'a> {
    let (collected, spread) = (Collected::default(), HashSet::default());
    let mut collection = Collection { schema, document, object, selected, collected, spread };
    selections.iter().for_each(|set| collection.enter(set));
    collection.collected
}

struct Collection<'a, 'b> {
    schema: &'b Schema,
    document: &'a ExecutableDocument,
    object: &'b NamedType,
    selected: &'b dyn Fn(&DirectiveList) -> bool,
    collected: Collected<'a>,
    /// The fragments that were entered: one brings the same however often it is spread.
    spread: HashSet<&'a Name>,
}

impl<'a> Collection<'a, '_> {
    fn enter(&mut self, selections: &'a SelectionSet) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) if (self.selected)(&field.directives) => {
                    self.collected.entry(field.response_key()).or_default().push(field);
                }
                Selection::InlineFragment(fragment) if (self.selected)(&fragment.directives) => {
                    let condition = fragment.type_condition.as_ref();
                    if condition.is_none_or(|it| self.schema.applies(it, self.object)) {
                        self.enter(&fragment.selection_set);
                    }
                }
                Selection::FragmentSpread(it) if (self.selected)(&it.directives) => {
                    let Some(fragment) = it.fragment_def(self.document) else { continue };
                    if self.schema.applies(fragment.type_condition(), self.object)
                        && self.spread.insert(&it.fragment_name)
                    {
                        self.enter(&fragment.selection_set);
                    }
                }
                _ => {}
            }
        }
    }
}
