//! A function fits on a screen.

use std::path::Path;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::sources::{files, none, parse};

/// Lines of a function, from its name to its last brace.
const MAX_LINES: usize = 70;

#[test]
fn functions_have_at_most_70_lines() {
    let mut broken = Vec::new();
    for path in files(&["rs"]) {
        Functions { path: &path, broken: &mut broken }.visit_file(&parse(&path));
    }
    none("functions have at most 70 lines; split them by idea:", &broken);
}

struct Functions<'a> {
    path: &'a Path,
    broken: &'a mut Vec<String>,
}

impl Functions<'_> {
    fn check(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        let lines = last - first + 1;
        if lines > MAX_LINES {
            let (path, name) = (self.path.display(), &signature.ident);
            self.broken.push(format!("{path}:{first}: {name} has {lines} lines"));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.check(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast syn::ImplItemFn) {
        self.check(&method.sig, &method.block);
        visit::visit_impl_item_fn(self, method);
    }

    fn visit_trait_item_fn(&mut self, method: &'ast syn::TraitItemFn) {
        if let Some(block) = &method.default {
            self.check(&method.sig, block);
        }
        visit::visit_trait_item_fn(self, method);
    }
}
