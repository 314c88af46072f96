//! What is read from objects, field by field; what is wrong is noted, and reading goes on.

use std::borrow::Cow;

use super::at::At;
use super::fault::{Fault, JsonProblems};
use super::node::Node;
use crate::domain::plan::{self, Excerpt, Point};

/// An object's fields, of those that it may have.
pub(super) struct Object<'a> {
    pub(super) node: Node<'a>,
    fields: Vec<(&'static str, Node<'a>)>,
}

impl<'a> Object<'a> {
    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        let found = self.fields.iter().find(|(known, _)| *known == name);
        found.map(|(_, node)| *node).filter(|node| !node.is_null())
    }

    /// Whether it is there, if only as null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| *known == name)
    }
}

impl JsonProblems {
    /// The fields of an object that may have these.
    pub(super) fn object<'a>(
        &mut self,
        at: &At<'_>,
        node: Node<'a>,
        known: &[&'static str],
    ) -> Option<Object<'a>> {
        let Some(all) = node.fields() else {
            self.push(node, at, Fault::Expected("an object"));
            return None;
        };
        let mut fields: Vec<(&'static str, Node<'a>)> = Vec::with_capacity(all.len());
        for (name, value) in all {
            match known.iter().find(|known| **known == name) {
                Some(known) if fields.iter().all(|(field, _)| field != known) => {
                    fields.push((known, value));
                }
                Some(known) => self.push(value, at, Fault::Twice(Excerpt::of(known))),
                None => self.push(value, at, Fault::Unknown(Excerpt::of(&name))),
            }
        }
        Some(Object { node, fields })
    }

    /// The field of an object that must have it.
    pub(super) fn required<'a>(
        &mut self,
        at: &At<'_>,
        object: &Object<'a>,
        name: &'static str,
    ) -> Option<Node<'a>> {
        let found = object.get(name);
        if found.is_none() {
            self.push(object.node, at, Fault::Missing(name));
        }
        found
    }

    /// The items of a list that may be missing.
    pub(super) fn items<'a>(
        &mut self,
        at: &At<'_>,
        object: &Object<'a>,
        name: &'static str,
    ) -> Vec<Node<'a>> {
        let Some(node) = object.get(name) else { return Vec::new() };
        self.some(&at.field(name), node, node.list(), Fault::Expected("a list")).unwrap_or_default()
    }

    /// A name that must be there.
    pub(super) fn label<'a>(
        &mut self,
        at: &At<'_>,
        object: &Object<'a>,
        name: &'static str,
    ) -> Option<(String, Node<'a>)> {
        let node = self.required(at, object, name)?;
        Some((self.label_of(&at.field(name), node)?, node))
    }

    /// A name that may be missing.
    pub(super) fn some_label(
        &mut self,
        at: &At<'_>,
        object: &Object<'_>,
        name: &'static str,
    ) -> Option<String> {
        self.label_of(&at.field(name), object.get(name)?)
    }

    pub(super) fn label_of(&mut self, at: &At<'_>, node: Node<'_>) -> Option<String> {
        let text = self.text(at, node)?;
        let label = plan::label(&text).map(Cow::into_owned);
        self.some(at, node, label, Fault::Label(Excerpt::of(&text)))
    }

    pub(super) fn text<'a>(&mut self, at: &At<'_>, node: Node<'a>) -> Option<Cow<'a, str>> {
        self.some(at, node, node.text(), Fault::Expected("a text"))
    }

    /// True or false; false if it is missing.
    pub(super) fn flag(&mut self, at: &At<'_>, object: &Object<'_>, name: &'static str) -> bool {
        let Some(node) = object.get(name) else { return false };
        let expected = Fault::Expected("true or false");
        self.some(&at.field(name), node, node.boolean(), expected).unwrap_or_default()
    }

    /// A point that may be missing.
    pub(super) fn some_point(
        &mut self,
        at: &At<'_>,
        object: &Object<'_>,
        name: &'static str,
    ) -> Option<Point> {
        let node = object.get(name)?;
        self.some(&at.field(name), node, node.point(), Fault::Point)
    }

    /// What was made of a value, if it could be.
    pub(super) fn some<T>(
        &mut self,
        at: &At<'_>,
        node: Node<'_>,
        made: Option<T>,
        fault: Fault,
    ) -> Option<T> {
        if made.is_none() {
            self.push(node, at, fault);
        }
        made
    }
}
