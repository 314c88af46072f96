//! Limits of a document, checked before anything else looks at it.
//!
//! They hold for the document as it is executed, with every fragment in each place that it is
//! spread: what is nested or repeated through fragments counts as if it were written out. The walk
//! ends at the first excess, so that fragments which double each other cost no more than
//! [`MAX_SELECTIONS`] steps. How long brackets, names and lists may be is in `lexical`.
//!
//! Deliberately absent: costs of fields, which `graphql::cost` knows.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Field, FragmentDefinition, Selection};
use apollo_compiler::parser::{SourceMap, SourceSpan};

use super::error::{DocumentError, start};
use super::introspection::{is_introspection, is_schema_list};

/// The deepest nesting of fields. The standard introspection query needs 13.
const MAX_DEPTH: usize = 15;

/// Aliases in an operation: a page that shows a few events side by side needs a handful.
const MAX_ALIASES: usize = 30;

/// Fields at the root of an operation, each of which is work of its own.
const MAX_ROOT_FIELDS: usize = 20;

/// Lists of the schema in an operation: each is answered with all that the schema has of it, and
/// within another as often as that has items. The standard introspection query has 10.
const MAX_SCHEMA_LISTS: usize = 15;

/// Fields and fragments in all operations of a document, and once more in its fragments as they are
/// written. The standard introspection query has some 350; a client's whole file of operations a
/// few hundred.
const MAX_SELECTIONS: usize = 2_000;

/// Fields and fragments of a document, each counted once for itself and once for everything around
/// it. Validation goes by that. It compares the fields of one response key by all that is in them,
/// at each level anew; and it looks for circles from each fragment on. The standard introspection
/// query has 2,300.
const MAX_LOOKS: usize = 12_000;

/// Selections in selections, fragments included. What fits [`MAX_DEPTH`] has hardly more than one
/// fragment a field; fragments that spread each other in a circle end here.
const MAX_NESTING: usize = 2 * MAX_DEPTH;

/// Refuses a document that goes beyond a limit.
pub(super) fn check(document: &Document) -> Result<(), DocumentError> {
    let fragments: Fragments<'_> = document
        .definitions
        .iter()
        .filter_map(Definition::as_fragment_definition)
        .map(|fragment| (&fragment.name, &**fragment))
        .collect();
    // Also those that nothing spreads are validated.
    let mut selections = fragments.values().map(|fragment| size(&fragment.selection_set)).sum();
    let mut looks = 0;
    for operation in document.definitions.iter().filter_map(Definition::as_operation_definition) {
        let mut walk = Walk {
            fragments: &fragments,
            sources: &document.sources,
            selections,
            looks,
            aliases: 0,
            root_fields: 0,
            schema_lists: 0,
        };
        walk.enter(&operation.selection_set, Nesting::NONE)?;
        (selections, looks) = (walk.selections, walk.looks);
    }
    Ok(())
}

type Fragments<'a> = HashMap<&'a Name, &'a FragmentDefinition>;

/// Fields and fragments as they are written. The parser has limited how deep.
fn size(selections: &[Selection]) -> usize {
    let sizes = selections.iter().map(|selection| match selection {
        Selection::Field(field) => 1 + size(&field.selection_set),
        Selection::InlineFragment(fragment) => 1 + size(&fragment.selection_set),
        Selection::FragmentSpread(_) => 1,
    });
    sizes.sum()
}

/// One operation's walk.
struct Walk<'a> {
    fragments: &'a Fragments<'a>,
    sources: &'a SourceMap,
    selections: usize,
    looks: usize,
    aliases: usize,
    root_fields: usize,
    schema_lists: usize,
}

/// How deep a selection is nested.
#[derive(Clone, Copy)]
struct Nesting {
    /// In how many fields.
    depth: usize,
    /// In how many fields and fragments.
    nesting: usize,
    /// Whether one of these fields asks for the schema.
    is_in_schema: bool,
}

impl Nesting {
    /// Of what an operation has at its root.
    const NONE: Self = Self { depth: 0, nesting: 0, is_in_schema: false };
}

impl Walk<'_> {
    fn enter(&mut self, selections: &[Selection], outer: Nesting) -> Result<(), DocumentError> {
        for selection in selections {
            let at = selection.location();
            self.selections += 1;
            self.keep(
                self.selections,
                MAX_SELECTIONS,
                "fields and fragments, each counted wherever it is spread",
                at,
            )?;
            self.keep(outer.nesting, MAX_NESTING, "fields and fragments within one another", at)?;
            let nesting = outer.nesting + 1;
            self.looks += nesting;
            self.keep(
                self.looks,
                MAX_LOOKS,
                "fields and fragments, each counted with all that is around it,",
                at,
            )?;
            match selection {
                Selection::Field(field) => self.enter_field(field, at, outer)?,
                Selection::InlineFragment(fragment) => {
                    self.enter(&fragment.selection_set, Nesting { nesting, ..outer })?;
                }
                Selection::FragmentSpread(spread) => {
                    // One that does not exist is refused by validation.
                    if let Some(fragment) = self.fragments.get(&spread.fragment_name) {
                        self.enter(&fragment.selection_set, Nesting { nesting, ..outer })?;
                    }
                }
            }
        }
        Ok(())
    }

    fn enter_field(
        &mut self,
        field: &Field,
        at: Option<SourceSpan>,
        outer: Nesting,
    ) -> Result<(), DocumentError> {
        let depth = outer.depth + 1;
        self.keep(depth, MAX_DEPTH, "fields within one another", at)?;
        self.aliases += usize::from(field.alias.is_some());
        self.keep(self.aliases, MAX_ALIASES, "aliases in an operation", at)?;
        self.root_fields += usize::from(outer.depth == 0);
        self.keep(self.root_fields, MAX_ROOT_FIELDS, "fields at the root of an operation", at)?;
        self.schema_lists += usize::from(outer.is_in_schema && is_schema_list(&field.name));
        self.keep(self.schema_lists, MAX_SCHEMA_LISTS, "lists of the schema in an operation", at)?;
        let inner = Nesting {
            depth,
            nesting: outer.nesting + 1,
            is_in_schema: outer.is_in_schema || is_introspection(&field.name),
        };
        self.enter(&field.selection_set, inner)
    }

    fn keep(
        &self,
        number: usize,
        limit: usize,
        of_what: &str,
        at: Option<SourceSpan>,
    ) -> Result<(), DocumentError> {
        if number <= limit {
            return Ok(());
        }
        Err(DocumentError::excess(number, limit, of_what, start(at, self.sources)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(query: &str) -> Option<String> {
        let document = Document::parse(query, "test").unwrap();
        check(&document).err().map(|refused| refused.into_server_error().message)
    }

    fn is_refused(query: &str, part: &str) -> bool {
        message(query).is_some_and(|message| message.contains(part))
    }

    fn repeat(times: usize, text: impl Fn(usize) -> String) -> String {
        (0..times).map(text).collect()
    }

    #[test]
    fn each_limit_is_reached_and_not_passed() {
        let aliases = |n| format!("{{ a {{ {} }} }}", repeat(n, |i| format!("x{i}: b ")));
        assert_eq!(message(&aliases(30)), None);
        assert!(is_refused(&aliases(31), "at most 30 aliases"));
        let roots = |n: usize| format!("{{ {} }}", "a ".repeat(n));
        assert_eq!(message(&roots(20)), None);
        assert!(is_refused(&roots(21), "at most 20 fields at the root"));
        let deep = |n: usize| format!("{{ {} x {} }}", "a { ".repeat(n - 1), "}".repeat(n - 1));
        assert_eq!(message(&deep(15)), None);
        assert!(is_refused(&deep(16), "at most 15 fields within one another"));
        let many = |n: usize| format!("{{ a {{ {} }} }}", "b ".repeat(n - 1));
        assert_eq!(message(&many(2_000)), None);
        assert!(is_refused(&many(2_001), "at most 2000 fields"));
        let unused = |n: usize| format!("{{ a }} fragment F on T {{ {} }}", "b ".repeat(n - 1));
        assert_eq!(message(&unused(2_000)), None);
        assert!(is_refused(&unused(2_001), "at most 2000 fields"));
        let looks = |n: usize| {
            let (opening, closing) = ("a { ".repeat(9), "}".repeat(9));
            format!("{{ {opening} {} {closing} }}", "b ".repeat((n - 45) / 10))
        };
        assert_eq!(message(&looks(11_995)), None);
        assert!(is_refused(&looks(12_005), "at most 12000 fields and fragments, each counted"));
        let lists =
            |n: usize| format!("{{ __schema {{ types {{ {} }} }} }}", "fields ".repeat(n - 1));
        assert_eq!(message(&lists(15)), None);
        assert!(is_refused(&lists(16), "at most 15 lists of the schema"));
        assert_eq!(message(&format!("{{ a {{ {} }} }}", "fields ".repeat(30))), None);
    }

    #[test]
    fn fragments_evade_no_limit() {
        let aliases = "{ a { ...F ...F ...F ...F } } fragment F on T { a: x b: x c: x d: x e: x \
            f: x g: x h: x }";
        assert!(is_refused(aliases, "aliases"));
        let roots = "{ ...F ...F ...F ... on Q { ...F } } fragment F on Q { a b c d e f }";
        assert!(is_refused(roots, "at the root"));
        let chain = repeat(16, |i| format!("fragment F{i} on T {{ a {{ ...F{} }} }} ", i + 1));
        assert!(is_refused(
            &format!("{{ ...F0 }} {chain} fragment F16 on T {{ a }}"),
            "within one another"
        ));
        assert!(is_refused("{ ...F } fragment F on T { ...F }", "within one another"));
        assert!(is_refused(
            "{ a { ...F } } fragment F on T { ...G ...G } fragment G on T { ...F }",
            "within one another"
        ));
        // Two to the power of 25 fields, written in a kilobyte.
        let doubling = repeat(25, |i| format!("fragment F{i} on T {{ ...F{0} ...F{0} }} ", i + 1));
        assert!(is_refused(
            &format!("{{ a {{ ...F0 }} }} {doubling} fragment F25 on T {{ a }}"),
            "each counted"
        ));
    }

    /// What finds circles looks from each fragment at all that follow.
    #[test]
    fn fragments_that_follow_each_other_count_for_each_that_is_before_them() {
        let follow = |length: usize, operations: usize| {
            let last = format!("fragment F{length} on T {{ a }} ");
            let fragment = |i| format!("fragment F{i} on T {{ ...F{} }} ", i + 1);
            let operation = |i| format!("query Q{i} {{ ...F0 }} ");
            repeat(operations, operation) + &repeat(length, fragment) + &last
        };
        assert_eq!(message(&follow(27, 27)), None);
        assert!(is_refused(&follow(27, 60), "at most 12000"));
    }

    #[test]
    fn every_operation_of_a_document_has_limits_of_its_own_and_they_share_the_size() {
        let operation = |i| format!("query Q{i} {{ {} }} ", "a ".repeat(20));
        assert_eq!(message(&repeat(100, operation)), None);
        assert!(is_refused(&repeat(101, operation), "at most 2000"));
    }
}
