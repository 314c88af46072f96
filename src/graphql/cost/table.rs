//! Which fields give many values, and which read rows.
//!
//! A field that is not here gives one value. It reads nothing, or what all of its kind share in an
//! answer. A test holds this against the schema: a list, or a field with arguments,
//! cannot be left out.

use crate::domain::audit::MAX_DETAILS;
use crate::domain::command::{MAX_SEATS_PER_BLOCK, MAX_SEATS_PER_REQUEST};
use crate::domain::plan::{
    MAX_CATEGORIES, MAX_PROBLEMS, MAX_SEATS_OF_A_PART, MAX_SHAPE_POINTS, MAX_SHAPES,
};
use crate::domain::prices::MAX_TICKET_TYPES;
use crate::domain::sales_span::SalesSpan;
use crate::feed::MAX_BATCH_CHANGES;
use crate::graphql::paging::{
    AUDIT_LOG, EVENTS, HISTORY, MAX_NODES, ORDERS, PageBounds, SEATS, WEBHOOKS,
};

/// What a statement costs beside its rows, in rows: a way to the database and back takes 60 µs and
/// more, and a row 1.6 µs.
pub(super) const STATEMENT: u64 = 50;

/// What is to know of a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldCost {
    pub(super) items: Items,
    pub(super) reads: Reads,
    pub(super) event: EventOf,
}

/// How many values a field gives.
#[derive(Clone, Copy, Debug)]
pub(super) enum Items {
    /// One.
    One,
    /// One, with a page of a list in it whose size is the argument `first`.
    WithPage(PageBounds),
    /// The items of that page.
    OfPage,
    /// As many as an argument has values, up to a number.
    Given(&'static str, usize),
    /// Up to this number.
    UpTo(usize),
    /// Each value of its enum at most once.
    EachOnce,
    /// The event's seats.
    Seats,
    /// The event's categories.
    Categories,
    /// What one viewer may have of the event's seats.
    Owned,
    /// Orders of these seats: not more than there are seats, and with no more seats in all.
    OrdersOfOwned,
    /// The seats of an order.
    SeatsOfOrder,
}

/// What a field reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reads {
    /// Nothing, or what something around it has read already.
    Nothing,
    /// A statement.
    One,
    /// A statement, and a row for each item.
    Items,
    /// A row for each item; the statement is one for all of its kind in an answer.
    ItemsTogether,
    /// A row; the same.
    OneTogether,
    /// A statement, and a row for each item of its page and the one after.
    Page,
    /// The same; and all of the event's seats are looked at if the argument `filter` says which.
    FilteredPage,
    /// A statement, and a row for each of the event's seats.
    Seats,
    /// A statement that looks at all of the event's seats.
    EverySeat,
}

/// Which event things in a field are of.
#[derive(Clone, Copy, Debug)]
pub(super) enum EventOf {
    /// That of what is around it.
    Same,
    /// The one that this argument names: it is its id or slug, or has that as `eventId`.
    Argument(&'static str),
    /// That of what this argument has the ids of.
    Ids(&'static str),
    /// Any.
    Any,
}

/// What is to know of most fields.
pub(super) const PLAIN: FieldCost =
    FieldCost { items: Items::One, reads: Reads::Nothing, event: EventOf::Same };

type Row = (&'static str, &'static str, Items, Reads, EventOf);

const EVENT_ID: EventOf = EventOf::Argument("eventId");
const OF_INPUT: EventOf = EventOf::Argument("input");
const SEATS_OF_REQUEST: Items = Items::UpTo(MAX_SEATS_PER_REQUEST);
const SEATS_OF_BLOCK: Items = Items::UpTo(MAX_SEATS_PER_BLOCK);
const SEATS_OF_IMPORT: Items = Items::UpTo(MAX_SEATS_OF_A_PART);

/// One on either side of each.
const LONE_SEATS: Items = Items::UpTo(2 * MAX_SEATS_PER_REQUEST);

const SHAPES: Items = Items::UpTo(MAX_SHAPES);
const NUMBERS_OF_SHAPE: Items = Items::UpTo(2 * MAX_SHAPE_POINTS);
const CATEGORIES_OF_REQUEST: Items = Items::UpTo(MAX_CATEGORIES);
const TICKET_TYPES: Items = Items::UpTo(MAX_TICKET_TYPES);

/// More than any venue has; those who see them by section are trusted.
const SECTIONS: usize = 1000;

const FIELDS: &[Row] = &[
    ("Query", "node", Items::One, Reads::One, EventOf::Ids("id")),
    ("Query", "nodes", Items::Given("ids", MAX_NODES), Reads::Items, EventOf::Ids("ids")),
    ("Query", "order", Items::One, Reads::One, EventOf::Any),
    ("Query", "event", Items::One, Reads::One, EventOf::Argument("id")),
    ("Query", "events", Items::WithPage(EVENTS), Reads::Page, EventOf::Any),
    ("Query", "auditLog", Items::WithPage(AUDIT_LOG), Reads::Page, EventOf::Any),
    ("Query", "seat", Items::One, Reads::One, EventOf::Ids("id")),
    ("Query", "seats", Items::WithPage(SEATS), Reads::FilteredPage, EVENT_ID),
    ("Query", "seatMap", Items::One, Reads::One, EVENT_ID),
    ("Query", "seatPlan", Items::One, Reads::One, EVENT_ID),
    ("Query", "seatStatuses", Items::One, Reads::Seats, EVENT_ID),
    ("Query", "webhooks", Items::WithPage(WEBHOOKS), Reads::Page, EventOf::Any),
    ("Event", "availability", Items::One, Reads::EverySeat, EventOf::Same),
    ("Event", "seats", Items::WithPage(SEATS), Reads::FilteredPage, EventOf::Same),
    ("Event", "seatMap", Items::One, Reads::One, EventOf::Same),
    ("Event", "categories", Items::Categories, Reads::Items, EventOf::Same),
    ("Event", "orders", Items::WithPage(ORDERS), Reads::FilteredPage, EventOf::Same),
    ("Event", "salesSummary", Items::One, Reads::Seats, EventOf::Same),
    ("SalesSummary", "byCategory", Items::Categories, Reads::ItemsTogether, EventOf::Same),
    ("SalesSummary", "bySection", Items::UpTo(SECTIONS), Reads::Nothing, EventOf::Same),
    ("SalesSummary", "overTime", Items::UpTo(SalesSpan::Day.most()), Reads::Nothing, EventOf::Same),
    ("Category", "ticketTypes", TICKET_TYPES, Reads::Nothing, EventOf::Same),
    ("Seat", "ticketTypes", TICKET_TYPES, Reads::Nothing, EventOf::Same),
    ("SeatMap", "seats", Items::Seats, Reads::Items, EventOf::Same),
    ("SeatPlan", "seats", Items::Seats, Reads::Items, EventOf::Same),
    ("SeatPlan", "shapes", SHAPES, Reads::Items, EventOf::Same),
    ("PlanShape", "points", NUMBERS_OF_SHAPE, Reads::Nothing, EventOf::Same),
    ("SeatStatuses", "places", Items::Seats, Reads::Nothing, EventOf::Same),
    ("EventConnection", "edges", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("EventConnection", "nodes", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("SeatConnection", "edges", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("SeatConnection", "nodes", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("OrderConnection", "edges", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("OrderConnection", "nodes", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("AuditLogConnection", "edges", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("AuditLogConnection", "nodes", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("AuditLogEntry", "details", Items::UpTo(MAX_DETAILS), Reads::Nothing, EventOf::Same),
    ("WebhookConnection", "edges", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("WebhookConnection", "nodes", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("Webhook", "kinds", Items::EachOnce, Reads::Nothing, EventOf::Same),
    ("Order", "seats", Items::SeatsOfOrder, Reads::ItemsTogether, EventOf::Same),
    ("Order", "lines", Items::SeatsOfOrder, Reads::ItemsTogether, EventOf::Same),
    ("Viewer", "roles", Items::EachOnce, Reads::Nothing, EventOf::Same),
    ("Viewer", "reservations", Items::Owned, Reads::Items, EVENT_ID),
    ("Viewer", "remainingAllowance", Items::One, Reads::One, EVENT_ID),
    ("Viewer", "orders", Items::WithPage(ORDERS), Reads::Page, EventOf::Any),
    ("Mutation", "reserveSeats", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "reserveBestAvailable", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "confirmSeats", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "releaseSeats", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "extendHolds", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "createEvent", Items::One, Reads::One, OF_INPUT),
    ("Mutation", "updateEvent", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "deleteEvent", Items::One, Reads::One, OF_INPUT),
    ("Mutation", "claimGuestSession", Items::One, Reads::One, OF_INPUT),
    ("Mutation", "transferOrder", Items::One, Reads::One, OF_INPUT),
    ("Mutation", "setPrices", Items::One, Reads::Nothing, OF_INPUT),
    ("CategoriesNotFound", "categoryIds", CATEGORIES_OF_REQUEST, Reads::Nothing, EventOf::Same),
    ("TicketTypeUnavailable", "lines", SEATS_OF_REQUEST, Reads::Items, EventOf::Same),
    ("Mutation", "createWebhook", Items::One, Reads::One, OF_INPUT),
    ("Mutation", "deleteWebhook", Items::One, Reads::One, EventOf::Ids("id")),
    ("Mutation", "replayWebhook", Items::One, Reads::One, OF_INPUT),
    ("ReserveSeatsSuccess", "seats", SEATS_OF_REQUEST, Reads::Items, EventOf::Same),
    ("ReleaseSeatsSuccess", "seats", SEATS_OF_REQUEST, Reads::Items, EventOf::Same),
    ("ExtendHoldsSuccess", "seats", SEATS_OF_REQUEST, Reads::Items, EventOf::Same),
    ("LoneSeatLeft", "seats", LONE_SEATS, Reads::ItemsTogether, EventOf::Same),
    ("SeatsUnavailable", "seats", SEATS_OF_REQUEST, Reads::Items, EventOf::Same),
    ("SeatsNotHeld", "seats", SEATS_OF_REQUEST, Reads::Items, EventOf::Same),
    ("Mutation", "blockSeats", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "unblockSeats", Items::One, Reads::Nothing, OF_INPUT),
    ("Mutation", "importSeats", Items::One, Reads::Nothing, OF_INPUT),
    ("BlockSeatsSuccess", "seats", SEATS_OF_BLOCK, Reads::Items, EventOf::Same),
    ("SeatsInUse", "seats", SEATS_OF_BLOCK, Reads::Items, EventOf::Same),
    ("ImportSeatsSuccess", "leftAlone", SEATS_OF_IMPORT, Reads::Items, EventOf::Same),
    ("InvalidSeats", "problems", Items::UpTo(MAX_PROBLEMS), Reads::Nothing, EventOf::Same),
    ("Seat", "block", Items::One, Reads::OneTogether, EventOf::Same),
    ("Seat", "history", Items::WithPage(HISTORY), Reads::Page, EventOf::Same),
    ("SeatHistoryConnection", "edges", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("SeatHistoryConnection", "nodes", Items::OfPage, Reads::Nothing, EventOf::Same),
    ("Subscription", "seatChanges", Items::One, Reads::One, EVENT_ID),
    ("SeatSnapshot", "seats", Items::Seats, Reads::Items, EventOf::Same),
    ("SeatChanges", "changes", Items::UpTo(MAX_BATCH_CHANGES), Reads::Nothing, EventOf::Same),
    ("Subscription", "seatStatuses", Items::One, Reads::One, EVENT_ID),
    ("Subscription", "eventChanges", Items::One, Reads::One, EVENT_ID),
    ("Subscription", "myReservations", Items::One, Reads::One, EVENT_ID),
    ("MyReservations", "held", Items::Owned, Reads::Items, EventOf::Same),
    ("MyReservations", "orders", Items::OrdersOfOwned, Reads::Items, EventOf::Same),
    ("MyReservations", "expired", Items::Owned, Reads::Nothing, EventOf::Same),
];

/// What is to know of a field; [`PLAIN`] if there is nothing special.
pub(super) fn field_cost(on: &str, field: &str) -> FieldCost {
    let row = FIELDS.iter().find(|row| (row.0, row.1) == (on, field));
    row.map_or(PLAIN, |&(_, _, items, reads, event)| FieldCost { items, reads, event })
}

#[cfg(test)]
mod tests {
    use apollo_compiler::Schema;

    use super::*;

    /// So that a field which is added to the schema cannot be forgotten here.
    #[test]
    fn every_list_and_every_field_with_arguments_has_its_cost() {
        let schema = Schema::parse_and_validate(crate::graphql::sdl(), "schema").unwrap();
        let objects = schema.types.iter().filter(|(name, _)| !name.starts_with("__"));
        let objects = objects.filter_map(|(_, ty)| ty.as_object());
        let mut known = 0;
        for (object, field) in
            objects.flat_map(|object| object.fields.values().map(move |field| (object, field)))
        {
            let what = format!("{}.{}", object.name, field.name);
            let row = FIELDS.iter().find(|row| (row.0, row.1) == (&object.name, &field.name));
            known += usize::from(row.is_some());
            assert!(row.is_some() || field.arguments.is_empty(), "{what} has arguments");
            let cost = field_cost(&object.name, &field.name);
            let is_list = !matches!(cost.items, Items::One | Items::WithPage(_));
            assert_eq!(is_list, field.ty.is_list(), "{what}");
            let has = |argument| field.argument_by_name(argument).is_some();
            assert_eq!(matches!(cost.items, Items::WithPage(_)), has("first"), "{what}");
            let takes_filter = matches!(cost.reads, Reads::FilteredPage | Reads::EverySeat);
            assert_eq!(takes_filter, has("filter"), "{what}");
            match cost.event {
                EventOf::Argument(name) | EventOf::Ids(name) => {
                    assert!(has(name), "{what}");
                }
                EventOf::Same | EventOf::Any => {
                    let named = ["id", "ids", "eventId", "input"].into_iter().any(has);
                    assert!(!named, "{what} says which event");
                }
            }
        }
        assert_eq!(known, FIELDS.len(), "a field that the schema has not");
    }
}
