//! Limits of a document, checked before anything else looks at it.
//!
//! They hold for the document as it is executed, with every fragment in each place that it is
//! spread: what is nested or repeated through fragments counts as if it were written out. The walk
//! ends at the first excess, so that fragments which double each other cost no more than
//! [`MAX_SELECTIONS`] steps.
//!
//! Deliberately absent: costs of fields, which `graphql::cost` knows.

use std::collections::HashMap;

use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, FragmentDefinition, Selection};
use apollo_compiler::parser::{SourceMap, SourceSpan};

use super::error::{DocumentError, start};
use crate::graphql::error::Code;

/// The deepest nesting of fields. The standard introspection query needs 13.
const MAX_DEPTH: usize = 15;

/// Aliases in an operation: a page that shows a few events side by side needs a handful.
const MAX_ALIASES: usize = 30;

/// Fields at the root of an operation, each of which is work of its own.
const MAX_ROOT_FIELDS: usize = 20;

/// Fields and fragments in all operations of a document, and once more in its fragments as they are
/// written. The standard introspection query has some 350; a client's whole file of operations a
/// few hundred.
const MAX_SELECTIONS: usize = 2_000;

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
    for operation in document.definitions.iter().filter_map(Definition::as_operation_definition) {
        let mut walk = Walk {
            fragments: &fragments,
            sources: &document.sources,
            selections,
            aliases: 0,
            root_fields: 0,
        };
        walk.enter(&operation.selection_set, Nesting { depth: 0, nesting: 0 })?;
        selections = walk.selections;
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
    aliases: usize,
    root_fields: usize,
}

/// How deep a selection is nested.
#[derive(Clone, Copy)]
struct Nesting {
    /// In how many fields.
    depth: usize,
    /// In how many fields and fragments.
    nesting: usize,
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
            match selection {
                Selection::Field(field) => {
                    let depth = outer.depth + 1;
                    self.keep(depth, MAX_DEPTH, "fields within one another", at)?;
                    self.aliases += usize::from(field.alias.is_some());
                    self.keep(self.aliases, MAX_ALIASES, "aliases in an operation", at)?;
                    self.root_fields += usize::from(outer.depth == 0);
                    self.keep(
                        self.root_fields,
                        MAX_ROOT_FIELDS,
                        "fields at the root of an operation",
                        at,
                    )?;
                    self.enter(&field.selection_set, Nesting { depth, nesting })?;
                }
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
        let message = format!("at most {limit} {of_what} are allowed");
        let at = start(at, self.sources);
        Err(DocumentError::at(Code::GraphqlValidationFailed, message, at))
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
            "at most 2000"
        ));
    }

    #[test]
    fn every_operation_of_a_document_has_limits_of_its_own_and_they_share_the_size() {
        let operation = |i| format!("query Q{i} {{ {} }} ", "a ".repeat(20));
        assert_eq!(message(&repeat(100, operation)), None);
        assert!(is_refused(&repeat(101, operation), "at most 2000"));
    }
}
