//! Makes estimates of operations in their normal form.

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use async_graphql::parser::types::{Field, OperationType, Selection, SelectionSet};
use async_graphql_value::Value as Argument;

use super::amount::Cost;
use super::estimate::{Estimate, Page, Sum, Times};
use super::event_source::EventSource;
use super::table::{EventOf, FieldCost, Items, Reads, STATEMENT, field_cost};
use crate::domain::command::MAX_SEATS_PER_REQUEST;

/// Estimates an operation in its normal form.
pub fn estimate(schema: &Schema, kind: OperationType, root: &SelectionSet) -> Estimate {
    let mut builder = Builder { schema, events: Vec::new() };
    let ty = match kind {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => "Subscription",
    };
    let within = Within {
        event: EventSource::Any,
        page: None,
        is_event_of_page: false,
        seats_an_order: None,
    };
    let mut sum = Sum::of(Cost::nodes(1));
    sum.add(builder.on_object(ty, root, &within));
    if kind == OperationType::Mutation {
        let commands = u64::try_from(root.items.len()).unwrap_or(u64::MAX);
        sum.fixed = sum.fixed.plus(Cost { commands, ..Cost::default() });
    }
    Estimate { sum, events: builder.events }
}

/// The types of a page of events: what their fields give is an event of it, or leads to one.
const EVENT_CONNECTION: &str = "EventConnection";
const EVENT_EDGE: &str = "EventEdge";

/// What a field is within.
#[derive(Clone)]
struct Within {
    /// Of which event it is.
    event: EventSource,
    /// The page whose items are meant.
    page: Option<Page>,
    /// Whether it is one of the events of that page.
    is_event_of_page: bool,
    /// How many seats each of the orders has, on average.
    seats_an_order: Option<u64>,
}

struct Builder<'a> {
    schema: &'a Schema,
    /// Those whose sizes something depends on.
    events: Vec<EventSource>,
}

impl Builder<'_> {
    /// What is selected on whatever has this type.
    fn on(&mut self, ty: &str, selections: &SelectionSet, within: &Within) -> Sum {
        let objects = self.possible_types(ty);
        if objects.is_empty() {
            return self.on_object(ty, selections, within);
        }
        let each =
            objects.iter().map(|object| self.on_object(object, selections, within)).collect();
        let mut sum = Sum::default();
        sum.add_one_of(each);
        sum
    }

    fn on_object(&mut self, object: &str, selections: &SelectionSet, within: &Within) -> Sum {
        let mut sum = Sum::default();
        for selection in &selections.items {
            match &selection.node {
                Selection::Field(field) => sum.add(self.field(object, &field.node, within)),
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    if condition.is_none_or(|it| self.is_a(object, &it.node.on.node)) {
                        sum.add(self.on_object(object, &fragment.node.selection_set.node, within));
                    }
                }
                // There are none in a normal form.
                Selection::FragmentSpread(_) => {}
            }
        }
        sum
    }

    fn field(&mut self, on: &str, field: &Field, outer: &Within) -> Sum {
        let cost = field_cost(on, &field.name.node);
        let argument = |name| field.get_argument(name).map(|it| it.node.clone());
        let mut within = outer.clone();
        within.event = match cost.event {
            EventOf::Same => within.event,
            EventOf::Any => EventSource::Any,
            EventOf::Argument(name) => EventSource::IdOrSlug(argument(name).unwrap_or_default()),
            EventOf::Ids(name) => EventSource::OfIds(argument(name).unwrap_or_default()),
        };
        if let Items::WithPage(bounds) = cost.items {
            within.page = Some(Page { bounds, first: argument("first") });
        }
        within.is_event_of_page = on == EVENT_CONNECTION || on == EVENT_EDGE;
        if let Items::OrdersOfOwned = cost.items {
            within.seats_an_order = Some(1);
        }
        // A field whose type is not known is none of the schema's, and looks at nothing of it.
        let ty = self.schema.type_field(on, &field.name.node).ok();
        let content = ty.map_or_else(Sum::default, |it| {
            self.on(it.ty.inner_named_type(), &field.selection_set.node, &within)
        });
        let mut sum = self.read(cost, outer, &within, argument("filter"));
        sum.fixed = sum.fixed.plus(Cost::nodes(1));
        match self.items(
            cost.items,
            ty.map(|it| it.ty.inner_named_type().as_str()),
            &within,
            argument,
        ) {
            None => sum.add(content),
            Some(times) => {
                let mut item = Sum::of(Cost::nodes(1));
                if let Reads::Items | Reads::ItemsTogether = cost.reads {
                    item.fixed = item.fixed.plus(Cost::rows(1));
                }
                item.add(content);
                sum.add_times(times, item);
            }
        }
        sum
    }

    /// How many items a list has.
    fn items(
        &mut self,
        items: Items,
        ty: Option<&str>,
        within: &Within,
        argument: impl Fn(&'static str) -> Option<Argument>,
    ) -> Option<Times> {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Some(match items {
            Items::One | Items::WithPage(_) => return None,
            Items::OfPage => Times::Page(within.page.clone()?),
            Items::Given(name, most) => Times::Given(argument(name)?, number(most)),
            Items::UpTo(most) => Times::Always(number(most)),
            Items::EachOnce => match self.schema.types.get(ty?) {
                Some(ExtendedType::Enum(ty)) => Times::Always(number(ty.values.len())),
                _ => return None,
            },
            Items::Seats => Times::Seats(self.event(within)),
            Items::Categories => Times::Categories(self.event(within)),
            Items::Owned | Items::OrdersOfOwned => Times::Owned(self.event(within)),
            Items::SeatsOfOrder => {
                Times::Always(within.seats_an_order.unwrap_or(number(MAX_SEATS_PER_REQUEST)))
            }
        })
    }

    /// What a field reads, but for its own items.
    fn read(
        &mut self,
        cost: FieldCost,
        outer: &Within,
        within: &Within,
        filter: Option<Argument>,
    ) -> Sum {
        let mut sum = Sum::default();
        let row = || Sum::of(Cost::rows(1));
        let is_together = matches!(cost.reads, Reads::ItemsTogether | Reads::OneTogether);
        if !is_together && !matches!(cost.reads, Reads::Nothing) {
            sum.fixed = Cost::rows(STATEMENT);
        }
        match cost.reads {
            Reads::Nothing | Reads::One | Reads::Items | Reads::ItemsTogether => {}
            Reads::OneTogether => sum.fixed = Cost::rows(1),
            Reads::Seats => sum.add_times(Times::Seats(self.event(within)), row()),
            Reads::EverySeat => {
                let event = self.event(within);
                let times = match &outer.page {
                    Some(page) if outer.is_event_of_page => {
                        Times::LookedAtOfPage(event, page.clone())
                    }
                    _ => Times::LookedAt(event),
                };
                sum.add_times(times, row());
            }
            Reads::Page | Reads::FilteredPage => {
                if let Some(page) = &within.page {
                    sum.add_times(Times::Page(page.clone()), row());
                }
                if let (Reads::FilteredPage, Some(filter)) = (cost.reads, filter) {
                    sum.add_times(Times::Filtered(self.event(within), filter), row());
                }
            }
        }
        sum
    }

    /// The place of this event among those whose sizes something depends on.
    fn event(&mut self, within: &Within) -> usize {
        let known = self.events.iter().position(|event| *event == within.event);
        known.unwrap_or_else(|| {
            self.events.push(within.event.clone());
            self.events.len() - 1
        })
    }

    /// The objects of an interface or a union; none if it is neither.
    fn possible_types(&self, ty: &str) -> Vec<String> {
        match self.schema.types.get(ty) {
            Some(ExtendedType::Union(union)) => {
                union.members.iter().map(|member| member.name.to_string()).collect()
            }
            Some(ExtendedType::Interface(_)) => {
                let objects = self.schema.types.iter().filter_map(|(_, it)| it.as_object());
                let having = objects.filter(|object| {
                    object.implements_interfaces.iter().any(|interface| interface.name == ty)
                });
                having.map(|object| object.name.to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn is_a(&self, object: &str, ty: &str) -> bool {
        object == ty || self.possible_types(ty).iter().any(|it| it == object)
    }
}
