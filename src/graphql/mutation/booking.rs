//! Buying: each hands one command to the desk and waits for its answer. It waits on the heap:
//! all fields of the root have the room of the largest, and are moved about with it.

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::clock::wall_clock;
use crate::domain::command::{Confirm, Extend, Release, Reserve};
use crate::domain::text::TEXT_RULE;
use crate::domain::{ConfirmedBy, IdempotencyKey, PaymentReference, ViewerId};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::{Code, Fault};
use crate::graphql::ids;
use crate::graphql::named_lines::{ConfirmLineInput, NamedLines};
use crate::graphql::named_seats::NamedSeats;
use crate::graphql::nullable::nullable;
use crate::graphql::required::required;
use crate::graphql::scalars::DateTime;
use crate::graphql::serial::SerialUnion;
use crate::graphql::submit::submit;
use crate::graphql::types::{
    ConfirmSeatsResult, EventScope, ExtendHoldsResult, GuestSession, MoneyInput,
    ReleaseSeatsResult, ReserveSeatsResult, Viewer,
};
use crate::identity::{self, Role};

/// The field that gives out an identity to whoever asks; once in an operation.
pub(in crate::graphql) const START_GUEST_SESSION: &str = "startGuestSession";

/// What buyers and shops do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Booking;

/// Seats to reserve.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ReserveSeatsInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// The seats, 1 to 100; a seat named twice counts once.
    seat_ids: Vec<ID>,
}

/// Seats to buy.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ConfirmSeatsInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// Seats to buy, as the first type of ticket that they have unless `lines` says otherwise. Both
    /// lists together name 1 to 100 seats; a seat named twice counts once.
    #[graphql(default)]
    seat_ids: Vec<ID>,
    /// Seats to buy, each as a type of ticket.
    lines: Option<Vec<ConfirmLineInput>>,
    /// Names this purchase, so that repeating the request cannot buy twice: 1 to 255 characters,
    /// for example a UUID made when the buyer presses the button. Belongs to the event and to the
    /// viewer: where a shop asks, the one for whom. Kept for at least 24 hours, ten of them for an
    /// order. Later, and under any other key, the same seats find the same order.
    idempotency_key: String,
    /// For whom: SHOP and ADMIN only. The id of the Viewer who holds the seats, and whose the order
    /// will be; whoever asks, unless said.
    viewer_id: Option<ID>,
    /// The shop's own reference for the payment, 1 to 255 characters; kept with the order.
    payment_reference: Option<String>,
    /// What the seats must cost together: refused with PriceChanged if they cost anything else.
    expected_total: Option<MoneyInput>,
}

/// Seats whose holds are prolonged.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ExtendHoldsInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// The seats, 1 to 100; a seat named twice counts once.
    seat_ids: Vec<ID>,
}

/// Seats to give back.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ReleaseSeatsInput {
    /// The event: its id, or its slug.
    event_id: ID,
    /// The seats, 1 to 100; a seat named twice counts once.
    seat_ids: Vec<ID>,
}

/// What buyers and shops do.
#[Object]
impl Booking {
    /// A signed guest identity for a browser without an account.
    async fn start_guest_session(&self, ctx: &Context<'_>) -> Result<GuestSession> {
        required(ctx, async {
            let (token, viewer) = ctx.services().identity.start_guest(wall_clock())?;
            let expires_at = DateTime(viewer.expires_at);
            Ok(GuestSession { token, expires_at, viewer: Viewer(viewer) })
        })
        .await
    }

    /// Holds all of the seats or none. Repeating it for seats the viewer already holds succeeds and
    /// changes nothing, the timer included.
    async fn reserve_seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats.")] input: Argument<ReserveSeatsInput>,
    ) -> Option<Result<SerialUnion<ReserveSeatsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let (seats, named) = NamedSeats::read("input.seatIds", event, &input.seat_ids)?;
            let reserve = Reserve { viewer: asker.id.clone(), seats };
            let outcome = submit(ctx, asker, event, reserve).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(ReserveSeatsResult::new(&scope, &named, outcome))))
        }))
        .await
    }

    /// Sells held seats, each as a type of ticket. Irreversible, so it takes an idempotency key:
    /// same key, seats and types, same order. Seats that cost money, if only as one of their types,
    /// are confirmed by the shop, unless the event's confirmedBy is BUYER.
    async fn confirm_seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats, under which key.")] input: Argument<ConfirmSeatsInput>,
    ) -> Option<Result<SerialUnion<ConfirmSeatsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            let (viewer, asked_by) = for_whom(asker, input.viewer_id.as_ref())?;
            let event = ids::event_id(ctx, &input.event_id).await?;
            let ((seats, chosen), named) = NamedLines::read(event, input.seat_ids, input.lines)?;
            let key = IdempotencyKey::new(input.idempotency_key)
                .ok_or_else(|| bad_text("input.idempotencyKey", IdempotencyKey::MAX_CHARS))?;
            let payment_reference = input
                .payment_reference
                .map(|text| {
                    PaymentReference::new(text).ok_or_else(|| {
                        bad_text("input.paymentReference", PaymentReference::MAX_CHARS)
                    })
                })
                .transpose()?;
            let expected_total = input.expected_total;
            let expected_total =
                expected_total.map(|total| total.read("input.expectedTotal")).transpose()?;
            let confirm =
                Confirm { viewer, asked_by, seats, chosen, key, payment_reference, expected_total };
            let outcome = submit(ctx, asker, event, confirm).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(ConfirmSeatsResult::new(&scope, &named, outcome)?)))
        }))
        .await
    }

    /// Prolongs the viewer's holds by the event's `holdExtensionSeconds`, all of them or none: for
    /// those who are paying. Each hold once.
    async fn extend_holds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats.")] input: Argument<ExtendHoldsInput>,
    ) -> Option<Result<SerialUnion<ExtendHoldsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let (seats, named) = NamedSeats::read("input.seatIds", event, &input.seat_ids)?;
            let extend = Extend { viewer: asker.id.clone(), seats };
            let outcome = submit(ctx, asker, event, extend).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(ExtendHoldsResult::new(&scope, &named, outcome))))
        }))
        .await
    }

    /// Gives held seats back before their time: all of them or none.
    async fn release_seats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which seats.")] input: Argument<ReleaseSeatsInput>,
    ) -> Option<Result<SerialUnion<ReleaseSeatsResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            let event = ids::event_id(ctx, &input.event_id).await?;
            let (seats, named) = NamedSeats::read("input.seatIds", event, &input.seat_ids)?;
            let release = Release { viewer: asker.id.clone(), seats };
            let outcome = submit(ctx, asker, event, release).await?;
            let scope = EventScope::new(event);
            Ok(Some(SerialUnion(ReleaseSeatsResult::new(&scope, &named, outcome))))
        }))
        .await
    }
}

/// For whom seats are to be confirmed, and as whom that is asked.
///
/// # Errors
///
/// If somebody is named by whoever may not, or by what is no viewer's id.
fn for_whom(
    asker: &identity::Viewer,
    named: Option<&ID>,
) -> Result<(ViewerId, ConfirmedBy), Fault> {
    let is_shop = asker.has_role(Role::Shop);
    let asked_by = if is_shop { ConfirmedBy::Shop } else { ConfirmedBy::Buyer };
    let Some(named) = named else { return Ok((asker.id.clone(), asked_by)) };
    if !is_shop {
        let message = "input.viewerId is for SHOP and ADMIN only; leave it out to confirm what you \
            hold yourself";
        return Err(Fault::new(Code::Forbidden, message));
    }
    let viewer = ids::read_viewer_id(named);
    let viewer =
        viewer.ok_or_else(|| Fault::bad_input("input.viewerId must be the id of a Viewer"))?;
    Ok((viewer, asked_by))
}

fn bad_text(argument: &str, max_chars: usize) -> Fault {
    Fault::bad_input(format!("{argument} must have 1 to {max_chars} characters, {TEXT_RULE}"))
}
