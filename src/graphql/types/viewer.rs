//! Who is asking.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::event_scope::EventScope;
use super::order::Order;
use super::seat::Seat;
use crate::graphql::argument::Argument;
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids;
use crate::graphql::loaders::EventKey;
use crate::graphql::nullable::nullable;
use crate::graphql::paging::{self, ConnectionOf};
use crate::graphql::required::required;
use crate::graphql::scalars::DateTime;
use crate::identity;
use crate::store::Store;

/// What a viewer may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
pub enum Role {
    /// May reserve and give back seats, and confirm what buyers may confirm. Every viewer may.
    Buyer,
    /// The shop's own server: may confirm for any viewer, and see every order.
    Shop,
    /// May manage events, and all that SHOP may.
    Admin,
}

/// Who is asking, as the token says.
#[derive(Clone, Debug)]
pub struct Viewer(pub identity::Viewer);

/// Who is asking, as the token says.
#[Object]
impl Viewer {
    /// Opaque and stable for the same user.
    pub async fn id(&self) -> ID {
        ids::viewer_id(&self.0.id)
    }

    /// What the viewer may do.
    async fn roles(&self) -> Vec<Role> {
        let to_role = |role: &identity::Role| match role {
            identity::Role::Buyer => Role::Buyer,
            identity::Role::Shop => Role::Shop,
            identity::Role::Admin => Role::Admin,
        };
        self.0.roles().iter().map(to_role).collect()
    }

    /// The seats the viewer holds in an event now, in the order of the seat plan.
    async fn reservations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: Argument<ID>,
    ) -> Result<Vec<Seat>> {
        required(ctx, async {
            let event = ids::event_id(ctx, &event_id.read()?).await?;
            let viewer = self.0.id.clone();
            let look_up = async move |store: Store| store.held_seats(event, &viewer).await;
            let held = ctx.look_up(look_up).await?;
            if held.is_empty() && ctx.loader().load_one(EventKey(event)).await?.is_none() {
                return Err(Fault::no_such_event());
            }
            let scope = EventScope::new(event);
            Ok(held.into_iter().map(|record| Seat::read(&scope, record)).collect())
        })
        .await
    }

    /// How many more seats the viewer may take in an event, where what they hold and own counts;
    /// null: any number.
    async fn remaining_allowance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event: its id, or its slug.")] event_id: Argument<ID>,
    ) -> Option<Result<i32>> {
        nullable(async {
            let event = ids::event_id(ctx, &event_id.read()?).await?;
            let viewer = self.0.id.clone();
            let look_up = async move |store: Store| store.allowance(event, &viewer).await;
            let allowance = ctx.look_up(look_up).await?.ok_or_else(Fault::no_such_event)?;
            Ok(allowance.remaining())
        })
        .await
    }

    /// The viewer's orders in all events, newest first.
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 unless said.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> Result<ConnectionOf<Order>> {
        required(ctx, async {
            let page = paging::ORDERS.request(first, after.as_deref())?;
            let (viewer, after, limit) = (self.0.id.clone(), page.after(), page.limit());
            let look_up = async move |store: Store| store.orders_page(&viewer, after, limit).await;
            let orders = ctx.look_up(look_up).await?;
            Ok(page.connection(orders, |order| ((order.confirmed_at, order.id), Order::new(order))))
        })
        .await
    }
}

/// A signed identity for a browser without an account.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct GuestSession {
    /// Send it as `Authorization: Bearer …`, and in `connection_init` over a WebSocket.
    pub token: String,
    /// When the token runs out.
    pub expires_at: DateTime,
    /// Who the token makes you.
    pub viewer: Viewer,
}
