//! What has happened to a seat, by the log: for those who sell.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};

use super::change_cause::ChangeCause;
use crate::domain::seat::Seat;
use crate::domain::{Change, Revision as Position};
use crate::graphql::context::ContextExt as _;
use crate::graphql::error::Fault;
use crate::graphql::ids::viewer_id;
use crate::graphql::paging::{HISTORY, PageRequest};
use crate::graphql::scalars::{DateTime, Revision};
use crate::identity::Role;
use crate::store::reads::{HistoryFrom, HistoryRecord};

/// A page of a seat's history.
pub type SeatHistoryConnection = Connection<String, SeatHistory, HistoryEnd, EmptyFields>;

/// Where a history ends.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct HistoryEnd {
    /// Whether the seat had changes before the last of these that cannot be found any more: the log
    /// is kept for a while, and early versions did not say which change came before.
    is_cut: bool,
}

/// One change of a seat, as its history has it.
#[derive(Clone, Debug)]
pub struct SeatHistory(Change);

/// One change of a seat, as its history has it.
#[Object(serial)]
impl SeatHistory {
    /// Why it changed.
    async fn cause(&self) -> ChangeCause {
        self.0.cause.into()
    }

    /// The change's place in the event's log.
    async fn revision(&self) -> Revision {
        Revision(self.0.revision)
    }

    /// When it was decided.
    async fn changed_at(&self) -> DateTime {
        DateTime(self.0.changed_at)
    }

    /// The id of the Viewer whose hold or order it was, or who did it: for ADMIN; null for others.
    async fn viewer_id(&self, ctx: &Context<'_>) -> Option<ID> {
        let is_admin = ctx.viewer().is_some_and(|viewer| viewer.has_role(Role::Admin));
        is_admin.then(|| viewer_id(&self.0.viewer))
    }
}

/// A page of a seat's history; `None` for those who do not sell.
///
/// # Errors
///
/// If the arguments are out of bounds, or the log cannot be read.
pub(super) async fn history(
    ctx: &Context<'_>,
    seat: &Seat,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Option<SeatHistoryConnection>, Fault> {
    if !ctx.sells() {
        return Ok(None);
    }
    let page: PageRequest<Position> = HISTORY.request(first, after)?;
    let (id, limit) = (seat.id, page.limit());
    let from = page.after().map_or(HistoryFrom::With(seat.revision), HistoryFrom::After);
    let read = ctx.look_up(async move |store| store.history(id, from, limit).await);
    let HistoryRecord { changes, is_cut } = read.await?;
    let node = |change: Change| (change.revision, SeatHistory(change));
    Ok(Some(page.connection_with(HistoryEnd { is_cut }, changes, node)))
}
