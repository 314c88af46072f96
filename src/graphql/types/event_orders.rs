//! Pages of an event's orders, for those who run the sale.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject};

use super::event_scope::EventScope;
use super::order::Order;
use crate::domain::{OrderCode, PaymentReference};
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids;
use crate::graphql::paging::{self, ConnectionOf};
use crate::graphql::scalars::DateTime;
use crate::identity::Role;
use crate::store::Store;
use crate::store::reads;

/// Which orders to list. A part that is left out does not restrict.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OrderFilter {
    /// The one with this code, as a person types it: in either case, with or without hyphen.
    code: Option<String>,
    /// Of the Viewer with this id, who owns them now.
    viewer_id: Option<ID>,
    /// With this reference for the payment.
    payment_reference: Option<String>,
    /// Confirmed at this instant or later.
    confirmed_after: Option<DateTime>,
    /// Confirmed before this instant.
    confirmed_before: Option<DateTime>,
}

impl OrderFilter {
    /// What the store is asked for; `None` where something is named that cannot be.
    fn read(self) -> Option<reads::OrderFilter> {
        let code = self.code.map(|code| OrderCode::read(&code).ok_or(())).transpose();
        let viewer = self.viewer_id.map(|id| ids::read_viewer_id(&id).ok_or(())).transpose();
        let reference = self.payment_reference;
        let reference = reference.map(|text| PaymentReference::new(text).ok_or(())).transpose();
        Some(reads::OrderFilter {
            code: code.ok()?,
            viewer: viewer.ok()?,
            payment_reference: reference.ok()?,
            confirmed_after: self.confirmed_after.map(|at| at.0),
            confirmed_before: self.confirmed_before.map(|at| at.0),
        })
    }
}

/// A page of an event's orders, newest first.
pub(super) async fn orders_page(
    ctx: &Context<'_>,
    event: &Arc<EventScope>,
    filter: Option<OrderFilter>,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<ConnectionOf<Order>, Fault> {
    ctx.require(Role::Shop)?;
    event.record(ctx).await?;
    let page = paging::ORDERS.request(first, after)?;
    let (id, before, limit) = (event.id(), page.after(), page.limit());
    let orders = match filter.unwrap_or_default().read() {
        None => Vec::new(),
        Some(filter) => {
            let look_up =
                async move |store: Store| store.event_orders_page(id, &filter, before, limit).await;
            ctx.look_up(look_up).await?
        }
    };
    Ok(page.connection(orders, |order| (order.id, Order::new(order))))
}
