//! Who may see what: a walk over the whole schema as everybody that there is, held against a table
//! that people have read.
//!
//! The things that are looked at are one buyer's: a seat that she holds and an order of hers. Every
//! object type has at least one place where it is looked at ([`PLACES`]); a type without one fails
//! the test, and so does whatever shows something else than the table says.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use apollo_compiler::Schema;
use apollo_compiler::ast::FieldDefinition;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use grand_arena::domain::CategoryId;
use grand_arena::domain::event::NewEvent;
use grand_arena::graphql;
use grand_arena::graphql::ids::AnyId;
use grand_arena::identity::Role;
use serde_json::{Value, json};

use crate::harness::client::{CONFIRM, kind};
use crate::harness::{Arena, Client, Event, Socket, TestServer, books, token};

/// Where the table is.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/who-sees-what.md");

/// Whose things they are.
const OWNER: &str = "owner";

/// Everybody there is, in the order of the table's columns.
const EVERYBODY: [&str; 6] = ["nobody", "guest", OWNER, "other", "shop", "admin"];

/// Objects of a type, and the way to them: fields of a query, or of what is said before the colon.
/// Words in capitals stand for things of the world that is looked at.
const PLACES: &[(&str, &[&str])] = &[
    ("AuditLogConnection", &["auditLog(first: 1)"]),
    ("AuditLogEdge", &["auditLog(first: 1)", "edges"]),
    ("AuditLogEntry", &["auditLog(first: 1)", "nodes"]),
    ("AuditLogDetail", &["auditLog(first: 1)", "nodes", "details"]),
    ("Availability", &["event(id: EVENT)", "availability"]),
    ("Category", &["node(id: CATEGORY)", "... on Category"]),
    ("Event", &["event(id: EVENT)"]),
    ("EventConnection", &["events(first: 1)"]),
    ("EventEdge", &["events(first: 1)", "edges"]),
    ("Money", &["event(id: EVENT)", "categories", "price"]),
    ("Order", &["node(id: ORDER)", "... on Order"]),
    ("Order by its code", &["order(code: CODE)"]),
    ("Order of one's own", &["viewer", "orders(first: 1)", "nodes"]),
    ("Order of an event", &["event(id: EVENT)", "orders(first: 1)", "nodes"]),
    ("OrderConnection", &["viewer", "orders(first: 1)"]),
    ("OrderConnection of an event", &["event(id: EVENT)", "orders(first: 1)"]),
    ("OrderEdge", &["viewer", "orders(first: 1)", "edges"]),
    ("OrderLine", &["order(code: CODE)", "lines"]),
    ("PageInfo", &["events(first: 1)", "pageInfo"]),
    ("Seat that is held", &["seat(id: HELD)"]),
    ("Seat that is held, as a node", &["node(id: HELD)", "... on Seat"]),
    ("Seat that is held, in a list", &["seats(eventId: EVENT, first: 1)", "nodes"]),
    ("Seat that is held, on the map", &["seatMap(eventId: EVENT)", "seats"]),
    ("Seat that is held, of a viewer", &["viewer", "reservations(eventId: EVENT)"]),
    ("Seat that is sold", &["seat(id: SOLD)"]),
    ("Seat that is sold, of an order", &["order(code: CODE)", "seats"]),
    ("SeatConnection", &["seats(eventId: EVENT, first: 1)"]),
    ("SeatEdge", &["seats(eventId: EVENT, first: 1)", "edges"]),
    ("SalesSummary", &["event(id: EVENT)", "salesSummary"]),
    ("SalesCounts", &["event(id: EVENT)", "salesSummary", "total"]),
    ("CategorySales", &["event(id: EVENT)", "salesSummary", "byCategory"]),
    ("SectionSales", &["event(id: EVENT)", "salesSummary", "bySection"]),
    ("SalesInSpan", &["event(id: EVENT)", "salesSummary", "overTime"]),
    ("SeatMap", &["seatMap(eventId: EVENT)"]),
    ("SeatPlan", &["seatPlan(eventId: EVENT)"]),
    ("PlanSeat that is held", &["seatPlan(eventId: EVENT)", "seats"]),
    ("PlanShape", &["seatPlan(eventId: EVENT)", "shapes"]),
    ("SeatStatuses", &["seatStatuses(eventId: EVENT)"]),
    ("Viewer", &["viewer"]),
    ("Viewer as a node", &["node(id: OWNER)", "... on Viewer"]),
    ("WebhookConnection", &["webhooks(first: 1)"]),
    ("WebhookEdge", &["webhooks(first: 1)", "edges"]),
    ("Webhook", &["webhooks(first: 1)", "nodes"]),
    ("GuestSession", &["mutation:", "startGuestSession"]),
    ("CreateWebhookSuccess", &["mutation:", WEBHOOK_NEW, "... on CreateWebhookSuccess"]),
    ("WebhookAddressRefused", &["mutation:", WEBHOOK_BAD, "... on WebhookAddressRefused"]),
    ("TooManyWebhooks", &["mutation:", WEBHOOK_MANY, "... on TooManyWebhooks"]),
    ("ReserveSeatsSuccess", &["mutation:", RESERVE_FREE, "... on ReserveSeatsSuccess"]),
    ("SeatsUnavailable", &["mutation:", RESERVE_HELD, "... on SeatsUnavailable"]),
    ("RefusedSeat", &["mutation:", RESERVE_HELD, "... on SeatsUnavailable", "seats"]),
    (
        "Seat that is refused",
        &["mutation:", RESERVE_HELD, "... on SeatsUnavailable", "seats", "seat"],
    ),
    ("SeatLimitExceeded", &["mutation:", RESERVE_MANY, "... on SeatLimitExceeded"]),
    ("HoldsTooFrequent", &["mutation:", RESERVE_BUSY, "... on HoldsTooFrequent"]),
    ("LoneSeatLeft", &["mutation:", RESERVE_LONE, "... on LoneSeatLeft"]),
    ("NoSeatsTogether", &["mutation:", BEST, "... on NoSeatsTogether"]),
    ("SalesClosed", &["mutation:", RESERVE_LATE, "... on SalesClosed"]),
    ("ConfirmSeatsSuccess", &["mutation:", CONFIRM_HELD, "... on ConfirmSeatsSuccess"]),
    ("SeatsNotHeld", &["mutation:", CONFIRM_HELD, "... on SeatsNotHeld"]),
    ("PriceChanged", &["mutation:", CONFIRM_DEAR, "... on PriceChanged"]),
    ("AlreadyConfirmed", &["mutation:", CONFIRM_SOLD, "... on AlreadyConfirmed"]),
    ("IdempotencyKeyReused", &["mutation:", CONFIRM_KEY, "... on IdempotencyKeyReused"]),
    ("TicketTypeUnavailable", &["mutation:", CONFIRM_TICKET, "... on TicketTypeUnavailable"]),
    ("UnavailableTicket", &["mutation:", CONFIRM_TICKET, "... on TicketTypeUnavailable", "lines"]),
    ("TicketType", &["seat(id: HELD)", "ticketTypes"]),
    ("TicketType of an order", &["order(code: CODE)", "lines", "ticketType"]),
    ("SetPricesSuccess", &["mutation:", SET_PRICES, "... on SetPricesSuccess"]),
    ("CategoriesNotFound", &["mutation:", SET_NOWHERE, "... on CategoriesNotFound"]),
    ("CurrencyMismatch", &["mutation:", SET_DOLLARS, "... on CurrencyMismatch"]),
    ("TooManyPriceLists", &["mutation:", SET_MANY, "... on TooManyPriceLists"]),
    ("ReleaseSeatsSuccess", &["mutation:", RELEASE_HELD, "... on ReleaseSeatsSuccess"]),
    ("ExtendHoldsSuccess", &["mutation:", EXTEND_HELD, "... on ExtendHoldsSuccess"]),
    ("ExtensionRefused", &["mutation:", EXTEND_LATE, "... on ExtensionRefused"]),
    ("CreateEventSuccess", &["mutation:", CREATE_EVENT, "... on CreateEventSuccess"]),
    ("SlugTaken", &["mutation:", CREATE_TAKEN, "... on SlugTaken"]),
    ("InvalidEvent", &["mutation:", UPDATE_BADLY, "... on InvalidEvent"]),
    ("UpdateEventSuccess", &["mutation:", UPDATE_EVENT, "... on UpdateEventSuccess"]),
    ("StatusRefused", &["mutation:", UPDATE_BACK, "... on StatusRefused"]),
    ("DeleteEventSuccess", &["mutation:", DELETE_EVENT, "... on DeleteEventSuccess"]),
    ("EventInUse", &["mutation:", DELETE_SOLD, "... on EventInUse"]),
    ("TransferOrderSuccess", &["mutation:", TRANSFER, "... on TransferOrderSuccess"]),
    ("Order that is passed on", &["mutation:", TRANSFER, "... on TransferOrderSuccess", "order"]),
    ("OrderNotFound", &["mutation:", TRANSFER, "... on OrderNotFound"]),
    ("OrderOwnerChanged", &["mutation:", TRANSFER, "... on OrderOwnerChanged"]),
    ("Seat that is blocked", &["seat(id: KILLED)"]),
    ("SeatBlock", &["seat(id: KILLED)", "block"]),
    ("SeatHistoryConnection", &["seat(id: HELD)", "history(first: 1)"]),
    ("SeatHistoryEdge", &["seat(id: HELD)", "history(first: 1)", "edges"]),
    ("SeatHistory", &["seat(id: HELD)", "history(first: 1)", "nodes"]),
    ("BlockSeatsSuccess", &["mutation:", BLOCK_FREE, "... on BlockSeatsSuccess"]),
    ("SeatsInUse", &["mutation:", BLOCK_HELD, "... on SeatsInUse"]),
    ("ImportSeatsSuccess", &["mutation:", IMPORT, "... on ImportSeatsSuccess"]),
    ("InvalidSeats", &["mutation:", IMPORT_WRONG, "... on InvalidSeats"]),
    ("SeatProblem", &["mutation:", IMPORT_WRONG, "... on InvalidSeats", "problems"]),
    ("SeatSnapshot", &["subscription:", "seatChanges(eventId: EVENT)", "... on SeatSnapshot"]),
    (
        "SeatState",
        &["subscription:", "seatChanges(eventId: EVENT)", "... on SeatSnapshot", "seats"],
    ),
    ("SeatChanges", &["subscription:", CHANGES, "... on SeatChanges"]),
    ("SeatChange", &["subscription:", CHANGES, "... on SeatChanges", "changes"]),
    ("SeatStatuses of a stream", &["subscription:", "seatStatuses(eventId: EVENT)"]),
    ("MyReservations", &["subscription:", "myReservations(eventId: EVENT)"]),
];

const RESERVE_FREE: &str = "reserveSeats(input: { eventId: EVENT, seatIds: [FREE] })";
const RESERVE_HELD: &str = "reserveSeats(input: { eventId: EVENT, seatIds: [HELD] })";
const RESERVE_MANY: &str = "reserveSeats(input: { eventId: EVENT, seatIds: [FREE, FREE2] })";
const RESERVE_LATE: &str = "reserveSeats(input: { eventId: LATE, seatIds: [LATE_SEAT] })";
const RESERVE_BUSY: &str = "reserveSeats(input: { eventId: BUSY, seatIds: [BUSY_SEAT] })";
const RESERVE_LONE: &str = "reserveSeats(input: { eventId: LONE, seatIds: [LONE_SEAT] })";
const BEST: &str = "reserveBestAvailable(input: { eventId: LONE, quantity: 4 })";
const CONFIRM_HELD: &str =
    "confirmSeats(input: { eventId: EVENT, seatIds: [HELD], idempotencyKey: \"new\" })";
const CONFIRM_DEAR: &str = "confirmSeats(input: { eventId: EVENT, seatIds: [HELD], \
    idempotencyKey: \"new\", expectedTotal: { amountMinor: 1, currency: \"EUR\" } })";
const CONFIRM_SOLD: &str = "confirmSeats(input: { eventId: EVENT, seatIds: [SOLD], \
    idempotencyKey: \"new\", paymentReference: \"another\" })";
const CONFIRM_KEY: &str =
    "confirmSeats(input: { eventId: EVENT, seatIds: [HELD], idempotencyKey: \"used\" })";
const CONFIRM_TICKET: &str = "confirmSeats(input: { eventId: EVENT, \
    lines: [{ seatId: HELD, ticketTypeId: CATEGORY }], idempotencyKey: \"new\" })";
const SET_PRICES: &str = "setPrices(input: { eventId: EVENT, categories: [{ categoryId: CATEGORY, \
    ticketTypes: [{ price: { amountMinor: 1, currency: \"EUR\" } }] }] })";
const SET_NOWHERE: &str = "setPrices(input: { eventId: EVENT, categories: [{ categoryId: HELD, \
    ticketTypes: [{ price: { amountMinor: 1, currency: \"EUR\" } }] }] })";
const SET_DOLLARS: &str = "setPrices(input: { eventId: EVENT, categories: [{ \
    categoryId: CATEGORY, ticketTypes: [{ price: { amountMinor: 1, currency: \"USD\" } }] }] })";
const SET_MANY: &str = "setPrices(input: { eventId: DEAR, categories: [{ categoryId: DEAR_SEATS, \
    ticketTypes: [{ price: { amountMinor: 1, currency: \"EUR\" } }] }] })";
const RELEASE_HELD: &str = "releaseSeats(input: { eventId: EVENT, seatIds: [HELD] })";
const EXTEND_HELD: &str = "extendHolds(input: { eventId: EVENT, seatIds: [HELD] })";
const EXTEND_LATE: &str = "extendHolds(input: { eventId: LATE, seatIds: [LATE_SEAT] })";
const CREATE_EVENT: &str = "createEvent(input: { slug: NEW_SLUG, name: \"New\", venue: \"Here\", \
    startsAt: \"2040-01-01T00:00:00Z\", planFrom: EVENT })";
const CREATE_TAKEN: &str = "createEvent(input: { slug: OLD_SLUG, name: \"New\", venue: \"Here\", \
    startsAt: \"2040-01-01T00:00:00Z\", planFrom: EVENT })";
const UPDATE_EVENT: &str = "updateEvent(input: { eventId: EVENT, name: \"Another\" })";
const UPDATE_BADLY: &str = "updateEvent(input: { eventId: EVENT, holdSeconds: 0 })";
const UPDATE_BACK: &str = "updateEvent(input: { eventId: EVENT, status: DRAFT })";
const DELETE_EVENT: &str = "deleteEvent(input: { eventId: LATE })";
const DELETE_SOLD: &str = "deleteEvent(input: { eventId: EVENT })";
const CLAIM: &str = "claimGuestSession(input: { guestToken: GUEST_TOKEN })";
const TRANSFER: &str = "transferOrder(input: { orderId: ORDER, toViewerId: GUEST })";
const BLOCK_FREE: &str = "blockSeats(input: { eventId: EVENT, seatIds: [FREE] })";
const BLOCK_HELD: &str = "blockSeats(input: { eventId: EVENT, seatIds: [HELD] })";
const UNBLOCK_HELD: &str = "unblockSeats(input: { eventId: EVENT, seatIds: [KILLED, HELD] })";
const IMPORT: &str = "importSeats(input: { eventId: EVENT, seats: [\
    { section: \"101\", row: \"1\", number: \"1\", category: \"Silver\" }] })";
const IMPORT_WRONG: &str = "importSeats(input: { eventId: EVENT, seats: [\
    { section: \"\", row: \"1\", number: \"1\", category: \"Silver\" }] })";
const WEBHOOK_NEW: &str = "createWebhook(input: { eventId: EVENT, url: \"http://127.0.0.1:1\" })";
const WEBHOOK_BAD: &str = "createWebhook(input: { eventId: EVENT, url: \"ftp://shop.example\" })";
const WEBHOOK_MANY: &str = "createWebhook(input: { eventId: EVENT, url: \"http://127.0.0.1:2\" })";
const WEBHOOK_DELETE: &str = "deleteWebhook(id: HOOK)";
const WEBHOOK_REPLAY: &str = "replayWebhook(input: { webhookId: HOOK })";
const CHANGES: &str = "seatChanges(eventId: EVENT, since: 0)";

/// Every field at the roots, called for the owner's things.
const ROOTS: &[&[&str]] = &[
    &["node(id: ORDER)"],
    &["nodes(ids: [ORDER])"],
    &["order(code: CODE)"],
    &["event(id: EVENT)"],
    &["events"],
    &["auditLog"],
    &["webhooks"],
    &["seat(id: HELD)"],
    &["seats(eventId: EVENT)"],
    &["seatMap(eventId: EVENT)"],
    &["seatPlan(eventId: EVENT)"],
    &["seatStatuses(eventId: EVENT)"],
    &["viewer"],
    &["mutation:", "startGuestSession"],
    &["mutation:", RESERVE_HELD],
    &["mutation:", BEST],
    &["mutation:", CONFIRM_HELD],
    &["mutation:", RELEASE_HELD],
    &["mutation:", SET_PRICES],
    &["mutation:", EXTEND_HELD],
    &["mutation:", CREATE_EVENT],
    &["mutation:", UPDATE_EVENT],
    &["mutation:", DELETE_EVENT],
    &["mutation:", CLAIM],
    &["mutation:", TRANSFER],
    &["mutation:", BLOCK_FREE],
    &["mutation:", UNBLOCK_HELD],
    &["mutation:", IMPORT],
    &["mutation:", WEBHOOK_NEW],
    &["mutation:", WEBHOOK_DELETE],
    &["mutation:", WEBHOOK_REPLAY],
    &["subscription:", "seatChanges(eventId: EVENT)"],
    &["subscription:", "seatStatuses(eventId: EVENT)"],
    &["subscription:", "eventChanges(eventId: EVENT)"],
    &["subscription:", "myReservations(eventId: EVENT)"],
];

/// Those that give no object.
const LEAVES: &[&str] = &[WEBHOOK_DELETE];

/// A buyer's things: a seat she holds, one she owns, two that are free, one that is blocked; an
/// event that is over; one in which she has let too many seats go; and one that leaves no seat
/// alone.
struct World<'a> {
    server: &'a TestServer,
    names: Vec<(&'static str, String)>,
}

impl<'a> World<'a> {
    async fn new(arena: &Arena, server: &'a TestServer) -> Self {
        let terms = |event: &mut NewEvent| {
            event.max_seats_per_viewer = Some(3);
            event.hold_extension_seconds = 60;
        };
        let event = arena.event_with(5, terms).await;
        let blocked = crate::blocking::input(&event, [5], "KILL");
        let admin = crate::blocking::admin(server);
        admin.data(crate::blocking::BLOCK, json!({ "input": blocked })).await;
        let entry = "INSERT INTO audit_log (actor, action, event_id, details) VALUES ('root', \
            'updateEvent', $1, '[{\"name\": \"name\", \"before\": \"a\", \"value\": \"b\"}]')";
        arena.execute(entry, &event).await;
        let hook = webhook(arena, &event).await;
        let busy = arena.event_with(2, |event| event.max_seats_let_go = Some(1)).await;
        let past = Some(DateTime::UNIX_EPOCH + TimeDelta::days(1));
        let late = arena.event_with(1, |event| event.sales_close_at = past).await;
        let lone = arena.event(4).await;
        let minds = "UPDATE events SET allows_lone_seats = false WHERE id = $1";
        arena.execute(minds, &lone).await;
        let dear = arena.event(1).await;
        let most = "UPDATE events SET price_version = 1000000 WHERE id = $1";
        arena.execute(most, &dear).await;
        let owner = server.client(OWNER);
        assert_eq!(kind(&owner.reserve(&event, [1, 2]).await), "ReserveSeatsSuccess");
        assert_eq!(kind(&owner.reserve(&busy, [1, 2]).await), "ReserveSeatsSuccess");
        assert_eq!(kind(&owner.release(&busy, [1, 2]).await), "ReleaseSeatsSuccess");
        let input = json!({ "eventId": event.gid, "seatIds": event.seat_gids([2]),
            "idempotencyKey": "used", "paymentReference": "the owner's" });
        let order =
            owner.data(CONFIRM, json!({ "input": input })).await["confirmSeats"]["order"].take();
        let id = "{ viewer { id } event(id: \"EVENT\") { categories { id } } }";
        let found = owner.data(&id.replace("EVENT", &event.slug), json!({})).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let seat = |event: &Event, serial| event.seat_gid(serial);
        let session = "mutation { startGuestSession { token viewer { id } } }";
        let guest = server.stranger().data(session, json!({})).await["startGuestSession"].take();
        // Longer words come before those that they begin with.
        let names = vec![
            ("NEW_SLUG", format!("new-{}", fastrand::u64(..))),
            ("OLD_SLUG", event.slug.clone()),
            ("BUSY_SEAT", seat(&busy, 1)),
            ("BUSY", busy.gid.clone()),
            ("LONE_SEAT", seat(&lone, 3)),
            ("LONE", lone.gid.clone()),
            ("LATE_SEAT", seat(&late, 1)),
            ("LATE", late.gid.clone()),
            ("DEAR_SEATS", AnyId::Category(CategoryId { event: dear.id, serial: 1 }).encode().0),
            ("DEAR", dear.gid.clone()),
            ("CATEGORY", text(&found["event"]["categories"][0]["id"])),
            ("EVENT", event.gid.clone()),
            ("HOOK", hook),
            ("HELD", seat(&event, 1)),
            ("SOLD", seat(&event, 2)),
            ("KILLED", seat(&event, 5)),
            ("FREE2", seat(&event, 4)),
            ("FREE", seat(&event, 3)),
            ("ORDER", text(&order["id"])),
            ("CODE", text(&order["code"])),
            ("GUEST_TOKEN", text(&guest["token"])),
            ("GUEST", text(&guest["viewer"]["id"])),
            ("OWNER", text(&found["viewer"]["id"])),
        ];
        Self { server, names }
    }

    async fn somebody(&self, who: &str) -> Somebody<'_> {
        let token = match who {
            "nobody" => None,
            "guest" => {
                let session = "mutation { startGuestSession { token } }";
                let session = self.server.stranger().data(session, json!({})).await;
                Some(session["startGuestSession"]["token"].as_str().unwrap().to_owned())
            }
            "shop" => Some(token(who, &[Role::Shop])),
            "admin" => Some(token(who, &[Role::Admin])),
            who => Some(token(who, &[])),
        };
        Somebody { world: self, token }
    }
}

/// A webhook that is paused, and no other. Gives its id.
async fn webhook(arena: &Arena, event: &Event) -> String {
    sqlx::query("DELETE FROM webhooks").execute(&arena.sql).await.unwrap();
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO webhooks (url, secret, event_id, kinds, failing_since, next_try_at, paused_at,
                               last_error, last_error_at)
         SELECT 'http://127.0.0.1:1', 'a secret', $1, '{}', now, now, now, 'it is away', now
           FROM clock_timestamp() AS now RETURNING id",
    )
    .bind(event.id.0)
    .fetch_one(&arena.sql)
    .await
    .unwrap();
    URL_SAFE_NO_PAD.encode(format!("Webhook:{id}"))
}

/// As many webhooks as there may be.
async fn more_webhooks(arena: &Arena) {
    let more = "INSERT INTO webhooks (url, secret, kinds, paused_at)
        SELECT 'http://127.0.0.1:1', 'a secret', '{}', now() FROM generate_series(2, 100)";
    sqlx::query(more).execute(&arena.sql).await.unwrap();
}

/// One of [`EVERYBODY`] in a world.
struct Somebody<'a> {
    world: &'a World<'a>,
    token: Option<String>,
}

impl Somebody<'_> {
    /// The answer to an operation, or the first frame of a subscription.
    async fn ask(&self, operation: &str) -> Value {
        let mut operation = operation.to_owned();
        for (name, value) in &self.world.names {
            operation = operation.replace(name, &format!("\"{value}\""));
        }
        let base = &self.world.server.base;
        let answer = if operation.starts_with("subscription") {
            let mut socket = Socket::open(base, self.token.as_deref()).await;
            socket.subscribe("1", &operation, json!({})).await;
            let mut message = socket.message().await;
            match message["type"].as_str() {
                Some("next") => message["payload"].take(),
                _ => json!({ "data": null, "errors": message["payload"] }),
            }
        } else {
            Client::new(base, self.token.clone()).send(&operation, json!({})).await
        };
        let codes = answer["errors"].as_array().into_iter().flatten();
        let is_valid = |error: &Value| error["extensions"]["code"] != "GRAPHQL_VALIDATION_FAILED";
        assert!(codes.into_iter().all(is_valid), "{operation}: {answer}");
        answer
    }
}

/// The operation that asks for these fields at the end of a way.
fn operation(way: &[&str], fields: &str) -> String {
    let (kind, way) = match way.split_first() {
        Some((first, rest)) if first.ends_with(':') => (first.trim_end_matches(':'), rest),
        _ => ("query", way),
    };
    let within = |inner: String, step: &&str| match inner.as_str() {
        "" => (*step).to_owned(),
        inner => format!("{step} {{ {inner} }}"),
    };
    format!("{kind} {{ {} }}", way.iter().rev().fold(fields.to_owned(), within))
}

/// What stands at the end of a way, the first of each list.
fn at_the_end<'a>(answer: &'a Value, way: &[&str]) -> &'a Value {
    let steps = way.iter().filter(|step| !step.ends_with(':') && !step.starts_with("..."));
    steps.fold(&answer["data"], |at, step| {
        let value = &at[name_of(step)];
        value.get(0).unwrap_or(value)
    })
}

/// A field's name, without arguments.
fn name_of(call: &str) -> &str {
    call.split('(').next().unwrap_or(call).trim()
}

/// What the root gives: the type of the object, or the code of the error.
fn given(answer: &Value, field: &str) -> String {
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    let name = answer["data"][field]["__typename"].as_str();
    code.or(name).map_or_else(|| seen(answer["data"].get(field)), str::to_owned)
}

/// What is seen of a value.
fn seen(value: Option<&Value>) -> String {
    match value {
        None => "·".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(said)) => said.to_string(),
        Some(Value::Array(items)) if items.is_empty() => "none".to_owned(),
        Some(Value::Array(items)) if items.iter().all(Value::is_null) => "nulls".to_owned(),
        Some(_) => "yes".to_owned(),
    }
}

/// All fields of an object type, as a selection.
fn all_fields(schema: &Schema, object: &str) -> Vec<(String, String)> {
    let call = |field: &FieldDefinition| {
        let arguments = if field.arguments.iter().any(|argument| argument.is_required()) {
            assert_eq!(field.arguments.len(), 1, "{}", field.name);
            assert_eq!(field.arguments[0].name, "eventId", "{}", field.name);
            "(eventId: EVENT)"
        } else {
            ""
        };
        let is_leaf = schema.types[field.ty.inner_named_type()].is_leaf();
        let selection = if is_leaf { "" } else { " { __typename }" };
        (field.name.to_string(), format!("{}{arguments}{selection}", field.name))
    };
    let object = schema.get_object(object).unwrap_or_else(|| panic!("{object} is no object type"));
    object.fields.values().map(|field| call(field)).collect()
}

/// The table's rows: what is seen of each field, by each of [`EVERYBODY`].
struct Rows(Vec<(String, Vec<String>)>);

impl Rows {
    fn text(&self) -> String {
        let mut text =
            format!("| | {} |\n|---|{}\n", EVERYBODY.join(" | "), "---|".repeat(EVERYBODY.len()));
        for (field, cells) in &self.0 {
            writeln!(text, "| {field} | {} |", cells.join(" | ")).unwrap();
        }
        text
    }
}

/// Whether an operation changes what there is to see.
fn changes(way: &[&str]) -> bool {
    way[0] == "mutation:"
}

async fn walk(arena: &Arena, schema: &Schema) -> Rows {
    let server = arena.server().await;
    let unchanged = World::new(arena, &server).await;
    let mut rows = Vec::new();
    for way in ROOTS {
        let mut cells = Vec::new();
        let selection = if LEAVES.contains(&way[way.len() - 1]) { "" } else { "__typename" };
        for who in EVERYBODY {
            let fresh = if changes(way) { Some(World::new(arena, &server).await) } else { None };
            let somebody = fresh.as_ref().unwrap_or(&unchanged).somebody(who).await;
            let answer = somebody.ask(&operation(way, selection)).await;
            cells.push(given(&answer, name_of(way[way.len() - 1])));
        }
        rows.push((format!("`{}`", name_of(way[way.len() - 1])), cells));
    }
    // What is listed first is this world's again.
    let unchanged = World::new(arena, &server).await;
    for (place, way) in PLACES {
        let (object, which) = place.split_once(' ').unwrap_or((place, ""));
        let fields = all_fields(schema, object);
        let selection: Vec<_> = fields.iter().map(|(_, call)| call.as_str()).collect();
        let mut answers = Vec::new();
        for who in EVERYBODY {
            let fresh = if changes(way) { Some(World::new(arena, &server).await) } else { None };
            let somebody = fresh.as_ref().unwrap_or(&unchanged).somebody(who).await;
            if way.contains(&WEBHOOK_MANY) {
                more_webhooks(arena).await;
            }
            answers.push(somebody.ask(&operation(way, &selection.join(" "))).await);
        }
        let same = |(field, _): &(String, String)| {
            let cells: Vec<_> =
                answers.iter().map(|answer| seen(at_the_end(answer, way).get(field))).collect();
            (cells, format!("`{field}`"))
        };
        // Fields that everybody sees alike have one row.
        let mut alike: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for (cells, field) in fields.iter().map(same) {
            match alike.iter_mut().find(|(known, _)| *known == cells) {
                Some((_, names)) => names.push(field),
                None => alike.push((cells, vec![field])),
            }
        }
        let place = format!("{object} {which}").trim_end().to_owned();
        rows.extend(
            alike
                .into_iter()
                .map(|(cells, names)| (format!("{place}: {}", names.join(", ")), cells)),
        );
    }
    Rows(rows)
}

#[tokio::test]
async fn everybody_sees_of_the_schema_what_the_table_says() {
    let schema = Schema::parse_and_validate(graphql::sdl(), "schema").unwrap();
    let arena = Arena::new().await;
    let rows = walk(&arena, &schema).await.text();
    let checked_in = std::fs::read_to_string(TABLE).unwrap();
    let (before, table) = checked_in.split_at(checked_in.find("| |").unwrap());
    if table != rows {
        let found = concat!(env!("CARGO_TARGET_TMPDIR"), "/who-sees-what.md");
        std::fs::write(found, format!("{before}{rows}")).unwrap();
        panic!("compare {found} with {TABLE}, and copy it there if that is what they may see");
    }
    books::check_all(&arena).await;
}

#[test]
fn every_root_field_and_every_object_type_is_looked_at() {
    let schema = Schema::parse_and_validate(graphql::sdl(), "schema").unwrap();
    let roots = ["Query", "Mutation", "Subscription"];
    let objects = schema.types.values().filter_map(|ty| ty.as_object());
    let objects: BTreeSet<_> = objects
        .map(|object| object.name.as_str())
        .filter(|name| !name.starts_with("__") && !roots.contains(name))
        .collect();
    let looked_at = PLACES.iter().map(|(place, _)| place.split(' ').next().unwrap());
    assert_eq!(objects, looked_at.collect(), "PLACES");
    let fields = roots.iter().flat_map(|root| schema.get_object(root).unwrap().fields.keys());
    let fields: BTreeSet<_> = fields.map(|name| name.as_str()).collect();
    let called = ROOTS.iter().map(|way| name_of(way[way.len() - 1]));
    assert_eq!(fields, called.collect(), "ROOTS");
}
