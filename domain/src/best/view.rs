//! A seating as one request sees it at an instant.

use chrono::{DateTime, Utc};

use super::layout::{Access, Group, Layout};
use super::request::BestRequest;

/// See the module's documentation.
pub(super) struct View<'a> {
    pub(super) layout: &'a Layout,
    pub(super) request: &'a BestRequest,
    free_from: &'a [i64],
    now: i64,
    /// The numbers of the categories, ascending; `None`: all.
    categories: Option<Vec<i32>>,
    /// The sections; `None`: all.
    sections: Option<Vec<usize>>,
}

/// An instant as seatings count.
pub(super) fn now_of(now: DateTime<Utc>) -> i64 {
    now.timestamp_micros()
}

impl<'a> View<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        free_from: &'a [i64],
        request: &'a BestRequest,
        now: DateTime<Utc>,
    ) -> Self {
        let categories = request.categories.as_ref().map(|named| {
            let own = named.iter().filter(|category| category.event == layout.event());
            let mut serials: Vec<_> = own.map(|category| category.serial).collect();
            serials.sort_unstable();
            serials
        });
        let sections = request.sections.as_ref();
        let sections = sections
            .map(|names| names.iter().filter_map(|name| layout.section(name)).collect::<Vec<_>>());
        Self { layout, request, free_from, now: now_of(now), categories, sections }
    }

    /// Whether a place is free, for whomever.
    pub(super) fn is_free(&self, place: usize) -> bool {
        self.free_from[place] <= self.now
    }

    /// Whether the request may be given a place.
    pub(super) fn is_eligible(&self, place: usize) -> bool {
        self.is_free(place)
            && (self.request.accessible || self.layout.access[place] == Access::Ordinary)
            && self
                .categories
                .as_ref()
                .is_none_or(|serials| serials.binary_search(&self.layout.categories[place]).is_ok())
    }

    /// Whether the request is for a group's section.
    pub(super) fn is_asked_for(&self, group: &Group) -> bool {
        self.sections.as_ref().is_none_or(|sections| sections.contains(&group.section))
    }

    /// The groups in the order of the plan.
    pub(super) fn groups(&self) -> impl Iterator<Item = &'a Group> {
        self.layout.groups.iter().filter(|group| self.is_asked_for(group))
    }

    /// The runs of eligible places in a piece of a row: where each begins, and how long it is.
    pub(super) fn runs(&self, group: &Group) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut is_running = false;
        for place in group.places.clone() {
            let is_eligible = self.is_eligible(place);
            match runs.last_mut().filter(|_| is_eligible && is_running) {
                Some((_, length)) => *length += 1,
                None if is_eligible => runs.push((place, 1)),
                None => {}
            }
            is_running = is_eligible;
        }
        runs
    }
}
