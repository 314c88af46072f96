//! What an operation costs, as far as it is known without its variables.

use async_graphql::{Value, Variables};
use async_graphql_value::Value as Argument;

use super::amount::Cost;
use super::event_source::{EventSource, value};
use crate::graphql::paging::PageBounds;
use crate::store::reads::EventSize;

/// Rows that are only looked at cost a quarter of those that are fetched: PostgreSQL counts 200,000
/// in 85 ms and sends them in 320 ms.
const LOOKED_AT_A_ROW: u64 = 4;

/// What an operation costs, as far as it is known without its variables.
#[derive(Debug)]
pub struct Estimate {
    pub(super) sum: Sum,
    /// The events whose sizes it depends on.
    pub(super) events: Vec<EventSource>,
}

impl Estimate {
    /// What it costs, if that depends on nothing.
    pub fn fixed(&self) -> Option<Cost> {
        self.sum.parts.is_empty().then_some(self.sum.fixed)
    }
}

/// Costs that come together.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) fixed: Cost,
    pub(super) parts: Vec<Part>,
}

/// A cost that depends on something.
#[derive(Debug)]
pub(super) enum Part {
    /// Something several times.
    Times(Times, Sum),
    /// The one or the other.
    OneOf(Vec<Sum>),
}

/// How many times.
#[derive(Clone, Debug)]
pub(super) enum Times {
    Always(u64),
    /// Once for each item of a page.
    Page(Page),
    /// Once for each value of an argument that is a list, up to so many.
    Given(Argument, u64),
    /// Once for each seat of an event; by its place among the events.
    Seats(usize),
    Categories(usize),
    /// Once for each seat that one viewer may have.
    Owned(usize),
    /// Once for so many seats of the event as cost as much as one that is fetched.
    LookedAt(usize),
    /// The same for one of the events of a page: together they are no more than all there are.
    LookedAtOfPage(usize, Page),
    /// The same of one event, if there is a filter.
    Filtered(usize, Argument),
}

/// A page of a list.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) bounds: PageBounds,
    /// The argument that says how many.
    pub(super) first: Option<Argument>,
}

/// What an estimate leaves open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'a> {
    pub(super) variables: &'a Variables,
    /// In the order of the estimate's events.
    pub(super) sizes: &'a [EventSize],
}

impl Sum {
    pub(super) fn of(fixed: Cost) -> Self {
        Self { fixed, parts: Vec::new() }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.fixed = self.fixed.plus(other.fixed);
        self.parts.extend(other.parts);
    }

    /// Adds something several times.
    pub(super) fn add_times(&mut self, times: Times, of: Self) {
        match times {
            Times::Always(often) if of.parts.is_empty() => {
                self.fixed = self.fixed.plus(of.fixed.times(often));
            }
            times => self.parts.push(Part::Times(times, of)),
        }
    }

    /// Adds the one or the other.
    pub(super) fn add_one_of(&mut self, mut sums: Vec<Self>) {
        if sums.iter().all(|sum| sum.parts.is_empty()) {
            let most = sums.iter().map(|sum| sum.fixed).reduce(Cost::or);
            self.fixed = self.fixed.plus(most.unwrap_or_default());
        } else if sums.len() > 1 {
            self.parts.push(Part::OneOf(sums));
        } else if let Some(only) = sums.pop() {
            self.add(only);
        }
    }

    pub(super) fn cost(&self, known: Known<'_>) -> Cost {
        let parts = self.parts.iter().map(|part| match part {
            Part::Times(times, sum) => sum.cost(known).times(times.number(known)),
            Part::OneOf(sums) => {
                sums.iter().map(|sum| sum.cost(known)).reduce(Cost::or).unwrap_or_default()
            }
        });
        parts.fold(self.fixed, Cost::plus)
    }
}

impl Times {
    fn number(&self, Known { variables, sizes }: Known<'_>) -> u64 {
        match self {
            Self::Always(often) => *often,
            Self::Page(page) => page.size(variables),
            Self::Given(argument, most) => match value(argument, variables) {
                Value::List(values) => {
                    u64::try_from(values.len()).map_or(*most, |it| it.min(*most))
                }
                _ => 0,
            },
            Self::Seats(event) => sizes[*event].seats,
            Self::Categories(event) => sizes[*event].categories,
            Self::Owned(event) => sizes[*event].seats_a_viewer,
            Self::LookedAt(event) => sizes[*event].seats.div_ceil(LOOKED_AT_A_ROW),
            Self::LookedAtOfPage(event, page) => {
                let EventSize { seats, seats_together, .. } = sizes[*event];
                let each = seats_together.div_ceil(page.size(variables).max(1));
                seats.min(each).div_ceil(LOOKED_AT_A_ROW)
            }
            Self::Filtered(event, filter) => match value(filter, variables) {
                Value::Null => 0,
                _ => sizes[*event].seats.div_ceil(LOOKED_AT_A_ROW),
            },
        }
    }
}

impl Page {
    /// The items that it may have. What is out of bounds is refused when it is executed.
    fn size(&self, variables: &Variables) -> u64 {
        let first = self.first.as_ref().map(|first| value(first, variables));
        let first = first.and_then(|first| match first {
            Value::Number(number) => number.as_i64(),
            _ => None,
        });
        self.bounds.size_or_most(first)
    }
}
