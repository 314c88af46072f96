//! What transferOrder answers.

use async_graphql::{SimpleObject, Union};

use crate::domain;
use crate::domain::command::Transferred;
use crate::graphql::scalars::Revision;
use crate::graphql::types::order::Order;

/// What became of transferOrder.
#[derive(Clone, Debug, Union)]
pub enum TransferOrderResult {
    /// The order is the new owner's.
    Success(TransferOrderSuccess),
    /// There is no such order, or it is not the viewer's.
    NotFound(OrderNotFound),
    /// Somebody was faster: the order is another viewer's by now. For ADMIN.
    OwnerChanged(OrderOwnerChanged),
}

/// The order is the new owner's.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct TransferOrderSuccess {
    /// The order, which its former owner sees for the last time.
    order: Order,
    /// The revision that this is part of: a stream at or past it shows it.
    revision: Revision,
}

/// There is no such order; or it is not the viewer's, which looks the same.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct OrderNotFound {
    /// What happened, for a person.
    pub message: String,
}

/// Somebody was faster: the order is another viewer's by now; nothing was changed.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(serial)]
pub struct OrderOwnerChanged {
    /// What happened, for a person.
    pub message: String,
    /// The order as it is now.
    order: Order,
}

impl TransferOrderResult {
    pub(in crate::graphql) fn success(transferred: Transferred) -> Self {
        let Transferred { order, revision } = transferred;
        Self::Success(TransferOrderSuccess {
            order: Order::new(order),
            revision: Revision(revision),
        })
    }

    pub(in crate::graphql) fn not_found() -> Self {
        let message = "there is no such order, or it is not yours".to_owned();
        Self::NotFound(OrderNotFound { message })
    }

    pub(in crate::graphql) fn owner_changed(order: domain::Order) -> Self {
        let message = "somebody else has passed the order on just now".to_owned();
        Self::OwnerChanged(OrderOwnerChanged { message, order: Order::new(order) })
    }
}
