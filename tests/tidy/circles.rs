//! No import goes in a circle.
//!
//! An import is an edge from the file that it stands in to the file that defines what it names: a
//! `mod.rs` that only passes a name on is no stop on the way, and passing on is no edge. What is
//! compiled for tests alone does not count.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

use crate::sources::{files, none, parse};

/// A module by its path in the crate; the crate itself is empty.
type Module = Vec<String>;

/// What one file says.
#[derive(Default)]
struct Contents {
    /// Names that it passes on, and what they stand for.
    passed_on: BTreeMap<String, Vec<String>>,
    /// Modules of which it passes everything on.
    passed_on_whole: Vec<Vec<String>>,
    /// Paths that it uses, from the crate's root.
    used: Vec<Vec<String>>,
}

/// A crate: its modules, by their files.
struct Crate {
    modules: BTreeMap<Module, Contents>,
}

#[test]
fn no_import_goes_in_a_circle() {
    let mut broken = Vec::new();
    for folder in ["src", "domain/src", "show/src", "migration/src", "bench/src", "torture/src"] {
        let package = Crate::read(Path::new(folder));
        for circle in package.circles() {
            let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
            broken.push(format!("{folder}: {}", names.join(" → ")));
        }
    }
    none("what these share belongs below them, in a file of its own:", &broken);
}

impl Crate {
    fn read(folder: &Path) -> Self {
        let files = files(&["rs"]);
        let files = files.iter().filter(|path| path.starts_with(folder));
        let modules = files.map(|path| {
            let module = module_of(path.strip_prefix(folder).unwrap());
            let contents = Contents::read(path, &module);
            (module, contents)
        });
        Self { modules: modules.collect() }
    }

    /// The file that defines what a path names.
    fn definer(&self, path: &[String]) -> Option<Module> {
        let mut module: Module = Vec::new();
        for (index, name) in path.iter().enumerate() {
            let child: Module = module.iter().chain([name]).cloned().collect();
            if self.modules.contains_key(&child) {
                module = child;
                continue;
            }
            let contents = &self.modules[&module];
            if let Some(target) = contents.passed_on.get(name) {
                let rest: Vec<_> = target.iter().chain(&path[index + 1..]).cloned().collect();
                return self.definer(&rest);
            }
            let of_whole = contents.passed_on_whole.iter().find_map(|whole| {
                let target: Vec<_> = whole.iter().chain(&path[index..]).cloned().collect();
                self.definer(&target).filter(|found| !module.starts_with(found))
            });
            return Some(of_whole.unwrap_or(module));
        }
        Some(module)
    }

    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let edges = self.modules.iter().map(|(module, contents)| {
            let targets = contents.used.iter().filter_map(|path| self.definer(path));
            (module, targets.filter(|target| target != module).collect())
        });
        edges.collect()
    }

    /// For each module that can reach itself, one shortest way; each circle once.
    fn circles(&self) -> Vec<Vec<Module>> {
        let edges = self.edges();
        let mut circles: Vec<Vec<Module>> = Vec::new();
        for &start in edges.keys() {
            if circles.iter().any(|circle| circle.contains(start)) {
                continue;
            }
            circles.extend(way_back(start, &edges));
        }
        circles
    }
}

/// The shortest way from a module to itself.
fn way_back(start: &Module, edges: &BTreeMap<&Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in edges.get(way.last().unwrap()).into_iter().flatten() {
                let further = || way.iter().chain([next]).cloned().collect();
                if next == start {
                    return Some(further());
                }
                if seen.insert(next.clone()) {
                    longer.push(further());
                }
            }
        }
        ways = longer;
    }
    None
}

/// `desk/mod.rs` and `desk.rs` are the module `desk`; `lib.rs` and `main.rs` are the crate.
fn module_of(path: &Path) -> Module {
    let without_extension: PathBuf = path.with_extension("");
    let mut module: Module =
        without_extension.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    let last = module.last().unwrap();
    let is_crate = module.len() == 1 && ["lib", "main"].contains(&last.as_str());
    if is_crate || last == "mod" {
        module.pop();
    }
    module
}

impl Contents {
    fn read(path: &Path, module: &Module) -> Self {
        let mut reader = Reader { module: module.clone(), contents: Self::default() };
        reader.visit_file(&parse(path));
        reader.contents
    }
}

struct Reader {
    module: Module,
    contents: Contents,
}

impl Reader {
    /// A path from the crate's root; `None` if it does not lead into this crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.module.clone(),
            "super" => {
                let mut parent = self.module.clone();
                parent.pop()?;
                parent
            }
            _ => return None,
        };
        let mut rest = rest;
        while let Some((name, further)) = rest.split_first()
            && name == "super"
        {
            base.pop()?;
            rest = further;
        }
        base.extend(rest.iter().cloned());
        Some(base)
    }

    fn take_use(&mut self, item: &syn::ItemUse) {
        let passes_on = !matches!(item.vis, Visibility::Inherited);
        let mut leaves = Vec::new();
        flatten(&item.tree, Vec::new(), &mut leaves);
        for (path, name) in leaves {
            // In a mod.rs a path may begin with one of its modules.
            let path = self.absolute(&path).or_else(|| {
                let own: Vec<_> = self.module.iter().chain(&path).cloned().collect();
                passes_on.then_some(own)
            });
            let Some(path) = path else { continue };
            match name {
                Some(name) if passes_on => drop(self.contents.passed_on.insert(name, path)),
                None if passes_on => self.contents.passed_on_whole.push(path),
                _ => self.contents.used.push(path),
            }
        }
    }
}

/// Every path of a tree, with the name that it is given; `None` for everything below a path.
fn flatten(tree: &UseTree, before: Vec<String>, leaves: &mut Vec<(Vec<String>, Option<String>)>) {
    let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect();
    match tree {
        UseTree::Path(path) => flatten(&path.tree, with(&path.ident), leaves),
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned();
            leaves.push((before, last));
        }
        UseTree::Name(name) => leaves.push((with(&name.ident), Some(name.ident.to_string()))),
        UseTree::Rename(name) => leaves.push((with(&name.ident), Some(name.rename.to_string()))),
        UseTree::Glob(_) => leaves.push((before, None)),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before.clone(), leaves);
            }
        }
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test")
    })
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => {}
            Item::Use(item) => self.take_use(item),
            item => visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<_> = path.segments.iter().map(|part| part.ident.to_string()).collect();
        if names.len() > 1
            && let Some(path) = self.absolute(&names)
        {
            self.contents.used.push(path);
        }
        visit::visit_path(self, path);
    }
}
