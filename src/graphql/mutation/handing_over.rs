//! What changes hands: what a guest takes along who signs in, and orders that are passed on.

use async_graphql::{Context, ID, InputObject, Object, Result};

use crate::clock::wall_clock;
use crate::domain::command::{Claim, Claimed, SeatSet, Transfer, TransferRefusal};
use crate::domain::{Order, OrderCode, ViewerId};
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::{Code, Fault};
use crate::graphql::ids::{self, AnyId};
use crate::graphql::nullable::nullable;
use crate::graphql::serial::SerialUnion;
use crate::graphql::submit::submit;
use crate::graphql::types::{TransferOrderResult, Viewer};
use crate::identity::{self, Role};

/// How often a guest's things are looked up for one claim. Once is enough for those of a hundred
/// events, and once more for what the guest took meanwhile; what comes later stays for the next.
const MOST_LOOK_UPS: usize = 5;

/// What changes hands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HandingOver;

/// Which guest signs in.
#[derive(Clone, Debug, InputObject)]
pub(super) struct ClaimGuestSessionInput {
    /// The token that startGuestSession gave. It must still be good.
    guest_token: String,
}

/// Which order goes to whom.
#[derive(Clone, Debug, InputObject)]
pub(super) struct TransferOrderInput {
    /// The order, by its id; or by its code.
    order_id: Option<ID>,
    /// The order, by its code, as a person types it; or by its id.
    code: Option<String>,
    /// The id of the Viewer whose it shall be.
    to_viewer_id: ID,
}

/// What changes hands.
#[Object]
impl HandingOver {
    /// Moves a guest's holds and orders, in all events, to the viewer who signs in. Holds end when
    /// they did, and a limit is no bar. Done again it moves what the guest has taken since. The
    /// guest's token stays good, and holds nothing.
    async fn claim_guest_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which guest.")] input: Argument<ClaimGuestSessionInput>,
    ) -> Option<Result<Viewer>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            if asker.is_guest() {
                let message = "a guest cannot take along what another guest has; sign in first";
                return Err(Fault::new(Code::Forbidden, message));
            }
            let guest = read_guest(ctx, &input.guest_token)?;
            // Some of it may have been claimed by then.
            claim_all(ctx, asker, &guest).await.map_err(Fault::unclear)?;
            Ok(Some(Viewer(asker.clone())))
        }))
        .await
    }

    /// Passes an order on to another viewer: for the owner, or ADMIN. The seats stay CONFIRMED, the
    /// code stays, and a limit is no bar. To whoever has it already: nothing changes. Of two at
    /// once one wins, and the other is told.
    async fn transfer_order(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and to whom.")] input: Argument<TransferOrderInput>,
    ) -> Option<Result<SerialUnion<TransferOrderResult>>> {
        nullable(Box::pin(async {
            let (asker, input) = (ctx.require(Role::Buyer)?, input.read()?);
            let to = ids::read_viewer_id(&input.to_viewer_id);
            let to =
                to.ok_or_else(|| Fault::bad_input("input.toViewerId must be the id of a Viewer"))?;
            let result = match find_order(ctx, &input).await? {
                Some(order) if may_pass_on(asker, &order)? => {
                    pass_on(ctx, asker, &order, to).await?
                }
                _ => TransferOrderResult::not_found(),
            };
            Ok(Some(SerialUnion(result)))
        }))
        .await
    }
}

/// The guest whose token it is.
fn read_guest(ctx: &Context<'_>, token: &str) -> Result<ViewerId, Fault> {
    let refused = |why: &dyn std::fmt::Display| {
        Fault::bad_input(format!("input.guestToken is not accepted: {why}"))
    };
    let guest = ctx.services().identity.verify(token, wall_clock()).map_err(|why| refused(&why))?;
    if guest.is_guest() { Ok(guest.id) } else { Err(refused(&"it is not a guest's")) }
}

/// Claims event by event, until the guest has nothing left or others are faster.
async fn claim_all(
    ctx: &Context<'_>,
    asker: &identity::Viewer,
    guest: &ViewerId,
) -> Result<(), Fault> {
    for _ in 0..MOST_LOOK_UPS {
        let whose = guest.clone();
        let events = ctx.look_up(async move |store| store.events_of(&whose).await).await?;
        let mut is_changed = false;
        for event in events {
            let whose = guest.clone();
            let look_up =
                async move |store: crate::store::Store| store.seat_sets_of(event, &whose).await;
            for seats in ctx.look_up(look_up).await? {
                let claim = Claim { guest: guest.clone(), viewer: asker.id.clone(), seats };
                is_changed |= submit(ctx, asker, event, claim).await? != Claimed::default();
            }
        }
        if !is_changed {
            break;
        }
    }
    Ok(())
}

async fn find_order(
    ctx: &Context<'_>,
    input: &TransferOrderInput,
) -> Result<Option<std::sync::Arc<Order>>, Fault> {
    match (&input.order_id, &input.code) {
        (Some(id), None) => match AnyId::decode(id) {
            Some(AnyId::Order(order)) => ctx.loader().load_one(order).await,
            _ => Ok(None),
        },
        (None, Some(code)) => {
            let Some(code) = OrderCode::read(code) else { return Ok(None) };
            let look_up = async move |store: crate::store::Store| store.order_by_code(code).await;
            Ok(ctx.look_up(look_up).await?.map(Into::into))
        }
        _ => Err(Fault::bad_input("input must say either orderId or code")),
    }
}

/// Whether the order is the asker's to pass on. Whoever may not see it is not told that it is
/// there; a shop sees it, and is told that it may not.
fn may_pass_on(asker: &identity::Viewer, order: &Order) -> Result<bool, Fault> {
    if order.viewer == asker.id || asker.has_role(Role::Admin) {
        return Ok(true);
    }
    if asker.has_role(Role::Shop) {
        let message = "an order is passed on by its owner, or by ADMIN";
        return Err(Fault::new(Code::Forbidden, message));
    }
    Ok(false)
}

async fn pass_on(
    ctx: &Context<'_>,
    asker: &identity::Viewer,
    order: &Order,
    to: ViewerId,
) -> Result<TransferOrderResult, Fault> {
    let missing = |_| Fault::internal("an order without seats, or with too many");
    let seats = SeatSet::new(order.seats.clone()).map_err(missing)?;
    let managed_by = (order.viewer != asker.id).then(|| asker.id.clone());
    let transfer = Transfer { order: order.id, seats, from: order.viewer.clone(), to, managed_by };
    Ok(match submit(ctx, asker, order.id.event, transfer).await? {
        Ok(transferred) => TransferOrderResult::success(transferred),
        Err(TransferRefusal::OwnerChanged(order)) if asker.has_role(Role::Admin) => {
            TransferOrderResult::owner_changed(*order)
        }
        Err(TransferRefusal::OwnerChanged(_) | TransferRefusal::NotFound) => {
            TransferOrderResult::not_found()
        }
    })
}
