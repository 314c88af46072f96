//! The output types of the contract. Each wraps what `domain` and `store` give, and says it in the
//! contract's words.

mod audit;
mod category;
mod change_cause;
mod event;
mod event_fields;
mod event_orders;
mod event_scope;
mod event_status;
mod money;
mod node;
mod order;
mod results;
mod sales_summary;
mod seat;
mod seat_block;
mod seat_history;
mod seat_plan;
mod seats_page;
mod stream;
mod ticket_type;
mod viewer;
mod webhook;

pub use audit::{AuditLogConnection, AuditLogEntry};
pub use category::Category;
pub use event::Event;
pub use event_fields::{Availability, ConfirmedBy};
pub use event_orders::OrderFilter;
pub use event_scope::EventScope;
pub use event_status::EventStatus;
pub use money::{Money, MoneyInput};
pub use node::{Node, UserError};
pub use order::{Order, OrderLine};
pub use results::{
    AlreadyConfirmed, BlockSeatsResult, CategoriesNotFound, ConfirmSeatsResult, CreateEventResult,
    CreateWebhookResult, CurrencyMismatch, DeleteEventResult, EventInUse, ExtendHoldsResult,
    ExtensionRefused, HoldsTooFrequent, IdempotencyKeyReused, ImportSeatsResult, InvalidEvent,
    InvalidSeats, LoneSeatLeft, NoSeatsTogether, OrderNotFound, OrderOwnerChanged, PriceChanged,
    RefusalReason, RefusedSeat, ReleaseSeatsResult, ReserveBestAvailableResult, ReserveSeatsResult,
    SalesClosed, SeatLimitExceeded, SeatsInUse, SeatsNotHeld, SeatsUnavailable, SetPricesResult,
    SlugTaken, StatusRefused, TicketTypeUnavailable, TooManyPriceLists, TooManyWebhooks,
    TransferOrderResult, UnavailableTicket, UpdateEventResult, WebhookAddressRefused,
};
pub use sales_summary::{
    CategorySales, SalesCounts, SalesInSpan, SalesSpan, SalesSummary, SectionSales,
};
pub use seat::{Seat, SeatMap, SeatStatus};
pub use seat_block::BlockReason;
pub use seat_history::{HistoryEnd, SeatHistory, SeatHistoryConnection};
pub use seat_plan::{PlaceKind, PlanSeat, PlanShape, PlanShapeKind, SeatPlan, SeatStatuses};
pub use seats_page::SeatFilter;
pub(super) use seats_page::seats_page;
pub use stream::{
    MyReservations, SeatChange, SeatChanges, SeatSnapshot, SeatState, SeatStreamItem,
    SnapshotReason,
};
pub use ticket_type::TicketType;
pub use viewer::{GuestSession, Role, Viewer};
pub use webhook::{Webhook, WebhookKind};
